package lib.migrate;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Filters;
import lib.dump.DumpWriter;
import lib.load.Loading;
import lib.roles.TargetKind;
import lib.talk.ShellScript;
import lib.verify.Verification;

/**
 * What the operator of a migration asked for.
 *
 * @param jobs 0 for as many as suit this machine and both servers
 * @param rate bytes of rows a second at most, or 0
 * @param leaveOut classes and names of what may stay behind
 * @param granted the roles of the target that may be granted although they can do more there than on the source
 * @param verify how thoroughly both sides are compared at the end, or null for not at all
 * @param files the dump that the rows take their way through, or null to stream them
 * @param pauseJobs whether TimescaleDB's jobs on the source are kept from running meanwhile
 * @param kind of target, or null to find it out
 */
public record MigrationOrder(Filters filters, int jobs, long rate, Collection<String> leaveOut,
        Collection<String> granted, boolean createDatabase, boolean restart,
        Verification.Level verify, boolean noOwner, boolean noPrivileges, DumpWriter.Order files, boolean pauseJobs,
        TargetKind kind) {
    /** @return how the target is to be loaded by so many workers */
    Loading.Order loading(int workers) {
        return new Loading.Order(workers, restart, noOwner, noPrivileges);
    }

    /** @return the command that compares again what was compared */
    String comparison() {
        return Stream
                .concat(Stream.of("verify", "--level", verify.name().toLowerCase(Locale.ROOT)),
                        filters.argumentsWithData().stream())
                .map(ShellScript::quoted).collect(Collectors.joining(" "));
    }
}

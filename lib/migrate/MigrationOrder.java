package lib.migrate;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.MigrationOptions;
import lib.dump.DumpOrder;
import lib.talk.ShellScript;
import lib.verify.Verification;

/**
 * What the operator of a migration asked for.
 *
 * @param rate bytes of rows a second at most, or 0
 * @param verify how thoroughly both sides are compared at the end
 * @param files the dump that the rows take their way through, or null to stream them
 */
public record MigrationOrder(MigrationOptions wanted, long rate, Verification.Level verify, DumpOrder files) {
    /** @return the command that compares again what was compared */
    String comparison() {
        return Stream
                .concat(Stream.of("verify", "--level", verify.name().toLowerCase(Locale.ROOT)),
                        wanted.filters().argumentsWithData().stream())
                .map(ShellScript::quoted).collect(Collectors.joining(" "));
    }
}

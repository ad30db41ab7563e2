//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lib.roles.TargetKind;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.CatalogRights;

/**
 * Whether a target's user who is not a superuser may write to TimescaleDB's catalog and turn restoring mode on and off,
 * as on Timescale Cloud.
 */
public final class TimescaleRights {
    private static final String CHECK = "target";

    private final Session target;
    private final String user;
    private final String shown;
    private final Supplier<TargetKind> kind;

    /**
     * @param user of the target, who is asked about
     * @param kind of target, asked for where something is missing
     */
    public TimescaleRights(Session target, String user, Supplier<TargetKind> kind) {
        this.target = target;
        this.kind = kind;
        this.user = Sql.ident(user);
        shown = user;
    }

    /** @return a finding for each kind of right that is missing; none where the extension is not there yet */
    public List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        String tables = String.join(", ", CatalogRights.unwritable(target));
        if (!tables.isEmpty()) {
            findings.add(Finding.stop(CHECK,
                    by() + "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + tables + " TO " + user
                            + ";",
                    "user \"%s\" may not write to every table of TimescaleDB's catalog on the target", shown));
        }
        String sequences = String.join(", ", CatalogRights.unsettable(target));
        if (!sequences.isEmpty()) {
            findings.add(Finding.stop(CHECK,
                    by() + "GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA " + sequences + " TO " + user + ";",
                    "user \"%s\" may not set every sequence of TimescaleDB's catalog on the target", shown));
        }
        String homes = String.join(", ", CatalogRights.unusable(target));
        if (!homes.isEmpty()) {
            findings.add(Finding.stop(CHECK, by() + "GRANT USAGE ON SCHEMA " + homes + " TO " + user + ";",
                    "user \"%s\" may not use every schema of TimescaleDB on the target", shown));
        }
        CatalogRights.switches(target).forEach(function -> findings.add(Finding.stop(CHECK,
                by() + "ALTER FUNCTION " + function
                        + " SECURITY DEFINER SET search_path = pg_catalog, pg_temp; GRANT EXECUTE ON FUNCTION "
                        + function + " TO " + user + ";",
                "user \"%s\" may not switch restoring mode of TimescaleDB on the target: %s would have to run as "
                        + "its owner, a superuser",
                shown, function)));
        return findings;
    }

    /**
     * Other services give these rights to nobody, and there is nothing to leave out: without its catalog, no hypertable
     * is one.
     */
    private String by() {
        return kind.get().managed() ? kind.get().helper() + " may run: "
                : "if there is no superuser, choose a service of Timescale Cloud or MST, whose users have these "
                        + "rights; otherwise, as a superuser of the target: ";
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import lib.roles.TargetKind;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Whether a target's user who is not a superuser may write to TimescaleDB's catalog and turn restoring mode on and off,
 * as on Timescale Cloud.
 */
public final class TimescaleRights {
    private static final String CHECK = "target";
    /** Tables and sequences whose rows a dump holds (pg_extension.extconfig). */
    private static final String CONFIG = """
            FROM pg_catalog.pg_extension x CROSS JOIN pg_catalog.unnest(x.extconfig) u(oid)
              JOIN pg_catalog.pg_class c ON c.oid = u.oid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE x.extname = 'timescaledb'""";

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
        String tables =
                schemas("""
                c.relkind = 'r' AND NOT (pg_catalog.has_table_privilege(c.oid, 'SELECT')
                  AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
                     AND pg_catalog.has_table_privilege(c.oid, 'DELETE')
                     AND (c.relname NOT IN ('bgw_job', 'metadata') OR pg_catalog.has_table_privilege(c.oid,
                       'UPDATE')))""");
        if (!tables.isEmpty()) {
            findings.add(Finding.stop(CHECK,
                    by() + "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + tables + " TO " + user
                            + ";",
                    "user \"%s\" may not write to every table of TimescaleDB's catalog on the target", shown));
        }
        String sequences =
                schemas("CASE c.relkind WHEN 'S' THEN NOT pg_catalog.has_sequence_privilege(c.oid, 'UPDATE') END");
        if (!sequences.isEmpty()) {
            findings.add(Finding.stop(CHECK,
                    by() + "GRANT SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA " + sequences + " TO " + user + ";",
                    "user \"%s\" may not set every sequence of TimescaleDB's catalog on the target", shown));
        }
        String homes = schemas("NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')");
        if (!homes.isEmpty()) {
            findings.add(Finding.stop(CHECK, by() + "GRANT USAGE ON SCHEMA " + homes + " TO " + user + ";",
                    "user \"%s\" may not use every schema of TimescaleDB on the target", shown));
        }
        functions().forEach(function -> findings.add(Finding.stop(CHECK,
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
                : "where nobody is superuser, move to a service of Timescale Cloud or MST, whose users have these "
                        + "rights; else, as a superuser of the target: ";
    }

    private String schemas(String condition) {
        return String.join(", ", target.texts("checking the privileges on TimescaleDB's catalog",
                "SELECT DISTINCT pg_catalog.quote_ident(n.nspname) " + CONFIG + " AND " + condition + " ORDER BY 1"));
    }

    /** They set a parameter of the database and stop the scheduler of jobs, which only superusers may. */
    private List<String> functions() {
        return target.texts("checking the functions of restoring mode", """
                SELECT pg_catalog.format('%I.%I()', n.nspname, p.proname)
                  FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
                  JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname IN ('timescaledb_pre_restore',
                    'timescaledb_post_restore')
                  JOIN pg_catalog.pg_roles o ON o.oid = p.proowner
                 WHERE x.extname = 'timescaledb' AND NOT (p.prosecdef AND o.rolsuper
                   AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
                 ORDER BY p.proname DESC""");
    }
}

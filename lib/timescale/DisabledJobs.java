//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Jobs of TimescaleDB that stay disabled on the target, because they would run user code with more rights than on the
 * source (docs/rights.md). The owner of such a job is missing on the target or out of reach there, so that it belongs
 * to the connecting user, and was no superuser on the source. A role that may create roles is not told from a managed
 * service's administrator, and is as good as one for a target whose user is no superuser. It makes no difference
 * whether the job is a policy: one on a hypertable with numbers for time calls a function that a user has written
 * (TimescaleDB manual, set_integer_now_func).
 */
public final class DisabledJobs {
    /** For a row {@code j} of the target's jobs, and {@code w} of {@link #wanted}. */
    static final String HELD =
            """
            (pg_catalog.pg_get_userbyid(j.owner::pg_catalog.oid) <> w.owner AND NOT (w.superuser OR w.createrole
              AND NOT coalesce((SELECT r.rolsuper FROM pg_catalog.pg_roles r
                WHERE r.oid = j.owner::pg_catalog.oid), true)))""";

    private DisabledJobs() {
    }

    /**
     * @param jobs those of the source, at least one
     * @return an item of FROM, {@code w}
     */
    static String wanted(List<Timescale.Job> jobs) {
        return "(VALUES " + jobs.stream().map(job -> "(" + job.id() + ", " + job.scheduled() + ", "
                + (job.nextStart() == null ? "NULL" : Sql.literal(job.nextStart())) + "::pg_catalog.timestamptz, "
                + Sql.literal(job.owner()) + "::pg_catalog.text, "
                + job.superuser() + ", " + job.createrole() + ")").collect(Collectors.joining(", "))
                + ") w(id, scheduled, next_start, owner, superuser, createrole)";
    }

    /**
     * The statements in it call no function that a user has written to check a job, as alter_job would; that the
     * scheduler is started anew has it read the table.
     *
     * @param table that of the target's jobs, quoted
     * @return a query for which jobs those are, and a line of text on each
     */
    static String query(Timescale source, String table) {
        return """
                SELECT j.id,
                  pg_catalog.format('job %%s (%%s.%%s) stays switched off, because "%%s", no superuser on the source, \
                cannot own it there, and it would run with the rights of "%%s"; '
                         'when the role is there: UPDATE %%s SET owner = %%L%%s WHERE id = %%s; SELECT %%s();',
                         j.id, j.proc_schema, j.proc_name, w.owner, pg_catalog.pg_get_userbyid(j.owner::pg_catalog.oid),
                           %s, pg_catalog.quote_ident(w.owner), CASE WHEN w.scheduled THEN ', scheduled = true' END,
                           j.id, %s) AS line
                  FROM %s JOIN %s j ON j.id = w.id WHERE %s ORDER BY j.id"""
                .formatted(Sql.literal(table), Sql.literal(source.function("timescaledb_post_restore")),
                        wanted(source.jobs()), table, HELD);
    }

    /** @return a statement that warns of each */
    public static String warning(Timescale source, String table) {
        return "DO " + Sql.literal("DECLARE job record; BEGIN FOR job IN " + query(source, table)
                + " LOOP RAISE WARNING '%', job.line; END LOOP; END");
    }

    /** @return the jobs, by identifiers */
    static Map<Integer, String> lines(Session target, Timescale source, String table) {
        Map<Integer, String> lines = new LinkedHashMap<>();
        if (!source.jobs().isEmpty()) {
            target.list("looking for jobs that stay switched off", query(source, table),
                    row -> Map.entry(row.getInt(1), row.getString(2)))
                    .forEach(line -> lines.put(line.getKey(), line.getValue()));
        }
        return lines;
    }
}

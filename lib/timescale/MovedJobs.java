//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.talk.Sql;

/**
 * How the jobs in a {@link PauseRecord} are restored: each that is still due when it was moved to becomes due when it
 * was before.
 */
public final class MovedJobs {
    /** A statement, and a description of what it does. */
    public record Step(String sql, String description, boolean drop) {
    }

    /** @param timezone as an SQL constant */
    private record Moved(String id, String timezone, String due, String name) {
    }

    private MovedJobs() {
    }

    /**
     * @param table that of the jobs, quoted
     * @return what is to be done, where there is a record of ours
     */
    public static List<Step> steps(Session session, String table) {
        List<Step> steps = new ArrayList<>();
        session.list("reading which jobs were moved", """
                SELECT j.id, pg_catalog.quote_nullable(j.timezone), p.due, j.proc_schema || '.' || j.proc_name
                  FROM ONLY %s p JOIN %s j ON j.id = p.job JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id
                    AND s.next_start = p.moved
                 ORDER BY 1""".formatted(PauseRecord.TABLE, table),
                row -> new Moved(row.getString(1), row.getString(2), row.getString(3), row.getString(4)))
                .forEach(job -> steps.add(new Step(statement(session, table, job),
                        "job " + job.id + " (" + job.name + ") is due at " + job.due + " again", false)));
        steps.add(new Step("DROP TABLE " + PauseRecord.TABLE, "the record of paused jobs is gone", true));
        steps.add(new Step("DROP SCHEMA " + OwnSchema.NAME, "schema " + OwnSchema.NAME + " is gone", true));
        return steps;
    }

    private static String statement(Session session, String table, Moved job) {
        String check = session.text("looking for a function that checks a job",
                AlterJob.checks(table) + " AND c.id = " + job.id);
        String call = "SELECT FROM " + AlterJob.call(session,
                Map.of("job_id", job.id, "timezone", job.timezone, "next_start", Sql.literal(job.due),
                        "check_config", check == null ? "NULL" : "0"));
        return check == null ? call : "BEGIN; " + call + "; " + check + "; COMMIT";
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.List;
import java.util.Map;
import lib.server.Session;

/** The source's jobs that run or are due soon, and moving those that do not run yet to a later time. */
public final class DueJobs {
    private static final String SOON = "pg_catalog.now() + interval '10 min'";
    private static final String LATER = "pg_catalog.now() + interval '20 min'";
    /** The scheduler marks a job as begun before its process can be seen. */
    private static final String RUNNING = """
            (
              EXISTS (
                SELECT FROM pg_catalog.pg_stat_activity a
                 WHERE a.application_name = j.application_name AND a.datname = pg_catalog.current_database())
              OR s.next_start = '-infinity' AND s.last_start > pg_catalog.now() - interval '10 s')""";

    private final Session session;
    private final String jobs;
    private final String alterJob;

    /** @param session in a database that has the extension */
    public DueJobs(Session session) {
        this.session = session;
        jobs = Timescale.jobTable(session);
        // The job's own time zone is forgotten when alter_job is not told (job_alter in the extension's source).
        alterJob = AlterJob.call(session,
                Map.of("job_id", "own.id", "timezone", "own.timezone", "next_start", "kept.moved", "check_config",
                        AlterJob.unchecked("own.id", jobs)));
    }

    /** @return the jobs that run, in words */
    public List<String> running() {
        return session.texts("looking for jobs that run",
                """
                SELECT 'job ' || j.id || ' (' || j.proc_schema || '.' || j.proc_name || ')'
                  FROM %s j
                  LEFT JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id
                 WHERE %s AND %s
                 ORDER BY j.id"""
                        .formatted(jobs, Timescale.ownJob("j.id"), RUNNING));
    }

    /**
     * Moves the jobs that are due soon and do not run. A job that has run or was altered since we moved it has a due
     * time of its own again, which is recorded anew.
     *
     * @return how many were moved for the first time
     */
    public int move() {
        return AlterJob.keepingChecks(session, jobs,
                () -> Integer.parseInt(session.text("moving the jobs", """
                WITH own AS (
                    SELECT j.id, j.timezone,
                           coalesce(
                             CASE WHEN p.moved = s.next_start THEN p.due END,
                             CASE WHEN pg_catalog.isfinite(s.next_start) THEN s.next_start END,
                             pg_catalog.now()) AS due,
                           p.moved = s.next_start AS ours
                      FROM %1$s j
                      LEFT JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id
                      LEFT JOIN ONLY %2$s p ON p.job = j.id
                     WHERE %3$s AND j.scheduled AND coalesce(s.next_start, '-infinity') < %4$s AND NOT %6$s),
                  kept AS (
                    INSERT INTO %2$s
                    SELECT id, due, %5$s
                      FROM own
                      ON CONFLICT (job) DO UPDATE SET due = excluded.due, moved = excluded.moved
                      RETURNING job, moved)
                SELECT pg_catalog.count(a.job_id) FILTER (WHERE own.ours IS NOT TRUE)
                  FROM kept
                  JOIN own ON own.id = kept.job, LATERAL %7$s a"""
                        .formatted(jobs, PauseRecord.TABLE, Timescale.ownJob("j.id"), SOON, LATER,
                                RUNNING, alterJob))));
    }
}

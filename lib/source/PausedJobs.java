//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import lib.catalog.ReservedSchemas;
import lib.server.OwnSchema;
import lib.server.Rows;
import lib.server.Server;
import lib.talk.Attempt;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Heartbeat;
import lib.talk.Sql;
import lib.timescale.AlterJob;
import lib.timescale.PauseRecord;
import lib.timescale.Timescale;
import lib.timescale.TimescaleExtension;

/**
 * Keeps the source's own jobs from running while it is read: they would wait for our locks, or change what is being
 * read. Those that are due soon are moved a little into the future, again and again as long as the run lasts, so that a
 * crash delays them by twenty minutes at most. A job's next start is not in a dump, as its being scheduled is. What was
 * moved stands in a table on the source ({@link PauseRecord}) until all is as before.
 */
public final class PausedJobs implements AutoCloseable {
    /** How long a job that runs when we come may go on. */
    public static final Duration PATIENCE = Duration.ofMinutes(10);
    /** The key of the advisory lock that a run holds on the source: "tsjob" in ASCII. */
    private static final long LOCK = 0x74736a6f62L;
    private static final String SOON = "pg_catalog.now() + interval '10 min'";
    private static final String LATER = "pg_catalog.now() + interval '20 min'";
    /** The scheduler marks a job as begun before its process can be seen. */
    private static final String RUNNING = """
            (EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.application_name = j.application_name
              AND a.datname = pg_catalog.current_database())
             OR s.next_start = '-infinity' AND s.last_start > pg_catalog.now() - interval '10 s')""";

    private final Server source;
    private final Console console;
    private final Connection session;
    private final String jobs;
    private final String alterJob;
    private final Cleanup.Task leaving;
    private Heartbeat pulse;
    private boolean left;

    private PausedJobs(Server source, Console console, Connection session) {
        this.source = source;
        this.console = console;
        this.session = session;
        jobs = Timescale.jobTable(session, "source");
        // The job's own time zone is forgotten when alter_job is not told (job_alter in the extension's source).
        alterJob = AlterJob.call(session, "source",
                Map.of("job_id", "own.id", "timezone", "own.timezone", "next_start", "kept.moved", "check_config",
                        AlterJob.unchecked("own.id", jobs)));
        leaving = Cleanup.puttingBack(this::leave, this::left);
    }

    /**
     * Does some work while the source's jobs are paused. What a run that was killed has left moved is put back first,
     * wanted or not.
     *
     * @throws Failure refused, when nothing was paused because of rights, another run, or a job that does not end
     */
    public static void during(boolean wanted, Server source, Console console, Attempt.Work work) throws SQLException {
        try (Connection session = source.session()) {
            if (exists(session) && !inUse(session)) {
                restore(session).forEach(done -> console.say("left by an earlier run: %s", done));
            }
        }
        if (wanted) {
            try (PausedJobs paused = begin(source, console, PATIENCE)) {
                work.run();
                console.explain("%s", paused == null ? "no jobs were paused" : "the jobs of the source may run again");
            }
        } else {
            work.run();
        }
    }

    /**
     * Pauses the jobs, and waits for those that run.
     *
     * @param patience how long to wait
     * @return null where the source does not have TimescaleDB
     */
    public static PausedJobs begin(Server source, Console console, Duration patience) {
        Connection session = source.session();
        try {
            if (TimescaleExtension.of(session, "source") == null) {
                Server.close(session);
                console.say("the source has no TimescaleDB, and no jobs to pause");
                return null;
            }
            permitted(session, source);
            if ("f".equals(Rows.text(session, "source", "locking the jobs",
                    "SELECT pg_catalog.pg_try_advisory_lock(" + LOCK + ")"))) {
                throw inUse();
            }
            if (PauseRecord.isTaken(session, "source")) {
                throw Failure.refused(
                        "the source has a schema \"%s\" already, where --pause-jobs would remember what it moves",
                        OwnSchema.NAME)
                        .hint("%s", ReservedSchemas.remedy(OwnSchema.NAME));
            }
        } catch (RuntimeException e) {
            Server.close(session);
            throw e;
        }
        PausedJobs paused = new PausedJobs(source, console, session);
        try {
            Rows.run(session, "source", "preparing to pause the jobs", "SET lock_timeout = '10s'");
            PauseRecord.make(session, "source");
            int moved = paused.await(patience);
            paused.pulse = new Heartbeat("paused jobs", paused::beat);
            console.say("%s of the source moved, none is running", Count.of(moved, "job"));
            return paused;
        } catch (RuntimeException e) {
            paused.close();
            throw e;
        }
    }

    private static void permitted(Connection session, Server source) {
        String user = source.facts().user();
        if ("f".equals(Rows.text(session, "source", "asking for the right to create",
                "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"))) {
            throw Failure.refused(
                    "user \"%s\" may not create the schema in the source's database in which --pause-jobs "
                            + "remembers what it moves",
                    user)
                    .hint("GRANT CREATE ON DATABASE %s TO %s;", Sql.ident(source.dsn().database()), Sql.ident(user));
        }
        String jobs = Timescale.jobTable(session, "source");
        List<String> checked = AlterJob.checked(session, "source", jobs);
        if (!checked.isEmpty() && "f".equals(Rows.text(session, "source", "asking for the right to change jobs",
                "SELECT pg_catalog.has_table_privilege(" + Sql.literal(jobs) + ", 'UPDATE')"))) {
            throw Failure.refused(
                    "TimescaleDB would run a function of its owner's, which checks it, as user \"%s\" to pause %s",
                    user, String.join(", ", checked))
                    .hint("GRANT UPDATE ON %s TO %s;", jobs, Sql.ident(user));
        }
        List<String> foreign = Rows.texts(session, "source", "asking who owns the jobs", """
                SELECT DISTINCT pg_catalog.pg_get_userbyid(j.owner::pg_catalog.oid) FROM %s j
                 WHERE %s AND j.scheduled AND NOT pg_catalog.pg_has_role(j.owner::pg_catalog.oid, 'USAGE') ORDER BY 1"""
                .formatted(jobs, Timescale.ownJob("j.id")));
        if (!foreign.isEmpty()) {
            throw Failure
                    .refused("user \"%s\" may not pause jobs of the source that belong to \"%s\"", user,
                            String.join("\", \"", foreign))
                    .hint("GRANT %s TO %s;", String.join(", ", foreign.stream().map(Sql::ident).toList()),
                            Sql.ident(user));
        }
    }

    /**
     * What runs sets its own next start when it ends, so it is moved then; what the scheduler has just begun shows a
     * moment later.
     */
    private int await(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        boolean told = false;
        for (int moved = move();; moved += move()) {
            Rows.text(session, "source", "waiting for the jobs", "SELECT pg_catalog.pg_sleep(1)");
            List<String> running = running();
            if (running.isEmpty()) {
                return moved + move();
            } else if (System.nanoTime() > deadline) {
                throw Failure
                        .refused("%s of the source still runs after %s", running.get(0),
                                Count.of(patience.toMinutes(), "minute"))
                        .hint("wait for its end, or end it: SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                + "WHERE "
                                + "application_name LIKE '%%[' || %s || ']'",
                                running.get(0).replaceAll("^job (\\d+) .*", "$1"));
            } else if (!told) {
                console.say("waiting for %s of the source, which runs", String.join(", ", running));
                told = true;
            }
        }
    }

    private List<String> running() {
        return Rows.texts(session, "source", "looking for jobs that run",
                """
                SELECT 'job ' || j.id || ' (' || j.proc_schema || '.' || j.proc_name || ')'
                  FROM %s j LEFT JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id WHERE %s AND %s
                    ORDER BY j.id"""
                        .formatted(jobs, Timescale.ownJob("j.id"), RUNNING));
    }

    /**
     * Moves what is due soon and does not run; what ran or was altered since we moved it is due at a time of its own
     * again.
     */
    private int move() {
        return AlterJob.keepingChecks(session, "source", jobs,
                () -> Integer.parseInt(Rows.text(session, "source", "moving the jobs", """
                WITH own AS (
                  SELECT j.id, j.timezone, coalesce(CASE WHEN p.moved = s.next_start THEN p.due END,
                         CASE WHEN pg_catalog.isfinite(s.next_start) THEN s.next_start END, pg_catalog.now()) AS due,
                           p.moved = s.next_start AS ours
                    FROM %1$s j LEFT JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id LEFT
                      JOIN ONLY %2$s p ON p.job = j.id
                   WHERE %3$s AND j.scheduled AND coalesce(s.next_start, '-infinity') < %4$s AND NOT %6$s),
                kept AS (
                  INSERT INTO %2$s SELECT id, due, %5$s FROM own ON CONFLICT (job) DO UPDATE SET due = excluded.due,
                    moved = excluded.moved
                  RETURNING job, moved)
                SELECT pg_catalog.count(a.job_id) FILTER (WHERE own.ours IS NOT TRUE) FROM kept
                  JOIN own ON own.id = kept.job,
                       LATERAL %7$s a""".formatted(jobs, PauseRecord.TABLE, Timescale.ownJob("j.id"), SOON, LATER,
                        RUNNING, alterJob))));
    }

    private void beat() {
        synchronized (session) {
            try {
                move();
            } catch (Failure e) {
                // A lock that is taken is free again at one of the next beats, of which there are many before a job is
                // due.
                if (Server.isClosed(session)) {
                    if (!left && !Cleanup.stopping()) {
                        console.warn("the jobs of the source can no longer be kept from running: %s", Failure.why(e));
                    }
                    throw e;
                }
                console.explain("the jobs of the source are moved later: %s", Failure.why(e));
            }
        }
    }

    @Override
    public void close() {
        leaving.close();
    }

    private void leave() {
        if (pulse != null) {
            pulse.close();
        }
        if (Cleanup.stopping()) {
            // Whoever has read the record under the snapshot would keep it from being dropped.
            source.abandon();
        }
        synchronized (session) {
            left = true;
            Server.close(session);
        }
        try (Connection fresh = source.sessionToPutBack()) {
            undo(fresh).forEach(done -> console.explain("%s", done));
        } catch (SQLException e) {
            // The session is gone, and had done its work.
        }
    }

    private void left(String reason) {
        console.warn("not every job of the source could be put back, and may be late by twenty minutes: %s", reason);
        console.hint("put them back with: repair");
    }

    /** @return whether a run has paused jobs on this source and has not put them back yet */
    public static boolean exists(Connection session) {
        return PauseRecord.exists(session, "source");
    }

    /** @return why a record of paused jobs that stands there is not read, if there is one of somebody else's */
    public static Optional<Failure> stranger(Connection session) {
        OwnSchema.Found found = PauseRecord.find(session, "source");
        return found == null || found.state() == OwnSchema.State.OURS ? Optional.empty() : Optional.of(found
                .refusal("source")
                .hint("if a run of user \"%s\" has paused jobs and was killed, put them back as that user: repair; "
                        + "else "
                        + "%s",
                        found.owner(), found.hint()));
    }

    /** @return whether that run is still at work */
    public static boolean inUse(Connection session) {
        return Rows.text(session, "source", "looking for another run",
                """
                SELECT 1 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
                  AND d.datname = pg_catalog.current_database()
                 WHERE l.locktype = 'advisory' AND l.pid <> pg_catalog.pg_backend_pid()
                   AND (l.classid::bigint << 32 | l.objid::bigint) = %d"""
                        .formatted(LOCK)) != null;
    }

    private static Failure inUse() {
        return Failure.refused("another run has paused the jobs of the source").hint("wait for its end");
    }

    /** @return the statements that {@link #restore} would run */
    public static List<String> plan(Connection session) {
        return steps(session).stream().map(MovedJobs.Step::sql).toList();
    }

    /**
     * Puts back what a run that was killed has left: each job that is where it was moved is due when it was due before.
     *
     * @return what was done, a line each
     * @throws Failure refused, when that run is still at work
     */
    public static List<String> restore(Connection session) {
        if (inUse(session)) {
            throw inUse();
        }
        return undo(session);
    }

    private static List<String> undo(Connection session) {
        Rows.run(session, "source", "putting back the jobs", "SET lock_timeout = '5s'");
        List<MovedJobs.Step> steps = steps(session);
        // One by one: whoever reads the record under a snapshot keeps it from being dropped, and nothing else.
        steps.stream().filter(step -> !step.drop())
                .forEach(step -> Rows.run(session, "source", "putting back the jobs", step.sql()));
        // In one trip, which is one transaction: a schema alone could be anybody's.
        List<String> drops = steps.stream().filter(MovedJobs.Step::drop).map(MovedJobs.Step::sql).toList();
        if (!drops.isEmpty()) {
            Rows.run(session, "source", "putting back the jobs", String.join("; ", drops));
        }
        return steps.stream().map(MovedJobs.Step::words).toList();
    }

    private static List<MovedJobs.Step> steps(Connection session) {
        return exists(session) ? MovedJobs.steps(session, TimescaleExtension.of(session, "source").jobTable())
                : List.of();
    }
}

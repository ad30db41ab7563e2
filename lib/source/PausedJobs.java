//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import lib.catalog.ReservedSchemas;
import lib.server.OwnSchema;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Attempt;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Heartbeat;
import lib.timescale.DueJobs;
import lib.timescale.MovedJobs;
import lib.timescale.PauseRecord;
import lib.timescale.PauseRights;
import lib.timescale.TimescaleExtension;

/**
 * Keeps the source's own jobs from running while it is read: they would wait for our locks, or change what is being
 * read. Those that are due soon are moved a little into the future, again and again as long as the run lasts, so that a
 * crash delays them by twenty minutes at most. A job's next start is not in a dump, as its being scheduled is. What was
 * moved stands in a table on the source ({@link PauseRecord}) until all is as before.
 */
public final class PausedJobs implements AutoCloseable {
    /** How long a job that is running at the start is waited for. */
    public static final Duration PATIENCE = Duration.ofMinutes(10);
    /** The key of the advisory lock that a run holds on the source: "tsjob" in ASCII. */
    private static final long LOCK = 0x74736a6f62L;
    private final Server source;
    private final Console console;
    private final Session session;
    private final DueJobs due;
    private final Cleanup.Task leaving;
    private Heartbeat heartbeat;
    private boolean ended;

    private PausedJobs(Server source, Console console, Session session) {
        this.source = source;
        this.console = console;
        this.session = session;
        due = new DueJobs(session);
        leaving = Cleanup.puttingBack(this::putBack, this::reportFailure);
    }

    /**
     * Does some work while the source's jobs are paused. Jobs that a killed run has left moved are restored first, even
     * if {@code wanted} is false.
     *
     * @throws Failure when nothing was paused because of rights, another run, or a job that does not end
     */
    public static <T> T during(boolean wanted, Server source, Console console, Attempt.Question<T> work)
            throws SQLException {
        try (Session session = source.session()) {
            if (exists(session) && !inUse(session)) {
                restore(session, console::begin).forEach(done -> console.say("left by an earlier run: %s", done));
            }
        }
        if (wanted) {
            try (PausedJobs paused = begin(source, console, PATIENCE)) {
                T result = work.ask();
                console.explain("%s", paused == null ? "no jobs were paused" : "the jobs of the source may run again");
                return result;
            }
        }
        return work.ask();
    }

    /**
     * Pauses the jobs, and waits for those that run.
     *
     * @param timeout how long to wait
     * @return null where the source does not have TimescaleDB
     */
    public static PausedJobs begin(Server source, Console console, Duration timeout) {
        Session session = source.session();
        try {
            if (TimescaleExtension.of(session) == null) {
                session.close();
                console.say("the source has no TimescaleDB, and no jobs to pause");
                return null;
            }
            PauseRights.check(session, source);
            if ("f".equals(session.text("locking the jobs",
                    "SELECT pg_catalog.pg_try_advisory_lock(" + LOCK + ")"))) {
                throw inUse();
            }
            if (PauseRecord.isTaken(session)) {
                throw Failure.of(
                        "the source has a schema \"%s\" already, in which --pause-jobs would record the jobs that "
                                + "it moves",
                        OwnSchema.NAME)
                        .hint("%s", ReservedSchemas.remedy(OwnSchema.NAME));
            }
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
        PausedJobs paused = new PausedJobs(source, console, session);
        try {
            session.run("preparing to pause the jobs", "SET lock_timeout = '10s'");
            console.begin();
            PauseRecord.make(session);
            int moved = paused.await(timeout);
            paused.heartbeat = new Heartbeat("paused jobs", paused::moveDueJobs);
            console.say("%s of the source moved, none is running", Count.of(moved, "job"));
            return paused;
        } catch (RuntimeException e) {
            paused.close();
            throw e;
        }
    }

    /**
     * A running job sets its next start when it ends and is moved then; a job that the scheduler has just started
     * becomes visible a moment later.
     */
    private int await(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        boolean reported = false;
        for (int moved = due.move();; moved += due.move()) {
            session.text("waiting for the jobs", "SELECT pg_catalog.pg_sleep(1)");
            List<String> running = due.running();
            if (running.isEmpty()) {
                return moved + due.move();
            } else if (System.nanoTime() > deadline) {
                throw Failure
                        .of("%s of the source still runs after %s", running.get(0),
                                Count.of(timeout.toMinutes(), "minute"))
                        .hint("wait for its end, or end it: SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                                + "WHERE "
                                + "application_name LIKE '%%[' || %s || ']'",
                                running.get(0).replaceAll("^job (\\d+) .*", "$1"));
            } else if (!reported) {
                console.say("waiting for %s of the source, which runs", String.join(", ", running));
                reported = true;
            }
        }
    }

    private void moveDueJobs() {
        synchronized (session) {
            try {
                due.move();
            } catch (Failure e) {
                // A lock that is held now will be free at one of the next beats; there are many before a job is due.
                if (session.isClosed()) {
                    if (!ended && !Cleanup.stopping()) {
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

    private void putBack() {
        if (heartbeat != null) {
            heartbeat.close();
        }
        if (Cleanup.stopping()) {
            // A session that has read the record under the snapshot would keep it from being dropped.
            source.abandon();
        }
        synchronized (session) {
            ended = true;
            session.close();
        }
        try (Session fresh = source.sessionToPutBack()) {
            undo(fresh).forEach(done -> console.explain("%s", done));
        }
        console.say("the jobs of the source are due as before");
    }

    private void reportFailure(String reason) {
        console.warn("not every job of the source could be put back, so some may run up to twenty minutes late: "
                + "%s", reason);
        console.hint("put them back with: repair");
    }

    /** @return whether a run has paused jobs on this source and has not restored them yet */
    public static boolean exists(Session session) {
        return PauseRecord.exists(session);
    }

    /** @return why an existing record of paused jobs is not read, if it is not ours */
    public static Optional<Failure> foreignRecord(Session session) {
        OwnSchema.Found found = PauseRecord.find(session);
        return found == null || found.state() == OwnSchema.State.OURS ? Optional.empty() : Optional.of(found
                .refusal("source")
                .hint("if a run of user \"%s\" has paused jobs and was killed, put them back as that user: repair; "
                        + "else "
                        + "%s",
                        found.owner(), found.hint()));
    }

    /** @return whether that run is still at work */
    public static boolean inUse(Session session) {
        return session.text("looking for another run",
                """
                SELECT 1 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database
                  AND d.datname = pg_catalog.current_database()
                 WHERE l.locktype = 'advisory' AND l.pid <> pg_catalog.pg_backend_pid()
                   AND (l.classid::bigint << 32 | l.objid::bigint) = %d"""
                        .formatted(LOCK)) != null;
    }

    private static Failure inUse() {
        return Failure.of("another run has paused the jobs of the source").hint("wait for its end");
    }

    /** @return the statements that {@link #restore} would run */
    public static List<String> plan(Session session) {
        return steps(session).stream().map(MovedJobs.Step::sql).toList();
    }

    /**
     * Restores the jobs that a killed run has left moved: each that is still due when it was moved to becomes due when
     * it was before.
     *
     * @return what was done, a line each
     * @throws Failure when that run is still at work
     */
    public static List<String> restore(Session session, Runnable begun) {
        if (inUse(session)) {
            throw inUse();
        }
        begun.run();
        return undo(session);
    }

    private static List<String> undo(Session session) {
        session.run("putting back the jobs", "SET lock_timeout = '5s'");
        List<MovedJobs.Step> steps = steps(session);
        // One by one: a session that has read the record under a snapshot blocks only the statements that drop it.
        steps.stream().filter(step -> !step.drop())
                .forEach(step -> session.run("putting back the jobs", step.sql()));
        // In one round trip, which is one transaction: a schema without the table would not be recognized as ours.
        List<String> drops = steps.stream().filter(MovedJobs.Step::drop).map(MovedJobs.Step::sql).toList();
        if (!drops.isEmpty()) {
            session.run("putting back the jobs", String.join("; ", drops));
        }
        return steps.stream().map(MovedJobs.Step::description).toList();
    }

    private static List<MovedJobs.Step> steps(Session session) {
        return exists(session) ? MovedJobs.steps(session, TimescaleExtension.of(session).jobTable())
                : List.of();
    }
}

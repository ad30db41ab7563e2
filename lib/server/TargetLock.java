//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;
import lib.talk.Cleanup;
import lib.talk.Failure;
import lib.talk.RunName;

/**
 * Keeps every other run off a target for as long as its session lasts, and ends its own run when that session is lost:
 * another run may be at work there by then. Only the run that holds the lock may end sessions of an earlier run.
 */
public final class TargetLock implements AutoCloseable {
    /** The two halves of the key of the advisory lock: "tsmig" in ASCII. */
    private static final int CLASS = 0x74;
    private static final int OBJECT = 0x736d6967;
    private static final String HOLDER = """
            locktype = 'advisory' AND classid = %d AND objid = %d AND objsubid = 1
             AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"""
            .formatted(CLASS, OBJECT);
    /** How to find out who is at work on the target, and how to end it: a run whose lock is lost stops. */
    public static final String IN_USE_HINT =
            "wait for it, or end it: SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                    + " AND granted AND classid = " + CLASS + " AND objid = " + OBJECT
                    + " AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = "
                    + "current_database());";
    /** How long the session listens for its end, in which nobody else can use it. */
    private static final int WAIT_MILLIS = 250;
    private static final int WAITS_A_QUESTION = 40;
    /** SQLSTATE of a session that somebody has ended (PostgreSQL manual, appendix A). */
    private static final String TERMINATED = "57P01";
    /** Another run that gets the lock meanwhile ends our sessions before it changes anything. */
    private static final int GRACE_MILLIS = 5000;
    /** How long the end of a session of ours may take on the server, in tenths of a second. */
    private static final int TRIES = 50;

    /**
     * Who has the lock; what others than its user may not see is null.
     *
     * @param address of its machine, or null for one that shares the server's
     * @param since when its session began, as the server writes it
     */
    public record Holder(int pid, String user, String address, String since) {
    }

    private final Session session;
    private final String pid;
    private volatile boolean closed;
    private volatile Failure lost;

    private TargetLock(Session session) {
        this.session = session;
        pid = session.text("asking for the process of the session", "SELECT pg_catalog.pg_backend_pid()");
    }

    /**
     * Takes the lock.
     *
     * @param session a session on the target for this alone; it is closed with the lock
     * @throws Failure when another run has it
     */
    public static TargetLock take(Session session) {
        try {
            if (!tryLock(session)) {
                throw inUse();
            }
            return new TargetLock(session);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /** Takes the lock again for a run whose former session may not have ended on the server yet. */
    public static TargetLock takeAgain(Session session) {
        for (int i = 0; i < TRIES && isTaken(session); i++) {
            session.text("waiting for the lock of the target", "SELECT pg_catalog.pg_sleep(0.1)");
        }
        return take(session);
    }

    private static boolean tryLock(Session session) {
        return "t".equals(session.text("locking the target",
                "SELECT pg_catalog.pg_try_advisory_lock(" + ((long) CLASS << 32 | OBJECT) + ")"));
    }

    /** @return whether a run is at work on this target now, of another session than this one */
    public static boolean isTaken(Session target) {
        return !"0".equals(target.text("looking for another run",
                "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE granted AND pid <> "
                        + "pg_catalog.pg_backend_pid() AND "
                        + HOLDER));
    }

    /** @return who is at work on this target now, or null */
    public static Holder holder(Session target) {
        List<Holder> holders = target.list("looking for a run", """
                SELECT a.pid, a.usename, pg_catalog.host(a.client_addr), a.backend_start
                  FROM pg_catalog.pg_stat_activity a
                 WHERE a.pid IN (SELECT pid FROM pg_catalog.pg_locks WHERE granted AND %s)""".formatted(HOLDER),
                row -> new Holder(row.getInt(1), row.getString(2), row.getString(3), row.getString(4)));
        return holders.isEmpty() ? null : holders.get(0);
    }

    static Failure inUse() {
        return Failure.of("another migration is running on the target").hint("%s", IN_USE_HINT);
    }

    /**
     * @return whether the lock is still ours, asked in another session of the same database: ours may be busy, or its
     * server out of reach
     */
    public boolean heldAsSeenBy(Session other) {
        return !closed && lost == null && isHeld(other);
    }

    private boolean isHeld(Session other) {
        return "1".equals(other.text("looking for our lock",
                "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE granted AND pid = " + pid + " AND "
                        + HOLDER));
    }

    /**
     * Asks before something is put back.
     *
     * @param other a session that takes the lock where it was lost and nobody has it
     * @return whether no other run is at work, nor has been since the lock was lost
     */
    public boolean isLast(Session other) {
        // Its session may have ended here and not yet on the server.
        return isHeld(other) || tryLock(other) && JournalTables.exist(other)
                && RunName.TEXT.equals(other.text("reading the journal",
                        "SELECT name FROM " + JournalTables.RUN.sql()));
    }

    /**
     * Ends the run when the lock is lost.
     *
     * @param stop breaks everything that the run does on the target, and is told why
     */
    public void whenLost(Consumer<Failure> stop) {
        Thread thread = new Thread(() -> watch(stop), "lock");
        thread.setDaemon(true);
        thread.start();
    }

    private void watch(Consumer<Failure> stop) {
        try {
            for (int i = 1; !closed; i++) {
                // Fails at once when the connection ends; the lock itself is asked for now and then.
                session.driver().getNotifications(WAIT_MILLIS);
                if (i % WAITS_A_QUESTION == 0 && !closed && !heldAsSeenBy(session)) {
                    throw new SQLException("its session does not have it any more");
                }
            }
        } catch (SQLException | Failure e) {
            preferFailureOfWork(e);
            if (!closed && !Cleanup.stopping()) {
                lost = Failure
                        .of("the lock that keeps other runs off the target was lost: %s",
                                e instanceof SQLException known ? SqlFailures.message(known) : e.getMessage())
                        .hint("see that no other run uses it: preflight");
                stop.accept(lost);
            }
        }
    }

    /**
     * When a server crashes, all sessions end at once, and the one that did the work knows more of it than this one.
     */
    private void preferFailureOfWork(Exception end) {
        SQLException why = end instanceof SQLException direct ? direct
                : end.getCause() instanceof SQLException cause ? cause : null;
        if (why != null && why.getSQLState() != null && !TERMINATED.equals(why.getSQLState()) && !closed) {
            try {
                Thread.sleep(GRACE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Does a part of the work of the run.
     *
     * @throws Failure when the lock was lost meanwhile
     */
    public void runWhileHeld(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            // The aborted statements fail with errors of their own, which are not reported.
            throw lost == null || lost == e ? e : lost.because(e);
        }
    }

    @Override
    public void close() {
        closed = true;
        session.close();
    }
}

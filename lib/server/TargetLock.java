//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.talk.Cleanup;
import lib.talk.Failure;
import lib.talk.Sql;
import org.postgresql.PGNotification;

/**
 * Keeps every other run off a target for as long as its session lasts, and ends its own run when that session is lost:
 * another run may be at work there by then. Only the run that holds the lock may end sessions of an earlier run.
 */
public final class TargetLock implements AutoCloseable {
    /** How to find out who is at work on the target, and how to end it: a run whose lock is lost stops. */
    public static final String IN_USE_HINT =
            "wait for it, or end it: SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                    + " AND granted AND classid = " + AdvisoryLock.CLASS + " AND objid = " + AdvisoryLock.OBJECT
                    + " AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = "
                    + "current_database());";
    /** On which other machines notify the run. */
    private static final String CHANNEL = "tsmigrate";
    private static final Pattern CALL = Pattern.compile("(.{1,100}) ([1-9]\\d{0,4})");
    /** Everybody can call in anybody's name. */
    private static final int MOST_CALLERS = 256;
    /** How long the session listens for its end, in which nobody else can use it. */
    private static final int WAIT_MILLIS = 250;
    private static final int WAITS_A_QUESTION = 40;
    /** SQLSTATE of a session that somebody has ended (PostgreSQL manual, appendix A). */
    private static final String TERMINATED = "57P01";
    /** Another run that gets the lock meanwhile ends our sessions before it changes anything. */
    private static final int GRACE_MILLIS = 5000;

    /**
     * Who has the lock; what others than its user may not see is null.
     *
     * @param address of its machine, or null for one that shares the server's
     * @param since when its session began, as the server writes it
     */
    public record Holder(int pid, String user, String address, String since) {
    }

    private final RegainedLock again;
    private volatile Session session;
    private volatile String pid;
    /** When its session last had it, as {@link System#nanoTime}. */
    private long seen;
    private volatile boolean closed;
    private volatile Failure lost;
    private volatile Runnable call;
    /** How many workers each other machine has. */
    private final Map<String, Integer> callers = new ConcurrentHashMap<>();

    private TargetLock(Session session) {
        hold(session);
        again = new RegainedLock(Continuity.from(session));
    }

    private void hold(Session holder) {
        seen = System.nanoTime();
        pid = holder.text("asking for the process of the session", "SELECT pg_catalog.pg_backend_pid()");
        session = holder;
    }

    /**
     * Takes the lock.
     *
     * @param session a session on the target for this alone; it is closed with the lock
     * @throws Failure when another run has it
     */
    public static TargetLock take(Session session) {
        try {
            if (!AdvisoryLock.tryLock(session)) {
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
        AdvisoryLock.await(session);
        return take(session);
    }

    /** @return whether a run is at work on this target now, of another session than this one */
    public static boolean isTaken(Session target) {
        return AdvisoryLock.isTaken(target);
    }

    /** @return who is at work on this target now, or null */
    public static Holder holder(Session target) {
        List<Holder> holders = target.list("looking for a run",
                """
                SELECT a.pid, a.usename, pg_catalog.host(a.client_addr), a.backend_start
                  FROM pg_catalog.pg_stat_activity a
                 WHERE a.pid IN (SELECT pid FROM pg_catalog.pg_locks WHERE granted AND %s)"""
                        .formatted(AdvisoryLock.HOLDER),
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

    /**
     * Waits while the lock may be taken again.
     *
     * @param other a session that is about to work
     * @throws Failure when it is not: another run may be at work, or the target has crashed
     */
    public void awaitHeld(Session other) {
        for (long waited = 0; !heldAsSeenBy(other); waited += WAIT_MILLIS) {
            if (lost != null || closed || waited > Retries.LIMIT_MILLIS) {
                throw lost != null ? lost : inUse();
            }
            sleep(WAIT_MILLIS);
        }
    }

    private boolean isHeld(Session other) {
        return AdvisoryLock.isHeld(other, pid);
    }

    /**
     * Asks before something is put back.
     *
     * @param other a session that takes the lock where it was lost and nobody has it
     * @return whether no other run is at work, nor has been since the lock was lost
     */
    public boolean isLast(Session other) {
        // Its session may have ended here and not yet on the server.
        return isHeld(other) || AdvisoryLock.tryLock(other) && AdvisoryLock.isJournalOurs(other);
    }

    /**
     * Ends the run when the lock is lost for good. Where it was lost with the server's sessions, and nothing else was,
     * it is taken again.
     *
     * @param target for another session; what is tried again there waits for the lock
     * @param regained restores what was lost with it
     * @param stop breaks everything that the run does on the target, and is told why
     */
    public void whenLost(Server target, Runnable regained, Consumer<Failure> stop) {
        target.retries().after(this::awaitHeld);
        Thread thread = new Thread(() -> watch(target, regained, stop), "lock");
        thread.setDaemon(true);
        thread.start();
    }

    private void watch(Sessions target, Runnable regained, Consumer<Failure> stop) {
        boolean held = true;
        while (held && !closed) {
            try {
                session.run("listening to other machines", "LISTEN " + CHANNEL);
                listen();
            } catch (SQLException | Failure e) {
                held = !closed && !Cleanup.stopping() && isRegained(target, e, regained);
                if (!held) {
                    end(e, stop);
                }
            }
        }
    }

    /** @return the statement by which another machine tells a run that it is there, and how many workers it has */
    public static String call(String name, int workers) {
        return "NOTIFY " + CHANNEL + ", " + Sql.literal(name + " " + workers);
    }

    /** @return how many workers those other machines have together that have called this run */
    public int workersElsewhere() {
        return callers.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** @param work is done, for as short as it takes, at each further call of another machine; null for none */
    public void whenCalled(Runnable work) {
        call = work;
    }

    private void listen() throws SQLException {
        for (int i = 1; !closed; i++) {
            // Fails at once when the connection ends; the lock itself is asked for now and then.
            PGNotification[] calls = session.driver().getNotifications(WAIT_MILLIS);
            if (calls != null && calls.length > 0) {
                List.of(calls).forEach(each -> hear(each.getParameter()));
                Optional.ofNullable(call).ifPresent(Runnable::run);
            }
            if (i % WAITS_A_QUESTION == 0 && !closed) {
                long asked = System.nanoTime();
                if (!heldAsSeenBy(session)) {
                    throw new SQLException("its session does not have it any more");
                }
                seen = asked;
            }
        }
    }

    private void hear(String said) {
        Matcher known = CALL.matcher(said);
        if (known.matches() && (callers.size() < MOST_CALLERS || callers.containsKey(known.group(1)))) {
            callers.put(known.group(1), Integer.valueOf(known.group(2)));
        }
    }

    private boolean isRegained(Sessions target, Exception end, Runnable regained) {
        Session other = again.take(target, pid, TERMINATED.equals(state(end)), seen,
                () -> closed || Cleanup.stopping());
        if (other == null) {
            return false;
        }
        session.close();
        // Whoever waits for the lock goes on once it is held, with what is restored now.
        regained.run();
        hold(other);
        return true;
    }

    private static String state(Exception end) {
        SQLException why = end instanceof SQLException direct ? direct
                : end.getCause() instanceof SQLException cause ? cause : null;
        return why == null ? null : why.getSQLState();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void end(Exception e, Consumer<Failure> stop) {
        preferFailureOfWork(e);
        if (!closed && !Cleanup.stopping()) {
            Failure why = Failure
                    .of("the lock that keeps other runs off the target was lost: %s",
                            e instanceof SQLException known ? SqlFailures.message(known) : e.getMessage())
                    .hint("see whether another run uses it: status");
            lost = again.refusal() == null ? why : why.detail("%s", again.refusal());
            stop.accept(lost);
        }
    }

    /**
     * When a server crashes, all sessions end at once, and the one that did the work knows more of it than this one.
     */
    private void preferFailureOfWork(Exception end) {
        if (state(end) != null && !TERMINATED.equals(state(end)) && !closed) {
            sleep(GRACE_MILLIS);
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

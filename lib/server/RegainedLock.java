package lib.server;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import lib.talk.Failure;

/**
 * Takes the lock of a target again that was lost with its session, where nothing else was lost and nobody else was at
 * work since.
 */
final class RegainedLock {
    private static final String DOING = "taking the lock of the target again";
    private static final int PAUSE_MILLIS = 500;
    private static final int MARGIN_MILLIS = 1000;

    private final Continuity continuity;
    private volatile String refusal;

    /** @param continuity of the server since the lock was first taken */
    RegainedLock(Continuity continuity) {
        this.continuity = continuity;
    }

    /** @return why it could not be taken again, or null */
    String refusal() {
        return refusal;
    }

    /**
     * Waits for the server, and takes the lock.
     *
     * @param pid the process of the lost session
     * @param terminated whether the server has told it that somebody ends it, or that it shuts down
     * @param seen when that session last had the lock, as {@link System#nanoTime}
     * @param ended whether nobody wants it any more
     * @return the session that has it now, or null
     */
    Session take(Sessions target, String pid, boolean terminated, long seen, BooleanSupplier ended) {
        for (long waited = 0; waited < Retries.LIMIT_MILLIS && !ended.getAsBoolean(); waited += PAUSE_MILLIS) {
            Session other = null;
            boolean taken = false;
            try {
                Thread.sleep(PAUSE_MILLIS);
                other = target.session();
                taken = isTaken(other, pid, terminated, seen);
                return taken ? other : null;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            } catch (Failure e) {
                if (TransientFault.of(e).isEmpty()) {
                    return null;
                }
            } finally {
                if (other != null && !taken) {
                    other.close();
                }
            }
        }
        return null;
    }

    /** Who ends the session of the lock alone wants to end the run. */
    private boolean isTaken(Session other, String pid, boolean terminated, long seen) {
        boolean restarted = continuity.isRestarted(other);
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - seen) + MARGIN_MILLIS;
        if (terminated && !restarted) {
            refusal = "somebody has ended its session";
            return false;
        }
        if (!continuity.isUnbroken(other, terminated, millis)) {
            refusal = "the target may have crashed, and may have lost what was committed last";
            return false;
        }
        if (!restarted) {
            other.texts(DOING, "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_locks WHERE granted "
                    + "AND pid = " + pid + " AND " + AdvisoryLock.HOLDER);
        }
        AdvisoryLock.await(other);
        if (!AdvisoryLock.tryLock(other) || !AdvisoryLock.isJournalOurs(other)) {
            refusal = "another run has used the target since";
            return false;
        }
        // It is no session whose end would end others.
        other.run(DOING, "DELETE FROM " + JournalTables.SESSION.sql() + " WHERE pid = pg_catalog.pg_backend_pid()");
        return true;
    }
}

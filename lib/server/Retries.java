package lib.server;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import lib.dsn.SideSockets;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;

/**
 * Tries units of work again that have failed with a fault that passes ({@link TransientFault}), after a pause that
 * becomes longer each time, and within a limit. Safe for use by several threads.
 */
public final class Retries {
    /** So often a unit may fail by accident: what always does is no accident. */
    private static final int ACCIDENTS = 5;
    private static final long FIRST_PAUSE = 250;
    private static final long LONGEST_PAUSE = 10_000;
    /** All pauses of one unit: time to make room on a disk, or for a server to recover. */
    static final long LIMIT_MILLIS = TimeUnit.MINUTES.toMillis(5);
    private static final long LOOK_MILLIS = 50;

    /** A unit of work, which happens as a whole or not at all. */
    public interface Work<T> {
        /** @param again whether it has failed before, maybe only in that nobody knows whether it was done */
        T run(boolean again);
    }

    private final Console console;
    private final BooleanSupplier ended;
    private volatile Consumer<Session> permission = session -> {};

    /**
     * @param console is told of units that are tried again; null for nobody
     * @param ended whether nothing is tried again any more
     */
    Retries(Console console, BooleanSupplier ended) {
        this.console = console;
        this.ended = ended;
    }

    /** @param check is given each session in which something is tried again, and may wait or fail */
    public void after(Consumer<Session> check) {
        permission = check;
    }

    /** Waits until work may go on in a new session. */
    void permit(Session session) {
        permission.accept(session);
    }

    /**
     * Does a unit of work.
     *
     * @param cancelled whether nobody waits for it any more
     * @throws Failure the last one, when it passes not or not in time
     */
    public <T> T run(Work<T> work, BooleanSupplier cancelled) {
        Unit unit = new Unit(cancelled);
        while (true) {
            try {
                return work.run(unit.failed);
            } catch (Failure e) {
                unit.pause(e);
            }
        }
    }

    /** @return whether it has failed for want of what others may give back, such as room on the disk */
    public static boolean isShortage(Failure failure) {
        return TransientFault.of(failure).filter(TransientFault.SHORTAGE::equals).isPresent();
    }

    /** @return whether it has failed by a fault that passes, so that the same may succeed later */
    public static boolean passes(Failure failure) {
        return TransientFault.of(failure).isPresent() || SideSockets.failure(failure) != null;
    }

    private final class Unit {
        private final BooleanSupplier cancelled;
        private boolean failed;
        private int accidents;
        private long pause = FIRST_PAUSE;
        private long waited;

        Unit(BooleanSupplier cancelled) {
            this.cancelled = cancelled;
        }

        /** @throws Failure this one, when it is not tried again */
        void pause(Failure e) {
            TransientFault fault = TransientFault.of(e).orElse(null);
            accidents += fault == TransientFault.ACCIDENT ? 1 : 0;
            if (fault == null || isEnded() || accidents == ACCIDENTS || waited >= LIMIT_MILLIS) {
                throw e;
            }
            if (!failed) {
                failed = true;
                tell(e, fault);
            }
            for (long slept = 0; slept < pause; slept += LOOK_MILLIS) {
                sleep(e);
                if (isEnded()) {
                    throw e;
                }
            }
            waited += pause;
            pause = Math.min(2 * pause, LONGEST_PAUSE);
        }

        private boolean isEnded() {
            return cancelled.getAsBoolean() || ended.getAsBoolean() || Cleanup.stopping();
        }
    }

    private static void sleep(Failure e) {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw e;
        }
    }

    private void tell(Failure e, TransientFault fault) {
        if (console == null) {
            return;
        }
        boolean takesTime = fault == TransientFault.SHORTAGE;
        console.countRetry();
        console.warn("%s; %s", Failure.why(e), takesTime
                ? "trying again for " + TimeUnit.MILLISECONDS.toMinutes(LIMIT_MILLIS) + " minutes" : "trying again");
        if (takesTime && e.hint() != null) {
            e.hint().lines().forEach(line -> console.hint("%s", new Printable(line)));
        }
    }
}

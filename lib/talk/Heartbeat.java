package lib.talk;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Something small that is done again and again beside the work, until it is closed; it keeps no process alive. */
public final class Heartbeat implements AutoCloseable {
    private static final int SECONDS = 30;

    private final ScheduledExecutorService thread;

    /** @param beat is done every 30 seconds, for the first time after as many; once it throws, never again */
    public Heartbeat(String name, Runnable beat) {
        this(name, SECONDS, beat);
    }

    /** The same every so many seconds. */
    public Heartbeat(String name, int seconds, Runnable beat) {
        thread = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread daemon = new Thread(work, name);
            daemon.setDaemon(true);
            return daemon;
        });
        thread.scheduleWithFixedDelay(beat, seconds, seconds, TimeUnit.SECONDS);
    }

    /** Begins no further beat; one that has begun goes on. */
    @Override
    public void close() {
        thread.shutdown();
    }
}

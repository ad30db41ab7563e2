package lib.talk;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** A small task that is repeated beside the work until it is closed. It does not keep the process alive. */
public final class Heartbeat implements AutoCloseable {
    private static final int SECONDS = 30;

    private final ScheduledExecutorService thread;

    /** @param task runs every 30 seconds, for the first time after 30; it is not repeated once it throws */
    public Heartbeat(String name, Runnable task) {
        this(name, SECONDS, task);
    }

    /** Runs the beat every so many seconds instead. */
    public Heartbeat(String name, int seconds, Runnable task) {
        thread = Executors.newSingleThreadScheduledExecutor(work -> {
            Thread daemon = new Thread(work, name);
            daemon.setDaemon(true);
            return daemon;
        });
        thread.scheduleWithFixedDelay(task, seconds, seconds, TimeUnit.SECONDS);
    }

    /** Starts no further beat; a running one is not interrupted. */
    @Override
    public void close() {
        thread.shutdown();
    }
}

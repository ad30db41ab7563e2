package testbed;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Work beside the test, and waiting for what it brings about; neither goes on for ever. */
public final class BackgroundWork {
    private static final int SECONDS = 90;

    private BackgroundWork() {
    }

    /**
     * Does something in a thread of its own: the pool that all share may have fewer threads than there is to wait for.
     */
    public static <T> CompletableFuture<T> run(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, task -> {
            Thread thread = new Thread(task, "meanwhile");
            thread.setDaemon(true);
            thread.start();
        }).orTimeout(SECONDS, TimeUnit.SECONDS);
    }

    /** Does work without a result in a thread of its own. */
    public static CompletableFuture<Boolean> run(Runnable work) {
        return run(() -> {
            work.run();
            return true;
        });
    }

    /** Waits until something is so. */
    public static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("not within " + SECONDS + " s: " + what);
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }
}

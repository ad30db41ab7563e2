package lib.rows;

/**
 * Limits the bytes a second of all threads together; threads that exceed the rate wait. Safe for use by several
 * threads.
 */
final class Throttle {
    private static final double NANOS = 1e9;
    /** Unused allowance expires after this time, so that no burst follows a pause. */
    private static final long MEMORY = 100_000_000;

    private final long rate;
    private long free = System.nanoTime();
    private boolean open;

    /** @param rate bytes a second; 0 for as many as come */
    Throttle(long rate) {
        this.rate = rate;
        open = rate == 0;
    }

    /** Returns when this many bytes more may go. */
    synchronized void pass(long bytes) {
        if (open) {
            return;
        }
        free = Math.max(free, System.nanoTime() - MEMORY);
        long mine = free;
        free += (long) (bytes * NANOS / rate);
        try {
            for (long left = mine - System.nanoTime(); left > 0 && !open; left = mine - System.nanoTime()) {
                wait(left / 1_000_000 + 1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the limit: a thread that waits here would not notice that the work has failed elsewhere. */
    synchronized void open() {
        open = true;
        notifyAll();
    }
}

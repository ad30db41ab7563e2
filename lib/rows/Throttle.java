package lib.rows;

/**
 * Lets so many bytes a second through, whoever brings them; those who bring more wait their turn. Safe for use by
 * several threads.
 */
final class Throttle {
    private static final double NANOS = 1e9;
    /** What was not used while nobody came is forgotten after this time, so that no burst follows a pause. */
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

    /** Lets everything through from now on: who waits here would not notice that the work has failed elsewhere. */
    synchronized void open() {
        open = true;
        notifyAll();
    }
}

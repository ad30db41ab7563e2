package bench;

import java.time.Duration;

/**
 * The end of a run, shared out among its workloads: a slow one does not take the others' time, and what one leaves is
 * the others'.
 */
public final class Deadline {
    private final long end;
    private int open;
    private long shareEnd;

    /**
     * A run that ends after this time.
     *
     * @param shares of all workloads together
     */
    public Deadline(Duration all, int shares) {
        end = System.nanoTime() + all.toNanos();
        open = shares;
    }

    /** From here on time goes to a workload with this many shares. */
    public void begin(int shares) {
        long now = System.nanoTime();
        shareEnd = now + (end - now) / Math.max(shares, open) * shares;
        open -= shares;
    }

    /** @return whether there is time for something that takes this long */
    public boolean allows(Duration work) {
        return System.nanoTime() + work.toNanos() < shareEnd;
    }
}

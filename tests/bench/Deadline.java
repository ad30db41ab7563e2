package bench;

import java.time.Duration;
import java.util.List;

/** The end of a run, shared out among its workloads: a slow one does not take the others' time, and what one leaves is the others'. */
final class Deadline {
    private final long end;
    private int open;
    private long shareEnd;

    Deadline(Duration all, List<Workload> workloads) {
        end = System.nanoTime() + all.toNanos();
        open = workloads.stream().mapToInt(Workload::share).sum();
    }

    /** From here on time goes to this workload. */
    void begin(Workload workload) {
        long now = System.nanoTime();
        shareEnd = now + (end - now) / Math.max(1, open) * workload.share();
        open -= workload.share();
    }

    /** @return whether there is time for something that takes this long */
    boolean allows(Duration work) {
        return System.nanoTime() + work.toNanos() < shareEnd;
    }
}

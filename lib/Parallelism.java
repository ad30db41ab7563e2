//SOURCES Capacity.java Console.java Rows.java
package lib;

import java.sql.Connection;
import java.util.stream.LongStream;

/** How many tables are worked on at once where the operator does not say. */
public final class Parallelism {
    private static final int LEAST = 2;
    private static final int MOST = 8;
    /** While one worker waits for a disk or the network, another one can use its processor. */
    private static final int FOR_EACH_CORE = 2;

    private Parallelism() {
    }

    /**
     * Two for each core of the machine that has the fewest, as far as that is known: a server tells how many processes it lets work on a query
     * at once (max_parallel_workers; PostgreSQL manual, 20.4.6), which is as many as its cores where somebody has set it, and else 8.
     *
     * @param asked what the operator says, or 0
     * @param pauseJobs whether one more session of the source is needed
     */
    public static int of(int asked, Connection from, Connection to, boolean pauseJobs, Console console) {
        if (asked > 0) {
            return asked;
        }
        int here = Runtime.getRuntime().availableProcessors();
        long source = workers("source", from);
        long target = workers("target", to);
        long cores = LongStream.of(here, source, target).filter(each -> each > 0).min().orElseThrow();
        int slots = Capacity.jobs(from, to, pauseJobs);
        int jobs = (int) Math.min(slots, Math.max(LEAST, Math.min(MOST, FOR_EACH_CORE * cores)));
        console.explain("%d jobs: this machine has %d cores, source and target let %d and %d processes work on a query, and have connections for %d jobs",
                jobs, here, source, target, slots);
        return jobs;
    }

    private static long workers(String side, Connection session) {
        return Long.parseLong(Rows.text(session, side, "asking for the size of the server", "SELECT pg_catalog.current_setting('max_parallel_workers')"));
    }
}

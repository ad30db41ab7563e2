package lib.rows;

import java.util.stream.LongStream;
import lib.server.Session;
import lib.talk.Console;

/**
 * How much is done at once.
 *
 * @param workers how many tables are worked on at once
 * @param streams how many COPYs of them have processors of their own; one of them keeps a processor of the source and
 * one of the target busy
 */
public record Parallelism(int workers, int streams) {
    private static final int LEAST = 2;
    private static final int MOST = 8;
    /** While one worker waits for a disk or the network, another one can use its processor. */
    private static final int FOR_EACH_CORE = 2;

    /** @return the parallelism that the operator requests */
    public static Parallelism requested(int workers) {
        return new Parallelism(workers, workers);
    }

    /**
     * Two workers for each core of the machine that has the fewest, as far as that is known: a server tells how many
     * processes it lets work on a query at once (max_parallel_workers; PostgreSQL manual, 20.4.6), which is as many as
     * its cores where somebody has set it, and else 8.
     *
     * @param requested what the operator says, or 0
     * @param pauseJobs whether one more session of the source is needed
     */
    public static Parallelism of(int requested, Session from, Session to, boolean pauseJobs, Console console) {
        if (requested > 0) {
            return requested(requested);
        }
        int here = Runtime.getRuntime().availableProcessors();
        long source = parallelWorkers(from);
        long target = parallelWorkers(to);
        long cores = LongStream.of(here, source, target).filter(each -> each > 0).min().orElseThrow();
        int slots = Capacity.workers(from, to, pauseJobs);
        int workers = (int) Math.min(slots, Math.max(LEAST, Math.min(MOST, FOR_EACH_CORE * cores)));
        boolean shared = isHere(from) && isHere(to);
        console.explain(
                "%d workers: this machine has %d cores%s, source and target let %d and %d processes work on a query, "
                        + "and have connections for %d workers",
                workers, here, shared ? " for both servers, too" : "", source, target, slots);
        return new Parallelism(workers, shared ? Math.min(workers, Math.max(1, here / 2)) : workers);
    }

    /**
     * @return whether there are more workers than processors for them, so that what takes fewer processor seconds is
     * done sooner
     */
    public boolean crowded() {
        return streams < workers;
    }

    private static long parallelWorkers(Session session) {
        return Long.parseLong(session.text("asking for the size of the server",
                "SELECT pg_catalog.current_setting('max_parallel_workers')"));
    }

    /**
     * Whether a server is on this machine, or looks so at the end of a tunnel: to it, both ends have the same address.
     */
    private static boolean isHere(Session session) {
        return "t".equals(session.text("asking for the addresses of the connection",
                "SELECT pg_catalog.inet_client_addr() = pg_catalog.inet_server_addr()"));
    }
}

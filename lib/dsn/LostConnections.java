package lib.dsn;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Single connections that something between here and the server has lost without a word, while the server answers on
 * others: a thread of ours waits for the server, whose process has ended or waits for us, and that stays so. A
 * statement that takes long is none: its process does not wait for us. Safe for use by several threads.
 */
public final class LostConnections {
    /** A socket that says since when a thread waits on it, as {@link System#nanoTime}; 0 for none. */
    interface Waiting {
        long waitingSince();
    }

    /** @param since when the wait began, as {@link System#nanoTime} */
    private record Wait(long since, int process) {
    }

    /** @param since when it was first seen that the server waits, too */
    private record Standstill(Wait kept, long since) {
    }

    private final Supplier<Map<Long, Long>> waiting;
    private final LongConsumer close;
    private final Map<Long, Integer> processes = new ConcurrentHashMap<>();
    private final Map<Long, String> reasons = new ConcurrentHashMap<>();
    private final Map<Long, Standstill> standing = new HashMap<>();
    private final Set<Long> seen = new HashSet<>();

    /**
     * @param waiting the connections, by number, on which a thread waits, and since when
     * @param close closes one
     */
    LostConnections(Supplier<Map<Long, Long>> waiting, LongConsumer close) {
        this.waiting = waiting;
        this.close = close;
    }

    /** Records the server's process at the other end of a connection; behind a pooler it may be none. */
    void ends(long connection, int process) {
        processes.put(connection, process);
    }

    /** Forgets it once it is closed, but not why: whoever waits on it asks for that next. */
    void forget(long connection) {
        processes.remove(connection);
    }

    /** @return why it was closed, or null */
    String reason(long connection) {
        return reasons.get(connection);
    }

    /** @return the server's processes that threads of ours have been waiting for, at least as long */
    public Set<Integer> awaited(long millis) {
        Set<Integer> awaited = new HashSet<>();
        long now = System.nanoTime();
        waits().values().forEach(wait -> {
            if (now - wait.since >= TimeUnit.MILLISECONDS.toNanos(millis)) {
                awaited.add(wait.process);
            }
        });
        return awaited;
    }

    private Map<Long, Wait> waits() {
        Map<Long, Wait> waits = new HashMap<>();
        waiting.get().forEach((connection, since) -> {
            Integer process = processes.get(connection);
            if (since != 0 && process != null) {
                waits.put(connection, new Wait(since, process));
            }
        });
        return waits;
    }

    /**
     * Closes those connections that have stood still for longer than the bound.
     *
     * @param seconds the bound
     * @param asked the processes that the server was asked about
     * @param answer whether each that is there waits for us
     */
    public synchronized void judge(String side, int seconds, Set<Integer> asked, Map<Integer, Boolean> answer) {
        Map<Long, Wait> waits = waits();
        waits.values().removeIf(wait -> !asked.contains(wait.process));
        waits.forEach((connection, wait) -> {
            Boolean waitsForUs = answer.get(wait.process);
            if (waitsForUs != null) {
                seen.add(connection);
            }
            // A process that was never seen may be that of a pooler.
            if (waitsForUs == null ? !seen.contains(connection) : !waitsForUs) {
                standing.remove(connection);
                return;
            }
            Standstill known = standing.get(connection);
            if (known == null || !known.kept.equals(wait)) {
                standing.put(connection, new Standstill(wait, System.nanoTime()));
            } else if (System.nanoTime() - known.since >= TimeUnit.SECONDS.toNanos(seconds)) {
                reasons.put(connection, "a connection to the " + side + " was lost on the way: for "
                        + seconds + " s nothing came, and the server "
                        + (waitsForUs == null ? "has ended it" : "waits for us"));
                close.accept(connection);
            }
        });
        standing.keySet().retainAll(waits.keySet());
    }
}

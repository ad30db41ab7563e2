package lib.nodes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Count;
import lib.talk.Failure;
import lib.timescale.NodeTables;

/**
 * What was written to data nodes: there is no snapshot over several servers, so that their own counters are read at the
 * beginning and at the end. They run up to ten seconds late and count rows that were rolled back too (PostgreSQL
 * manual, 28.2, pg_stat_all_tables); the number of the next transaction knows no delay, and counts those of all
 * databases of a server.
 */
final class NodeWrites {
    /**
     * A session reports what it has written at its end, or at the latest after ten seconds (PGSTAT_IDLE_INTERVAL); a
     * server before version 15 passes that on within half a second (PGSTAT_STAT_INTERVAL).
     */
    private static final long REPORTED_MS = 11_000;
    private static final long PASSED_ON_MS = 1_000;

    /** Users who may not see what others do see nothing of them but that they are there. */
    private static final String OTHERS = """
            SELECT 1 FROM pg_catalog.pg_stat_activity a WHERE a.datname = pg_catalog.current_database()
               AND coalesce(a.backend_type, 'client backend') = 'client backend'
               AND a.pid <> pg_catalog.pg_backend_pid()
               AND a.application_name <> pg_catalog.current_setting('application_name') LIMIT 1""";

    /**
     * Something that was written.
     *
     * @param table such as {@code hypertable fleet.reading}
     * @param rows how many were inserted, updated or deleted
     * @param changed whether tables of it were created, dropped, truncated or compressed
     * @param reset whether the counters have begun anew, so that nobody knows
     */
    public record Change(String node, String table, long rows, boolean changed, boolean reset) {
        @Override
        public String toString() {
            List<String> how = new ArrayList<>();
            if (rows > 0) {
                how.add(Count.of(rows, "row"));
            }
            if (changed) {
                how.add("created, dropped, truncated or compressed");
            }
            if (reset) {
                how.add("its statistics have begun anew");
            }
            return table + " on data node " + node + " (" + String.join("; ", how) + ")";
        }
    }

    /** @param tables by their identifiers */
    private record Counters(long transactions, Map<Long, NodeTables.Written> tables) {
        static Counters read(Session session) {
            Map<Long, NodeTables.Written> tables = new TreeMap<>();
            NodeTables.written(session).forEach(table -> tables.put(table.oid(), table));
            return new Counters(Long.parseLong(session.text("reading the number of the next transaction",
                    "SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())")), tables);
        }

        List<Change> since(String node, Counters before) {
            if (transactions == before.transactions) {
                // What is counted since was written before.
                return List.of();
            }
            TreeSet<Long> all = new TreeSet<>(before.tables.keySet());
            all.addAll(tables.keySet());
            Map<String, Change> changes = new TreeMap<>();
            for (long oid : all) {
                NodeTables.Written then = before.tables.get(oid);
                NodeTables.Written now = tables.get(oid);
                boolean changed = then == null || now == null || then.file() != now.file();
                long rows = now == null ? 0 : now.rows() - (then == null ? 0 : then.rows());
                if (changed || rows != 0) {
                    String table = (now == null ? then : now).owner();
                    changes.merge(table, new Change(node, table, Math.max(0, rows), changed, rows < 0),
                            (one, other) -> new Change(node, table, one.rows + other.rows,
                                    one.changed || other.changed, one.reset || other.reset));
                }
            }
            return List.copyOf(changes.values());
        }
    }

    private final List<DataNode> nodes;
    private final List<Counters> begun;

    private NodeWrites(List<DataNode> nodes, List<Counters> begun) {
        this.nodes = nodes;
        this.begun = begun;
    }

    /** @param nodes those that can be reached */
    public static NodeWrites begin(List<DataNode> nodes) {
        return new NodeWrites(nodes, nodes.stream().map(NodeWrites::read).toList());
    }

    private static Counters read(DataNode node) {
        try (Session session = node.session()) {
            return Counters.read(session);
        }
    }

    /**
     * Reads the counters again. Where a server has had transactions that no counter tells of, they are waited for.
     *
     * @return what was written since the beginning, by data node and table
     */
    public List<Change> since() {
        List<Change> changes = new ArrayList<>();
        long begin = System.nanoTime();
        for (int i = 0; i < nodes.size(); i++) {
            DataNode node = nodes.get(i);
            Counters before = begun.get(i);
            try (Session session = node.session()) {
                Counters now = Counters.read(session);
                while (now.since(node.name(), before).isEmpty() && now.transactions > before.transactions
                        && mayBeReported(session, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin))) {
                    pause();
                    now = Counters.read(session);
                }
                changes.addAll(now.since(node.name(), before));
            }
        }
        return changes;
    }

    /**
     * Ends a run that has read what was being written.
     *
     * @throws Failure that names what was written, if anything was
     */
    public static void requireNone(List<Change> changes) {
        if (!changes.isEmpty()) {
            throw Failure
                    .of("data nodes were written to while they were read, so that what has arrived is no one state "
                            + "of the source: %s",
                            changes.stream().map(Change::toString).collect(Collectors.joining(", ")))
                    .hint("stop what writes to the source, its jobs too, and run the same command with --resume");
        }
    }

    /** @param waited for how many milliseconds */
    private static boolean mayBeReported(Session session, long waited) {
        return waited < PASSED_ON_MS || waited < REPORTED_MS
                && session.text("looking for other sessions", OTHERS) != null;
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(500);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of("reading the statistics was interrupted").because(e);
        }
    }
}

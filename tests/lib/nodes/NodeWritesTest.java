//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.nodes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import lib.talk.Failure;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.BackgroundWork;
import testbed.MultiNode;

/** What is written to a cluster between two looks at its data nodes is named. */
class NodeWritesTest {
    @AutoClose
    private static MultiNode cluster;
    private static Fleet fleet;

    @BeforeAll
    static void start() {
        cluster = MultiNode.planted(2);
        fleet = Fleet.of(cluster);
    }

    private static List<String> changes(String... onAccessNode) {
        NodeWrites begun = NodeWrites.begin(fleet.nodes().reached());
        cluster.access().sql(cluster.database(), onAccessNode);
        return begun.since().stream().map(NodeWrites.Change::toString).toList();
    }

    @Test
    void nothing() {
        assertEquals(List.of(), changes());
        assertEquals(List.of(),
                changes("SELECT count(*) FROM fleet.reading", "INSERT INTO fleet.note (what) VALUES ('x')"));
    }

    /** A session that goes on reports at most once a second, and the rest when it is idle for a while. */
    @Test
    void what_is_reported_late() throws SQLException {
        String insert = "INSERT INTO fleet.twice VALUES ('2024-01-08 00:00:%02d', 2, 1)";
        try (Connection session = cluster.access().connect(cluster.database());
                Statement statement = session.createStatement()) {
            statement.execute(insert.formatted(1));
            NodeWrites begun = NodeWrites.begin(fleet.nodes().reached());
            statement.execute(insert.formatted(2));
            statement.execute(insert.formatted(3));
            assertEquals(List.of("dn1 hypertable fleet.twice", "dn2 hypertable fleet.twice"),
                    begun.since().stream().map(change -> change.node() + " " + change.table()).toList());
        }
    }

    /** What was written before is no change, however late it is reported: at the end of its session at the latest. */
    @Test
    void what_was_written_before() throws SQLException {
        NodeWrites begun;
        String reported = "SELECT sum(n_tup_ins) FROM pg_stat_all_tables";
        String before;
        try (Connection session = cluster.access().connect(cluster.database());
                Statement statement = session.createStatement()) {
            for (int i = 10; i < 20; i++) {
                statement.execute("INSERT INTO fleet.twice VALUES ('2024-01-08 00:00:" + i + "', 3, 1)");
            }
            begun = NodeWrites.begin(fleet.nodes().reached());
            before = cluster.node(1).query(cluster.database(), reported);
        }
        BackgroundWork.until("it is reported",
                () -> !before.equals(cluster.node(1).query(cluster.database(), reported)));
        assertEquals(List.of(), begun.since());
    }

    /** Hash partitioning has put device 3 on one of them. */
    @Test
    void rows_of_chunks_that_are_there() {
        List<String> changes = changes("INSERT INTO fleet.reading (time, device) SELECT '2024-01-05 00:00:01', 3 "
                + "FROM generate_series(1, 18)");
        assertEquals(1, changes.size());
        assertTrue(changes.get(0).matches("hypertable fleet\\.reading on data node dn[12] \\(18 rows\\)"),
                changes.toString());
        assertEquals(List.of("hypertable fleet.twice on data node dn1 (1 row)",
                "hypertable fleet.twice on data node dn2 (1 row)"),
                changes("INSERT INTO fleet.twice VALUES ('2024-01-08 00:00:07', 1, 1)"));
    }

    @Test
    void chunks_that_come_and_go() {
        assertEquals(
                List.of("hypertable fleet.twice on data node dn1 (1 row; created, dropped, truncated or compressed)",
                        "hypertable fleet.twice on data node dn2 (1 row; created, dropped, truncated or compressed)"),
                changes("INSERT INTO fleet.twice VALUES ('2025-01-01', 1, 1)"));
        assertEquals(List.of("hypertable fleet.moved on data node dn1 (created, dropped, truncated or compressed)",
                "hypertable fleet.moved on data node dn2 (created, dropped, truncated or compressed)"),
                changes("SELECT drop_chunks('fleet.moved', '2024-02-08'::timestamptz)"));
    }

    @Test
    void chunks_that_are_compressed() {
        List<String> changes =
                changes("SELECT compress_chunk(c) FROM show_chunks('fleet.twice', "
                        + "newer_than => '2024-01-09'::timestamptz, older_than => '2024-01-11'::timestamptz) c");
        assertEquals(2, changes.size());
        assertTrue(changes.stream().allMatch(change -> change.matches(
                "hypertable fleet\\.twice on data node dn[12] "
                        + "\\(\\d+ rows; created, dropped, truncated or compressed\\)")),
                changes.toString());
    }

    @Test
    void tables_that_are_kept_alike() {
        assertEquals(List.of("table fleet.site on data node dn2 (1 row)"),
                changes("CALL distributed_exec('INSERT INTO fleet.site VALUES (99, ''x'')', '{dn2}')"));
    }

    /** A crash does that. */
    @Test
    void counters_that_begin_anew() {
        NodeWrites begun = NodeWrites.begin(fleet.nodes().reached());
        cluster.node(1).sql(cluster.database(), "SELECT pg_stat_reset()");
        cluster.access().sql(cluster.database(), "UPDATE fleet.reading SET value = 2 WHERE time < '2024-01-04 06:00'");
        List<NodeWrites.Change> changes = begun.since();
        assertTrue(changes.stream().map(NodeWrites.Change::toString)
                .anyMatch("hypertable fleet.counter on data node dn1 (its statistics have begun anew)"::equals),
                changes.toString());
        Failure failure = assertThrows(Failure.class, () -> NodeWrites.requireNone(changes));
        assertTrue(failure.getMessage().startsWith("data nodes were written to while they were read, so that what has "
                + "arrived is no one state of the source: hypertable fleet."), failure.getMessage());
        assertEquals("stop what writes to the source, its jobs too, and run the same command with --resume",
                failure.hint());
        NodeWrites.requireNone(List.of());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.nodes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Failure;
import lib.timescale.DistributedHypertables;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.MultiNode;
import testbed.PgServer;

/** A cluster of three servers, of which some can be reached and some cannot. Queries to its access node decide. */
class DataNodesTest {
    @AutoClose
    private static MultiNode cluster;

    @BeforeAll
    static void start() {
        cluster = MultiNode.planted(2);
    }

    @Test
    void chunks_are_read_where_they_are_and_nodes_have_as_much_to_send() {
        Fleet fleet = Fleet.of(cluster);
        assertEquals("", fleet.failures());
        assertEquals(List.of("dn1 2.13.1", "dn2 2.13.1"),
                fleet.nodes().all().stream().map(node -> node.name() + " " + node.version()).toList());
        ChunkReads reads = fleet.reads();
        assertEquals(fleet.expected(), fleet.rows(reads));
        assertTrue(reads.all().stream().allMatch(ChunkReads.Read::direct));
        assertEven(reads);
    }

    /** None has more than the others by more than a chunk. */
    private static void assertEven(ChunkReads reads) {
        long most = reads.load().values().stream().mapToLong(bytes -> bytes).max().orElseThrow();
        long least = reads.load().values().stream().mapToLong(bytes -> bytes).min().orElseThrow();
        long chunk = reads.all().stream().mapToLong(ChunkReads.Read::bytes).max().orElseThrow();
        assertTrue(most - least <= chunk, reads.load().toString());
    }

    @Test
    void what_the_access_node_knows() {
        Fleet fleet = Fleet.of(cluster);
        try (Session session = fleet.access().session()) {
            assertEquals(
                    List.of("counter 1 tick/bigint/1000/null", "empty 1 time/timestamp without time zone/7 days/null",
                            "moved 2 seen/timestamp with time zone/7 days/null item/text/null/2",
                            "reading 1 time/timestamp with time zone/1 day/null device/integer/null/2",
                            "twice 2 time/timestamp with time zone/1 day/null"),
                    DistributedHypertables.list(session).stream().map(table -> table.name() + " " + table.copies() + " "
                            + table.dimensions().stream().map(dimension -> String.join("/", dimension.column(),
                                    dimension.type(), dimension.interval(), String.valueOf(dimension.partitions())))
                                    .collect(Collectors.joining(" ")))
                            .toList());
            assertEquals(4 + 3, DistributedHypertables.chunks(session).stream()
                    .filter(DistributedHypertables.Chunk::compressed).count());
        }
    }

    /** Not a superuser, and with a password that stands in the connection string for all servers. */
    @Test
    void the_owner_reads_as_well() {
        Fleet fleet = Fleet.of(cluster.ownersUri());
        assertEquals("", fleet.failures());
        assertEquals(fleet.expected(), fleet.rows(fleet.reads()));
    }

    @Test
    void of_a_node_that_is_down_other_copies_are_read_and_what_has_none_is_named() {
        Fleet whole = Fleet.of(cluster);
        var expected = whole.expected();
        Set<String> single = whole.reads().all().stream().filter(read -> read.node().equals("dn2")
                && read.chunk().copies().size() == 1).map(read -> read.chunk().identity())
                .collect(Collectors.toCollection(TreeSet::new));
        cluster.node(2).stop();
        try {
            Fleet fleet = Fleet.of(cluster);
            assertEquals("dn2: could not connect to the data node dn2: nothing answers at \"127.0.0.1\" port "
                    + cluster.node(2).port() + " (Connection refused)", fleet.failures());
            assertEquals("it does not answer the access node", fleet.nodes().all().get(1).beyond().orElseThrow());
            ChunkReads reads = fleet.reads();
            assertEquals(single, reads.lost().stream().map(DistributedHypertables.Chunk::identity)
                    .collect(Collectors.toCollection(TreeSet::new)));
            Failure failure = assertThrows(Failure.class, reads::orFail);
            assertTrue(failure.getMessage().matches("no copy can be read of " + single.size()
                    + " chunks: \"_timescaledb_internal\"\\.\"_dist_hyper_.* of \"fleet\"\\.\"\\w+\" \\(on dn2\\), .*"),
                    failure.getMessage());
            assertEquals("start the data nodes that have them, or say where they are reached: --data-node NAME=CONNSTR",
                    failure.hint());
            assertEquals(expected.get("\"fleet\".\"twice\"").size(), reads.all().stream()
                    .filter(read -> read.chunk().hypertable().equals("\"fleet\".\"twice\""))
                    .mapToLong(read -> count(fleet, read)).sum());
        } finally {
            cluster.node(2).start();
        }
    }

    private static long count(Fleet fleet, ChunkReads.Read read) {
        assertEquals("dn1", read.node());
        try (Session session = fleet.nodes().node(read.node()).session()) {
            return Long.parseLong(session.text("counting", "SELECT count(*) FROM " + read.chunk().identity()));
        }
    }

    /** The access node has the password of this one, and the user does not. */
    @Test
    void a_node_with_another_password_is_read_through_the_access_node_until_it_is_given() {
        cluster.changePassword(2, "another");
        try {
            Fleet fleet = Fleet.of(cluster.ownersUri());
            assertEquals("dn2: could not connect to the data node dn2: password authentication failed for user "
                    + "\"fleet_owner\"", fleet.failures());
            assertTrue(fleet.nodes().all().get(1).failure().hint()
                    .startsWith("check the password of user \"fleet_owner\" for the data node dn2"));
            ChunkReads reads = fleet.reads();
            assertEquals(Set.of("dn2"), reads.beyond().keySet());
            assertTrue(reads.beyond().get("dn2").stream().allMatch(read -> read.chunk().copies().size() == 1
                    && read.bytes() > 0), reads.beyond().toString());
            assertEquals(fleet.expected(), fleet.rows(reads));
            Fleet given = Fleet.of(cluster.ownersUri(), "--data-node", "dn2=password=another");
            assertEquals("", given.failures());
            assertEquals("""
                    test: warning: the password of the data node dn2 stands on the command line, where ps shows it to \
                    every user of this machine
                    test: hint: leave it out and use ~/.pgpass, where each server has a line of its own
                    """, given.err().toString());
            assertEquals(given.expected(), given.rows(given.reads()));
            assertTrue(given.reads().beyond().isEmpty());
        } finally {
            cluster.changePassword(2, MultiNode.OWNERS_PASSWORD);
        }
    }

    /** The access node reaches it by a Unix socket, as only something on its machine can. */
    @Test
    void a_node_that_only_the_access_node_reaches_is_read_through_it_until_its_host_is_given() {
        PgServer node = cluster.node(1);
        cluster.access().sql(cluster.database(),
                "ALTER SERVER dn1 OPTIONS (SET host '" + node.socketFolder() + "')");
        try {
            Fleet fleet = Fleet.of(cluster);
            assertTrue(fleet.failures().startsWith("dn1: "), fleet.failures());
            assertTrue(fleet.failures().contains("data node dn1"), fleet.failures());
            assertTrue(fleet.nodes().all().get(0).isBeyond());
            ChunkReads reads = fleet.reads();
            assertEquals(Set.of("dn1"), reads.beyond().keySet());
            assertEquals(fleet.expected(), fleet.rows(reads));
            Fleet given = Fleet.of(cluster, "--data-node", "dn1=host=" + node.host());
            assertEquals("", given.failures());
            assertTrue(given.reads().beyond().isEmpty());
            assertEquals(given.expected(), given.rows(given.reads()));
        } finally {
            cluster.access().sql(cluster.database(), "ALTER SERVER dn1 OPTIONS (SET host '" + node.host() + "')");
        }
    }

    @Test
    void an_address_of_something_else_is_refused() {
        String other = cluster.node(1).newDatabase();
        refuses("dn1", cluster.node(1).uri(other), " does not have timescaledb");
        cluster.node(1).sql(other, "CREATE EXTENSION timescaledb");
        refuses("dn1", cluster.node(1).uri(other), " is no data node of this access node");
        cluster.node(1).sql(other, "SELECT add_data_node('x', host => '%s', port => %d, database => 'of_another', "
                .formatted(cluster.node(1).host(), cluster.node(1).port()) + "password => '"
                + cluster.node(1).password().replace("'", "''") + "')");
        refuses("dn1", cluster.node(1).uri("of_another"), " is no data node of this access node");
        refuses("dn1", cluster.uri(), " is the access node itself");
        String second = cluster.node(2).uri(cluster.database());
        Fleet fleet = Fleet.of(cluster, "--data-node=dn1=" + second);
        assertEquals("dn2: " + fleet.nodes().node("dn1").server().dsn() + " is data node dn1 as well",
                fleet.failures());
        assertEquals("check --data-node dn2 and --data-node dn1", fleet.nodes().all().get(1).failure().hint());
        Failure unknown = assertThrows(Failure.class, () -> Fleet.of(cluster, "--data-node=dn3=" + second));
        assertEquals("--data-node names \"dn3\", and the data nodes of the source are: dn1, dn2", unknown.getMessage());
        assertEquals(Failure.USAGE, unknown.exitCode());
        cluster.node(1).sql("postgres", "DROP DATABASE " + other, "DROP DATABASE of_another");
    }

    private static void refuses(String name, String uri, String what) {
        Fleet fleet = Fleet.of(cluster, "--data-node", name + "=" + uri);
        assertTrue(fleet.failures().startsWith(name + ": postgresql://") && fleet.failures().endsWith(what),
                fleet.failures());
        assertEquals("check --data-node dn1, or the options of server dn1 on the source",
                fleet.nodes().all().get(0).failure().hint());
    }

    /** Rows that were written while a node was not available are missing there. */
    @Test
    void a_copy_that_is_out_of_date_is_not_read() {
        PgServer access = cluster.access();
        access.sql(cluster.database(), "SELECT alter_data_node('dn2', available => false)",
                "INSERT INTO fleet.twice VALUES ('2024-01-06 00:00:07', 1, 1)");
        try {
            Fleet fleet = Fleet.of(cluster);
            ChunkReads reads = fleet.reads();
            assertEquals("", fleet.failures());
            String chunk = access.query(cluster.database(),
                    "SELECT chunk_name FROM timescaledb_information.chunks "
                            + "WHERE hypertable_name = 'twice' AND range_start = '2024-01-06'");
            assertEquals(List.of("dn1"), reads.all().stream()
                    .filter(read -> chunk.equals(read.chunk().name())).map(ChunkReads.Read::node).toList());
            assertTrue(fleet.nodes().node("dn2").held().keySet().stream()
                    .anyMatch(name -> name.endsWith(".\"" + chunk + '"')));
            cluster.node(1).stop();
            try {
                assertTrue(Fleet.of(cluster).reads().lost().stream().anyMatch(lost -> chunk.equals(lost.name())));
            } finally {
                cluster.node(1).start();
            }
            // The others of two copies are read where the access node reads, too.
            assertTrue(reads.all().stream().filter(read -> read.chunk().copies().size() > 1)
                    .allMatch(read -> read.node().equals("dn1")));
        } finally {
            access.sql(cluster.database(), "SELECT alter_data_node('dn2', available => true)",
                    "DELETE FROM fleet.twice WHERE time = '2024-01-06 00:00:07'");
        }
    }

    @Test
    void four_nodes_have_as_much_to_send() {
        try (MultiNode four = MultiNode.planted(4)) {
            Fleet fleet = Fleet.of(four);
            ChunkReads reads = fleet.reads();
            assertEquals(4, reads.load().size());
            assertEven(reads);
            assertEquals(fleet.expected(), fleet.rows(reads));
        }
    }
}

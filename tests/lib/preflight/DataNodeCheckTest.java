//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.dsn.Dsn;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.source.LeftBehind;
import lib.talk.Console;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.MultiNode;
import testbed.PgServer;

/** What is found about data nodes, and that it is mended by what is said to do. */
class DataNodeCheckTest {
    @AutoClose
    private static MultiNode cluster;

    @BeforeAll
    static void start() {
        cluster = MultiNode.planted(2);
    }

    /** What is found, but for what is well; figures are left out. */
    private static String found(MultiNode in, String uri, String... leaveOut) {
        return all(in, uri, leaveOut).lines().filter(line -> !line.startsWith("ok "))
                .collect(Collectors.joining("\n"));
    }

    private static String found(String... leaveOut) {
        return found(cluster, cluster.uri(), leaveOut);
    }

    private static String all(MultiNode in, String uri, String... leaveOut) {
        Server access = Server.connect(Dsn.parse("source", uri, false, Map.of("HOME", "/nonexistent")));
        try (Session session = access.session()) {
            return DataNodeCheck.of(access, session, Map.of(), List.of(leaveOut), new Console()).stream()
                    .map(finding -> finding.level().word() + " " + finding.check() + ": " + finding.text()
                            + (finding.fix() == null ? "" : "\nfix: " + finding.fix()))
                    .collect(Collectors.joining("\n"))
                    .replaceAll("\\d[.\\d]* (kB|MB)", "N").replaceAll(":" + in.node(1).port(), ":P1")
                    .replaceAll("port " + in.node(2).port(), "port P2").replaceAll(":" + in.node(2).port(), ":P2")
                    .replaceAll("PostgreSQL 1\\d\\.\\d+[^,]*", "PostgreSQL X");
        }
    }

    private static void onNode(int number, String... statements) {
        cluster.node(number).sql(cluster.database(), statements);
    }

    @Test
    void nothing_is_wrong_with_a_whole_cluster() {
        assertEquals("""
                ok data nodes: dn1: 127.0.0.1:P1 as user postgres, PostgreSQL X, timescaledb 2.13.1, N to read
                ok data nodes: dn2: 127.0.0.1:P2 as user postgres, PostgreSQL X, timescaledb 2.13.1, N to read""",
                all(cluster, cluster.uri()));
        assertEquals("", found(cluster, cluster.ownersUri()));
    }

    @Test
    void a_data_node_is_no_source() {
        String uri = cluster.node(1).uri(cluster.database());
        Server node = Server.connect(Dsn.parse("source", uri, false, Map.of()));
        try (Session session = node.session()) {
            assertEquals(List.of("the source is a data node of a multi-node database: it has a part of the rows",
                    "name its access node as the source"),
                    TimescaleSource.check(session, Selection.resolve(session, new Filters()), false, false).stream()
                            .filter(finding -> finding.level() == Finding.Level.STOP)
                            .flatMap(finding -> Stream.of(finding.text(), finding.fix())).toList());
        }
    }

    /** What multi-node brings along is no finding of its own. */
    @Test
    void labels_servers_and_foreign_chunks_are_not_left_behind() {
        Server access = Server.connect(Dsn.parse("source", cluster.uri(), false, Map.of()));
        try (Session session = access.session()) {
            assertEquals("1", session.text("counting", "SELECT count(*) FROM pg_seclabels WHERE label ~ 'dist_uuid'"));
            assertEquals(List.of(), LeftBehind.find(session, access, false,
                    Selection.resolve(session, new Filters())).all());
        }
    }

    @Test
    void what_only_data_nodes_have_is_refused_by_name() {
        onNode(1, "CREATE SCHEMA extra", "CREATE TABLE extra.\"Odd t\" (id serial)",
                "CREATE FUNCTION fleet.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE EXTENSION pg_trgm");
        onNode(2, "CREATE ROLE nobodys", "CREATE FUNCTION fleet.f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
                "CREATE TABLE fleet.note (id int)", "CREATE TABLE fleet.inside (time timestamptz NOT NULL)",
                "SELECT create_hypertable('fleet.inside', 'time')", "INSERT INTO fleet.inside VALUES ('2024-01-01')",
                "CREATE PROCEDURE fleet.beat(job_id int, config jsonb) LANGUAGE sql AS 'SELECT 1'",
                "SELECT add_job('fleet.beat', '1 day', initial_start => '2100-01-01')");
        try {
            assertEquals("""
                    stop node-objects: extension pg_trgm: the access node does not have it, but data node dn1
                    stop node-objects: hypertable fleet.inside: the access node does not have it, but data node dn2
                    stop node-objects: job 1000 (fleet.beat): the access node does not have it, but data node dn2
                    stop node-objects: role nobodys: the access node does not have it, but data node dn2
                    stop node-objects: routine fleet.f(integer): the access node does not have it, but data node dn1, \
                    data node dn2
                    stop node-objects: schema extra: the access node does not have it, but data node dn1
                    stop node-objects: table extra."Odd t": the access node does not have it, but data node dn1
                    stop node-tables: fleet.note: only the access node's rows arrive, and data node dn2 has columns id \
                    where the access node has id, what""",
                    found().replace(" cannot be carried:", "")
                            .replaceAll("\nfix: migrate --leave-out node-(objects|tables)(?=\n|$)", ""));
            assertEquals(8, found("node-objects", "fleet.note").lines()
                    .filter(line -> line.startsWith("warning left out: node-")).count());
            assertEquals(0,
                    found("node-objects", "fleet.note").lines().filter(line -> line.startsWith("stop")).count());
        } finally {
            onNode(1, "DROP SCHEMA extra CASCADE", "DROP FUNCTION fleet.f(int)", "DROP EXTENSION pg_trgm");
            onNode(2, "DROP ROLE nobodys", "DROP FUNCTION fleet.f(int)", "DROP TABLE fleet.note",
                    "DROP TABLE fleet.inside", "SELECT delete_job(1000)", "DROP PROCEDURE fleet.beat(int, jsonb)");
        }
        assertEquals("", found());
    }

    /** Only the user keeps them alike. */
    @Test
    void tables_that_are_not_alike_on_all_nodes_are_named() {
        onNode(1, "UPDATE fleet.site SET name = 'another' WHERE id = 3");
        onNode(2, "DELETE FROM fleet.site WHERE id > 18");
        try {
            assertEquals("""
                    stop cannot be carried: node-tables: fleet.site: only the access node's rows arrive, and data node \
                    dn1 has other rows than the access node, data node dn2 has 18 rows where the access node has 20
                    fix: migrate --leave-out node-tables""", found());
            assertEquals("""
                    warning left out: node-tables: fleet.site: only the access node's rows arrive, and data node \
                    dn1 has other rows than the access node, data node dn2 has 18 rows where the access node has 20""",
                    found("node-tables"));
        } finally {
            onNode(1, "UPDATE fleet.site SET name = 'site 3' WHERE id = 3");
            onNode(2, "INSERT INTO fleet.site SELECT i, 'site ' || i, '2020-01-01'::date + i "
                    + "FROM generate_series(19, 20) i");
        }
        assertEquals("", found());
    }

    /** What nobody may read is not taken to be alike. */
    @Test
    void tables_that_cannot_be_read_are_named() {
        cluster.access().sql(cluster.database(), "CREATE TABLE fleet.secret (v int)",
                "GRANT SELECT ON fleet.secret TO fleet_owner");
        onNode(1, "CREATE TABLE fleet.secret (v int)");
        try {
            assertEquals("""
                    stop cannot be carried: node-tables: fleet.secret: only the access node's rows arrive, and data \
                    node dn1 has rows that cannot be compared: comparing table fleet.secret failed on the data node \
                    dn1: permission denied for table secret
                    fix: migrate --leave-out node-tables""", found(cluster, cluster.ownersUri()));
            onNode(1, "GRANT SELECT ON fleet.secret TO fleet_owner");
            assertEquals("", found(cluster, cluster.ownersUri()));
        } finally {
            onNode(1, "DROP TABLE fleet.secret");
            cluster.access().sql(cluster.database(), "DROP TABLE fleet.secret");
        }
    }

    @Test
    void a_node_that_is_down_stops_where_it_has_the_only_copy() {
        cluster.node(2).stop();
        try {
            assertTrue(found().matches("(?s)" + """
                    warning data nodes: could not connect to the data node dn2: nothing answers at "127\\.0\\.0\\.1" \
                    port P2 \\(Connection refused\\), and through the access node: it does not answer the access node; \
                    other copies of its chunks are read, where there are any; what else it has is not looked at
                    fix: check host, port and firewall of the data node dn2 \\(postgresql://postgres@127\\.0\\.0\\.1:P2\
                    /fleet\\); or say where it is reached: --data-node dn2=CONNSTR
                    stop data nodes: no copy can be read of \\d+ chunks: "_timescaledb_internal"\\."_dist_hyper_[^;]*
                    fix: start the data nodes that have them, or say where they are reached: --data-node NAME=CONNSTR\
                    """), found());
        } finally {
            cluster.node(2).start();
        }
    }

    @Test
    void a_wrong_password_for_one_node_names_it() {
        cluster.changePassword(1, "another");
        try {
            assertTrue(found(cluster, cluster.ownersUri()).matches("(?s)" + """
                    warning data nodes: could not connect to the data node dn1: password authentication failed for \
                    user "fleet_owner"; \\d+ chunks of it \\(N\\) are read through the access node, which takes about \
                    three times as long and burdens it, and what is written there meanwhile is not seen; what else it \
                    has is not looked at
                    fix: check the password of user "fleet_owner" for the data node dn1: .*; or say where it is \
                    reached: --data-node dn1=CONNSTR"""), found(cluster, cluster.ownersUri()));
        } finally {
            cluster.changePassword(1, MultiNode.OWNERS_PASSWORD);
        }
    }

    /** One of the access node's, which it has rolled back, and one of somebody else. */
    @Test
    void prepared_transactions_are_ended_as_it_is_said() {
        String server = cluster.access().query(cluster.database(), "SELECT oid FROM pg_foreign_server "
                + "WHERE srvname = 'dn1'");
        String gid = "ts-1-3-" + server + "-10";
        onNode(1, "BEGIN; CREATE TABLE a (); PREPARE TRANSACTION '" + gid + "'",
                "BEGIN; CREATE TABLE b (); PREPARE TRANSACTION 'its own'");
        String[] lines = found().split("\n");
        assertEquals(
                "stop data nodes: data node dn1 has transactions of the access node that are neither committed nor "
                        + "rolled back: " + gid,
                lines[0]);
        assertEquals("stop data nodes: data node dn1 has prepared transaction its own, neither committed nor rolled "
                + "back", lines[2]);
        String healing = lines[1].replaceFirst("fix: as a superuser of the access node: ", "");
        assertEquals("SELECT _timescaledb_functions.remote_txn_heal_data_node((SELECT oid FROM "
                + "pg_catalog.pg_foreign_server WHERE srvname = 'dn1'));", healing);
        cluster.access().sql(cluster.database(), healing);
        assertEquals("fix: COMMIT PREPARED 'its own'; or ROLLBACK PREPARED 'its own'; on the data node dn1", lines[3]);
        onNode(1, "ROLLBACK PREPARED 'its own'");
        assertEquals("", found());
    }

    @Test
    void copies_that_are_out_of_date_are_said_to_stay_behind() {
        cluster.access().sql(cluster.database(), "SELECT alter_data_node('dn2', available => false)",
                "INSERT INTO fleet.twice VALUES ('2024-01-06 00:00:07', 1, 1)");
        try {
            assertTrue(found().matches("warning data nodes: data node dn2 has 1 chunk that the access node does not "
                    + "read, which stay behind: \"_timescaledb_internal\"\\.\"_dist_hyper_\\w+\""), found());
        } finally {
            cluster.access().sql(cluster.database(), "SELECT alter_data_node('dn2', available => true)");
        }
        assertEquals("", found());
    }

    /** The catalog and the functions of that version are others. */
    @Test
    void an_older_version() {
        try (MultiNode older = MultiNode.start("2.11.2", 2)) {
            older.plant();
            assertEquals("""
                    ok data nodes: dn1: 127.0.0.1:P1 as user postgres, PostgreSQL X, timescaledb 2.11.2, N to read
                    ok data nodes: dn2: 127.0.0.1:P2 as user postgres, PostgreSQL X, timescaledb 2.11.2, N to read""",
                    all(older, older.uri()));
            older.changePassword(1, "another");
            assertTrue(found(older, older.ownersUri()).contains("are read through the access node"));
        }
    }

    /** The command has the option, and says what it says of each. */
    @Test
    void preflight_asks_the_data_nodes() {
        PgServer target = cluster.node(1);
        String database = target.newDatabase();
        CommandRun run = CommandRun.preflight(cluster.uri(), target.uri(database), "--data-node",
                "dn1=host=" + target.host());
        assertEquals(3, run.code(), run.err());
        assertTrue(run.out().contains("stop     timescaledb        the source is a multi-node database, which is not "
                + "supported yet: "), run.out());
        assertTrue(run.out().contains("ok       data nodes         dn1: 127.0.0.1:" + target.port()), run.out());
        assertEquals("""
                error: --data-node must be NAME=CONNSTR
                hint: write the name of the data node first: --data-node dn1=postgresql://host:5432/database""",
                CommandRun.preflight(cluster.uri(), target.uri(database), "--data-node=dn1").failure());
        assertEquals("error: --data-node names \"dn1\" twice", CommandRun.preflight(cluster.uri(),
                target.uri(database), "--data-node=dn1=x", "--data-node=dn1=y").failure());
        assertEquals("error: --data-node names \"dn9\", and the data nodes of the source are: dn1, dn2",
                CommandRun.preflight(cluster.uri(), target.uri(database), "--data-node=dn9=x").failure());
        target.sql("postgres", "DROP DATABASE " + database);
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Oracle;
import testbed.PgServer;
import testbed.TrixieRoot;

/**
 * The Apache edition, from the packages of Debian: hypertables of every kind arrive as they were, as superuser and
 * where nobody is one.
 */
class TimescaleApacheTest {
    private static final String VERSION = "2.19.3";
    private static final List<String> VIEWS = List.of(
            "SELECT * FROM timescaledb_information.hypertables ORDER BY 1, 2",
            "SELECT * FROM timescaledb_information.dimensions ORDER BY 1, 2, 3",
            "SELECT * FROM timescaledb_information.chunks ORDER BY 1, 2, 3, 4");

    @TempDir
    static Path temporary;

    private static PgServer source;
    private static PgServer target;
    private static String mill;

    @BeforeAll
    static void start() {
        source = TrixieRoot.timescale("max_locks_per_transaction=256");
        target = TrixieRoot.timescale("max_locks_per_transaction=256");
        mill = source.newDatabase();
        source.script("postgres", Path.of("tests/sql/timescale-apache-roles.sql"));
        source.sql(mill, "CREATE EXTENSION timescaledb");
        source.script(mill, Path.of("tests/sql/timescale-apache.sql"));
        // Made by this user, so that it can give them what it restores.
        String first = CloudDouble.make(target, VERSION);
        run("DumpRoles", CloudDouble.uri(target, first), "--apply", "--out", temporary.resolve("roles.sql").toString());
    }

    @AfterAll
    static void stop() {
        if (source != null) {
            source.close();
        }
        if (target != null) {
            target.close();
        }
    }

    @Test
    void a_database_arrives_as_stock_tools_restore_it_and_goes_on_growing() {
        String restored = Oracle.restore(source, mill, target);
        // While it was restored, hypertables looked empty.
        target.sql(restored, "REFRESH MATERIALIZED VIEW \"Odd \"\"Schema\".top");
        String moved = target.newDatabase();
        run("Migrate", target.uri(moved), "--verify", "none");
        assertEquals(Oracle.schema(target, restored), Oracle.schema(target, moved));
        assertEquals(Oracle.data(target, restored), Oracle.data(target, moved));
        assertArrived(moved);
        CommandRun again = command("Migrate", target.uri(moved));
        assertEquals(3, again.code(), again.err());
        assertEquals("""
                error: the target is not empty: schema "Odd ""Schema", schema mill, type mill.percent, type mill.spot, \
                type mill.state and 58 more
                hint: name an empty database, or create one with --create-database""", again.failure());
    }

    @Test
    void a_database_arrives_on_cloud_where_nobody_is_superuser() {
        String cloud = CloudDouble.make(target, VERSION);
        run("Migrate", CloudDouble.uri(target, cloud), "--verify", "checksums");
        assertArrived(cloud);
    }

    @Test
    void a_dump_is_restored_in_parallel() {
        String cloud = CloudDouble.make(target, VERSION);
        String dump = temporary.resolve("mill").toString();
        run("Dump", "", "--format", "custom", "--out", dump);
        run("RestoreTimescale", CloudDouble.uri(target, cloud), "--jobs", "4", dump);
        run("Verify", target.uri(cloud), "--level", "checksums");
        assertArrived(cloud);
    }

    @Test
    void a_run_that_is_killed_is_repaired_and_started_again() {
        String cloud = CloudDouble.make(target, VERSION);
        String uri = CloudDouble.uri(target, cloud);
        try (HeldLock hold =
                HeldLock.on(target, cloud, "LOCK TABLE _timescaledb_catalog.chunk_constraint IN SHARE MODE");
                ChildCommand migrate = ChildCommand.start(ChildCommand.java("Migrate", "--verify", "none"), temporary,
                        environment(uri))) {
            hold.awaitWaiter();
            migrate.signalAll("KILL");
            assertEquals(137, migrate.end().code(), migrate.err());
        }
        BackgroundWork.until("the sessions of the killed run end", () -> "0".equals(target.query(cloud,
                """
                SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database
                  WHERE datname = current_database())""")));
        assertEquals("on", target.query(cloud, "SHOW timescaledb.restoring"));
        run("RepairCommand", uri);
        assertEquals("off", target.query(cloud, "SHOW timescaledb.restoring"));
        run("Migrate", uri, "--verify", "checksums", "--restart");
        assertArrived(cloud);
    }

    @Test
    void an_older_server_is_refused() {
        // Of Maven's programs, which bring no TimescaleDB, whatever this machine's own offer.
        try (PgServer older = PgServer.embedded(15)) {
            CommandRun run = command("Migrate", older.uri(older.newDatabase()));
            assertEquals(3, run.code(), run.err());
            assertEquals("""
                    error: the target is PostgreSQL 15, older than the source, which is 17
                    hint: create the target as PostgreSQL 17 or newer""",
                    run.failure().lines().limit(2).collect(Collectors.joining("\n"))
                            .replaceAll("(\\d+)\\.\\d+( \\([^)]*\\))?", "$1"));
            assertTrue(run.err().contains("extension timescaledb is not available on the target; it is used by "),
                    run.err());
            assertFalse(run.err().contains("_timescaledb_catalog"), run.err());
        }
    }

    private static void assertArrived(String database) {
        for (String view : VIEWS) {
            assertEquals(source.rows(mill, view), target.rows(database, view), view);
        }
        assertEquals("off", target.query(database, "SHOW timescaledb.restoring"));
        String chunks = "SELECT hypertable_name, count(*) FROM timescaledb_information.chunks GROUP BY 1 ORDER BY 1";
        target.sql(database, "SET ROLE \"Mill Hand\"",
                "INSERT INTO mill.load (at, machine, load) VALUES ('2024-03-01 00:00:01+00', 3, 100), "
                        + "('2030-01-01', 3, 1)",
                "INSERT INTO mill.step VALUES (99999, 'm1', 1)",
                "INSERT INTO mill.sack VALUES ('2030-01-01', 'kind 1'), ('2030-01-01', 'kind 2')",
                "INSERT INTO mill.empty VALUES (now())",
                "INSERT INTO \"Odd \"\"Schema\".\"Ta ble'\" VALUES ('2030-01-01')");
        assertEquals("[[Ta ble', 5], [empty, 1], [load, 12], [sack, 20], [step, 8]]",
                target.rows(database, chunks).toString());
        assertEquals("716 716", target.query(database, "SELECT max(id) || ' ' || count(*) FROM mill.load"));
    }

    private static Map<String, String> environment(String uri) {
        Map<String, String> environment = new HashMap<>(
                Map.of("SOURCE", source.uri(mill), "TSMIGRATE_PG_BINDIRS", TrixieRoot.clientWrappers().toString()));
        environment.put("TARGET", uri);
        return environment;
    }

    private static CommandRun command(String name, String uri, String... arguments) {
        return CommandRun.of(name, environment(uri), arguments);
    }

    private static void run(String name, String uri, String... arguments) {
        CommandRun run = command(name, uri, arguments);
        assertEquals(0, run.code(), name + ": " + run.err() + run.out());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/** A standby as source: it has everything but what unlogged tables hold. */
class StandbySourceTest {
    private static final PgServer TARGET = Sides.shared().target();
    private static PgServer standby;
    private static String database;
    private static String logged;
    private static SortedMap<String, String> data;

    @TempDir
    Path folder;

    /** A server that waits for a primary which never comes is as good a standby as any. */
    @BeforeAll
    static void start() throws IOException {
        standby = PgServer.installed();
        logged = standby.newDatabase();
        standby.sql(logged, "CREATE TABLE kept (id serial PRIMARY KEY, body text)",
                "INSERT INTO kept (body) SELECT 'row ' || g FROM generate_series(1, 1000) g");
        data = Oracle.data(standby, logged);
        database = standby.newDatabase();
        standby.sql(database, "CREATE TABLE kept (id serial PRIMARY KEY, body text)",
                "INSERT INTO kept (body) SELECT 'row ' || g FROM generate_series(1, 1000) g",
                "CREATE UNLOGGED TABLE \"Session\" (id bigserial PRIMARY KEY, body text)",
                "INSERT INTO \"Session\" (body) VALUES ('one'), ('two')",
                "ALTER SYSTEM SET primary_conninfo = ''", "ALTER SYSTEM SET primary_slot_name = 'standby'");
        standby.stop();
        Files.createFile(standby.dataFolder().resolve("standby.signal"));
        standby.start();
    }

    @AfterAll
    static void stop() {
        standby.close();
    }

    @Test
    void without_unlogged_tables_all_arrives() {
        String target = TARGET.newDatabase();
        CommandRun run = CommandRun.migrate(standby.uri(logged), TARGET.uri(target), "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        assertEquals(data, Oracle.data(TARGET, target));
    }

    @Test
    void what_cannot_be_read_stops_by_name() {
        CommandRun run = CommandRun.migrate(standby.uri(database), TARGET.uri(TARGET.newDatabase()));
        assertEquals(3, run.code(), run.err());
        assertTrue(run.failure().startsWith("""
                error: unlogged-data: public."Session": a standby cannot read the rows of an unlogged table
                hint: migrate --leave-out unlogged-data
                """), run.failure());
    }

    @Test
    void the_rest_arrives_when_that_is_accepted() {
        String streamed = TARGET.newDatabase();
        CommandRun run = CommandRun.migrate(standby.uri(database), TARGET.uri(streamed), "--leave-out", "unlogged-data",
                "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        assertArrived(streamed);
        CommandRun verified =
                CommandRun.of("Verify", Map.of("SOURCE", standby.uri(database), "TARGET", TARGET.uri(streamed)));
        assertEquals(4, verified.code(), verified.err());
        assertTrue(verified.out().contains("not compared"), verified.out());
        String files = TARGET.newDatabase();
        CommandRun through = CommandRun.migrate(standby.uri(database), TARGET.uri(files), "--leave-out",
                "unlogged-data", "--via-files", "--dir", folder.toString());
        assertEquals(0, through.code(), through.err());
        assertArrived(files);
    }

    private static void assertArrived(String target) {
        assertEquals("1000", TARGET.query(target, "SELECT count(*) FROM kept"));
        assertEquals("0", TARGET.query(target, "SELECT count(*) FROM \"Session\""));
        assertEquals(Oracle.schema(standby, database), Oracle.schema(TARGET, target));
    }
}

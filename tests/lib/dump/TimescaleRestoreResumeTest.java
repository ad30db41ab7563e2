//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Timescale;
import testbed.TimescaleShop;

/** A restore of hypertables that is killed, or fails, and goes on with what has arrived. */
class TimescaleRestoreResumeTest {
    private static final String VERSION = "2.22.1";

    @TempDir
    static Path folder;
    private static PgServer server;
    private static String plant;

    @BeforeAll
    static void start() {
        server = Timescale.community(VERSION).start();
        plant = Timescale.plant(server);
        for (String format : List.of("custom", "directory")) {
            Dumps.dumped(server, plant, folder.resolve(format), "--format", format);
        }
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static CommandRun restore(String target, Path dump, String... options) {
        return CommandRun.of("RestoreTimescale", Map.of("TARGET", target),
                Stream.concat(Stream.of(options), Stream.of(dump.toString())).toArray(String[]::new));
    }

    /** The transactions that have brought the rows of the tables that have arrived, by the journal. */
    private static Map<String, String> arrived(String database) {
        Map<String, String> arrived = new TreeMap<>();
        server.rows(database, "SELECT name, transaction FROM tsmigrate.part WHERE rows > 0 "
                // A job writes there.
                + "AND name !~ 'heartbeat'")
                .forEach(row -> arrived.put(row.get(0), row.get(1)));
        return arrived;
    }

    private static Map<String, String> now(String database, Iterable<String> tables) {
        String setting = "timescaledb.enable_transparent_decompression";
        Map<String, String> now = new TreeMap<>();
        server.sql("postgres", "ALTER DATABASE " + database + " SET " + setting + " = off");
        for (String table : tables) {
            now.put(table, server.query(database, "SELECT string_agg(DISTINCT xmin::text, ' ') FROM ONLY " + table));
        }
        server.sql("postgres", "ALTER DATABASE " + database + " RESET " + setting);
        return now;
    }

    @ParameterizedTest
    @CsvSource({"custom, _timescaledb_catalog.chunk_constraint, false", "custom, pg_catalog.pg_trigger, true",
            "directory, pg_catalog.pg_statistic, true", "directory, pg_catalog.pg_rewrite, false",
            "directory, _timescaledb_config.bgw_job, false"})
    void what_has_arrived_stays(String format, String waitsFor, boolean rows) {
        String database = TimescaleShop.empty(server, VERSION);
        Path dump = folder.resolve(format);
        try (HeldLock hold = HeldLock.on(server, database, "LOCK TABLE " + waitsFor + " IN SHARE MODE");
                ChildCommand child = ChildCommand.start(ChildCommand.java("RestoreTimescale", dump.toString()), folder,
                        Map.of("TARGET", server.uri(database)))) {
            BackgroundWork.until("the run waits", () -> hold.isWaitedFor() || !child.handle().isAlive());
            assertTrue(hold.isWaitedFor(), child.err());
            if (rows) {
                child.await("all rows are there", () -> server
                        .query(database, "SELECT count(*) > 0 AND count(*) = count(rows) FROM tsmigrate.part")
                        .equals("t"));
            }
            child.signalAll("KILL");
            child.handle().onExit().join();
        }
        Map<String, String> before = arrived(database);
        assertTrue(!rows || before.size() > 5, before.toString());
        CommandRun run = restore(server.uri(database), dump, "--resume");
        assertEquals(0, run.code(), run.err());
        assertEquals(before, now(database, before.keySet()));
        assertEquals("off", server.query(database, "SHOW timescaledb.restoring"));
        Timescale.assertSamePlant(server, plant, database);
    }

    @ParameterizedTest
    @ValueSource(strings = {"directory", "plain"})
    void a_chunk_that_could_not_be_loaded_is_loaded_then(String format) {
        String from = TimescaleShop.make(server, VERSION);
        Path dump = Dumps.dumped(server, from, folder.resolve("shop " + format), "--format", format);
        boolean plain = format.equals("plain");
        // A plain dump gives everything to its owners.
        String to = plain ? TimescaleShop.empty(server, VERSION) : CloudDouble.make(server, VERSION);
        String uri = plain ? server.uri(to) : CloudDouble.uri(server, to);
        server.sql("postgres", "ALTER DATABASE " + to + " SET shop.mood = 'bad'");
        long began = System.nanoTime();
        CommandRun failed = restore(uri, dump, "-j1");
        assertEquals(1, failed.code(), failed.err());
        // Waiting for a session that does not end takes a minute by itself.
        assertTrue(System.nanoTime() - began < 60_000_000_000L, failed.err());
        assertTrue(failed.failure().contains("run the same command again with --resume"), failed.failure());
        Map<String, String> before = arrived(to);
        assertTrue(plain || before.size() > 0, before.toString());
        server.sql("postgres", "ALTER DATABASE " + to + " RESET shop.mood");
        CommandRun run = restore(uri, dump, "--resume");
        assertEquals(0, run.code(), run.err());
        assertEquals(before, now(to, before.keySet()));
        assertEquals(TimescaleShop.WHOLE, TimescaleShop.contents(server, to));
    }
}

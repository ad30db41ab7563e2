//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Soak;
import testbed.Timescale;

/**
 * A migration to Timescale Cloud that does not come to its end: restoring mode is off afterwards, nothing runs, and
 * --restart goes on.
 */
class TimescaleAbortTest {
    private static final String VERSION = "2.22.1";
    private static final String COUNTS =
            "SELECT (SELECT count(*) FROM plant.reading), (SELECT count(*) FROM plant.power), (SELECT count(*) "
                    + "FROM plant.power_daily), "
                    + "(SELECT count(*) FROM timescaledb_information.chunks), (SELECT count(*) FROM "
                    + "timescaledb_information.jobs WHERE job_id >= 1000 AND scheduled)";

    private static final String LOCKS =
            """
            SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database
              WHERE datname = current_database())""";

    @TempDir
    Path temporary;

    private static PgServer source;
    private static PgServer target;
    private static String plant;
    private final List<String> cloud = new ArrayList<>();

    @BeforeAll
    static void start() {
        source = Timescale.community(VERSION).start();
        target = Timescale.community(VERSION).start();
        plant = Timescale.plant(source);
    }

    @AfterAll
    static void stop() {
        if (target != null) {
            source.close();
            target.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"KILL, _timescaledb_catalog.chunk_constraint", "KILL, pg_catalog.pg_index",
            "KILL, pg_catalog.pg_statistic", "TERM, _timescaledb_catalog.chunk_constraint",
            "TERM, pg_catalog.pg_rewrite", "INT, pg_catalog.pg_index"})
    void a_signal_at_a_known_place(String signal, String waitsFor) {
        String database = CloudDouble.make(target, VERSION);
        try (HeldLock hold = HeldLock.on(target, database, "LOCK TABLE " + waitsFor + " IN SHARE MODE");
                ChildCommand migrate = start(database)) {
            hold.awaitWaiter();
            migrate.signalAll(signal);
            if (!signal.equals("KILL")) {
                hold.release();
            }
            assertEquals(Map.of("KILL", 137, "TERM", 143, "INT", 130).get(signal), migrate.end().code(), migrate.err());
        }
        goesOn(database, signal.equals("KILL"), waitsFor.startsWith("_timescaledb"));
    }

    @Test
    void an_extension_that_the_failed_run_has_created_is_created_anew_by_the_very_next_one() {
        String database = target.newDatabase();
        try (HeldLock hold = HeldLock.on(target, database, "LOCK TABLE pg_catalog.pg_statistic IN SHARE MODE");
                ChildCommand migrate = ChildCommand.start(ChildCommand.java("Migrate", "--verify", "none"), temporary,
                        Map.of("SOURCE", source.uri(plant), "TARGET", target.uri(database)))) {
            hold.awaitWaiter();
            migrate.signalAll("KILL");
            assertEquals(137, migrate.end().code(), migrate.err());
        }
        BackgroundWork.until("the sessions of the killed run end", () -> "0".equals(target.query(database, LOCKS)));
        CommandRun again = CommandRun.migrate(source.uri(plant), target.uri(database), "--verify", "none", "--restart");
        assertEquals(0, again.code(), again.err());
        assertTrue(again.err().contains("extensions: 1 created"), again.err());
        assertEquals(source.rows(plant, COUNTS), target.rows(database, COUNTS));
    }

    @Test
    void a_step_that_fails() {
        String database = CloudDouble.make(target, VERSION);
        try (HeldLock hold = HeldLock.on(target, database, "LOCK TABLE pg_catalog.pg_index IN SHARE MODE");
                ChildCommand migrate = start(database)) {
            hold.awaitWaiter();
            target.query(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + hold.pid()
                    + " = ANY (pg_blocking_pids(pid))");
            hold.release();
            CommandRun run = migrate.end();
            assertEquals(1, run.code(), run.err());
            assertTrue(run.err().contains("--restart"), run.err());
        }
        goesOn(database, false, false);
    }

    @Test
    void kill_9_at_any_moment() {
        Random random = new Random();
        for (int round = 0; round < Soak.rounds(3, 20); round++) {
            long moment = 800 + random.nextInt(3500);
            String database = CloudDouble.make(target, VERSION);
            try (ChildCommand migrate = start(database)) {
                Thread.sleep(moment);
                migrate.signalAll("KILL");
                migrate.end();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } catch (IllegalStateException e) {
                // It had come to its end already.
                assertTrue(e.getMessage().contains("No such process"), e.getMessage());
            }
            goesOn(database, true, false);
        }
    }

    /**
     * Also in the middle of what a step that fails puts back, and while one thread puts back what another one's end has
     * begun.
     */
    @Test
    void a_signal_at_any_moment() {
        Random random = new Random();
        for (int round = 0; round < Soak.rounds(2, 100); round++) {
            long moment = 800 + random.nextInt(Soak.rounds(3500, 8000));
            String signal = random.nextBoolean() ? "INT" : "TERM";
            String database = CloudDouble.make(target, VERSION);
            CommandRun run;
            try (ChildCommand migrate = start(database)) {
                Thread.sleep(moment);
                migrate.signalAll(signal);
                run = migrate.end();
                assertTrue(migrate.millisToEnd() < 5_000,
                        signal + " at " + moment + " ms: ended after " + migrate.millisToEnd() + " ms\n" + run.err());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } catch (IllegalStateException e) {
                // It had come to its end already.
                assertTrue(e.getMessage().contains("No such process"), e.getMessage());
                continue;
            }
            if (run.err().contains("restoring mode of TimescaleDB may still be on")) {
                assertTrue(
                        run.err().contains(
                                "the server did not do it in time\nmigrate: hint: turn it off with: repair\n"),
                        run.err());
                CommandRun repair = CommandRun.of("RepairCommand", Map.of("TARGET", CloudDouble.uri(target, database)));
                assertEquals(0, repair.code(), repair.err());
            }
            assertEquals("off", target.query(database, "SHOW timescaledb.restoring"),
                    signal + " at " + moment + " ms\n" + run.err());
            if (!Soak.thorough() || round % 10 == 0) {
                goesOn(database, false, false);
            }
            target.sql("postgres", "DROP DATABASE " + database + " WITH (FORCE)");
        }
    }

    private ChildCommand start(String database) {
        return ChildCommand.start(ChildCommand.java("Migrate", "--verify", "none"), temporary,
                Map.of("SOURCE", source.uri(plant), "TARGET", CloudDouble.uri(target, database)));
    }

    /** @param printed whether what kill -9 has left is mended by the script that repair prints */
    private static void goesOn(String database, boolean killed, boolean printed) {
        if (killed) {
            BackgroundWork.until("the sessions of the killed run end", () -> "0".equals(target.query(database, LOCKS)));
            Map<String, String> environment = Map.of("TARGET", CloudDouble.uri(target, database));
            CommandRun repair =
                    CommandRun.of("RepairCommand", environment, printed ? new String[]{"--dry-run"} : new String[0]);
            assertEquals(0, repair.code(), repair.err());
            if (printed) {
                PastedScript.run(repair, environment).orFail();
            }
        }
        assertEquals("off", target.query(database, "SHOW timescaledb.restoring"));
        // On half a catalog this would crash the server.
        target.rows(database, "SELECT count(*) FROM timescaledb_information.chunks");
        CommandRun again = CommandRun.migrate(source.uri(plant), CloudDouble.uri(target, database), "--verify", "none",
                "--restart");
        if (again.code() == 3 && again.err().contains("the target is not empty")) {
            // It had been killed after its last step.
            assertTrue(killed, again.err());
        } else {
            assertEquals(0, again.code(), again.err());
        }
        assertEquals(source.rows(plant, COUNTS), target.rows(database, COUNTS));
    }
}

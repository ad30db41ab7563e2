//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Run;
import testbed.Timescale;

/**
 * A migration to Timescale Cloud that is killed while restoring mode is on: after {@code repair} it goes on, and after
 * {@code repair --discard} the target is as if nothing had ever run.
 */
class TimescaleRepairTest {
    private static final String VERSION = "2.22.1";
    private static final String COUNTS =
            "SELECT (SELECT count(*) FROM plant.reading), (SELECT count(*) FROM plant.power), (SELECT count(*) "
                    + "FROM plant.power_daily), "
                    + "(SELECT count(*) FROM timescaledb_information.chunks), (SELECT count(*) FROM "
                    + "timescaledb_information.jobs WHERE job_id >= 1000 AND scheduled)";

    @TempDir
    Path temporary;

    private static PgServer source;
    private static PgServer target;
    private static String plant;

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

    private void kill(String database, String waitsFor) {
        try (HeldLock hold = HeldLock.on(target, database, "LOCK TABLE " + waitsFor + " IN SHARE MODE");
                ChildCommand migrate = ChildCommand.start(ChildCommand.java("Migrate", "--verify", "none"), temporary,
                        Map.of("SOURCE", source.uri(plant), "TARGET", CloudDouble.uri(target, database)))) {
            BackgroundWork.until("the run waits", () -> hold.isWaitedFor() || !migrate.handle().isAlive());
            assertTrue(hold.isWaitedFor(), migrate.err());
            migrate.signalAll("KILL");
            assertEquals(137, migrate.end().code(), migrate.err());
        }
        BackgroundWork.until("the lock of the killed run is gone",
                () -> status(database).lines().findFirst().orElse("").equals("run       interrupted"));
    }

    private static String status(String database) {
        return CommandRun.of("StatusCommand", Map.of("TARGET", CloudDouble.uri(target, database))).out();
    }

    private static CommandRun repair(String database, String... options) {
        return CommandRun.of("RepairCommand", Map.of("TARGET", CloudDouble.uri(target, database)), options);
    }

    private static List<String> everything(String database) {
        Path clients = ClientBinaries.bin(ClientBinaries.clientMajor());
        return Stream.of(Run.of(List.of(clients.resolve("pg_dumpall").toString(), "--globals-only"),
                target.environment("postgres"), null).orFail(),
                Run.of(List.of(clients.resolve("pg_dump").toString(), "--create"), target.environment(database), null)
                        .orFail())
                .flatMap(run -> run.out().lines()).filter(line -> !line.matches("\\\\(un)?restrict .*|--.*|"))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"_timescaledb_catalog.chunk_constraint", "pg_catalog.pg_rewrite", "_timescaledb_config.bgw_job"})
    void repair_leaves_what_resume_goes_on_with(String waitsFor) {
        String database = CloudDouble.make(target, VERSION);
        kill(database, waitsFor);
        String on = target.query(database, "SHOW timescaledb.restoring");
        assertEquals(on.equals("on"),
                status(database).contains("\nleft on   TimescaleDB's restoring mode is on: repair puts that back\n"));
        CommandRun repair = repair(database);
        assertEquals(0, repair.code(), repair.err());
        assertEquals("off", target.query(database, "SHOW timescaledb.restoring"));
        CommandRun resumed = CommandRun.migrate(source.uri(plant), CloudDouble.uri(target, database), "--resume");
        assertEquals(0, resumed.code(), resumed.err());
        assertEquals(source.rows(plant, COUNTS), target.rows(database, COUNTS));
    }

    private static String roles() {
        return target.query("postgres", "SELECT string_agg(rolname, E'\\n') FROM pg_roles");
    }

    @ParameterizedTest
    @CsvSource({"_timescaledb_catalog.chunk_constraint", "pg_catalog.pg_rewrite", "_timescaledb_config.bgw_job"})
    void discard_leaves_it_as_before(String waitsFor) {
        String database = CloudDouble.make(target, VERSION);
        List<String> before = everything(database);
        String roles = roles();
        kill(database, waitsFor);
        CommandRun discarded = repair(database, "--discard");
        assertEquals(0, discarded.code(), discarded.err());
        List<String> after = everything(database);
        List<String> made = Stream.of(roles().split("\n")).filter(role -> !List.of(roles.split("\n")).contains(role))
                .toList();
        for (String role : made) {
            assertTrue(discarded.out().contains('"' + role + '"'), discarded.out());
        }
        assertEquals(before.stream().filter(line -> !after.contains(line)).toList(),
                after.stream().filter(line -> !before.contains(line) && made.stream().noneMatch(line::contains))
                        .toList());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Soak;
import testbed.Timescale;

/** Hypertables, compressed chunks, continuous aggregates, policies and jobs arrive as they were. */
class TimescaleTest {
    private static final String AS_ON_THE_SOURCE =
            "SELECT alter_job(job_id, scheduled => job_id <> 1008%s) FROM timescaledb_information.jobs WHERE "
                    + "job_id >= 1000";

    @ParameterizedTest
    @ValueSource(strings = {"2.13.1", "2.22.1"})
    void a_database_arrives_as_stock_tools_restore_it_and_goes_on_working(String version) {
        try (PgServer source = Timescale.community(version).start();
                PgServer target = Timescale.community(version).start()) {
            String plant = Timescale.plant(source);
            // After the stock restore every job would run at once, and the view knows only what is not compressed.
            source.sql(plant,
                    "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE job_id "
                            + ">= 1000");
            String restored = Oracle.restore(source, plant, target);
            target.sql(restored, AS_ON_THE_SOURCE.formatted(", next_start => '2100-01-01'"),
                    "REFRESH MATERIALIZED VIEW plant.top");
            source.sql(plant, AS_ON_THE_SOURCE.formatted(""));
            String moved = target.newDatabase();
            target.sql(moved, "CREATE EXTENSION timescaledb");
            CommandRun run = CommandRun.migrate(source.uri(plant), target.uri(moved), "--verify", "none");
            assertEquals(0, run.code(), run.err());
            Timescale.assertSamePlant(target, restored, moved);
            goesOnWorking(target, moved);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.13.1", "2.22.1"})
    void a_database_arrives_on_cloud_where_nobody_is_superuser(String version) {
        try (PgServer source = Timescale.community(version).start();
                PgServer target = Timescale.community(version).start()) {
            String plant = Timescale.plant(source);
            String cloud = CloudDouble.make(target, version);
            String uri = CloudDouble.uri(target, cloud);
            CommandRun run = CommandRun.migrate(source.uri(plant), uri, "--verify", "checksums");
            assertEquals(0, run.code(), run.err() + run.out());
            for (String view : Timescale.VIEWS.subList(0, 5)) {
                assertEquals(source.rows(plant, view), target.rows(cloud, view), view);
            }
            CommandRun again = CommandRun.migrate(source.uri(plant), uri);
            assertEquals("""
                    error: the target is not empty: schema plant, type plant.grade, type plant.place, routine \
                    plant.beat(integer,pg_catalog.jsonb), \
                    routine plant.counter_now() and 93 more
                    hint: name an empty database, or create one with --create-database""", again.failure());
            assertEquals(3, again.code());
            goesOnWorking(target, cloud);
        }
    }

    /**
     * One format and version in a quick run, all in a thorough one; a plain dump gives objects to others, which is for
     * a superuser.
     */
    @ParameterizedTest
    @CsvSource({"2.22.1, custom", "2.22.1, directory", "2.22.1, plain", "2.13.1, custom", "2.13.1, directory",
            "2.13.1, plain"})
    void a_dump_is_restored_in_parallel(String version, String format, @TempDir Path folder) {
        Soak.assumeIn(version.equals("2.22.1") && format.equals("custom") ? "always" : "soak");
        try (PgServer source = Timescale.community(version).start();
                PgServer target = Timescale.community(version).start()) {
            String plant = Timescale.plant(source);
            boolean plain = format.equals("plain");
            String moved = CloudDouble.make(target, version);
            String uri = plain ? target.uri(moved) : CloudDouble.uri(target, moved);
            String dump = folder.resolve("plant").toString();
            List<String> jobs = format.equals("directory") ? List.of("--jobs", "4") : List.of();
            run("Dump", Map.of("SOURCE", source.uri(plant)),
                    Stream.concat(Stream.of("--format", format, "--out", dump), jobs.stream()));
            run("DumpRoles", Map.of("SOURCE", source.uri(plant), "TARGET", uri),
                    Stream.of("--apply", "--out", folder.resolve("roles.sql").toString()));
            run("RestoreTimescale", Map.of("TARGET", uri), plain ? Stream.of(dump) : Stream.of("--jobs", "4", dump));
            for (String view : Timescale.VIEWS.subList(0, 5)) {
                assertEquals(source.rows(plant, view), target.rows(moved, view), view);
            }
            goesOnWorking(target, moved);
        }
    }

    private static void run(String command, Map<String, String> environment, Stream<String> arguments) {
        CommandRun run = CommandRun.of(command, environment, arguments.toArray(String[]::new));
        assertEquals(0, run.code(), command + ": " + run.err());
    }

    private static void goesOnWorking(PgServer server, String database) {
        assertEquals("off", server.query(database, "SHOW timescaledb.restoring"));
        int beats = Integer.parseInt(server.query(database, "SELECT count(*) FROM plant.heartbeat"));
        BackgroundWork.until("the job runs",
                () -> Integer.parseInt(server.query(database, "SELECT count(*) FROM plant.heartbeat")) > beats);
        server.sql(database, "SET ROLE plant_owner",
                "INSERT INTO plant.reading (time, device, value) VALUES ('2024-01-05 00:00:01+00', 3, 7), "
                        + "('2025-01-01', 4, 8)",
                "INSERT INTO plant.power VALUES ('2024-01-02 00:00:01+00', 3, 5), ('2025-01-01', 3, 6)",
                "SELECT compress_chunk(c, true) FROM show_chunks('plant.power') c",
                "CALL refresh_continuous_aggregate('plant.reading_hourly', NULL, NULL)",
                "CALL refresh_continuous_aggregate('plant.reading_daily', NULL, NULL)",
                "CALL refresh_continuous_aggregate('plant.power_daily', NULL, NULL)",
                "SELECT drop_chunks('plant.counter', older_than => 1000::bigint)");
        assertEquals("1442", server.query(database, "SELECT sum(n) FROM plant.reading_daily"));
        assertEquals("2892", server.query(database, "SELECT count(*) FROM plant.power"));
        assertTrue(server.query(database, "SELECT count(*) FROM plant.forgotten_daily").equals("10"),
                "history whose raw data is gone");
    }
}

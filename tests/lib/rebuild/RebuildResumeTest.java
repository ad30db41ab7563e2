//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Works;

/** A run with --rebuild goes on where it was killed, follows what has changed since, and is undone by --restart. */
class RebuildResumeTest {
    private static final String ADDED = "SELECT count(*) FROM works.belt WHERE device = 'added'";

    @TempDir
    private static Path folder;
    private static Works works;
    private static Works.Side plant;

    @BeforeAll
    static void prepare() {
        works = new Works(folder);
        plant = works.plant("2.13.1");
    }

    @AfterAll
    static void stop() {
        works.close();
    }

    private static Works.Side copy() {
        return new Works.Side(plant.server(), Works.copy(plant.server(), plant.database()));
    }

    private static void killed(Works.Side source, Works.Side target, String step) {
        try (ChildCommand run = ChildCommand.start(ChildCommand.java("Migrate", "--rebuild"), folder,
                Map.of("SOURCE", source.uri(), "TARGET", target.uri()))) {
            run.await(step, () -> run.err().contains("migrate: " + step + ": "));
            run.signal("KILL");
            run.end();
        }
    }

    private static CommandRun migrate(Works.Side source, Works.Side target, String... options) {
        return CommandRun.migrate(source.uri(), target.uri(),
                Stream.concat(Stream.of("--rebuild"), Stream.of(options)).toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({"hypertables, --resume", "data, --resume", "compression, --resume", "analyze, --resume",
            "compression, --restart"})
    void it_is_killed(String step, String option) {
        Works.Side target = Works.empty(works.server("2.22.1"));
        killed(plant, target, step);
        CommandRun run = migrate(plant, target, option, "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        Works.assertSame(plant, target);
        assertEquals("0", target.server().query(target.database(),
                "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }

    @Test
    void what_has_changed_since_is_followed() {
        Works.Side source = copy();
        Works.Side target = Works.empty(works.server("2.22.1"));
        killed(source, target, "analyze");
        source.server().sql(source.database(),
                "INSERT INTO works.belt (time, device, speed, n) VALUES ('2024-01-01 00:01+00', 'added', 1, 1)",
                "INSERT INTO works.power VALUES ('2024-01-01 00:01+00', 'late', 5, 5)",
                "SELECT decompress_chunk(c, true) FROM show_chunks('works.power') c ORDER BY c LIMIT 1",
                "REFRESH MATERIALIZED VIEW works.watts");
        CommandRun run = migrate(source, target, "--resume", "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains(" kept, changed since: "), run.err());
        assertEquals("1", target.server().query(target.database(), ADDED));
        Works.assertSame(source, target);
    }

    @Test
    void passes_before_the_downtime_bring_what_is_made_and_dropped_between_them() {
        Works.Side source = copy();
        Works.Side target = Works.empty(works.server("2.22.1"));
        assertEquals(0, migrate(source, target, "--prepare").code());
        source.server().sql(source.database(),
                "INSERT INTO works.belt (time, device, speed, n) VALUES ('2025-06-01 00:01+00', 'added', 1, 1)",
                "SELECT set_chunk_time_interval('works.batch', 5000)",
                "CREATE MATERIALIZED VIEW reports.fresh WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', "
                        + "time) AS day, max(speed) FROM works.belt GROUP BY 1 WITH NO DATA",
                "SELECT drop_chunks('works.belt', older_than => '2024-01-02'::timestamptz)");
        CommandRun again = migrate(source, target, "--prepare");
        assertEquals(0, again.code(), again.err());
        source.server().sql(source.database(), "DROP MATERIALIZED VIEW reports.fresh",
                "INSERT INTO works.belt (time, device, speed, n) VALUES ('2025-06-01 00:02+00', 'added', 1, 1)");
        CommandRun last = migrate(source, target, "--resume", "--verify", "checksums");
        assertEquals(0, last.code(), last.err());
        assertEquals("2", target.server().query(target.database(), ADDED));
        Works.assertSame(source, target);
    }

    @Test
    void an_aggregate_that_would_run_somebodys_code_is_made_for_nobody() {
        Works.Side source = copy();
        source.server().sql(source.database(),
                "CREATE FUNCTION code.width() RETURNS interval LANGUAGE sql IMMUTABLE AS 'SELECT interval ''1 h'''",
                "ALTER FUNCTION code.width() OWNER TO maker",
                "CREATE MATERIALIZED VIEW works.narrow WITH (timescaledb.continuous) AS SELECT time_bucket("
                        + "code.width(), time) AS hour, max(speed) FROM works.belt GROUP BY 1 WITH NO DATA");
        Works.Side target = Works.empty(works.server("2.22.1"));
        CommandRun refused = migrate(source, target);
        assertEquals(3, refused.code(), refused.err());
        assertTrue(refused.err().contains("""
                error: aggregates-with-code: works.narrow: making it runs function code.width() of role "maker" with \
                the rights of the connecting user
                migrate: hint: migrate --leave-out aggregates-with-code
                """), refused.err());
        CommandRun run = migrate(source, target, "--leave-out", "aggregates-with-code");
        assertEquals(0, run.code(), run.err());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Assumptions;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Timescale;

/**
 * The plant of tests/sql/timescale.sql with TimescaleDB's community edition, the newest there is. Stock tools restore
 * it once; what its restless job writes is no matter.
 */
final class Plant extends Scene {
    private static final Writers WRITERS = new Writers(List.of(PlantWrite.values()), List.of(
            "ALTER TABLE plant.reading ADD extra int DEFAULT 3", "CREATE INDEX ON plant.power (watts)",
            "DROP INDEX plant.reading_device", "DROP VIEW plant.best",
            "CREATE TABLE plant.late (time timestamptz NOT NULL, v int); SELECT create_hypertable('plant.late', "
                    + "'time'); INSERT INTO plant.late SELECT '2024-01-01'::timestamptz + i * interval '9 h', i FROM "
                    + "generate_series(1, 60) i",
            "SELECT remove_retention_policy('plant.forgotten')", "DROP TABLE plant.moved",
            "SELECT add_retention_policy('plant.reading', interval '900 years', initial_start => "
                    + "'2100-01-01 00:00+00'::timestamptz)",
            "ALTER TABLE plant.moved RENAME amount TO amounts", "REVOKE SELECT ON plant.reading FROM plant_reader",
            "DROP MATERIALIZED VIEW plant.forgotten_daily",
            "SELECT set_chunk_time_interval('plant.reading', interval '2 days')"),
            Set.of("plant.reading", "plant.moved"),
            List.of("UPDATE plant.device SET name = name || '!' WHERE id = 7",
                    "INSERT INTO plant.reading (time, device, value) SELECT '2024-01-02'::timestamptz + i * interval "
                            + "'1 min', 2, i FROM generate_series(1, 30) i"),
            List.of("plant.device", "plant.reading"), "CALL plant.count_on()",
            "SELECT turn FROM plant.counted WHERE id = 6",
            List.of("plant.counted", "plant.power"));

    private SortedMap<String, String> expected;
    private String written;

    private Plant(PgServer.Plan from, PgServer.Plan to) {
        super(from, to);
    }

    /** Where there is none, the test is skipped. */
    static Plant open() {
        Assumptions.assumeTrue(Timescale.newest().isPresent(),
                "needs TimescaleDB's community edition; list its folder of programs in TSMIGRATE_TEST_PG_BINDIRS");
        Plant plant = new Plant(Timescale.newest().orElseThrow(), Timescale.newest().orElseThrow());
        plant.begin();
        return plant;
    }

    @Override
    String make() {
        String database = Timescale.plant(source());
        expected = restored(database);
        return database;
    }

    /** What stock tools make of it, with its jobs as they are on the source, and its view refreshed. */
    private SortedMap<String, String> restored(String from) {
        String jobs =
                "SELECT alter_job(job_id, scheduled => %s) FROM timescaledb_information.jobs WHERE job_id >= 1000";
        // After a stock restore each would run at once, and the view knows only what is not compressed.
        source().sql(from, jobs.formatted("false"));
        String copy = Oracle.restore(source(), from, target());
        target().sql(copy, jobs.formatted("job_id <> 1008, next_start => '2100-01-01'"),
                "REFRESH MATERIALIZED VIEW plant.top");
        source().sql(from, jobs.formatted("job_id <> 1008"));
        SortedMap<String, String> state = found(copy);
        target().sql("postgres", "DROP DATABASE " + copy + " WITH (FORCE)");
        return state;
    }

    /** What others have written to is compared as it is: its jobs are not due, and its view is not out of date. */
    @Override
    SortedMap<String, String> expected(String from) {
        if (from.equals(database())) {
            return expected;
        }
        source().sql(from, "REFRESH MATERIALIZED VIEW plant.top");
        return state(source(), from);
    }

    @Override
    SortedMap<String, String> found(String to) {
        return state(target(), to);
    }

    private static SortedMap<String, String> state(PgServer server, String of) {
        SortedMap<String, String> state = new TreeMap<>(Oracle.data(server, of));
        state.keySet().removeIf(name -> name.contains("heartbeat"));
        state.put("schema", Oracle.schema(server, of).orElseThrow());
        Timescale.VIEWS.forEach(view -> state.put(view, server.rows(of, view).toString()));
        return state;
    }

    /** The scheduler of its jobs keeps it from being copied. */
    @Override
    String copy() {
        if (written != null) {
            source().sql("postgres", "DROP DATABASE " + written + " WITH (FORCE)");
        }
        written = Timescale.plant(source());
        source().script(written, Path.of("tests", "sql", "timescale-calls.sql"));
        return written;
    }

    /** Their chunks, too, and what is compressed of these. */
    @Override
    Predicate<String> changed(Set<String> tables) {
        return table -> tables.contains(table) || tables.size() > 1 && table.startsWith("_timescaledb_internal.");
    }

    @Override
    String newTarget() {
        String database = super.newTarget();
        target().sql(database, "CREATE EXTENSION timescaledb");
        return database;
    }

    @Override
    Writers writers() {
        return WRITERS;
    }

    @Override
    Set<String> restless() {
        return Set.of("plant.heartbeat");
    }

    /** A crash lets sequences go on a little further. */
    @Override
    void mend() {
        expected = restored(database());
    }
}

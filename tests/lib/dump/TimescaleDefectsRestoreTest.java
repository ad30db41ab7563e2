//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Timescale;

/**
 * What users of TimescaleDB have reported of databases that had been restored, each under what they saw; here it does
 * not happen.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TimescaleDefectsRestoreTest {
    private static final String VERSION = "2.22.1";
    /** Of tests that change what has arrived, which the others compare. */
    private static final int LAST = Integer.MAX_VALUE;
    /** Written by a job on both sides. */
    private static final String BEATS = "table plant.heartbeat";
    /** Roots, with the column that they are partitioned by and its type. */
    private static final String HYPERTABLES = """
            SELECT format('%I.%I', hypertable_schema, hypertable_name), quote_ident(column_name), column_type
              FROM timescaledb_information.dimensions
             WHERE dimension_number = 1 AND hypertable_schema = 'plant' ORDER BY 1""";
    private static final String CHUNKS =
            """
            SELECT format('%I.%I', chunk_schema, chunk_name), coalesce(range_start::text, range_start_integer::text),
              coalesce(range_end::text, range_end_integer::text)
              FROM timescaledb_information.chunks WHERE format('%I.%I', hypertable_schema, hypertable_name) = '{}'
                ORDER BY 2, 1""";
    private static final String AGGREGATES =
            """
            SELECT format('%I.%I', view_schema, view_name), column_name
              FROM timescaledb_information.continuous_aggregates
              JOIN timescaledb_information.dimensions d ON d.hypertable_name = materialization_hypertable_name
                ORDER BY 1""";
    private static final List<String> VIEWS = Stream
            .of("hypertables", "dimensions", "chunks", "compression_settings", "hypertable_compression_settings",
                    "chunk_compression_settings", "continuous_aggregates")
            .map(view -> "SELECT to_jsonb(v) #- '{owner}' #- '{view_owner}' FROM timescaledb_information."
                    + view + " v ORDER BY 1")
            .toList();

    @TempDir
    static Path folder;
    private static PgServer source;
    private static PgServer target;
    private static String plant;
    /** By migrate from a user who is no superuser, and by dump and restore-timescale; both to Timescale Cloud. */
    private static String migrated;
    private static String restored;
    private static CommandRun migration;
    private static CommandRun restoration;

    @BeforeAll
    static void move() {
        source = Timescale.community(VERSION).start();
        // Statistics are to come from us.
        target = Timescale.community(VERSION).with("autovacuum=off").start();
        plant = Timescale.plant(source);
        source.sql(plant, "CREATE ROLE mover LOGIN PASSWORD 'mover' IN ROLE pg_read_all_data",
                "COMMENT ON EXTENSION timescaledb IS 'ours'",
                // All of it belongs to a superuser, whom Cloud does not have.
                "CREATE TABLE public.bought (time timestamptz NOT NULL, price numeric)",
                "SELECT create_hypertable('public.bought', 'time')",
                "INSERT INTO public.bought VALUES ('2024-03-01', 3), ('2024-03-02', 4)", """
                CREATE MATERIALIZED VIEW public.bought_daily WITH (timescaledb.continuous) AS
                  SELECT time_bucket('1 day', time) AS day, sum(price) FROM public.bought
                 GROUP BY 1""", """
                SELECT add_continuous_aggregate_policy('public.bought_daily', interval '100 years', interval '1 hour',
                  interval '1 hour',
                       initial_start => '2100-01-01 00:00+00'::timestamptz)""");
        migrated = CloudDouble.make(target, VERSION);
        migration = CommandRun.migrate(source.uri(plant, "mover", "mover"), CloudDouble.uri(target, migrated), "--jobs",
                "4", "--leave-out", "server-settings");
        assertEquals(0, migration.code(), migration.err() + migration.out());
        restored = CloudDouble.make(target, VERSION);
        Path dump = Dumps.dumped(source, plant, folder.resolve("plant"), "--format", "directory", "--jobs", "4");
        restoration = CommandRun.of("RestoreTimescale", Map.of("TARGET", CloudDouble.uri(target, restored)), "--jobs",
                "4", dump.toString());
        assertEquals(0, restoration.code(), restoration.err() + restoration.out());
    }

    @AfterAll
    static void stop() {
        if (target != null) {
            target.close();
        }
        if (source != null) {
            source.close();
        }
    }

    private static List<String> arrived() {
        return List.of(migrated, restored);
    }

    /** timescale/timescaledb#6526: count(*) is 0, and DELETE removes 203,012 rows. */
    @Test
    void count_says_zero_and_delete_still_removes_the_rows() throws SQLException {
        for (String database : arrived()) {
            for (List<String> hypertable : source.rows(plant, HYPERTABLES)) {
                String table = hypertable.get(0);
                String count = source.query(plant, "SELECT count(*) FROM " + table);
                assertEquals(count, target.query(database, "SELECT count(*) FROM " + table), table);
                String chunks = source.rows(plant, CHUNKS.replace("{}", table)).stream()
                        .map(chunk -> " UNION ALL SELECT count(*) FROM " + chunk.get(0))
                        .collect(Collectors.joining("", "SELECT sum(n) FROM (SELECT 0 AS n", ") chunks"));
                assertEquals(count, target.query(database, chunks), table);
                try (Connection session = target.connect(database); Statement statement = session.createStatement()) {
                    session.setAutoCommit(false);
                    assertEquals(count, String.valueOf(statement.executeUpdate("DELETE FROM " + table)), table);
                    session.rollback();
                }
            }
        }
    }

    /** timescale/timescaledb#1584, #698, #761, #3154: after pg_restore --jobs. */
    @Test
    void select_works_but_a_filter_by_time_returns_nothing() {
        int filters = 0;
        for (List<String> hypertable : source.rows(plant, HYPERTABLES)) {
            List<String> filtered = source.rows(plant, CHUNKS.replace("{}", hypertable.get(0))).stream()
                    .map(chunk -> ("SELECT count(*), min(t::text), max(t::text) FROM %s t WHERE %s >= '%s'::%s AND "
                            + "%2$s < "
                            + "'%s'::%4$s")
                            .formatted(hypertable.get(0), hypertable.get(1), chunk.get(1), hypertable.get(2),
                                    chunk.get(2)))
                    .toList();
            if (!filtered.isEmpty()) {
                String all = String.join(" UNION ALL ", filtered);
                for (String database : arrived()) {
                    assertEquals(source.rows(plant, all), target.rows(database, all), hypertable.get(0));
                }
                filters += filtered.size();
            }
        }
        assertTrue(filters > 30, filters + " chunks");
    }

    /** timescale/timescaledb#4101, timescale/docs#1041: indexes fail. */
    @Test
    void chunk_not_found() throws SQLException {
        String reorder = source.query(plant,
                "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_reorder'");
        for (String database : arrived()) {
            for (List<String> hypertable : source.rows(plant, HYPERTABLES)) {
                String first = "SELECT %s FROM %s ORDER BY 1 LIMIT 5".formatted(hypertable.get(1), hypertable.get(0));
                assertEquals(source.rows(plant, first), byIndex(database, first), first);
            }
            String unusable = "SELECT count(*) FROM pg_index WHERE NOT (indisvalid AND indisready)";
            assertEquals("0", target.query(database, unusable));
            String indexes =
                    "SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes WHERE schemaname IN "
                            + "('plant', '_timescaledb_internal') ORDER BY 1, 2, 3";
            assertEquals(source.rows(plant, indexes), target.rows(database, indexes));
            // It looks its index up for each chunk.
            target.sql(database, "SET ROLE plant_owner", "CALL run_job(" + reorder + ")");
        }
    }

    private static List<List<String>> byIndex(String database, String sql) throws SQLException {
        try (Connection session = target.connect(database); Statement statement = session.createStatement()) {
            statement.execute("SET enable_seqscan = off; SET enable_sort = off");
            List<List<String>> rows = new ArrayList<>();
            try (ResultSet result = statement.executeQuery(sql)) {
                while (result.next()) {
                    rows.add(List.of(result.getString(1)));
                }
            }
            return rows;
        }
    }

    /** timescale/timescaledb#6389: on the first refresh after the restore. */
    @Test
    @Order(LAST)
    void invalidation_threshold_for_hypertable_not_found() {
        List<List<String>> aggregates = source.rows(plant, AGGREGATES);
        assertEquals(5, aggregates.size());
        for (String database : arrived()) {
            for (List<String> aggregate : aggregates) {
                String refresh =
                        "CALL refresh_continuous_aggregate('" + aggregate.get(0) + "', '2024-01-02', '2024-01-04')";
                source.sql(plant, refresh);
                target.sql(database, refresh);
                String rows = "SELECT a.* FROM %s a WHERE %s >= '2024-01-02' AND %2$s < '2024-01-04' ORDER BY a"
                        .formatted(aggregate.get(0), aggregate.get(1));
                assertEquals(source.rows(plant, rows), target.rows(database, rows), rows);
            }
        }
    }

    /** timescale/timescaledb#5842, #1712, #3950, timescale/docs#748: 202 jobs that had to be started by hand. */
    @Test
    void jobs_do_not_run_until_post_restore_is_called_twice() {
        String state = """
                SELECT j.id, j.scheduled, s.next_start FROM _timescaledb_config.bgw_job j LEFT
                  JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id
                 WHERE j.id >= 1000 AND j.id <> 1007 ORDER BY 1""";
        String beats = "SELECT count(*) FROM plant.heartbeat";
        for (String database : arrived()) {
            assertEquals(source.rows(plant, state), target.rows(database, state));
            int before = Integer.parseInt(target.query(database, beats));
            BackgroundWork.until("the job runs twice",
                    () -> Integer.parseInt(target.query(database, beats)) > before + 1);
        }
        for (CommandRun run : List.of(migration, restoration)) {
            assertTrue((run.out() + run.err()).contains("11 scheduled, 1 paused, as on the source"),
                    run.out() + run.err());
        }
    }

    /**
     * timescale/timescaledb#5745: a refresh policy fails for ever, for its job and its aggregate have different owners.
     */
    @Test
    @Order(LAST)
    void must_be_owner_of_view() {
        for (String database : arrived()) {
            List<List<String>> policies = target.rows(database, """
                    SELECT j.job_id, quote_ident(j.owner::text), c.view_name, c.view_owner
                      FROM timescaledb_information.jobs j
                      JOIN timescaledb_information.continuous_aggregates c ON c.view_name = j.hypertable_name
                     WHERE j.proc_name = 'policy_refresh_continuous_aggregate' ORDER BY 1""");
            assertEquals(List.of("plant_owner", "plant_owner", "tsdbadmin"),
                    policies.stream().map(policy -> policy.get(1)).toList());
            for (List<String> policy : policies) {
                assertEquals(policy.get(1), policy.get(3));
                target.sql(database, "SET ROLE " + policy.get(1), "CALL run_job(" + policy.get(0) + ")");
            }
        }
        for (CommandRun run : List.of(migration, restoration)) {
            assertTrue((run.out() + run.err()).contains(
                    "(_timescaledb_functions.policy_refresh_continuous_aggregate) belongs to \"tsdbadmin\", "
                            + "because \"postgres\" cannot own it there"),
                    run.out() + run.err());
        }
    }

    /** timescale/timescaledb#2353: a sequence is behind, on the first row of a new day. */
    @Test
    @Order(LAST)
    void duplicate_key_violates_chunk_pkey() {
        for (String database : arrived()) {
            target.sql(database, "SET ROLE plant_owner", "BEGIN",
                    "INSERT INTO plant.reading (time, device, value) VALUES ('2031-01-01', 3, 7)",
                    "INSERT INTO plant.power VALUES ('2031-01-01', 3, 5)",
                    "INSERT INTO plant.moved (seen, stored, item) VALUES ('2031-01-01', '2031-01-01', 'new')",
                    "SELECT compress_chunk(c) FROM show_chunks('plant.power', newer_than => "
                            + "'2030-12-30'::timestamptz) c",
                    "CREATE TABLE plant.fresh (time timestamptz NOT NULL)",
                    "SELECT create_hypertable('plant.fresh', 'time')",
                    "SELECT add_job('plant.beat', '1 day')", "ROLLBACK");
        }
    }

    /** timescale/docs#1558: nobody had told the planner how many rows there are. */
    @Test
    void queries_are_very_slow_after_the_restore() {
        source.sql(plant, "ANALYZE");
        String known = """
                SELECT schemaname || '.' || tablename || CASE WHEN inherited THEN ' with its chunks'
                  ELSE '' END, count(*) FROM pg_stats
                 WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname NOT IN ('information_schema', '_timescaledb_config',
                   '_timescaledb_catalog') AND tablename <> 'heartbeat'
                   AND tablename NOT LIKE 'bgw%' GROUP BY 1 ORDER BY 1""";
        List<List<String>> expected = source.rows(plant, known);
        assertTrue(
                expected.stream().anyMatch(
                        row -> row.get(0).equals("_timescaledb_internal._materialized_hypertable_10 with its chunks")),
                expected.toString());
        for (String database : arrived()) {
            List<List<String>> missing = new ArrayList<>(expected);
            missing.removeAll(target.rows(database, known));
            assertEquals(List.of(), missing);
        }
    }

    /** dimitri/pgcopydb#540: to Timescale Cloud, where one is no superuser. */
    @Test
    void unable_to_get_valid_parent_oid_for_hypertable() {
        assertEquals("f", source.query(plant, "SELECT rolsuper FROM pg_roles WHERE rolname = 'mover'"));
        String parents =
                "SELECT inhrelid::regclass, inhparent::regclass FROM pg_inherits ORDER BY inhrelid::regclass::text";
        for (String database : arrived()) {
            assertEquals("f",
                    target.query(database, "SELECT rolsuper FROM pg_roles WHERE rolname = '" + CloudDouble.USER + "'"));
            assertEquals(source.rows(plant, parents), target.rows(database, parents));
        }
    }

    /** dimitri/pgcopydb#312, #849. */
    @Test
    void hypertables_arrive_as_plain_tables() {
        for (String database : arrived()) {
            for (String view : VIEWS) {
                List<List<String>> there = source.rows(plant, view);
                assertFalse(there.isEmpty(), view);
                assertEquals(there, target.rows(database, view), view);
            }
            String policies =
                    "SELECT job_id, proc_name, hypertable_name, schedule_interval, config FROM "
                            + "timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1";
            assertEquals(source.rows(plant, policies), target.rows(database, policies));
        }
    }

    /** dimitri/pgcopydb#8, #5: the comment stops the restore, and users ask for a way to ignore errors. */
    @Test
    void must_be_owner_of_extension() {
        for (String talk : List.of(migration.err(), restoration.err())) {
            assertFalse(talk.contains("must be owner") || talk.contains("ignored"), talk);
        }
        var expected = Oracle.data(source, plant);
        expected.remove(BEATS);
        for (String database : arrived()) {
            var found = Oracle.data(target, database);
            found.remove(BEATS);
            assertEquals(expected, found);
        }
    }
}

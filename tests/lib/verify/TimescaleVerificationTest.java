//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.dsn.Dsn;
import lib.facts.Difference;
import lib.facts.FactIdentity;
import lib.facts.FactKind;
import lib.server.Server;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.Snapshot;
import lib.talk.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Timescale;
import testbed.TrixieRoot;

/**
 * Whether verify finds nothing in a faithful copy of a TimescaleDB database, and in a changed one exactly what was
 * changed.
 */
class TimescaleVerificationTest {
    private static final Path CHANGES = Path.of("tests", "sql", "timescale-changes.sql");
    private static final String EQUAL =
            "verify: 11311 rows in 20 tables and 6 rows in 1 materialized view compared: no differences\n";

    private static PgServer server;
    private static String original;
    private static String copy;

    @BeforeAll
    static void start() {
        server = quiet("2.22.1");
        original = Timescale.plant(server);
        copy = copied(server, original);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    /** A server that runs no jobs: they would write on both sides. */
    private static PgServer quiet(String version) {
        return Timescale.community(version).with("timescaledb.max_background_workers=0").start();
    }

    /** By stock tools, which fill materialized views while compressed rows are not seen. */
    private static String copied(PgServer server, String database) {
        String restored = Oracle.restore(server, database, server);
        server.sql(restored, "REFRESH MATERIALIZED VIEW plant.top");
        return restored;
    }

    private static CommandRun verify(PgServer server, String from, String to, String... options) {
        return CommandRun.of("Verify", Map.of("SOURCE", server.uri(from), "TARGET", server.uri(to)), options);
    }

    /** For a schema, they hold for a hypertable and not for its chunks, or the other way round. */
    @Test
    void default_privileges_of_the_target_explain_what_chunks_and_hypertables_do_not_share() {
        String from = server.newDatabase();
        String to = server.newDatabase();
        server.sql(from, "CREATE EXTENSION timescaledb", "CREATE TABLE measure (at timestamptz NOT NULL, of int)",
                "SELECT create_hypertable('measure', 'at')",
                "INSERT INTO measure VALUES ('2024-01-01', 1)");
        server.sql(to, "CREATE EXTENSION timescaledb",
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor");
        CommandRun run = CommandRun.migrate(server.uri(from), server.uri(to));
        assertEquals(0, run.code(), run.err());
        assertEquals("true", server.query(to, "SELECT has_table_privilege('pg_monitor', 'measure', 'SELECT')::text"));
    }

    /** What stands below the heading, a vertical bar between the columns. */
    private static List<String> lines(CommandRun run) {
        return run.out().lines().skip(1).map(line -> line.replaceAll(" {2,}", " | ")).toList();
    }

    @Test
    void a_copy_by_stock_tools_has_no_differences() {
        assertEquals(new CommandRun(0, "", EQUAL), verify(server, original, copy));
    }

    @Test
    void a_copy_of_an_older_version_has_no_differences_and_a_changed_one_has() {
        try (PgServer older = quiet("2.13.1")) {
            String plant = Timescale.plant(older);
            String restored = copied(older, plant);
            assertEquals(new CommandRun(0, "", EQUAL), verify(older, plant, restored));
            older.sql(restored, "SELECT drop_chunks('plant.reading', older_than => '2024-01-02'::timestamptz)",
                    "SELECT delete_job(1010)",
                    "SELECT count(decompress_chunk(c)) FROM show_chunks('plant.power', older_than => "
                            + "'2024-01-02'::timestamptz) c",
                    "DELETE FROM plant.power WHERE time = '2024-01-03 00:00+00' AND meter = 1");
            CommandRun run = verify(older, plant, restored, "--level", "counts", "-v");
            assertEquals("""
                    job | 1010 plant.beat | every 7 days | missing
                    hypertable changes to be refreshed | plant.power | missing | 2024-01-03 to 2024-01-03
                    hypertable compressed chunks | plant.power | 7 | 6
                    compressed chunk | plant.power [2024-01-01, 2024-01-02) | compressed | missing
                    compressed chunk state | plant.power [2024-01-03, 2024-01-04) | missing | rows added since
                    rows | plant.power [2024-01-03, 2024-01-04) | 288 rows | 287 rows
                    hypertable changes to be refreshed | plant.reading | 2024-01-01 to 2024-01-01 01:50:00 | \
                    2024-01-01 to 2024-01-01 01:50:00, \
                    2024-01-01 to 2024-01-02
                    hypertable chunks | plant.reading | 10 | 9
                    chunk | plant.reading [2024-01-01, 2024-01-02) | present | missing""",
                    String.join("\n", lines(run)));
            assertEquals(4, run.code());
        }
    }

    @Test
    void the_apache_edition_is_compared_too() {
        try (PgServer apache = TrixieRoot.timescale("timescaledb.max_background_workers=0")) {
            String plain = apache.newDatabase();
            apache.sql(plain, "CREATE EXTENSION timescaledb", "CREATE TABLE t (at timestamptz NOT NULL, v int)",
                    "SELECT create_hypertable('t', 'at')",
                    "INSERT INTO t SELECT '2024-01-01'::timestamptz + n * interval '1 day', n FROM "
                            + "generate_series(1, 30) n");
            String restored = Oracle.restore(apache, plain, apache);
            assertEquals(new CommandRun(0, "", "verify: 30 rows in 2 tables compared: no differences\n"),
                    verify(apache, plain, restored));
            apache.sql(restored, "SELECT drop_chunks('t', older_than => '2024-01-10'::timestamptz)");
            assertEquals(
                    List.of("hypertable chunks | public.t | 5 | 4",
                            "chunk | public.t [2023-12-28, 2024-01-04) | present | missing"),
                    lines(verify(apache, plain, restored)));
        }
    }

    /** Its tables are named by other numbers, and are stored by other identifiers. */
    @Test
    void a_database_that_was_built_otherwise_has_no_differences() {
        String built = server.newDatabase();
        server.sql(built, "CREATE EXTENSION timescaledb", "CREATE TABLE first (time timestamptz NOT NULL)",
                "SELECT create_hypertable('first', 'time')",
                "INSERT INTO first VALUES ('2024-01-01')", "DROP TABLE first");
        server.script(built, Path.of("tests", "sql", "timescale.sql"));
        assertEquals("2",
                server.query(built, "SELECT id FROM _timescaledb_catalog.hypertable WHERE table_name = 'reading'"));
        // This one begins when it was made.
        server.sql(built, "UPDATE _timescaledb_config.bgw_job SET initial_start = '" + server.query(original,
                "SELECT initial_start FROM _timescaledb_config.bgw_job WHERE id = 1007") + "' WHERE id = 1007");
        assertEquals(new CommandRun(0, "", EQUAL), verify(server, original, built));
    }

    @Test
    void an_owner_who_is_no_superuser_compares_all_of_it() {
        assertEquals(EQUAL, CommandRun.of("Verify", Map.of("SOURCE", server.uri(original, "plant_owner", "plant"),
                "TARGET", server.uri(copy, "plant_owner", "plant"))).err());
    }

    @Test
    void filters_take_chunks_along_with_their_hypertable() {
        assertEquals("verify: 200 rows in 2 tables compared: no differences\n",
                verify(server, original, copy, "-t", "plant.moved").err());
        assertEquals("verify: 1008 rows in 1 table compared: no differences\n",
                verify(server, original, copy, "-t", "plant.reading_hourly").err());
        assertEquals("verify: 9871 rows in 18 tables and 6 rows in 1 materialized view compared: no differences\n",
                verify(server, original, copy, "-T", "plant.reading").err());
        assertEquals("verify: 8421 rows in 18 tables and 6 rows in 1 materialized view compared: no differences\n",
                verify(server, original, copy, "--exclude-table-data", "plant.power").err());
    }

    /** Rows of a large compressed chunk are compared by segments, and what its catalog adds to them in full. */
    @Test
    void a_sample_of_segments_and_an_added_default_are_compared() {
        String from = server.newDatabase();
        server.sql(from, "CREATE EXTENSION timescaledb",
                "CREATE TABLE reading (at timestamptz NOT NULL, device int, \"in site\" text, v float8)",
                "SELECT create_hypertable('reading', 'at', chunk_time_interval => interval '1 year')",
                "INSERT INTO reading SELECT '2024-01-01'::timestamptz + i * interval '1 minute', i % 40, 'it''s ' "
                        + "|| i % 3, random() FROM generate_series(1, 300000) i",
                "ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'device, \"in "
                        + "site\"')",
                "SELECT compress_chunk(c) FROM show_chunks('reading') c",
                "ALTER TABLE reading ADD quality int NOT NULL DEFAULT 7");
        String to = Oracle.restore(server, from, server);
        // A dump has no default of rows that were there before it.
        CommandRun lost = verify(server, from, to, "--level", "sample", "-v");
        assertEquals(
                List.of("row contents | public.reading [2023-03-24, 2024-03-18)",
                        "row contents | public.reading [2024-03-18, 2025-03-13)"),
                lines(lost).stream().map(line -> line.replaceAll("(\\)).*", "$1")).toList(),
                lost.out() + lost.err());
        // One chunk has less than a megabyte.
        assertEquals(List.of(false, true),
                lost.out().lines().skip(1).map(line -> line.contains(" with a sample of ")).toList(), lost.out());
        assertEquals(4, lost.code());
        // A hundred and twenty segments are in each chunk, and one of them is wrong: a sample alone would seldom see
        // that.
        server.sql(to, "SET timescaledb.max_tuples_decompressed_per_dml_transaction = 0",
                "UPDATE reading SET quality = 7 WHERE device <> 1 OR \"in site\" <> 'it''s 1'");
        CommandRun one = verify(server, from, to, "--level", "sample");
        assertEquals(2, lines(one).stream().filter(line -> line.startsWith("row contents | ")).count(),
                one.out() + one.err());
        assertEquals(4, one.code());
    }

    @Test
    void a_hypertable_that_became_a_table_is_compared_with_all_its_rows() {
        String plain = server.newDatabase();
        server.sql(plain, "CREATE SCHEMA plant",
                "CREATE TABLE plant.moved AS SELECT '2024-02-01'::timestamptz AS seen");
        List<String> found = lines(verify(server, original, plain, "-t", "plant.moved", "--level", "counts"));
        assertEquals(
                List.of("hypertable | plant.moved | by seen, item | missing", "rows | plant.moved | 200 rows | 1 row"),
                found.stream().filter(line -> line.matches("(hypertable|dimension|chunk|rows).*")).toList());
    }

    @Test
    void jobs_may_be_paused_for_the_time_being_and_may_change_hands() throws SQLException {
        String paused = server.newDatabase();
        server.sql("postgres", "DROP DATABASE " + paused,
                "CREATE DATABASE " + paused + " TEMPLATE " + copy + " STRATEGY file_copy");
        server.sql(paused,
                "SELECT alter_job(id, scheduled => false) FROM _timescaledb_config.bgw_job WHERE id IN (1001, 1007)",
                "UPDATE _timescaledb_config.bgw_job SET owner = 'plant_owner' WHERE id = 1009");
        Server source = Server.connect(Dsn.parse("source", server.uri(original), false, Map.of()));
        ComputingSessions target = ComputingSessions
                .on(Server.connect(Dsn.parse("target", server.uri(paused), false, Map.of())), Map.of(), new Console());
        Selection all;
        try (Session session = source.session()) {
            all = Selection.resolve(session, new Filters());
        }
        AnnouncedDifferences nothing =
                new AnnouncedDifferences("postgres", List.of(), List.of(), List.of(), false, false, false);
        AnnouncedDifferences remapped =
                new AnnouncedDifferences("postgres", List.of(), List.of(), List.of(), false, false, false)
                        .jobOwners(List.of("Ana Lyst"));
        try (Snapshot snapshot = Snapshot.take(source, all, new Console())) {
            Verification strict = new Verification(snapshot, target, all, new Console(), 1);
            assertEquals(
                    List.of("job scheduled 1001 policy_retention on plant.counter", "job scheduled 1007 plant.beat",
                            "job owner 1009 plant.beat"),
                    strict.run(Verification.Level.OBJECTS).stream().map(found -> found.what() + " " + found.named())
                            .toList());
            List<Difference> rest = new Verification(snapshot, target, all, new Console(), 1).jobsPaused()
                    .run(Verification.Level.OBJECTS);
            assertEquals(List.of(new Difference(FactKind.JOB, "owner", FactIdentity.of("1009 plant.beat"), null,
                    "\"Ana Lyst\"", "plant_owner")), rest);
            assertEquals(List.of(false, true), List.of(nothing.covers(rest.get(0)), remapped.covers(rest.get(0))));
        }
    }

    static Stream<Named<VerificationTest.Change>> changes() throws IOException {
        return Stream.of(Files.readString(CHANGES).split("\n\n")).skip(1).map(VerificationTest.Change::of)
                .map(change -> Named.of(change.sql().lines().findFirst().orElseThrow(), change));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void a_change_is_found_and_nothing_else(VerificationTest.Change change) {
        String changed = copy + "_changed";
        server.sql("postgres", "CREATE DATABASE " + changed + " TEMPLATE " + copy + " STRATEGY file_copy");
        try {
            // CALL refresh_continuous_aggregate commits, so that each statement stands alone.
            server.sql(changed, change.sql().split("(?<=;)\n"));
            CommandRun run = verify(server, original, changed, "-v");
            assertEquals(String.join("\n", change.differences()),
                    String.join("\n", VerificationTest.masked(lines(run), change.differences())));
            assertEquals(change.differences().isEmpty() ? 0 : 4, run.code(), run.err());
        } finally {
            server.sql("postgres", "DROP DATABASE " + changed + " WITH (FORCE)");
        }
    }
}

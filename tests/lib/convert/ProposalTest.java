//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CheckedConversion;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.HypertableShop;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.PlanInPlace;
import testbed.Timescale;

/** A file that is written of what the statistics say, and that the check of the same database takes as it is. */
class ProposalTest {
    private static final String NEW = "2.22.1";
    private static PgServer server;
    @TempDir
    private static Path folder;

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static PgServer server() {
        if (server == null) {
            server = Timescale.community(NEW).start();
        }
        return server;
    }

    private static String target(PgServer server) {
        String target = server.newDatabase();
        server.sql(target, "CREATE EXTENSION timescaledb");
        return target;
    }

    private static CommandRun propose(PgServer server, String source, Path file, String... options) {
        return CommandRun.preflight(server.uri(source), server.uri(target(server)),
                Stream.concat(Stream.of("--propose-hypertables", file.toString()), Stream.of(options))
                        .toArray(String[]::new));
    }

    private static String lines(String text) {
        return text.lines().filter(line -> !line.startsWith("#")).collect(Collectors.joining("\n")).strip();
    }

    @Test
    void the_shop_gets_a_proposal_with_reasons() throws IOException {
        PgServer server = server();
        String source = HypertableShop.make(server, 20_000);
        Path file = folder.resolve("shop.yaml");
        CommandRun run = propose(server, source, file, "--proposal-tables", "100kB", "--proposal-memory", "512kB");
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                not proposed: shop.order_items: it has no column of a time without NULL in whose order its rows lie
                not proposed: shop.ticks: it has no column of a time without NULL in whose order its rows lie
                a proposal for 4 hypertables is in %s
                """.formatted(file), run.out());
        assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(file));
        String text = Files.readString(file);
        assertTrue(text.startsWith("""
                # A proposal for TimescaleDB 2.22.1, from the statistics of the source. Change what you know better.
                # The indexes of the newest chunks of 4 hypertables are to take a quarter of the target's memory at \
                most,
                # and a chunk at most an eighth of what there is.
                # Its memory is taken to be 512.0 kB: by --proposal-memory.
                """), text);
        assertTrue(text.endsWith("""
                # Not proposed:
                # shop.order_items: it has no column of a time without NULL in whose order its rows lie
                # shop.ticks: it has no column of a time without NULL in whose order its rows lie
                """), text);
        // A quarter of 512 kB for four tables is 32 kB each; 1 MB of indexes for 90 days of readings are 11 kB a day.
        assertEquals("""
                hypertables:

                  # sensors.readings: SIZE and SIZE of indexes, about 20000 rows
                  - schema: sensors
                    table: readings
                    time_column: time # timestamp with time zone, NOT NULL, in whose order the rows lie \
                (correlation 1.00)
                    chunk_interval: 2 days # about ROWS of the newest rows, whose indexes take SIZE
                    compression:
                      segmentby: [] # no key column has few values, with 100 rows of each in a chunk
                      orderby: [{column: time, order: desc}] # queries ask for what is new
                      after: 7 days # what is changed often stays uncompressed, the newest chunk for sure
                """.strip(),
                lines(text).substring(0, lines(text).indexOf("\n\n  # shop.events"))
                        .replaceAll("\\d[\\d.]* [kM]B", "SIZE").replaceAll("about 44\\d of", "about ROWS of"));
        assertTrue(text.contains("\n    changes:\n      - {constraint: events_pkey, becomes: extended} # primary key "
                + "events_pkey: it lacks column created_at, by which the hypertable is divided; or index, dropped, "
                + "not_converted\n"), text);
        assertTrue(text.contains("\n  # shop.events_archive: 3 partitions, "), text);
        assertTrue(text.contains("time_column: created_at # timestamp with time zone, NOT NULL, by which the table is "
                + "partitioned\n"), text);
        assertTrue(text.contains("{constraint: order_items_order_id_fkey, of: {schema: shop, table: order_items}, "
                + "becomes: dropped} # foreign key order_items_order_id_fkey of shop.order_items: the key of "
                + "shop.orders that it references does not stay; or not_converted\n"), text);
        CommandRun again = propose(server, source, file, "--proposal-tables", "100kB");
        assertEquals(2, again.code());
        assertTrue(again.err().contains("exists already\npreflight: hint: name another file or use --overwrite"),
                again.err());
        assertEquals(text, Files.readString(file));
        CommandRun larger = propose(server, source, file, "--proposal-tables", "100kB", "--overwrite");
        assertEquals(0, larger.code(), larger.err());
        assertTrue(Files.readString(file).contains("# Its memory is taken to be 128.0 MB: 4 times its shared_buffers; "
                + "--proposal-memory says otherwise.\n"), Files.readString(file));
        assertTrue(Files.readString(file).contains("chunk_interval: 7 days"), Files.readString(file));
    }

    /** What is proposed is what the check takes and TimescaleDB does. */
    @ParameterizedTest
    @ValueSource(strings = {"2.13.1", NEW})
    void a_proposal_is_accepted_without_a_change(String version) throws IOException {
        try (PgServer server = Timescale.community(version).start()) {
            String source = HypertableShop.make(server, 6000);
            Path file = folder.resolve(version + ".yaml");
            CommandRun run = propose(server, source, file, "--proposal-tables", "1kB");
            assertEquals(0, run.code(), run.err());
            CommandRun preflight = CommandRun.preflight(server.uri(source), server.uri(target(server)),
                    "--hypertables", file.toString());
            assertEquals(0, preflight.code(), preflight.out() + preflight.err());
            assertTrue(preflight.out().contains("shop.events: primary key events_pkey becomes PRIMARY KEY (id, "
                    + "\"created_at\"), so that its former columns alone are not unique any more"), preflight.out());
            CommandRun script = CommandRun.preflight(server.uri(source), server.uri(target(server)), "--hypertables",
                    file.toString(), "--dry-run");
            assertTrue(PastedScript.between(script, server.uri(source), server.uri(target(server))).out()
                    .contains("events_pkey"), script.out());
            server.sql(source, "CREATE EXTENSION timescaledb");
            CheckedConversion checked =
                    CheckedConversion.of(server, source, version, true, Files.readString(file));
            assertEquals("", checked.stops());
            assertEquals(4, checked.plans().size());
            checked.plans().forEach(plan -> PlanInPlace.run(server, source, plan));
            assertEquals(List.of(List.of("readings", "1"), List.of("events", "1"), List.of("events_archive", "1"),
                    List.of("orders", "1")), server.rows(source, """
                            SELECT hypertable_name, num_dimensions FROM timescaledb_information.hypertables
                             ORDER BY hypertable_schema, 1"""));
        }
    }

    @Test
    void who_may_only_read_the_oldest_source_and_is_no_superuser_of_the_target_gets_one_too() throws IOException {
        try (PgServer old = PgServer.start(12)) {
            String source = HypertableShop.make(old, 2000);
            old.sql(source, "CREATE ROLE reader LOGIN PASSWORD 'reader'", "GRANT pg_read_all_stats TO reader",
                    "GRANT USAGE ON SCHEMA shop, sensors TO reader",
                    "GRANT SELECT ON ALL TABLES IN SCHEMA shop, sensors TO reader",
                    "GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop, sensors TO reader");
            String target = CloudDouble.uri(server(), CloudDouble.make(server(), NEW));
            Path file = folder.resolve("old.yaml");
            CommandRun run = CommandRun.preflight(old.uri(source, "reader", "reader"), target, "--propose-hypertables",
                    file.toString(), "--proposal-tables", "1kB");
            assertEquals(0, run.code(), run.err());
            assertTrue(run.out().endsWith("a proposal for 4 hypertables is in " + file + "\n"), run.out());
            CommandRun preflight = CommandRun.preflight(old.uri(source, "reader", "reader"), target, "--hypertables",
                    file.toString());
            assertEquals(0, preflight.code(), preflight.out() + preflight.err());
            assertTrue(preflight.out().contains("ok       hypertables        shop.events_archive becomes a hypertable "
                    + "by created_at, with a chunk for each "), preflight.out());
        }
    }

    @Test
    void names_survive() throws IOException {
        PgServer server = server();
        String source = server.newDatabase();
        String schema = "\"s: #1\"";
        String table = "\"a.b \"\"c\"\"\n- d: 'e' {f} %s \\ \u001b[1m\"";
        server.sql(source, "CREATE SCHEMA " + schema, "CREATE TABLE " + schema + "." + table
                + " (\"null\" timestamptz NOT NULL, \"k, %d y\" int, \"p: k\" int CONSTRAINT \"pk #\" PRIMARY KEY)",
                "CREATE INDEX ON " + schema + "." + table + " (\"k, %d y\")",
                "INSERT INTO " + schema + "." + table
                        + " SELECT timestamptz '2024-01-01' + i * interval '1 min', i % 3, i FROM "
                        + "generate_series(1, 20000) i",
                "CREATE RULE \"r\n: 1\" AS ON DELETE TO " + schema + "." + table + " DO ALSO NOTHING", "ANALYZE");
        Path file = folder.resolve("names.yaml");
        CommandRun run = propose(server, source, file, "--proposal-tables", "1kB");
        assertEquals(0, run.code(), run.err());
        String text = Files.readString(file);
        assertFalse(text.contains("\u001b"), text);
        Conversion conversion = Conversions.read(file).tables().get(0);
        assertEquals(new TableName("s: #1", "a.b \"c\"\n- d: 'e' {f} %s \\ \u001b[1m"), conversion.table());
        assertEquals("null", conversion.timeColumn());
        assertEquals(List.of("k, %d y"), conversion.compression().segmentBy());
        assertEquals(List.of("pk #", "r\n: 1"), conversion.changes().stream().map(Change::name).toList());
        server.sql(source, "CREATE EXTENSION timescaledb");
        CheckedConversion checked = CheckedConversion.of(server, source, NEW, true, text);
        assertEquals("", checked.stops());
        PlanInPlace.run(server, source, checked.plans().get(0));
    }

    @Test
    void where_there_is_nothing_to_propose_that_is_said() {
        PgServer server = server();
        String source = server.newDatabase();
        Path file = folder.resolve("none.yaml");
        CommandRun none = propose(server, source, file);
        assertEquals(0, none.code(), none.err());
        assertEquals("no file is written, because no table of the source has 100.0 MB (--proposal-tables)\n",
                none.out());
        server.sql(source, "CREATE TABLE random (id int, at timestamptz NOT NULL)",
                "CREATE TABLE secret (at timestamptz NOT NULL) WITH (autovacuum_enabled = false)",
                "ALTER TABLE secret ENABLE ROW LEVEL SECURITY",
                "INSERT INTO secret SELECT timestamptz '2024-01-01' + i * interval '1 h' FROM generate_series(1, "
                        + "900) i",
                "CREATE TABLE grouped (id int PRIMARY KEY, at timestamptz NOT NULL)",
                "INSERT INTO grouped SELECT i, timestamptz '2024-01-01' + i * interval '1 h' FROM generate_series(1, "
                        + "900) i",
                "CREATE VIEW by_id AS SELECT id, at FROM grouped GROUP BY id",
                "INSERT INTO random SELECT i, timestamptz '2024-01-01' + (i * 7919 % 900) * interval '1 h' FROM "
                        + "generate_series(1, 900) i",
                "ANALYZE random, grouped");
        CommandRun run = propose(server, source, file, "--proposal-tables", "1kB");
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                not proposed: public.grouped: primary key grouped_pkey stands in the way: it lacks column at, by which \
                the hypertable is divided, and view public.by_id relies on it
                not proposed: public.random: it has no column of a time without NULL in whose order its rows lie
                not proposed: public.secret: it has no statistics; on the source: ANALYZE "public"."secret";
                no file is written, because no table can be proposed
                """, run.out());
        assertFalse(Files.exists(file));
        server.sql(source, "ANALYZE secret");
        assertEquals(0, propose(server, source, file, "--proposal-tables", "1kB").code());
    }

    @Test
    void what_can_stay_without_compression_is_not_given_up_for_it() throws IOException {
        PgServer server = server();
        String source = server.newDatabase();
        server.sql(source, "CREATE TABLE t (id int, at timestamptz NOT NULL, PRIMARY KEY (id, at))",
                "INSERT INTO t SELECT i, timestamptz '2024-01-01' + i * interval '1 h' FROM generate_series(1, 900) i",
                "CREATE TABLE r (id int, at timestamptz, CONSTRAINT fk FOREIGN KEY (id, at) REFERENCES t)", "ANALYZE");
        Path file = folder.resolve("reference.yaml");
        CommandRun run = propose(server, source, file, "--proposal-tables", "1kB");
        assertEquals(0, run.code(), run.err());
        String text = Files.readString(file);
        assertTrue(
                text.contains("# not compressed, so that foreign key fk of public.r can stay: chunks of a hypertable "
                        + "that is referenced cannot be compressed\n"),
                text);
        assertFalse(text.contains("compression:") || text.contains("changes:"), text);
    }

    @Test
    void a_wrong_use_is_told() {
        PgServer server = server();
        String source = server.newDatabase();
        Path file = folder.resolve("wrong.yaml");
        assertTrue(propose(server, source, file, "--proposal-memory", "much").failure().startsWith(
                "error: --proposal-memory is \"much\", and must be a number of bytes with a unit, such as 512MB or "
                        + "8GB"));
        assertTrue(propose(server, source, file, "--dry-run").failure()
                .startsWith("error: --propose-hypertables checks nothing: use it without --dry-run"));
        CommandRun alone = CommandRun.preflight(server.uri(source), server.uri(source), "--overwrite");
        assertEquals(2, alone.code());
        assertTrue(alone.failure().startsWith(
                "error: --proposal-memory, --proposal-tables and --overwrite are for --propose-hypertables"));
        CommandRun without = CommandRun.preflight(server.uri(source), server.uri(server.newDatabase()),
                "--propose-hypertables", file.toString());
        assertEquals(3, without.code());
        assertEquals("""
                error: the target's database does not have timescaledb, which hypertables need
                hint: on the target: CREATE EXTENSION timescaledb;""", without.failure());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Timescale;
import testbed.Ways;

/**
 * What calls functions that read hypertables, which have no rows in restoring mode: stock tools fail there, or compute
 * other values without a word, so that the source is what the target is compared with.
 */
class TimescaleReadersTest {
    private static final String[] SOURCE = {
            "CREATE TABLE measure (at timestamptz NOT NULL, q int NOT NULL, val float8)",
            "SELECT create_hypertable('measure', 'at', chunk_time_interval => interval '1 day')",
            "INSERT INTO measure SELECT '2024-01-01 00:00+00'::timestamptz + i * interval '1 hour', i % 20, i FROM "
                    + "generate_series(0, 95) i",
            "ALTER TABLE measure SET (timescaledb.compress)",
            "SELECT compress_chunk(c) FROM show_chunks('measure', older_than => '2024-01-03 00:00+00'::timestamptz) c",
            "CREATE VIEW quantities AS SELECT q, sum(val) AS total FROM measure GROUP BY q",
            // Of these days all rows are compressed, and restoring mode hides them.
            "CREATE FUNCTION seen(int) RETURNS boolean LANGUAGE plpgsql STABLE AS 'BEGIN RETURN EXISTS (SELECT "
                    + "FROM public.measure WHERE measure.q = $1 AND at < ''2024-01-03 00:00+00''); END'",
            // It is not immutable at all, and nobody is told.
            "CREATE FUNCTION total(int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN (SELECT total "
                    + "FROM public.quantities WHERE quantities.q = $1); END'",
            "CREATE FUNCTION twice(int) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT 2 * public.total($1)'",
            // A plain table: a trigger that would fire, a key that refers to it, a check that its rows break.
            "CREATE TABLE alarm (q int PRIMARY KEY, note text, CONSTRAINT of_what_is_seen CHECK (seen(q)))",
            "INSERT INTO alarm SELECT i, 'n' || i FROM generate_series(0, 19) i",
            "ALTER TABLE alarm ADD CONSTRAINT never CHECK (note <> 'n7') NOT VALID", "CREATE INDEX ON alarm (note)",
            "CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := ''fired''; RETURN NEW; END'",
            "CREATE TRIGGER fire BEFORE INSERT ON alarm FOR EACH ROW EXECUTE FUNCTION fire()",
            "COMMENT ON TRIGGER fire ON alarm IS 'fires'",
            "CREATE TABLE siren (q int CONSTRAINT of_alarm REFERENCES alarm)", "INSERT INTO siren SELECT q FROM alarm",
            "COMMENT ON CONSTRAINT of_alarm ON siren IS 'refers'",
            "CREATE TABLE summed (q int, total float8 GENERATED ALWAYS AS (total(q)) STORED)",
            "INSERT INTO summed SELECT i FROM generate_series(0, 25) i",
            // It reads a table that waits.
            "CREATE FUNCTION summed(int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM "
                    + "public.summed WHERE summed.q = $1)'",
            "CREATE DOMAIN sum_of AS int CHECK (summed(VALUE))", "CREATE TABLE of_sums (q sum_of, filler text)",
            "INSERT INTO of_sums SELECT i % 20, repeat('x', 100) FROM generate_series(1, 2000) i",
            // Indexes, with partitions as well, and statistics.
            "CREATE TABLE device (q int, name text)",
            "INSERT INTO device SELECT i % 20, 'd' || i FROM generate_series(1, 80) i",
            "CREATE INDEX by_total ON device (twice(q))",
            "COMMENT ON INDEX by_total IS 'reads'", "CREATE INDEX large_ones ON device (name) WHERE total(q) > 200",
            "CREATE STATISTICS of_totals ON (twice(q)), name FROM device",
            "CREATE TABLE part (q int) PARTITION BY RANGE (q)",
            "CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (10)",
            "CREATE TABLE part_high PARTITION OF part FOR VALUES FROM (10) TO (99)",
            "INSERT INTO part SELECT i % 20 FROM generate_series(1, 40) i",
            "CREATE INDEX part_total ON part (total(q))",
            "CREATE MATERIALIZED VIEW totals AS SELECT name, total(q) AS total FROM device",
            "CREATE UNIQUE INDEX ON totals (name)", "CREATE INDEX ON totals (round(total))",
            // Chunks.
            "CREATE TABLE event (at timestamptz NOT NULL, q int CHECK (seen(q)), total float8 GENERATED ALWAYS AS "
                    + "(total(q)) STORED)",
            "SELECT create_hypertable('event', 'at', chunk_time_interval => interval '1 day')",
            "INSERT INTO event SELECT '2024-01-01 00:00+00'::timestamptz + i * interval '4 hours', i % 20 FROM "
                    + "generate_series(0, 23) i",
            "CREATE INDEX event_total ON event (twice(q))",
            "ALTER TABLE event SET (timescaledb.compress)",
            "SELECT compress_chunk(c) FROM show_chunks('event', older_than => '2024-01-02 00:00+00'::timestamptz) c",
            "INSERT INTO event VALUES ('2024-01-01 01:00+00', 3)",
            // Rows beside compressed ones, and compressed ones that refer to a table that waits.
            "CREATE TABLE told (at timestamptz NOT NULL, q int CONSTRAINT of_what_waits REFERENCES alarm)",
            "SELECT create_hypertable('told', 'at', chunk_time_interval => interval '1 day')",
            "INSERT INTO told SELECT '2024-01-01 00:00+00'::timestamptz + i * interval '4 hours', i % 20 FROM "
                    + "generate_series(0, 23) i",
            "ALTER TABLE told SET (timescaledb.compress, timescaledb.compress_segmentby = 'q')",
            "SELECT compress_chunk(c) FROM show_chunks('told', older_than => '2024-01-02 00:00+00'::timestamptz) c",
            // This one reads no table.
            "CREATE FUNCTION positive(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0'",
            "CREATE TABLE plain (q int CHECK (positive(q)))", "INSERT INTO plain VALUES (1)", "ANALYZE"};

    private static final List<String> READ = List.of("SELECT count(*), sum(q) FROM device WHERE twice(q) > 400",
            "SELECT name FROM device WHERE total(q) > 200 ORDER BY name",
            "SELECT count(*), sum(q) FROM part WHERE total(q) > 200",
            "SELECT count(*), sum(total) FROM event WHERE twice(q) > 400", "SELECT * FROM totals ORDER BY name",
            "SELECT * FROM event ORDER BY at", "SELECT * FROM summed ORDER BY q", "SELECT count(*) FROM of_sums",
            "SELECT * FROM alarm ORDER BY q",
            "SELECT n_distinct, most_common_vals::text FROM pg_stats_ext_exprs WHERE statistics_name = 'of_totals'",
            "SELECT reltuples, indisvalid FROM pg_class JOIN pg_index ON indexrelid = oid WHERE relname IN "
                    + "('by_total', 'large_ones', 'part_total') ORDER BY relname");

    @AutoClose
    private static PgServer server;
    private static String source;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = Timescale.community("2.22.1").start();
        source = source(server);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "restore", "script"})
    void are_computed_from_what_is_in_the_hypertables(String way) {
        isTheSame(server, source, way);
    }

    @Test
    void are_computed_from_what_is_in_the_hypertables_of_an_older_version() {
        try (PgServer older = Timescale.community("2.13.1").start()) {
            isTheSame(older, source(older), "");
        }
    }

    private void isTheSame(PgServer server, String source, String way) {
        String target = empty(server);
        Ways.arrive(server.uri(source), server.uri(target), way, "RestoreTimescale", folder);
        assertEquals(Oracle.schema(server, source), Oracle.schema(server, target));
        assertEquals(Oracle.data(server, source), Oracle.data(server, target));
        // In a chunk there is and in a new one.
        for (String day : List.of("2024-01-04", "2024-02-01")) {
            assertThrows(RuntimeException.class,
                    () -> server.sql(target, "INSERT INTO told VALUES ('" + day + "', 99)"));
        }
        assertEquals("0",
                server.query(target, "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"));
        // By the indexes of the target.
        server.sql("postgres", "ALTER DATABASE " + target + " SET enable_seqscan = off");
        READ.forEach(sql -> assertEquals(server.rows(source, sql), server.rows(target, sql), sql));
    }

    /** Tables that may name indexes come after the mode, too; a large one is emptied first elsewhere. */
    @Test
    void a_chunk_that_comes_late_keeps_what_is_compressed() {
        String from = empty(server);
        server.sql(from, "CREATE TABLE named (at timestamptz NOT NULL, what regclass, filler text)",
                "SELECT create_hypertable('named', 'at', chunk_time_interval => interval '1 day')",
                "INSERT INTO named SELECT '2024-01-01 00:00+00'::timestamptz + i * interval '1 minute', NULL, 'f' "
                        + "FROM generate_series(0, 99) i",
                "ALTER TABLE named SET (timescaledb.compress)", "SELECT compress_chunk(c) FROM show_chunks('named') c",
                "INSERT INTO named SELECT '2024-01-01 00:00:01+00'::timestamptz + i * interval '1 second', "
                        + "'named', repeat('f', 1000) FROM generate_series(0, 1999) i");
        String target = empty(server);
        Ways.arrive(server.uri(from), server.uri(target), "", "RestoreTimescale", folder);
        assertEquals("2100 100",
                server.query(target, "SELECT count(*) || ' ' || count(*) FILTER (WHERE filler = 'f') FROM named"));
    }

    /** psql would run it from the first line to the last in restoring mode. */
    @Test
    void a_plain_dump_is_refused_by_name() {
        String target = empty(server);
        CommandRun run = CommandRun.migrate(server.uri(source), server.uri(target), "--via-files", "--dir",
                folder.toString(), "--format", "plain");
        assertEquals(3, run.code(), run.err());
        assertTrue(run.failure().contains("a plain dump computes index public.by_total in restoring mode"),
                run.failure());
        assertTrue(server.rows(target, "SELECT FROM pg_class WHERE relname = 'alarm'").isEmpty());
    }

    private static String source(PgServer server) {
        // Workers would be started for each call of a function.
        server.sql("postgres", "ALTER SYSTEM SET max_parallel_workers_per_gather = 0", "SELECT pg_reload_conf()");
        String source = empty(server);
        server.sql(source, SOURCE);
        return source;
    }

    private static String empty(PgServer server) {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        return database;
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;
import testbed.Timescale;

/**
 * Columns with a default that were added while chunks are compressed: the values of older rows stand in the system
 * catalog alone. Stock tools lose them without a word; here nothing is begun until the remedy that is said has put them
 * into the batches.
 */
class TimescaleAddedDefaultsTest {
    private static final String[] COMPRESSED = {
            "CREATE ROLE meter NOLOGIN", "GRANT CREATE ON SCHEMA public TO meter", "SET ROLE meter",
            "CREATE TYPE mood AS ENUM ('calm', 'so so')",
            "CREATE TABLE reading (at timestamptz NOT NULL, dev int NOT NULL, v float8)",
            "SELECT create_hypertable('reading', 'at', chunk_time_interval => interval '1 day')",
            "INSERT INTO reading SELECT '2024-01-01'::timestamptz + i * interval '10 min', i % 4, i FROM "
                    + "generate_series(1, 720) i",
            "ALTER TABLE reading SET (timescaledb.compress, timescaledb.compress_segmentby = 'dev')",
            "SELECT compress_chunk(c) FROM show_chunks('reading') c",
            "ALTER TABLE reading ADD COLUMN tenant int NOT NULL DEFAULT 7",
            "INSERT INTO reading VALUES ('2024-01-10', 1, 1, 9), ('2024-01-02', 1, 1, 9)",
            // Of more chunks than are worth a line each; one of the columns has another default by now, and the last
            // one has none.
            "CREATE TABLE \"Wide \"\"x\" (at timestamptz NOT NULL, v float8)",
            "SELECT create_hypertable('\"Wide \"\"x\"', 'at', chunk_time_interval => interval '1 day')",
            "INSERT INTO \"Wide \"\"x\" SELECT '2024-01-01'::timestamptz + i * interval '12 hours', i FROM "
                    + "generate_series(1, 24) i",
            "ALTER TABLE \"Wide \"\"x\" SET (timescaledb.compress)",
            "SELECT compress_chunk(c) FROM show_chunks('\"Wide \"\"x\"') c",
            "ALTER TABLE \"Wide \"\"x\" ADD COLUMN \"Mood\" mood DEFAULT 'so so', ADD COLUMN tags text[] DEFAULT "
                    + "'{a,NULL,\"b c\"}'",
            "ALTER TABLE \"Wide \"\"x\" ALTER COLUMN \"Mood\" SET DEFAULT 'calm'",
            "ALTER TABLE \"Wide \"\"x\" ALTER COLUMN tags DROP DEFAULT",
            // Compressed afterwards, all of it is in the batches.
            "CREATE TABLE later (at timestamptz NOT NULL, v float8)", "SELECT create_hypertable('later', 'at')",
            "INSERT INTO later SELECT '2024-01-01', i FROM generate_series(1, 9) i",
            "ALTER TABLE later ADD COLUMN tenant int DEFAULT 5", "ALTER TABLE later SET (timescaledb.compress)",
            "SELECT compress_chunk(c) FROM show_chunks('later') c", "RESET ROLE"};

    @TempDir
    Path folder;

    private static String empty(PgServer server) {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        return database;
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.13.1", "2.22.1"})
    void nothing_is_begun_before_the_values_are_in_the_batches(String version) {
        try (PgServer server = Timescale.community(version).start()) {
            String source = empty(server);
            server.sql(source, COMPRESSED);
            assertEquals("720", server.query(source, "SELECT count(*) FROM reading WHERE tenant = 7"));
            String stock = Oracle.restore(server, source, server);
            assertEquals("0", server.query(stock, "SELECT count(*) FROM reading WHERE tenant = 7"));
            String target = empty(server);
            CommandRun refused = CommandRun.migrate(server.uri(source), server.uri(target));
            assertEquals(3, refused.code(), refused.err());
            assertTrue(server.rows(target, "SELECT FROM pg_class WHERE relname = 'reading'").isEmpty());
            CommandRun dumped = Dumps.dump(server.uri(source), folder.resolve("early"));
            assertEquals(3, dumped.code(), dumped.err());
            assertFalse(Files.exists(folder.resolve("early")));
            List<String> remedies = refused.err().lines().filter(line -> line.contains("hint: on the source: "))
                    .map(line -> line.replaceFirst(".*hint: on the source: ", ""))
                    .distinct().toList();
            assertEquals(2, remedies.size(), refused.err());
            remedies.forEach(remedy -> psql(server, source, remedy));
            CommandRun run = CommandRun.migrate(server.uri(source), server.uri(target), "--verify", "checksums");
            assertEquals(0, run.code(), run.err());
            assertSame(server, source, target);
            Path dump = Dumps.dumped(server, source, folder.resolve("dump"));
            String restored = empty(server);
            CommandRun restoration =
                    CommandRun.of("RestoreTimescale", Map.of("TARGET", server.uri(restored)), dump.toString());
            assertEquals(0, restoration.code(), restoration.err());
            assertSame(server, source, restored);
        }
    }

    private static void assertSame(PgServer server, String source, String target) {
        for (String rows : List.of("SELECT tenant, count(*) FROM reading GROUP BY 1 ORDER BY 1",
                "SELECT \"Mood\", tags, count(*) FROM \"Wide \"\"x\" GROUP BY 1, 2",
                "SELECT * FROM later ORDER BY v")) {
            assertEquals(server.rows(source, rows), server.rows(target, rows));
        }
        assertEquals(List.of(List.of("7", "720"), List.of("9", "2")),
                server.rows(target, "SELECT tenant, count(*) FROM reading GROUP BY 1 ORDER BY 1"));
        assertEquals(List.of(List.of("so so", "{a,NULL,\"b c\"}", "24")),
                server.rows(target, "SELECT \"Mood\", tags, count(*) FROM \"Wide \"\"x\" GROUP BY 1, 2"));
    }

    /** To plan a query calls what an index calls; who may make one on the batches would be run as a superuser. */
    @Test
    void nobodys_function_is_called_to_find_that_out() {
        try (PgServer server = Timescale.community("2.22.1").start()) {
            String source = empty(server);
            server.sql(source, COMPRESSED);
            server.sql(source, "GRANT CREATE ON SCHEMA _timescaledb_internal TO meter", "SET ROLE meter",
                    """
                    CREATE FUNCTION spy(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                    BEGIN IF current_user <> 'meter' THEN RAISE EXCEPTION 'as %', current_user; END IF; RETURN $1; END \
                    $$""",
                    """
                    DO $$ DECLARE packed regclass; BEGIN
                    FOR packed IN SELECT c.oid FROM pg_class c WHERE c.relname LIKE 'compress\\_hyper\\_%' AND \
                    c.relkind = 'r' LOOP
                      EXECUTE format('CREATE INDEX ON %s ((public.spy(1) + _ts_meta_count))', packed);
                    END LOOP; END $$""");
            CommandRun run = CommandRun.preflight(server.uri(source), server.uri(empty(server)));
            assertFalse(run.err().contains("as postgres"), run.err());
            assertTrue(run.out().contains("could not be checked: "), run.out() + run.err());
        }
    }

    /** Through psql, which reads a line as people paste it. */
    private static void psql(PgServer server, String database, String sql) {
        Run run = Run.of(List.of("sh", "-c", "printf '%s\\n' \"$2\" | \"$0\" -X -v ON_ERROR_STOP=1 -d \"$1\"",
                ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), server.uri(database),
                sql));
        assertEquals(0, run.code(), sql + "\n" + run.err());
    }
}

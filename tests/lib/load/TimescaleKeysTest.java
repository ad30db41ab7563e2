//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.Account;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Timescale;
import testbed.Ways;

/**
 * Foreign keys that reference hypertables. In restoring mode these have no rows for who checks a key, and TimescaleDB
 * does not tie the key to their chunks; stock tools fail there too, so that the source is what the target is compared
 * with.
 */
class TimescaleKeysTest {
    private static final String TIES =
            """
            SELECT k.conname, k.conrelid::regclass, k.confrelid::regclass, k.convalidated, k.conparentid <> 0,
              obj_description(k.oid, 'pg_constraint'),
                   (SELECT string_agg(t.tgrelid::regclass || ' ' || t.tgfoid::regproc || ' ' || t.tgenabled::text, ', '
                     ORDER BY t.tgrelid::regclass::text, t.tgfoid::regproc::text)
                      FROM pg_trigger t WHERE t.tgconstraint = k.oid)
              FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid >= 16384
                AND k.conrelid::regclass::text !~ '^_timescaledb_(catalog|config|internal)[.][^_]'
                ORDER BY k.conname, k.conrelid::regclass::text, k.confrelid::regclass::text""";

    @AutoClose
    private static PgServer server;
    private static String source;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = Timescale.community("2.22.1").start();
        source = empty();
        server.sql(source,
                "CREATE TABLE measure (at timestamptz NOT NULL, q int NOT NULL, val float8, PRIMARY KEY (at, q))",
                "SELECT create_hypertable('measure', 'at', chunk_time_interval => interval '1 day')",
                "INSERT INTO measure SELECT '2024-01-01'::timestamptz + i * interval '1 hour', 1, i FROM "
                        + "generate_series(1, 100) i",
                // Later the extension refuses to compress what is referenced.
                "ALTER TABLE measure SET (timescaledb.compress, timescaledb.compress_segmentby = 'q')",
                "SELECT compress_chunk(c) FROM show_chunks('measure', older_than => '2024-01-03 "
                        + "00:00+00'::timestamptz) c",
                "CREATE TABLE alarm (id int PRIMARY KEY, at timestamptz, q int, CONSTRAINT of_measure FOREIGN KEY "
                        + "(at, q) REFERENCES measure (at, q) ON DELETE CASCADE)",
                "INSERT INTO alarm SELECT row_number() OVER (), at, q FROM measure LIMIT 40",
                "COMMENT ON CONSTRAINT of_measure ON alarm IS 'points at chunks'",
                "CREATE TABLE note (at timestamptz, q int) PARTITION BY RANGE (at)",
                "CREATE TABLE note_old PARTITION OF note FOR VALUES FROM (MINVALUE) TO ('2024-01-03')",
                "CREATE TABLE note_new PARTITION OF note FOR VALUES FROM ('2024-01-03') TO (MAXVALUE)",
                "INSERT INTO note SELECT at, q FROM measure",
                "ALTER TABLE note ADD CONSTRAINT note_of_measure FOREIGN KEY (at, q) REFERENCES measure (at, q)",
                // The source has rows that break it.
                "CREATE TABLE loose (at timestamptz, q int)", "INSERT INTO loose VALUES ('2023-01-01', 1)",
                "ALTER TABLE loose ADD CONSTRAINT loosely FOREIGN KEY (at, q) REFERENCES measure (at, q) NOT VALID",
                // Keys the other way stand on each chunk.
                "CREATE TABLE quantity (q int PRIMARY KEY)", "INSERT INTO quantity VALUES (1)",
                "ALTER TABLE measure ADD FOREIGN KEY (q) REFERENCES quantity (q)");
    }

    private static String empty() {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        return database;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "custom", "restore", "script", "script via files"})
    void they_hold_on_the_target(String way) {
        String target = empty();
        Ways.arrive(server.uri(source), server.uri(target), way, "RestoreTimescale", folder);
        assertEquals(server.rows(source, TIES), server.rows(target, TIES));
        assertEquals(26, server.rows(target, TIES).size());
        assertEquals(Oracle.schema(server, source), Oracle.schema(server, target));
        assertEquals(Oracle.data(server, source), Oracle.data(server, target));
        // A chunk there is and one yet to come.
        assertThrows(RuntimeException.class,
                () -> server.sql(target, "INSERT INTO alarm VALUES (1000, '2031-01-01', 1)"));
        server.sql(target, "INSERT INTO measure VALUES ('2031-01-01', 1, 0)",
                "INSERT INTO alarm VALUES (1000, '2031-01-01', 1)", "DELETE FROM measure WHERE at = '2031-01-01'");
        assertEquals("0", server.query(target, "SELECT count(*) FROM alarm WHERE id = 1000"));
        assertThrows(RuntimeException.class,
                () -> server.sql(target, "DELETE FROM measure WHERE at = '2024-01-01 01:00+00'"));
        server.sql("postgres", "DROP DATABASE " + target + " WITH (FORCE)");
    }

    /**
     * On Timescale Cloud the tables belong to their owner by then; tablespaces are none of the user's there, and
     * hypertables are detached from them.
     */
    @Test
    void they_hold_on_cloud_where_nobody_is_superuser() throws IOException {
        try (PgServer cloud = Timescale.community("2.22.1").start()) {
            String target = CloudDouble.make(cloud, "2.22.1");
            String from = empty();
            Account.ofServers().own(folder);
            server.sql("postgres",
                    "CREATE TABLESPACE apart LOCATION '"
                            + Account.ofServers().own(Files.createDirectory(folder.resolve("apart"))) + "'",
                    "CREATE ROLE meter NOLOGIN",
                    "CREATE ROLE mover LOGIN PASSWORD 'mover' IN ROLE pg_read_all_data");
            server.sql(from, "CREATE SCHEMA m AUTHORIZATION meter", "GRANT CREATE ON TABLESPACE apart TO meter",
                    "SET ROLE meter", "CREATE TABLE m.measure (at timestamptz PRIMARY KEY)",
                    "SELECT create_hypertable('m.measure', 'at')", "SELECT attach_tablespace('apart', 'm.measure')",
                    "INSERT INTO m.measure VALUES ('2024-01-01')",
                    "CREATE TABLE m.alarm (at timestamptz REFERENCES m.measure)",
                    "INSERT INTO m.alarm VALUES ('2024-01-01')");
            CommandRun run = CommandRun.migrate(server.uri(from, "mover", "mover"), CloudDouble.uri(cloud, target));
            assertEquals(0, run.code(), run.err() + run.out());
            assertThrows(RuntimeException.class, () -> cloud.sql(target, "DELETE FROM m.measure"));
            cloud.sql(target, "SET ROLE meter", "INSERT INTO m.measure VALUES ('2031-01-01')",
                    "INSERT INTO m.alarm VALUES ('2031-01-01')");
            server.sql("postgres", "DROP DATABASE " + from + " WITH (FORCE)", "DROP TABLESPACE apart");
        }
    }

    /** psql would run it from the first line to the last in restoring mode. */
    @Test
    void a_plain_dump_is_refused_by_name() {
        String target = empty();
        CommandRun run = CommandRun.migrate(server.uri(source), server.uri(target), "--via-files", "--dir",
                folder.toString(), "--format", "plain");
        assertEquals(3, run.code(), run.err());
        assertTrue(run.failure().contains("foreign key of_measure of public.alarm"), run.failure());
        assertTrue(server.rows(target, "SELECT FROM pg_class WHERE relname = 'alarm'").isEmpty());
        // While the source is still there, that is said.
        CommandRun dump = Dumps.dump(server.uri(source), folder.resolve("plain dump"), "--format", "plain");
        assertEquals(0, dump.code(), dump.err());
        assertTrue(
                dump.err().contains(
                        "warning: a plain dump checks foreign key of_measure of public.alarm in restoring mode"),
                dump.err());
    }
}

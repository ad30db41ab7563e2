//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.EscalationProof;
import testbed.PgServer;
import testbed.Timescale;

/** Somebody owns hypertables, and has put a function of theirs where a superuser's query of a chunk would call it. */
class TimescaleUsersCodeTest {
    private static final String PASSWORD = "in pieces";
    private static PgServer server;

    @BeforeAll
    static void start() {
        server = Timescale.community("2.22.1").start();
        server.sql("postgres", "CREATE ROLE owner LOGIN PASSWORD '" + PASSWORD + "'");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static void owner(String in, String... statements) throws SQLException {
        try (Connection session = server.connect(in, "owner", PASSWORD);
                Statement statement = session.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Two hypertables of two chunks each, the first compressed in one of them. */
    private static String make() throws SQLException {
        String database = server.newDatabase("OWNER owner");
        server.sql(database, "CREATE EXTENSION timescaledb");
        owner(database, "CREATE SCHEMA o");
        owner(database, EscalationProof.functions("o", "stolen"));
        for (String table : new String[]{"packed", "plain"}) {
            owner(database, "CREATE TABLE o." + table + " (at timestamptz NOT NULL, i int)",
                    "SELECT public.create_hypertable('o." + table + "', 'at', chunk_time_interval => interval '1 day')",
                    "INSERT INTO o." + table
                            + " SELECT timestamptz '2024-01-01 00:00Z' + i * interval '30 min', i FROM "
                            + "generate_series(0, 95) i");
        }
        owner(database, "ALTER TABLE o.packed SET (timescaledb.compress)",
                "SELECT public.compress_chunk(c) FROM (SELECT c FROM public.show_chunks('o.packed') c ORDER BY 1 "
                        + "LIMIT 1) x");
        return database;
    }

    private static EscalationProof stolen() {
        return EscalationProof.on(server, "stolen");
    }

    private static CommandRun verify(String from, String to) {
        return CommandRun.of("Verify", Map.of("SOURCE", server.uri(from), "TARGET", server.uri(to)));
    }

    @Test
    void the_chunks_of_somebody_else_are_compared_compressed_or_not_and_what_differs_is_found() throws Exception {
        String database = make();
        String target = server.newDatabase();
        CommandRun run = CommandRun.migrate(server.uri(database), server.uri(target), "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        assertFalse(run.err().contains("not decided"), run.err());
        owner(target, "UPDATE o.packed SET i = 1000 WHERE i = 7", "DELETE FROM o.plain WHERE i = 90");
        CommandRun changed = verify(database, target);
        assertEquals(4, changed.code(), changed.out() + changed.err());
        assertEquals(2, changed.out().lines().filter(line -> line.startsWith("row")).count(), changed.out());
        assertFalse(changed.err().contains("not decided"), changed.err());
    }

    /**
     * The table of the compressed rows belongs to the owner as well, and whoever reads the chunk has a query of it
     * planned.
     */
    @Test
    void statistics_of_compressed_rows_and_indexes_of_hypertables_run_nothing() throws Exception {
        String database = make();
        String packed = server.query(database,
                "SELECT format('%I.%I', z.schema_name, z.table_name) FROM _timescaledb_catalog.chunk k"
                        + " JOIN _timescaledb_catalog.chunk z ON z.id = k.compressed_chunk_id");
        owner(database, "CREATE STATISTICS o.s ON (o.evil(1)), (o.evil(2)) FROM " + packed,
                "CREATE INDEX ON o.plain (at, (o.evil(1)))");
        String target = server.newDatabase();
        CommandRun run = CommandRun.migrate(server.uri(database), server.uri(target), "-v", "--verify", "checksums");
        stolen().assertNone();
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("not decided: o.packed"), run.err());
        assertEquals("96 96", server.query(target,
                "SELECT (SELECT count(*) FROM o.packed) || ' ' || (SELECT count(*) FROM o.plain)"));
        stolen().remove();
        CommandRun again = verify(database, target);
        stolen().assertNone();
        assertTrue(again.err().contains("not decided: o.packed"), again.err());
    }
}

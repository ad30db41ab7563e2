//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
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
import lib.verify.Verification;
import lib.verify.Verification.Level;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.PgServer;

/**
 * How rows are compared: whatever the encoding, the number of columns, and what others do meanwhile. Source and target
 * share a server.
 */
class VerificationRowsTest {
    @AutoClose
    private static PgServer server;
    private String source;
    private String target;

    @BeforeAll
    static void start() {
        server = PgServer.installed();
    }

    @BeforeEach
    void makeDatabases() {
        source = server.newDatabase();
        target = server.newDatabase();
    }

    private void inBoth(String... statements) {
        server.sql(source, statements);
        server.sql(target, statements);
    }

    private static Server connect(String side, String database) {
        Server connected = Server.connect(Dsn.parse(side, server.uri(database), false, Map.of()));
        return connected;
    }

    private Snapshot snapshot() {
        return Snapshot.take(connect("source", source), all(), new Console());
    }

    private static Selection all() {
        try (Session session = server.session("source", "postgres")) {
            return Selection.resolve(session, new Filters());
        }
    }

    private Verification verification(Snapshot snapshot) {
        return new Verification(snapshot,
                ComputingSessions.on(connect("target", target), System.getenv(), new Console()), all(), new Console(),
                2);
    }

    private List<Difference> verify() {
        try (Snapshot snapshot = snapshot()) {
            return verification(snapshot).run(Level.CHECKSUMS);
        }
    }

    @ParameterizedTest
    @CsvSource({"UTF8, LATIN1", "LATIN1, UTF8", "WIN1252, UTF8", "SQL_ASCII, UTF8", "UTF8, SQL_ASCII",
            "SQL_ASCII, SQL_ASCII"})
    void encodings_may_differ(String from, String to) {
        source = server.newDatabase("ENCODING '" + from + "' LOCALE 'C'");
        target = server.newDatabase("ENCODING '" + to + "' LOCALE 'C'");
        inBoth("CREATE TABLE é (ä text)", "CREATE TABLE z (v text)", "INSERT INTO é VALUES ('für'), ('ÿ')",
                "COMMENT ON TABLE é IS 'ß'");
        assertEquals(List.of(), verify());
        server.sql(target, "UPDATE é SET ä = 'fur' WHERE ä = 'für'", "COMMENT ON TABLE é IS 'ss'");
        assertEquals(List.of("row contents \"é\"", "table comment \"é\""),
                verify().stream().map(found -> found.what() + " "
                        + found.named().replace("public.", "")).toList());
    }

    @Test
    void bytes_that_are_no_text_in_any_encoding_are_compared_as_they_are() {
        source = server.newDatabase("ENCODING 'SQL_ASCII' LOCALE 'C'");
        target = server.newDatabase("ENCODING 'SQL_ASCII' LOCALE 'C'");
        String make =
                "CREATE TABLE t AS SELECT convert_from('\\x41%s', 'SQL_ASCII') AS v; DO $$ BEGIN EXECUTE 'COMMENT "
                        + "ON TABLE t IS '"
                        + " || quote_literal(convert_from('\\x42%1$s', 'SQL_ASCII')); END $$";
        inBoth(make.formatted("e9"));
        assertEquals(List.of(), verify());
        server.sql(target, "DROP TABLE t", make.formatted("e8"));
        List<Difference> found = verify();
        assertEquals(new Difference(FactKind.TABLE, "comment",
                new FactIdentity("public.t", "public", "t", null, null, false), null,
                "Bé", "Bè"), found.get(1));
        assertEquals(List.of("row contents", "table comment"), found.stream().map(Difference::what).toList());
    }

    @Test
    void a_table_may_have_as_many_columns_as_it_can() {
        inBoth("DO $$ BEGIN EXECUTE (SELECT format('CREATE TABLE wide (%s)', string_agg('c' || i || ' int', ', ')) "
                + "FROM "
                + "generate_series(1, 1600) i);"
                + " END $$", "INSERT INTO wide (c1, c1600) VALUES (1, 2)");
        assertEquals(List.of(), verify());
        server.sql(target, "UPDATE wide SET c1600 = 3");
        assertEquals(List.of("public.wide"), verify().stream().map(Difference::named).toList());
    }

    @Test
    void columns_may_stand_in_another_order() {
        server.sql(source, "CREATE TABLE t (a int, gone int, b int)", "ALTER TABLE t DROP gone",
                "INSERT INTO t VALUES (1, 2)");
        server.sql(target, "CREATE TABLE t (b int, a int)", "INSERT INTO t (a, b) VALUES (1, 2)");
        assertEquals(List.of(), verify());
        server.sql(target, "UPDATE t SET a = 2, b = 1");
        assertEquals(1, verify().size());
    }

    @Test
    void a_large_table_is_compared_too() {
        inBoth("CREATE TABLE large AS SELECT i, md5(i::text) FROM generate_series(1, 20000) i",
                "CREATE TABLE small AS SELECT 1 AS i");
        assertEquals(List.of(), verify());
        server.sql(target, "UPDATE large SET md5 = upper(md5) WHERE i = 20000", "DELETE FROM small");
        assertEquals(List.of("row contents public.large", "rows public.small"),
                verify().stream().map(found -> found.what() + " " + found.named())
                        .toList());
    }

    @Test
    void of_a_configuration_table_the_extensions_own_rows_are_left_out() {
        inBoth("CREATE EXTENSION hstore", "CREATE TABLE config AS SELECT i FROM generate_series(998, 1002) i",
                "ALTER EXTENSION hstore ADD TABLE config",
                "UPDATE pg_extension SET extconfig = ARRAY['config'::regclass::oid],"
                        + " extcondition = ARRAY['WHERE i >= 1000'] WHERE extname = 'hstore'");
        server.sql(target, "DELETE FROM config WHERE i = 998");
        assertEquals(List.of(), verify());
        server.sql(target, "DELETE FROM config WHERE i = 1001");
        assertEquals(List.of(new Difference(FactKind.ROWS, "public.config", "3 rows", "2 rows")), verify());
        server.sql(target, "ALTER EXTENSION hstore DROP TABLE config", "DROP TABLE config");
        assertEquals(List.of(new Difference(FactKind.ROWS, "public.config", "3 rows", "missing")), verify());
    }

    @Test
    void a_table_that_somebody_waits_to_truncate_is_still_read() throws Exception {
        inBoth("CREATE TABLE waited AS SELECT i FROM generate_series(1, 9) i", "CREATE TABLE other AS SELECT 1 AS i",
                "CREATE VIEW over AS SELECT * FROM waited");
        CompletableFuture<Void> truncate;
        try (Snapshot snapshot = snapshot()) {
            truncate = CompletableFuture.runAsync(() -> server.sql(source, "TRUNCATE waited"));
            while ("0".equals(server.query(source, "SELECT count(*) FROM pg_locks WHERE NOT granted"))) {
                Thread.sleep(20);
            }
            Verification verification = verification(snapshot);
            assertEquals(List.of(), verification.run(Level.CHECKSUMS));
            assertEquals("10 rows in 2 tables", verification.compared().text());
            assertTrue(!truncate.isDone());
        }
        truncate.get();
        assertEquals(List.of(new Difference(FactKind.ROWS, "public.waited", "0 rows", "9 rows")), verify());
    }

    @Test
    void a_sequence_must_have_reached_the_value_that_is_given_for_it() {
        inBoth("CREATE SEQUENCE up", "CREATE SEQUENCE down INCREMENT -1",
                "SELECT setval('up', 10), setval('down', -10)");
        server.sql(source, "SELECT setval('up', 99), setval('down', -99)");
        long up = Long.parseLong(server.query(source, "SELECT 'up'::regclass::oid"));
        long down = Long.parseLong(server.query(source, "SELECT 'down'::regclass::oid"));
        try (Snapshot snapshot = snapshot()) {
            assertEquals(List.of(),
                    verification(snapshot).sequenceValues(Map.of(up, 10L, down, -10L)).run(Level.OBJECTS));
            assertEquals(List.of(new Difference(FactKind.SEQUENCE_VALUE, "public.down", "-99", "-10"),
                    new Difference(FactKind.SEQUENCE_VALUE, "public.up", "11", "10")),
                    verification(snapshot).sequenceValues(Map.of(up, 11L)).run(Level.OBJECTS));
        }
    }

    @Test
    void each_level_looks_further() {
        inBoth("CREATE TABLE t (v int)", "INSERT INTO t VALUES (1), (2)", "CREATE TABLE u (v int)",
                "SELECT lo_from_bytea(7, '\\x01')");
        server.sql(target, "UPDATE t SET v = 3 WHERE v = 1", "INSERT INTO u VALUES (1)",
                "ALTER TABLE t ALTER v SET DEFAULT 1",
                "SELECT lo_put(7, 0, '\\x02')");
        try (Snapshot snapshot = snapshot()) {
            assertEquals(List.of("column default"),
                    verification(snapshot).run(Level.OBJECTS).stream().map(Difference::what).toList());
            assertEquals(List.of("column default", "rows"),
                    verification(snapshot).run(Level.COUNTS).stream().map(Difference::what).toList());
            assertEquals(List.of("large object contents", "row contents", "column default", "rows"),
                    verification(snapshot).run(Level.CHECKSUMS).stream().map(Difference::what).toList());
        }
    }
}

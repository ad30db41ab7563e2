//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;
import testbed.Soak;

/** What is limited on one side, or left behind by pg_dump without a word, is said, and mended by what is said. */
class LimitsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @TempDir
    Path folder;

    @AfterAll
    static void drop() {
        TARGET.sql("postgres", "DROP OWNED BY limited_loader", "DROP ROLE limited_loader");
    }

    /** @return the statements that mend what is said */
    private static String[] remedy(CommandRun run, String says) {
        String text = run.out() + run.err();
        Matcher fix = Pattern.compile(Pattern.quote(says) + "[^\n]*\n[^\n]*(?:fix|hint): ([^\n]*)").matcher(text);
        assertTrue(fix.find(), text);
        return Pattern.compile("(?:ALTER|REINDEX) [^;]*;").matcher(fix.group(1)).results()
                .map(found -> found.group().replaceFirst(";$", "")).toArray(String[]::new);
    }

    /** Whoever else is connected is none of those that the limits count. */
    @Test
    void connection_limits_of_a_role_and_a_database_are_raised() throws SQLException {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item (id int)");
        TARGET.sql("postgres", "CREATE ROLE limited_loader LOGIN PASSWORD 'l' CONNECTION LIMIT 3");
        String to = TARGET.newDatabase("OWNER limited_loader CONNECTION LIMIT 2");
        String uri = TARGET.uri(to, "limited_loader", "l");
        CommandRun refused = CommandRun.preflight(SOURCE.uri(from), uri);
        assertFalse(refused.out().contains("end other sessions"), refused.out());
        String[] statements = remedy(refused, "connection slot(s) free and");
        assertEquals(2, statements.length, refused.out());
        // A service may have no superuser.
        TARGET.sql("postgres", "CREATE ROLE limited_maker LOGIN PASSWORD 'm' CREATEROLE");
        TARGET.administer("limited_maker", "limited_loader");
        try (Connection owner = TARGET.connect("postgres", "limited_loader", "l");
                Connection maker = TARGET.connect("postgres", "limited_maker", "m")) {
            owner.createStatement().execute(statements[0]);
            maker.createStatement().execute(statements[1]);
        }
        TARGET.sql("postgres", "REVOKE limited_loader FROM limited_maker", "DROP ROLE limited_maker");
        CommandRun run = CommandRun.migrate(SOURCE.uri(from), uri);
        assertEquals(0, run.code(), run.err());
        TARGET.sql("postgres", "DROP DATABASE " + to + " WITH (FORCE)");
    }

    /**
     * Set for the role, as against forgotten sessions: each of them is shorter than a row of the table takes, while
     * other sessions wait.
     */
    @ParameterizedTest
    @CsvSource({"always, ''", "soak, custom"})
    void timeouts_of_the_roles_of_both_sides_end_no_session(String run, String format) {
        Soak.assumeIn(run);
        List<String> timeouts = Stream
                .concat(Stream.of("statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"),
                        TARGET.major() < 17 ? Stream.empty() : Stream.of("transaction_timeout"))
                .toList();
        String from = SOURCE.newDatabase();
        SOURCE.sql(from,
                "CREATE FUNCTION slow(int) RETURNS boolean LANGUAGE sql AS 'SELECT pg_catalog.pg_sleep(4) IS NOT NULL'",
                "CREATE TABLE item (id int)",
                "INSERT INTO item VALUES (7)", "ALTER TABLE item ADD CHECK (slow(id))");
        String to = TARGET.newDatabase();
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql("postgres", "CREATE ROLE hasty LOGIN SUPERUSER PASSWORD 'h'",
                    "ALTER ROLE hasty SET lock_timeout = '1ms'");
            timeouts.forEach(name -> server.sql("postgres", "ALTER ROLE hasty SET " + name + " = '3s'"));
        }
        try {
            CommandRun moved = CommandRun.migrate(SOURCE.uri(from, "hasty", "h"), TARGET.uri(to, "hasty", "h"),
                    format.isEmpty() ? new String[]{}
                            : new String[]{"--via-files", "--dir", folder.toString(), "--format", format});
            assertEquals(0, moved.code(), moved.err());
            assertEquals("7", TARGET.query(to, "SELECT id FROM item"));
        } finally {
            for (PgServer server : List.of(SOURCE, TARGET)) {
                server.sql("postgres", "DROP ROLE hasty");
            }
        }
    }

    @Test
    void columns_that_the_target_cannot_compress_stop_before() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item (id int, \"the body\" text COMPRESSION lz4)",
                "INSERT INTO item VALUES (1, repeat('body', 3000))",
                "CREATE MATERIALIZED VIEW bodies AS SELECT \"the body\" FROM item",
                "ALTER MATERIALIZED VIEW bodies ALTER COLUMN \"the body\" SET COMPRESSION lz4");
        try (PgServer without = PgServer.embedded(SOURCE.major())) {
            assertThrows(RuntimeException.class,
                    () -> without.sql("postgres", "CREATE TEMPORARY TABLE t (b text COMPRESSION lz4)"));
            String to = without.newDatabase();
            CommandRun refused = CommandRun.migrate(SOURCE.uri(from), without.uri(to));
            assertEquals(3, refused.code(), refused.err());
            assertTrue(without.rows(to, "SELECT FROM pg_class WHERE relname = 'item'").isEmpty());
            for (String format : List.of("directory", "plain")) {
                CommandRun restored = Dumps.restore(without.uri(to),
                        Dumps.dumped(SOURCE, from, folder.resolve(format), "--format", format));
                assertEquals(3, restored.code(), restored.err());
                assertTrue(restored.failure().contains(
                        "2 column(s) are to be compressed with lz4, which the target's server is built without: "
                                + "public.bodies.\"the body\", public.item"),
                        restored.err());
                assertTrue(without.rows(to, "SELECT FROM pg_class WHERE relname IN ('item', 'bodies')").isEmpty());
            }
            SOURCE.sql(from, remedy(refused, "2 column(s) are to be compressed with lz4"));
            String again = without.newDatabase();
            CommandRun arrived = Dumps.restore(without.uri(again), Dumps.dumped(SOURCE, from, folder.resolve("again")));
            assertEquals(0, arrived.code(), arrived.err());
            assertEquals(SOURCE.rows(from, "TABLE item"), without.rows(again, "TABLE item"));
            CommandRun run = CommandRun.migrate(SOURCE.uri(from), without.uri(to));
            assertEquals(0, run.code(), run.err());
            assertEquals(SOURCE.rows(from, "TABLE item"), without.rows(to, "TABLE item"));
        }
        String there = TARGET.newDatabase();
        SOURCE.sql(from, "ALTER TABLE item ALTER COLUMN \"the body\" SET COMPRESSION lz4");
        CommandRun run = CommandRun.migrate(SOURCE.uri(from), TARGET.uri(there));
        assertEquals(0, run.code(), run.err());
    }

    @Test
    void an_index_that_is_invalid_stays_behind_and_is_named() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item (id int)", "INSERT INTO item VALUES (1), (1)");
        assertThrows(RuntimeException.class,
                () -> SOURCE.sql(from, "CREATE UNIQUE INDEX CONCURRENTLY \"once only\" ON item (id)"));
        String says =
                "1 index(es) of the source are invalid, as a failed CREATE INDEX CONCURRENTLY leaves them, and are "
                        + "not migrated: public.\"once only\"";
        String to = TARGET.newDatabase();
        CommandRun run = CommandRun.migrate(SOURCE.uri(from), TARGET.uri(to));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains(says), run.out());
        assertEquals("0", TARGET.query(to, "SELECT count(*) FROM pg_index WHERE indrelid = 'item'::regclass"));
        CommandRun dump = Dumps.dump(SOURCE.uri(from), folder.resolve("dump"));
        assertEquals(0, dump.code(), dump.err());
        assertTrue(dump.err().contains(says), dump.err());
        String again = TARGET.newDatabase();
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(from), TARGET.uri(again));
        SOURCE.sql(from, "DELETE FROM item");
        SOURCE.sql(from, remedy(preflight, says));
        CommandRun mended = CommandRun.migrate(SOURCE.uri(from), TARGET.uri(again));
        assertEquals(0, mended.code(), mended.err());
        assertFalse(mended.err().contains("invalid"), mended.err());
        assertEquals("1",
                TARGET.query(again, "SELECT count(*) FROM pg_index WHERE indrelid = 'item'::regclass AND indisvalid"));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.Account;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Locales;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Soak;

/** What belongs to a whole server, or stands in the way there, is mended as it is said: locales, tablespaces, locks. */
class ServerRemediesTest {
    @TempDir
    static Path folder;
    private static Locales there;
    @AutoClose
    private static PgServer source;
    @AutoClose
    private static PgServer target;

    @BeforeAll
    static void start() throws IOException {
        source = Locales.in(folder, "here").with("de_DE", "UTF-8", "de_DE.utf8").plan()
                .with("max_prepared_transactions=2").start();
        there = Locales.in(folder, "there");
        target = there.plan().start();
    }

    private static String fix(CommandRun preflight, String says) {
        Matcher fix = Pattern.compile(Pattern.quote(says) + ".*\n +fix: (.*)").matcher(preflight.out());
        assertTrue(fix.find(), preflight.out());
        return fix.group(1);
    }

    private static void statement(String text, String database) {
        Matcher sql = Pattern.compile("(?:SELECT|CREATE) .*;").matcher(text);
        assertTrue(sql.find(), text);
        target.sql(database, sql.group());
    }

    @Test
    void a_collation_that_the_target_lacks_is_installed_and_imported() {
        String from = source.newDatabase();
        source.sql(from, "CREATE TABLE item (t text COLLATE \"de_DE\")", "INSERT INTO item VALUES ('ä')");
        String to = target.newDatabase();
        String fix = fix(CommandRun.preflight(source.uri(from), target.uri(to)),
                "collation \"de_DE\" is used by 1 object(s) and does not exist on the target");
        String later = fix(CommandRun.preflight(source.uri(from), target.uri("later"), "--create-database"),
                "collation \"de_DE\" is used");
        assertTrue(fix.contains("install the locale on the target's server"), fix);
        there.with("de_DE", "UTF-8", "de_DE.utf8");
        statement(fix, to);
        CommandRun again = CommandRun.migrate(source.uri(from), target.uri(to));
        assertEquals(0, again.code(), again.err());
        // A database that is created has the collations of template0, which nobody connects to.
        assertTrue(later.contains("create the database and run in it, and leave out --create-database"), later);
        target.sql("postgres", "CREATE DATABASE later TEMPLATE template0");
        statement(later, "later");
        CommandRun created = CommandRun.migrate(source.uri(from), target.uri("later"));
        assertEquals(0, created.code(), created.err());
    }

    @Test
    void a_tablespace_that_the_target_lacks_is_created() throws IOException {
        String from = source.newDatabase();
        source.sql("postgres", "CREATE TABLESPACE \"fast; \"\"disk\"\"\" LOCATION '" + place("here-space") + "'");
        String disk = " TABLESPACE \"fast; \"\"disk\"\"\"";
        source.sql(from, "CREATE TABLE item (id int PRIMARY KEY USING INDEX" + disk + ")" + disk,
                "CREATE INDEX ix ON item (id)" + disk,
                "CREATE MATERIALIZED VIEW mv" + disk + " AS SELECT id FROM item",
                "CREATE TABLE parts (id int) PARTITION BY LIST (id)" + disk,
                "CREATE TABLE one PARTITION OF parts FOR VALUES IN (1)" + " TABLESPACE pg_default");
        String to = target.newDatabase();
        String says = "does not exist on the target: everything goes to the default one";
        String fix = fix(CommandRun.preflight(source.uri(from), target.uri(to)), says);
        // Announced, and no difference.
        String without = target.newDatabase();
        CommandRun announced = CommandRun.migrate(source.uri(from), target.uri(without));
        assertEquals(0, announced.code(), announced.err());
        assertTrue(announced.err().contains(says), announced.err());
        assertEquals(0, CommandRun
                .of("Verify", Map.of("SOURCE", source.uri(from), "TARGET", target.uri(without)), "--level", "objects")
                .code());
        statement(fix.replace("…", place("there-space").toString()), "postgres");
        CommandRun again = CommandRun.preflight(source.uri(from), target.uri(to));
        assertFalse(again.out().contains(says), again.out());
        CommandRun run = CommandRun.migrate(source.uri(from), target.uri(to));
        assertEquals(0, run.code(), run.err());
        // pg_dump says it of each, and a comparison finds what it would.
        assertEquals(Oracle.schema(source, from), Oracle.schema(target, to));
        Map<String, String> sides = Map.of("SOURCE", source.uri(from), "TARGET", target.uri(to));
        assertEquals(0, CommandRun.of("Verify", sides, "--level", "objects").code());
        target.sql(to, "ALTER INDEX ix SET TABLESPACE pg_default",
                "ALTER MATERIALIZED VIEW mv SET TABLESPACE pg_default", "ALTER TABLE one SET" + disk);
        CommandRun moved = CommandRun.of("Verify", sides, "--level", "objects");
        assertEquals(4, moved.code());
        List.of("index tablespace +public.ix +.*disk.* missing",
                "materialized view tablespace +public.mv +.*disk.* missing",
                "table tablespace +public.one +missing +.*disk")
                .forEach(line -> assertTrue(Pattern.compile(line).matcher(moved.out()).find(), moved.out()));
        assertEquals("fast; \"disk\"", target.query(to,
                "SELECT spcname FROM pg_class c JOIN pg_tablespace t ON t.oid = reltablespace WHERE relname = 'item'"));
    }

    private static Path place(String name) throws IOException {
        return Account.ofServers().own(Files.createDirectory(folder.resolve(name)));
    }

    /** Who waits is told of what, while it lasts, and after a minute how to end it. */
    @ParameterizedTest
    @ValueSource(strings = {"always", "soak"})
    void a_table_that_a_prepared_transaction_has_locked(String run, @TempDir Path temporary) throws SQLException {
        Soak.assumeIn(run);
        String from = source.newDatabase();
        String to = target.newDatabase();
        source.sql(from, "CREATE TABLE item AS SELECT 1 AS id");
        try (Connection session = source.connect(from); Statement statement = session.createStatement()) {
            statement.execute("BEGIN; LOCK TABLE item; PREPARE TRANSACTION 'it''s 2'");
        }
        String[] options = {"--leave-out", "prepared-transactions"};
        String ending = "ROLLBACK PREPARED 'it''s 2';";
        if (run.equals("soak")) {
            CommandRun refused = CommandRun.migrate(source.uri(from), target.uri(to), options);
            assertEquals(3, refused.code(), refused.err());
            assertTrue(
                    refused.failure().contains("hint: end it on the source: COMMIT PREPARED 'it''s 2'; or " + ending),
                    refused.failure());
        }
        try (ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate", options), temporary,
                Map.of("SOURCE", source.uri(from), "TARGET", target.uri(to)))) {
            child.await("the reason why nothing happens", () -> child.err().contains(
                    "waiting, because table public.item of the source is locked by prepared transaction 'it''s 2'")
                    || child.err().contains("another session"));
            source.sql(from, ending);
            CommandRun moved = child.end();
            assertEquals(0, moved.code(), moved.err());
            assertFalse(moved.err().contains("another session"), moved.err());
        }
    }

    @Test
    void a_session_that_has_locked_a_table_is_ended() {
        Soak.assumeIn("soak");
        String from = source.newDatabase();
        String to = target.newDatabase();
        source.sql(from, "CREATE TABLE item AS SELECT 1 AS id");
        try (HeldLock hold = HeldLock.on(source, from, "LOCK TABLE item")) {
            String failure = CommandRun.migrate(source.uri(from), target.uri(to)).failure();
            assertTrue(failure.contains("pid " + hold.pid()), failure);
            Matcher sql = Pattern.compile("SELECT pg_terminate_backend\\(\\d+\\);").matcher(failure);
            assertTrue(sql.find(), failure);
            source.sql("postgres", sql.group());
            assertEquals(0, CommandRun.migrate(source.uri(from), target.uri(to)).code());
        }
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/** What a warning says to run mends what it warns of: nothing of it is left to say then. */
class FollowedWarningsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String LOADER = "warned_loader";

    @BeforeAll
    static void make() {
        TARGET.sql("postgres", "CREATE ROLE " + LOADER + " LOGIN SUPERUSER PASSWORD 'l'");
    }

    @AfterAll
    static void drop() {
        TARGET.sql("postgres", "DROP ROLE " + LOADER);
    }

    /** The first group of what a command says. */
    private static String said(CommandRun run, String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(run.out() + run.err());
        assertTrue(found.find(), run.out() + run.err());
        return found.group(1);
    }

    /** As people paste it, each statement for itself. */
    private static void psql(PgServer server, String database, String sql) {
        Run run = Run.of(List.of("sh", "-c", "printf '%s\\n' \"$2\" | \"$0\" -X -v ON_ERROR_STOP=1 -d \"$1\"",
                ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), server.uri(database),
                sql));
        assertEquals(0, run.code(), sql + "\n" + run.err());
    }

    /** What is set for the user holds against what is set for the database (PostgreSQL manual, ALTER ROLE). */
    @ParameterizedTest
    @ValueSource(strings = {"ALTER DATABASE %s", "ALTER ROLE warned_loader", "ALTER ROLE warned_loader IN DATABASE %s"})
    void a_setting_that_stays_behind_is_made_equal(String place) {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item (id int)");
        String to = TARGET.newDatabase();
        TARGET.sql("postgres", place.formatted(to) + " SET intervalstyle = 'sql_standard'",
                place.formatted(to) + " SET bytea_output = 'escape'");
        String target = TARGET.uri(to, LOADER, "l");
        psql(TARGET, to,
                said(CommandRun.preflight(SOURCE.uri(from), target), "if that matters, on the target: (ALTER .*;)"));
        CommandRun again = CommandRun.preflight(SOURCE.uri(from), target);
        assertFalse(again.out().contains("that stay behind"), again.out());
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to, "ALTER ROLE " + LOADER + " RESET ALL");
    }

    /** REINDEX CONCURRENTLY leaves an index of its own when it fails (PostgreSQL manual, REINDEX). */
    @Test
    void what_a_failed_reindex_left_is_dropped() {
        String from = SOURCE.newDatabase();
        String to = TARGET.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item (id int)", "INSERT INTO item VALUES (1), (1)");
        assertThrows(RuntimeException.class,
                () -> SOURCE.sql(from, "CREATE UNIQUE INDEX CONCURRENTLY \"once only\" ON item (id)"));
        assertThrows(RuntimeException.class, () -> SOURCE.sql(from, "REINDEX INDEX CONCURRENTLY \"once only\""));
        SOURCE.sql(from, "DELETE FROM item");
        CommandRun warned = CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to));
        String fix = said(warned, "to have them on the target, run on the source first: (.*;)");
        psql(SOURCE, from, fix.replace(" and to drop what a failed REINDEX has left there: ", " "));
        CommandRun again = CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to));
        assertFalse(again.out().contains("are invalid"), again.out());
        assertEquals("once only", SOURCE.query(from,
                "SELECT string_agg(relname, ', ') FROM pg_class JOIN pg_index ON indexrelid = oid WHERE indrelid = "
                        + "'item'::regclass"));
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }

    /** A role may be yet to come. */
    @Test
    void the_schema_of_an_extension_is_given_to_its_owner() {
        String from = SOURCE.newDatabase();
        String to = TARGET.newDatabase();
        SOURCE.sql(from, "CREATE ROLE warned_owner", "CREATE SCHEMA ext AUTHORIZATION warned_owner",
                "CREATE EXTENSION citext SCHEMA ext");
        Map<String, String> sides = Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to));
        CommandRun align = CommandRun.of("AlignVersion", sides);
        assertEquals(0, align.code(), align.err());
        assertTrue(align.err().contains("bring the role over with dump-roles, then on the target: "), align.err());
        assertEquals(0, CommandRun.of("DumpRoles", sides, "--apply").code());
        psql(TARGET, to, said(align, "on the target: (ALTER SCHEMA .*;)"));
        assertEquals("warned_owner",
                TARGET.query(to, "SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'ext'"));
        SOURCE.sql("postgres", "DROP DATABASE " + from, "DROP ROLE warned_owner");
        TARGET.sql("postgres", "DROP DATABASE " + to, "DROP ROLE warned_owner");
    }

    /** Whoever ends the session with the lock ends the run, and status says that nobody is at work and how to go on. */
    @Test
    void a_lock_that_was_lost() {
        String from = Dumps.shop(SOURCE);
        String to = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + to + " SET shop.slow = 'yes'");
        CommandRun lost;
        try (HeldLock hold = HeldLock.on(TARGET, to, "SELECT pg_advisory_xact_lock(1)")) {
            CompletableFuture<CommandRun> running = BackgroundWork.run(() -> SIDES.migrate(from, to));
            hold.awaitWaiter(running);
            CommandRun second = SIDES.migrate(from, to);
            assertEquals(3, second.code(), second.err());
            psql(TARGET, to, said(second, "hint: wait for it, or end it: (SELECT .*;)"));
            lost = running.join();
        }
        assertEquals(1, lost.code(), lost.err());
        TARGET.sql("postgres", "ALTER DATABASE " + to + " RESET shop.slow");
        said(lost, "hint: see whether another run uses it: (status)");
        CommandRun seen = CommandRun.of("StatusCommand", Map.of("TARGET", TARGET.uri(to)));
        assertTrue(seen.out().startsWith("run       interrupted"), seen.out());
        assertEquals(0, SIDES.migrate(from, to, said(seen, "the same command with (--resume) goes on")).code());
        assertEquals("1000", TARGET.query(to, "SELECT count(*) FROM item"));
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }

    /** A run that ends while preflight looks takes its journal along, which is read at several places. */
    @ParameterizedTest
    @CsvSource({"session, 3", "made, 0"})
    void a_run_that_has_just_ended(String read, int code) throws SQLException {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from,
                "CREATE FUNCTION made() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN IF "
                        + "current_setting('shop.broken', true) = 'yes' THEN RAISE EXCEPTION 'broken'; END IF; "
                        + "RETURN true; "
                        + "END $$",
                "CREATE TABLE item (id int CHECK (made()))", "INSERT INTO item VALUES (1)");
        String to = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + to + " SET shop.broken = 'yes'");
        assertEquals(1, SIDES.migrate(from, to).code());
        CommandRun ended;
        try (Connection session = TARGET.connect(to); Statement end = session.createStatement()) {
            session.setAutoCommit(false);
            end.execute("LOCK TABLE tsmigrate." + read);
            CompletableFuture<CommandRun> running =
                    BackgroundWork.run(() -> CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to), "--restart"));
            BackgroundWork.until("preflight waits",
                    () -> running.isDone() || !TARGET.rows(to, "SELECT FROM pg_locks WHERE NOT granted").isEmpty());
            for (String gone : List.of("SCHEMA tsmigrate CASCADE", "TABLE item", "FUNCTION made()")) {
                end.execute("DROP " + gone);
            }
            session.commit();
            ended = running.join();
        }
        assertEquals(code, ended.code(), ended.out() + ended.err());
        said(ended, code == 0 ? "(?m)^(go)$"
                : "the run that was at work on the target has (just ended)\n +fix: read the output of that run, then "
                        + "run this command again\n");
        CommandRun again = CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to), "--restart");
        assertEquals(0, again.code(), again.out());
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.Soak;
import testbed.StoppedServer;
import testbed.WrappedClients;

/**
 * Ctrl-C and SIGTERM end within 5 s, also when a server or a client program stands still; what could not be put back is
 * said with its command.
 */
class EndedInTimeTest {
    private static final int BOUND_MILLIS = 5_000;
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String GUARD = "in_time_guard";
    private static final String MEMBERSHIPS =
            "SELECT m::text FROM pg_auth_members m WHERE member = '" + GUARD + "'::regrole ORDER BY 1";
    private static final String LEAVING = "REVOKE \"in_time_other\", \"in_time_owner\" FROM \"" + GUARD + "\""
            + (TARGET.major() < 16 ? "" : " GRANTED BY \"" + GUARD + "\"") + ";";
    private static final String ENDING = "verify: ending what runs; Ctrl-C once more ends at once\n";
    private static String shop;
    private static String copy;

    @TempDir
    Path temporary;

    /** A copy whose table somebody else owns: whoever compares must join the owner. */
    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        copy = TARGET.newDatabase();
        TARGET.sql("postgres", "CREATE ROLE in_time_owner", "CREATE ROLE in_time_other",
                "CREATE ROLE " + GUARD + " LOGIN CREATEROLE PASSWORD '" + GUARD + "'");
        TARGET.administer(GUARD, "in_time_owner", "in_time_other");
        SOURCE.sql("postgres", "CREATE ROLE in_time_owner", "CREATE ROLE in_time_other");
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql(server == SOURCE ? shop : copy,
                    "CREATE TABLE item AS SELECT id, repeat('x', 1000) AS text FROM generate_series(1, 12000) id",
                    "CREATE TABLE note (id int)", "ALTER TABLE item OWNER TO in_time_owner",
                    "ALTER TABLE note OWNER TO in_time_other");
        }
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop + " WITH (FORCE)", "DROP ROLE in_time_owner, in_time_other");
        TARGET.sql("postgres", "DROP DATABASE " + copy + " WITH (FORCE)",
                "DROP ROLE in_time_owner, in_time_other, " + GUARD);
    }

    @ParameterizedTest
    @CsvSource({"INT, 130", "TERM, 143"})
    void memberships_are_taken_back(String signal, int code) {
        List<List<String>> before = TARGET.rows("postgres", MEMBERSHIPS);
        try (HeldLock hold = HeldLock.on(TARGET, copy, "LOCK TABLE item"); ChildCommand verify = verify()) {
            verify.await("rows are compared", hold::isWaitedFor);
            assertEquals("t", TARGET.query(copy, "SELECT pg_has_role('" + GUARD
                    + "', 'in_time_owner', 'USAGE') AND pg_has_role('" + GUARD + "', 'in_time_other', 'USAGE')"));
            ends(verify, signal, code);
            assertEquals(signal.equals("INT") ? ENDING : "", verify.err());
        }
        assertEquals(before, TARGET.rows("postgres", MEMBERSHIPS));
    }

    /**
     * Before PostgreSQL 16, to grant it anew does nothing, and to revoke it takes it away; since then, that is so with
     * a grant of one's own.
     */
    @Test
    void a_membership_that_was_there_before_stays() {
        TARGET.sql("postgres", "ALTER ROLE " + GUARD + " NOINHERIT", "SET ROLE " + GUARD,
                "GRANT in_time_other TO " + GUARD);
        List<List<String>> before = TARGET.rows("postgres", MEMBERSHIPS);
        try (ChildCommand verify = verify()) {
            CommandRun run = verify.end();
            assertEquals(before, TARGET.rows("postgres", MEMBERSHIPS), run.err());
        } finally {
            TARGET.sql("postgres", "ALTER ROLE " + GUARD + " INHERIT", "SET ROLE " + GUARD,
                    "REVOKE in_time_other FROM " + GUARD);
        }
    }

    /** The memberships cannot be taken back, and are there afterwards, as is the command. */
    @Test
    void memberships_that_a_standing_server_keeps_are_named() throws SQLException {
        List<List<String>> before = TARGET.rows("postgres", MEMBERSHIPS);
        try (HeldLock hold = HeldLock.on(TARGET, copy, "LOCK TABLE item");
                ChildCommand verify = verify();
                StoppedServer target = new StoppedServer(TARGET)) {
            verify.await("rows are compared", hold::isWaitedFor);
            target.stop();
            ends(verify, "INT", 130);
            assertEquals(ENDING + "verify: warning: user \"" + GUARD
                    + "\" may still be a member of owners on the target: the server did not do it in time\n"
                    + "verify: hint: " + LEAVING + "\n", verify.err());
        }
        assertTrue(TARGET.rows("postgres", MEMBERSHIPS).size() > before.size());
        try (Connection guard = TARGET.connect("postgres", GUARD, GUARD);
                Statement statement = guard.createStatement()) {
            statement.execute(LEAVING);
        }
        assertEquals(before, TARGET.rows("postgres", MEMBERSHIPS));
    }

    @ParameterizedTest
    @CsvSource({"source, INT, 130, soak", "target, TERM, 143, always"})
    void a_server_that_stands_still(String side, String signal, int code, String run) throws IOException {
        Soak.assumeIn(run);
        String moved = TARGET.newDatabase();
        try (ChildCommand migrate = migrate(moved, Map.of(), "--max-rate", "4MB");
                StoppedServer server = new StoppedServer(side.equals("source") ? SOURCE : TARGET)) {
            migrate.await("rows flow", () -> "1".equals(
                    TARGET.query(moved, "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000")));
            server.stop();
            ends(migrate, signal, code);
            assertTrue(migrate.err()
                    .endsWith("migrate: warning: interrupted: the source is unchanged, the target is partly loaded\n"
                            + "migrate: hint: run the same command again with --resume: it keeps what has arrived; or "
                            + "with --restart: it removes what this run made\n"),
                    migrate.err());
        }
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    /** It hears no SIGTERM, and neither do the workers that it has forked. */
    @ParameterizedTest
    @CsvSource({"pg_dump, INT, 130, soak", "pg_restore, TERM, 143, always", "psql, TERM, 143, soak"})
    void a_program_that_stands_still(String program, String signal, int code, String run) throws IOException {
        Soak.assumeIn(run);
        Path standing = temporary.resolve("standing");
        String script = "sleep 600 & echo >'" + standing + "'; kill -STOP $$ $!";
        Map<String, String> clients = WrappedClients.in(temporary, program, script);
        String moved = TARGET.newDatabase();
        String[] options = program.equals("psql")
                ? new String[]{"--via-files", "--dir", temporary.resolve("dump").toString(), "--format", "plain"}
                : new String[0];
        try (ChildCommand migrate = migrate(moved, clients, options)) {
            migrate.await(program + " stands",
                    () -> Files.exists(standing) && migrate.family().stream().anyMatch(EndedInTimeTest::stands));
            List<ProcessHandle> family = migrate.family();
            ends(migrate, signal, code);
            assertTrue(migrate.err().contains("migrate: warning: interrupted: "), migrate.err());
            assertEquals(List.of(), family.stream().filter(EndedInTimeTest::runs)
                    .map(process -> process.info().commandLine()).toList());
        }
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    private ChildCommand verify() {
        return ChildCommand.start(ChildCommand.java("Verify", "--join-owners"), temporary,
                Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(copy, GUARD, GUARD)));
    }

    private ChildCommand migrate(String moved, Map<String, String> clients, String... options) {
        Map<String, String> environment = new TreeMap<>(clients);
        environment.putAll(Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(moved)));
        return ChildCommand.start(ChildCommand.java("Migrate", options), temporary, environment);
    }

    private void ends(ChildCommand command, String signal, int code) {
        command.signal(signal);
        CommandRun run = command.end();
        assertEquals(code, run.code(), run.err());
        assertTrue(command.millisToEnd() < BOUND_MILLIS, command.millisToEnd() + " ms\n" + run.err());
        Path folder = temporary.resolve("tsmigrate-" + System.getProperty("user.name"));
        try (Stream<Path> files = Files.exists(folder) ? Files.list(folder) : Stream.empty()) {
            assertEquals(List.of(), files.toList(), "private files");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    private static boolean stands(ProcessHandle process) {
        return Run.of(List.of("ps", "-o", "stat=", "-p", String.valueOf(process.pid()))).out().startsWith("T");
    }
}

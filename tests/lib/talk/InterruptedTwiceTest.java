//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.Soak;
import testbed.StoppedServer;
import testbed.WrappedClients;

/** A second Ctrl-C ends at once, whatever the first one waits for, and leaves no process and no file behind. */
class InterruptedTwiceTest {
    /** Half a second for the last words, and the machine may be busy. */
    private static final int AT_ONCE_MILLIS = 1_500;
    private static final String ENDING = ": ending what runs; Ctrl-C once more ends at once\n";
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String GUARD = "twice_guard";
    private static final String MEMBERSHIPS =
            "SELECT m::text FROM pg_auth_members m WHERE member = '" + GUARD + "'::regrole ORDER BY 1";
    private static String shop;
    private static String copy;

    @TempDir
    Path temporary;

    /** A copy whose table somebody else owns: whoever compares must join the owner. */
    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        copy = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE twice_owner");
        TARGET.sql("postgres", "CREATE ROLE twice_owner",
                "CREATE ROLE " + GUARD + " LOGIN CREATEROLE PASSWORD '" + GUARD + "'");
        TARGET.administer(GUARD, "twice_owner");
        SOURCE.sql(shop, "CREATE TABLE item AS SELECT id, repeat('x', 1000) AS text FROM generate_series(1, 12000) id",
                "ALTER TABLE item OWNER TO twice_owner");
        TARGET.sql(copy, "CREATE TABLE item AS SELECT id, repeat('x', 1000) AS text FROM generate_series(1, 12000) id",
                "ALTER TABLE item OWNER TO twice_owner");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop + " WITH (FORCE)", "DROP ROLE twice_owner");
        TARGET.sql("postgres", "DROP DATABASE " + copy + " WITH (FORCE)", "DROP ROLE twice_owner, " + GUARD);
    }

    /** Putting back waits for a server that stands still; what it has not done is said with its command. */
    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void while_something_is_put_back(String first) {
        List<List<String>> before = TARGET.rows("postgres", MEMBERSHIPS);
        try (HeldLock hold = HeldLock.on(TARGET, copy, "LOCK TABLE item");
                ChildCommand verify = verify();
                StoppedServer target = new StoppedServer(TARGET)) {
            verify.await("rows are compared", hold::isWaitedFor);
            target.stop();
            verify.signal(first);
            pause(1_800);
            assertTrue(verify.handle().isAlive(), verify.err());
            CommandRun run = endsAtOnce(verify);
            assertEquals((first.equals("INT") ? "verify" + ENDING : "")
                    + "verify: warning: user \"" + GUARD + "\" may still be a member of owners on the target: "
                    + "a second Ctrl-C came before it was done\nverify: hint: REVOKE \"twice_owner\" FROM \"" + GUARD
                    + "\"" + (TARGET.major() < 16 ? "" : " GRANTED BY \"" + GUARD + "\"") + ";\n", run.err());
        }
        TARGET.sql("postgres", "SET ROLE " + GUARD, "REVOKE twice_owner FROM " + GUARD);
        assertEquals(before, TARGET.rows("postgres", MEMBERSHIPS));
    }

    /** As {@code timeout -s INT} sends it: that is one Ctrl-C, and what is to be put back is. */
    @Test
    void the_same_signal_sent_twice() {
        List<List<String>> before = TARGET.rows("postgres", MEMBERSHIPS);
        try (HeldLock hold = HeldLock.on(TARGET, copy, "LOCK TABLE item"); ChildCommand verify = verify()) {
            verify.await("rows are compared", hold::isWaitedFor);
            assertTrue(TARGET.rows("postgres", MEMBERSHIPS).size() > before.size());
            String pid = String.valueOf(verify.handle().pid());
            Run.of(List.of("kill", "-INT", pid, pid)).orFail();
            CommandRun run = verify.end();
            assertEquals(130, run.code());
            assertEquals("verify" + ENDING, run.err());
        }
        assertEquals(before, TARGET.rows("postgres", MEMBERSHIPS));
    }

    /** It hears no signal that asks, and neither does what it has started. */
    @ParameterizedTest
    @ValueSource(strings = {"pg_restore", "pg_dump"})
    void while_a_program_stands_still(String program) {
        Soak.assumeIn(program.equals("pg_restore") ? "always" : "soak");
        Path standing = temporary.resolve("standing");
        Map<String, String> environment = new TreeMap<>(WrappedClients.in(temporary, program,
                "sleep 600 & echo >'" + standing + "'; kill -STOP $$ $!"));
        String moved = TARGET.newDatabase();
        environment.putAll(Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(moved)));
        try (ChildCommand migrate = ChildCommand.start(ChildCommand.java("Migrate"), temporary, environment)) {
            migrate.await(program + " stands", () -> Files.exists(standing)
                    && migrate.family().stream().anyMatch(InterruptedTwiceTest::stands));
            List<ProcessHandle> family = migrate.family();
            migrate.signal("INT");
            pause(200);
            CommandRun run = endsAtOnce(migrate);
            assertTrue(run.err().contains("migrate" + ENDING + "migrate: warning: interrupted: "), run.err());
            assertTrue(run.err().matches("(?s).*\nmigrate: hint: run the same command again[^\n]*\n$"), run.err());
            BackgroundWork.until("none of its programs is left",
                    () -> family.stream().noneMatch(InterruptedTwiceTest::runs));
        }
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    /** Rows flow on both sides, and neither server answers any more. */
    @Test
    void while_no_server_answers() {
        String moved = TARGET.newDatabase();
        try (ChildCommand migrate = ChildCommand.start(ChildCommand.java("Migrate", "--max-rate", "1MB"), temporary,
                Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(moved)));
                StoppedServer source = new StoppedServer(SOURCE);
                StoppedServer target = new StoppedServer(TARGET)) {
            migrate.await("rows flow", () -> "1".equals(
                    TARGET.query(moved, "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000")));
            source.stop();
            target.stop();
            migrate.signal("INT");
            pause(300);
            CommandRun run = endsAtOnce(migrate);
            assertTrue(run.err().endsWith("migrate" + ENDING
                    + "migrate: warning: interrupted: the source is unchanged, the target is partly loaded\n"
                    + "migrate: hint: run the same command again with --resume: it keeps what has "
                    + "arrived; or with --restart: it removes what this run made\n"),
                    run.err());
        }
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    private ChildCommand verify() {
        return ChildCommand.start(ChildCommand.java("Verify", "--join-owners"), temporary,
                Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(copy, GUARD, GUARD)));
    }

    private CommandRun endsAtOnce(ChildCommand command) {
        command.signal("INT");
        CommandRun run = command.end();
        assertEquals(130, run.code(), run.err());
        assertTrue(command.millisToEnd() < AT_ONCE_MILLIS, command.millisToEnd() + " ms\n" + run.err());
        Path folder = temporary.resolve("tsmigrate-" + System.getProperty("user.name"));
        try (Stream<Path> files = Files.exists(folder) ? Files.list(folder) : Stream.empty()) {
            assertEquals(List.of(), files.toList(), "private files");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return run;
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A zombie is no longer at work; when it is reaped is not our affair. */
    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    private static boolean stands(ProcessHandle process) {
        return Run.of(List.of("ps", "-o", "stat=", "-p", String.valueOf(process.pid()))).out().startsWith("T");
    }
}

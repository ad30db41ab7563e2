//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;
import testbed.Soak;

/**
 * A session that the server ends while rows flow is told with the side, the table and the server's own reason, and with
 * what to do next.
 */
class MigrateLostSessionTest {
    private static final String AGAIN =
            "\nthen run the same command again with --resume: it keeps what has arrived; or with --restart: it removes "
                    + "what this run made";
    private static final String COPYING =
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY %item%' AND pid <> pg_backend_pid() AND state "
                    + "= 'active'";
    /** All but the one that keeps other runs off. */
    private static final String WITHOUT_LOCK = """
            FROM pg_stat_activity WHERE application_name = 'tsmigrate' AND datname = current_database()
             AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')""";
    /** That of the worker. */
    private static final String LATEST = "FROM (SELECT pid " + WITHOUT_LOCK + " ORDER BY backend_start DESC LIMIT 1) s";
    private static PgServer source;
    private static PgServer target;
    private static String shop;

    @BeforeAll
    static void start() {
        source = PgServer.installed();
        target = PgServer.withTls(ClientBinaries.clientMajor());
        shop = source.newDatabase();
        // Enough to go on for longer than the buffers of the operating system hold.
        source.sql(shop,
                "CREATE TABLE item AS SELECT i AS id, repeat('x', 1000) AS filler FROM generate_series(1, 60000) i");
    }

    @AfterAll
    static void stop() {
        source.close();
        target.close();
    }

    @ParameterizedTest
    @CsvSource({"source, soak", "target, always"})
    void a_statement_that_an_administrator_cancels(String side, String when) {
        Soak.assumeIn(when);
        long begun = System.nanoTime();
        CommandRun run = interrupted(side, "SELECT pg_cancel_backend(pid) FROM (" + COPYING + ") s");
        tells(run, side, "canceling statement due to user request",
                "somebody has cancelled a statement of ours on the %s (pg_cancel_backend): its log says when");
        // At this rate the whole table takes a minute.
        assertTrue(System.nanoTime() - begun < 40_000_000_000L, "the rest of the table was read in vain");
    }

    @ParameterizedTest
    @CsvSource({"source, always", "target, soak"})
    void a_process_that_is_killed(String side, String when) {
        Soak.assumeIn(when);
        CommandRun run = interrupted(side, null);
        tellsOfCrash(run, side);
    }

    @ParameterizedTest
    @CsvSource({"source, soak", "target, always"})
    void a_server_that_is_stopped_at_once(String side, String when) throws IOException {
        Soak.assumeIn(when);
        PgServer server = side.equals("source") ? source : target;
        String moved = target.newDatabase();
        CompletableFuture<CommandRun> migration =
                BackgroundWork.run(() -> CommandRun.migrate(source.uri(shop), target.uri(moved), "--max-rate", "1MB"));
        awaitRows(side, moved);
        // What a machine that goes down does to its sessions (PostgreSQL manual, 19.5 "Immediate Shutdown").
        Path running = server.dataFolder().resolve("postmaster.pid");
        Run.of(List.of("kill", "-QUIT", Files.readAllLines(running).get(0))).orFail();
        BackgroundWork.until("the server has ended", () -> !Files.exists(running));
        if (side.equals("target")) {
            // It is waited for.
            server.start();
        }
        CommandRun run = migration.join();
        if (side.equals("source")) {
            server.start();
        }
        tellsOfCrash(run, side);
        CommandRun again = CommandRun.migrate(source.uri(shop), target.uri(moved), "--restart");
        assertEquals(0, again.code(), again.err());
        assertEquals(Oracle.data(source, shop), Oracle.data(target, moved));
    }

    /** The driver writes the first piece in vain, and closes the session before it has read why. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "TLS"})
    void a_session_that_waits_for_a_large_object(String tls) {
        PgServer to = tls.equals("TLS") ? target : source;
        String from = source.newDatabase();
        source.sql(from, "SELECT lo_from_bytea(0, convert_to(repeat(md5('1'), 30000), 'UTF8'))");
        String moved = to.newDatabase();
        CompletableFuture<CommandRun> migration;
        try (HeldLock hold = HeldLock.on(source, from, "LOCK TABLE pg_catalog.pg_largeobject")) {
            migration = BackgroundWork.run(() -> CommandRun.migrate(source.uri(from), to.uri(moved)));
            BackgroundWork.until("a large object is read", () -> hold.isWaitedFor() && source.query(from,
                    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE "
                            + "'%lo_get%' AND datname = current_database()")
                    .equals("1"));
            to.query(moved, "SELECT count(pg_terminate_backend(pid)) " + LATEST);
            BackgroundWork.until("the session has ended",
                    () -> to.query(moved, "SELECT count(*) " + WITHOUT_LOCK).equals("1"));
        }
        CommandRun run = migration.join();
        String object = source.query(from, "SELECT oid FROM pg_largeobject_metadata");
        assertTrue(run.err().contains("migrate: warning: creating large object " + object
                + " failed on the target: terminating connection due to administrator command; trying again\n"),
                run.err());
        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.data(source, from), Oracle.data(to, moved));
    }

    private static CommandRun interrupted(String side, String statement) {
        PgServer server = side.equals("source") ? source : target;
        String moved = target.newDatabase();
        CompletableFuture<CommandRun> migration =
                BackgroundWork.run(() -> CommandRun.migrate(source.uri(shop), target.uri(moved), "--max-rate", "1MB"));
        String database = side.equals("source") ? shop : moved;
        awaitRows(side, moved);
        if (statement == null) {
            Run.of(List.of("kill", "-9", server.query(database, COPYING))).orFail();
        } else {
            server.query(database, statement);
        }
        CommandRun run = migration.join();
        // After a process that was killed the server starts anew.
        BackgroundWork.until("the server is there again", () -> answers(server));
        return run;
    }

    /** Until the side stands in the middle of them: at this rate, a source waits most of the time for us to read. */
    private static void awaitRows(String side, String moved) {
        boolean reading = side.equals("source");
        BackgroundWork.until("rows flow", () -> !(reading ? source : target).rows(reading ? shop : moved,
                COPYING + (reading ? " AND wait_event = 'ClientWrite'" : "")).isEmpty());
    }

    private static boolean answers(PgServer server) {
        try {
            return server.query("postgres", "SELECT 1").equals("1");
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /** The run's snapshot went with the source; what the target had committed last may have gone with it. */
    private static void tellsOfCrash(CommandRun run, String side) {
        assertTrue(run.err().matches("(?s).*migrate: warning: (reading|loading) table public.item failed on the " + side
                + ": .*; trying again\n.*"), run.err());
        assertTrue(run.failure().matches((side.equals("source")
                ? "error: the snapshot of the source is lost: the session that held it has ended\nhint: look into the "
                        + "log of the source: somebody has ended the session, or the server has stopped or crashed"
                : "error: the lock that keeps other runs off the target was lost: .*\ndetail: the target may have "
                        + "crashed, and may have lost what was committed last\nhint: see whether another run uses it: "
                        + "status")
                + Pattern.quote(AGAIN.replaceFirst("\n", "\nhint: "))), run.err());
        assertEquals(1, run.code());
    }

    private static void tells(CommandRun run, String side, String why, String hint) {
        String doing = side.equals("source") ? "reading" : "loading";
        assertEquals(
                "error: %s table public.item failed on the %s: %s\nhint: %s".formatted(doing, side, why,
                        hint.formatted(side)) + AGAIN.replaceFirst("\n", "\nhint: "),
                run.failure(), run.err());
        assertEquals(1, run.code());
    }
}

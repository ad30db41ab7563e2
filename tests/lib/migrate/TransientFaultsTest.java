//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.CommandRun;
import testbed.CutLine;
import testbed.HeldLock;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;

/**
 * Faults that pass while a migration runs: what has failed is tried again, which is said once and counted, and
 * everything arrives once; what fails always ends the run.
 */
class TransientFaultsTest {
    private static final String COPYING =
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY %item%' AND pid <> pg_backend_pid() AND state "
                    + "= 'active' AND datname = current_database()";
    private static final String ENDED = "terminating connection due to administrator command";
    private static final String SILENT = "the server closed the connection without a word";
    private static PgServer source;
    private static PgServer target;
    private static String shop;

    @BeforeAll
    static void start() {
        source = PgServer.installed();
        target = PgServer.installed("max_connections=20", "superuser_reserved_connections=0");
        shop = source.newDatabase();
        // Enough to go on for longer than the buffers of the operating system hold.
        source.sql(shop,
                "CREATE TABLE item AS SELECT i AS id, repeat('x', 1000) AS filler FROM generate_series(1, 12000) i");
    }

    @AfterAll
    static void stop() {
        source.close();
        target.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"source", "target"})
    void a_session_that_an_administrator_ends_while_rows_flow(String side) {
        String to = target.newDatabase();
        CompletableFuture<CommandRun> run = copying(shop, to);
        PgServer server = side.equals("source") ? source : target;
        String database = side.equals("source") ? shop : to;
        awaitRows(to);
        server.query(database, "SELECT pg_terminate_backend(pid) FROM (" + COPYING + ") s");
        arrives(run.join(), shop, to);
        tells(run.join(), side.equals("source") ? "reading table public.item failed on the source: " + SILENT
                : "loading table public.item failed on the target: " + ENDED, 1);
    }

    /** All sessions end, that of the lock and the run's own, too; nothing of what was committed is lost. */
    @Test
    void a_target_that_is_restarted_while_rows_flow() {
        try (PgServer other = PgServer.installed()) {
            String to = other.newDatabase();
            CompletableFuture<CommandRun> run = BackgroundWork.run(() -> CommandRun.migrate(source.uri(shop),
                    other.uri(to), "--max-rate", "2MB", "--jobs", "1"));
            BackgroundWork.until("rows flow", () -> other.query(to,
                    "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000").equals("1"));
            other.stop();
            sleep(2000);
            other.start();
            assertEquals(0, run.join().code(), run.join().err());
            assertEquals(Oracle.schema(source, shop), Oracle.schema(other, to));
            assertEquals(Oracle.data(source, shop), Oracle.data(other, to));
            tells(run.join(), "loading table public.item failed on the target: " + ENDED, 1);
        }
    }

    /** What it had not written to its disk is lost, although we know it to be committed. */
    @Test
    void a_target_that_crashes_while_rows_flow() {
        try (PgServer other = PgServer.installed()) {
            String to = other.newDatabase();
            CompletableFuture<CommandRun> run = BackgroundWork.run(() -> CommandRun.migrate(source.uri(shop),
                    other.uri(to), "--max-rate", "2MB", "--jobs", "1"));
            BackgroundWork.until("rows flow", () -> other.query(to,
                    "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000").equals("1"));
            other.crash();
            sleep(2000);
            other.start();
            assertTrue(run.join().failure()
                    .matches("error: the lock that keeps other runs off the target was lost: .*\n"
                            + "detail: the target may have crashed, and may have lost what was committed last\n"
                            + "hint: see whether another run uses it: status\n"
                            + "hint: then run the same command again with --resume: .*"),
                    run.join().err());
            CommandRun again = CommandRun.migrate(source.uri(shop), other.uri(to), "--resume");
            assertEquals(0, again.code(), again.err());
            assertEquals(Oracle.data(source, shop), Oracle.data(other, to));
        }
    }

    /** It empties unlogged tables: that is no difference between two databases, but a run that is to go on. */
    @Test
    void a_target_that_crashes_before_rows_are_compared() {
        String from = source.newDatabase();
        source.sql(from, "CREATE TABLE item AS SELECT i AS id, repeat('x', 1000) AS v FROM generate_series(1, 6000) i",
                "CREATE UNLOGGED TABLE emptied AS SELECT generate_series(1, 100) AS id");
        try (PgServer other = PgServer.installed()) {
            String to = other.newDatabase();
            CompletableFuture<CommandRun> run = BackgroundWork.run(() -> CommandRun.migrate(source.uri(from),
                    other.uri(to), "--max-rate", "2MB", "--jobs", "1"));
            BackgroundWork.until("rows flow", () -> run.isDone() || other.query(to,
                    "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000").equals("1"));
            try (HeldLock held = HeldLock.on(source, from, "LOCK TABLE pg_catalog.pg_policy")) {
                held.awaitWaiter(run);
                BackgroundWork.until("the target has told what it has", () -> other.query("postgres",
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = '" + to + "' AND state = 'active'")
                        .equals("0"));
                Run.of(List.of("kill", "-KILL", other.query("postgres", "SELECT min(pid) FROM pg_stat_activity WHERE "
                        + "datname = '" + to + "'"))).orFail();
                other.awaitRecovery();
            }
            assertTrue(run.join().failure().startsWith("error: the lock that keeps other runs off the target was lost"),
                    run.join().err());
            CommandRun again = CommandRun.migrate(source.uri(from), other.uri(to), "--resume");
            assertEquals(0, again.code(), again.err());
            assertEquals("100", other.query(to, "SELECT count(*) FROM emptied"));
        }
    }

    /**
     * The answer to COMMIT does not come through, and all connections are reset, that of the lock and the run's own,
     * too; what has arrived does not arrive twice.
     */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void connections_that_are_reset_while_rows_are_committed(boolean committed) {
        String to = target.newDatabase();
        try (CutLine line = new CutLine(target)) {
            CompletableFuture<CommandRun> run = BackgroundWork.run(() -> CommandRun.migrate(source.uri(shop),
                    line.uri(to), "--max-rate", "2MB", "--jobs", "1"));
            awaitRows(to);
            try (HeldLock held = HeldLock.on(target, to, "SELECT FROM tsmigrate.part FOR UPDATE")) {
                held.awaitWaiter(run);
                line.cut();
                if (!committed) {
                    line.mend();
                    BackgroundWork.until("the session that would commit has ended", () -> !held.isWaitedFor());
                }
            }
            if (committed) {
                BackgroundWork.until("the rows are committed",
                        () -> target.query(to, "SELECT count(*) FROM tsmigrate.part WHERE rows IS NULL").equals("0"));
                line.mend();
            }
            arrives(run.join(), shop, to);
            assertEquals(1,
                    count(run.join().err(), "migrate: warning: loading table public.item failed on the target: "),
                    run.join().err());
        }
    }

    /** The freed place is taken at once, and given back after some seconds. */
    @Test
    void a_server_with_too_many_connections() throws SQLException {
        String to = target.newDatabase();
        CompletableFuture<CommandRun> run = copying(shop, to);
        awaitRows(to);
        List<Connection> others = new ArrayList<>();
        try {
            fill(others);
            int before = others.size();
            try (Statement statement = others.get(0).createStatement()) {
                statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + to
                        + "' AND query LIKE 'COPY %item%'");
            }
            BackgroundWork.until("its place is taken", () -> {
                fill(others);
                return others.size() > before;
            });
            sleep(3000);
        } finally {
            for (Connection other : others) {
                other.close();
            }
        }
        arrives(run.join(), shop, to);
        tells(run.join(), "loading table public.item failed on the target: " + ENDED, 1);
    }

    private static void fill(List<Connection> others) {
        try {
            while (true) {
                others.add(target.connect("postgres"));
            }
        } catch (SQLException e) {
            if (!"53300".equals(e.getSQLState())) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** The other session waits for the table, and ours for what that one holds. */
    @Test
    void a_deadlock_with_another_session() throws SQLException {
        String from = source.newDatabase();
        source.sql(from, """
                CREATE FUNCTION waits(id int) RETURNS bool LANGUAGE plpgsql AS $$
                BEGIN
                  PERFORM pg_advisory_xact_lock_shared(15);
                  RETURN true;
                END $$""", "CREATE TABLE price (id int CHECK (waits(id)))",
                "INSERT INTO price SELECT generate_series(1, 100)");
        String to = target.newDatabase();
        try (Connection other = target.connect(to); Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            // Nobody but ours looks for deadlocks.
            statement.execute("SET deadlock_timeout = '1h'");
            statement.execute("SELECT pg_advisory_xact_lock(15)");
            CompletableFuture<CommandRun> run =
                    BackgroundWork.run(() -> CommandRun.migrate(source.uri(from), target.uri(to)));
            BackgroundWork.until("ours waits", () -> !target.rows(to,
                    "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY %price%' AND wait_event = 'advisory'")
                    .isEmpty());
            statement.execute("LOCK TABLE price");
            other.rollback();
            arrives(run.join(), from, to);
            tells(run.join(), "loading table public.price failed on the target: deadlock detected", 1);
        }
    }

    /** The function fails so often with that state, and then no more. */
    @ParameterizedTest
    @ValueSource(strings = {"40001", "40P01", "53200", "53400", "55P03", "57P02"})
    void a_fault_that_passes(String state) {
        String from = failing();
        String to = failing(state, 2);
        CommandRun run = CommandRun.migrate(source.uri(from), target.uri(to));
        arrives(run, from, to);
        tells(run, "loading table public.price failed on the target: somehow", 1);
    }

    @ParameterizedTest
    @CsvSource({"40001, 5", "57014, 1", "58030, 1", "XX000, 1"})
    void what_fails_always_or_is_no_fault_that_passes(String state, int times) {
        String to = failing(state, 1000);
        CommandRun run = CommandRun.migrate(source.uri(failing()), target.uri(to));
        assertTrue(run.failure().startsWith("error: loading table public.price failed on the target: somehow\n"),
                run.err());
        assertEquals(1, run.code());
        assertEquals(String.valueOf(times), target.query(to, "SELECT last_value FROM tries"));
        assertEquals(times == 1 ? 0 : 1, count(run.err(), "; trying again"), run.err());
    }

    /** What is made in one transaction is made anew where that has not come to its end. */
    @Test
    void a_session_that_makes_indexes() {
        String from = source.newDatabase();
        source.sql(from, """
                CREATE FUNCTION slow(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF id = 1 AND current_setting('shop.slow', true) = 'yes' THEN
                    PERFORM pg_sleep(4);
                  END IF;
                  RETURN id;
                END $$""",
                "CREATE TABLE price (id int PRIMARY KEY)", "INSERT INTO price SELECT generate_series(1, 100)",
                "CREATE INDEX price_slow ON price (slow(id))", "CREATE INDEX price_next ON price (slow(id + 1))",
                "CREATE MATERIALIZED VIEW cheapest AS SELECT slow(1)", "COMMENT ON INDEX price_next IS 'next'");
        String to = target.newDatabase();
        target.sql("postgres", "ALTER DATABASE " + to + " SET shop.slow = 'yes'");
        CompletableFuture<CommandRun> run =
                BackgroundWork.run(() -> CommandRun.migrate(source.uri(from), target.uri(to)));
        end(to, "CREATE INDEX%");
        end(to, "REFRESH%");
        arrives(run.join(), from, to);
        assertEquals(2, count(run.join().err(), ": " + ENDED + "; trying again\n"), run.join().err());
        assertTrue(run.join().err().contains("migrate: materialized views: 1 refreshed, 1 operation tried again"),
                run.join().err());
    }

    /** What has been compared by then is not compared again. */
    @ParameterizedTest
    @ValueSource(strings = {"source", "target"})
    void a_session_that_compares_rows(String side) {
        String from = source.newDatabase();
        source.sql(from, "CREATE TABLE wide AS SELECT i AS id, md5(i::text) AS v FROM generate_series(1, 900000) i");
        String to = target.newDatabase();
        CompletableFuture<CommandRun> run = BackgroundWork.run(
                () -> CommandRun.migrate(source.uri(from), target.uri(to), "--verify", "checksums"));
        PgServer server = side.equals("source") ? source : target;
        BackgroundWork.until("rows are compared", () -> run.isDone() || !server.rows("postgres", """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'active' AND datname = '%s'
                  AND query LIKE 'SELECT 0, s.%%wide%%' LIMIT 1"""
                .formatted(side.equals("source") ? from : to)).isEmpty());
        arrives(run.join(), from, to);
        assertTrue(Pattern.compile("(?m)^migrate: verify: no differences \\(checksums\\), 1 operation tried again \\(")
                .matcher(run.join().err()).find(), run.join().err());
    }

    @Test
    void a_session_that_compares_objects() {
        String to = target.newDatabase();
        CompletableFuture<CommandRun> run = copying(shop, to);
        awaitRows(to);
        try (HeldLock held = HeldLock.on(target, to, "LOCK TABLE pg_catalog.pg_policy")) {
            held.awaitWaiter(run);
            target.query("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + held.pid()
                    + " = ANY (pg_blocking_pids(pid))");
        }
        arrives(run.join(), shop, to);
        assertEquals(1, count(run.join().err(), ": " + ENDED + "; trying again\n"), run.join().err());
    }

    private static void end(String database, String statement) {
        BackgroundWork.until(statement, () -> !target.rows(database,
                "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%" + statement + "'")
                .isEmpty());
        target.query(database, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = "
                + "'PgSleep' AND query LIKE '%" + statement + "'");
    }

    /** A source whose function fails nowhere but where settings say so. */
    private static String failing() {
        String from = source.newDatabase();
        source.sql(from, "CREATE SEQUENCE tries", """
                CREATE FUNCTION fails(id int) RETURNS bool LANGUAGE plpgsql AS $$
                BEGIN
                  IF id = 1 AND current_setting('shop.state', true) <> '' THEN
                    IF nextval('public.tries') <= current_setting('shop.times')::int THEN
                      RAISE EXCEPTION 'somehow' USING ERRCODE = current_setting('shop.state');
                    END IF;
                  END IF;
                  RETURN true;
                END $$""", "CREATE TABLE price (id int CHECK (fails(id)))",
                "INSERT INTO price SELECT generate_series(1, 100)");
        return from;
    }

    /** A target on which it fails. */
    private static String failing(String state, int times) {
        String to = target.newDatabase();
        target.sql("postgres", "ALTER DATABASE " + to + " SET shop.state = '" + state + "'",
                "ALTER DATABASE " + to + " SET shop.times = '" + times + "'");
        return to;
    }

    private static CompletableFuture<CommandRun> copying(String from, String to) {
        return BackgroundWork.run(() -> CommandRun.migrate(source.uri(from), target.uri(to), "--max-rate", "2MB",
                "--jobs", "1"));
    }

    private static void awaitRows(String to) {
        BackgroundWork.until("rows flow", () -> target.query(to,
                "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000").equals("1"));
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void arrives(CommandRun run, String from, String to) {
        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(source, from), Oracle.schema(target, to));
        assertEquals(Oracle.data(source, from), Oracle.data(target, to));
    }

    private static void tells(CommandRun run, String why, int operations) {
        assertEquals(1, count(run.err(), "migrate: warning: " + why + "; trying again\n"), run.err());
        assertEquals(operations, count(run.err(), "; trying again"), run.err());
        assertTrue(Pattern.compile("(?m)^migrate: data: .*, 1 operation tried again \\(").matcher(run.err()).find(),
                run.err());
    }

    private static int count(String text, String part) {
        return (text.length() - text.replace(part, "").length()) / part.length();
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Relay;
import testbed.Sides;
import testbed.Soak;
import testbed.WrappedClients;

/**
 * Something between here and a server takes every byte and passes none on, so that TCP has nothing to complain about:
 * whatever a command is waiting for, it ends within the bound.
 */
class SilentServerTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final int BOUND = 4;
    /** Seconds beyond the bound, for a machine that is busy. */
    private static final int SLACK = 8;
    private static final String GUARD = "silent_guard";
    private static final String GIVEN_UP =
            "(?s)error: no answer from the %s since \\d\\d:\\d\\d:\\d\\d, given up after " + BOUND
                    + " s\n(detail: [^\n]*\n)?hint: check the server and the network, or wait longer with "
                    + "--server-timeout\n%s";
    private static final String AGAIN = "hint: then run the same command again with --resume: .*";
    private static String shop;

    @TempDir
    Path temporary;

    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        SOURCE.sql(shop, """
                CREATE FUNCTION slow(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('shop.slow', true) = 'index' AND id = 1 THEN
                    PERFORM pg_sleep(60);
                  END IF;
                  RETURN id;
                END $$""",
                "CREATE TABLE item AS SELECT id, repeat(md5(id::text), 30) AS text FROM generate_series(1, 16000) id",
                "CREATE INDEX ON item (slow(id))");
        TARGET.sql("postgres", "CREATE ROLE silent_owner",
                "CREATE ROLE " + GUARD + " LOGIN CREATEROLE PASSWORD '" + GUARD + "'");
        SOURCE.sql("postgres", "CREATE ROLE silent_owner");
        TARGET.administer(GUARD, "silent_owner");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop + " WITH (FORCE)", "DROP ROLE silent_owner");
        TARGET.sql("postgres", "DROP ROLE silent_owner, " + GUARD);
    }

    /** It has not begun to speak TLS, so that only the answer to the first message is missing. */
    @ParameterizedTest
    @CsvSource({"source, always", "target, soak"})
    void while_connecting(String side, String run) {
        Soak.assumeIn(run);
        String moved = TARGET.newDatabase();
        String options = "?sslmode=disable&connect_timeout=2";
        try (Relay source = new Relay(SOURCE); Relay target = new Relay(TARGET)) {
            (side.equals("source") ? source : target).fallSilent();
            try (ChildCommand child = ChildCommand.start(ChildCommand.java("PreflightCheck"), temporary,
                    Map.of("SOURCE", source.uri(shop) + options, "TARGET", target.uri(moved) + options))) {
                CommandRun end = child.end();
                assertEquals(3, end.code(), end.err());
                assertTrue(end.failure().matches("error: could not connect to the " + side
                        + ": \"127.0.0.1\" port \\d+ did not answer in time\nhint: check host, port and firewall of "
                        + "the " + side + " .*\n?"), end.err());
            }
        }
        TARGET.sql("postgres", "DROP DATABASE " + moved);
    }

    @ParameterizedTest
    @CsvSource({"target, always", "source, soak"})
    void while_rows_flow(String side, String run) {
        Soak.assumeIn(run);
        String moved = TARGET.newDatabase();
        givesUp(side, moved, () -> "1".equals(TARGET.query(moved,
                "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000")));
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    /** What was said meanwhile has not arrived anywhere; the server answers whoever connects anew. */
    @ParameterizedTest
    @CsvSource({"target, always", "source, soak"})
    void connections_that_are_lost_for_good(String side, String run) throws InterruptedException {
        Soak.assumeIn(run);
        String moved = TARGET.newDatabase();
        try (Relay source = new Relay(SOURCE);
                Relay target = new Relay(TARGET);
                ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate", "--max-rate", "4MB",
                        "--server-timeout", String.valueOf(BOUND)), temporary,
                        Map.of("SOURCE", source.uri(shop), "TARGET", target.uri(moved)))) {
            child.await("rows flow", () -> "1".equals(TARGET.query(moved,
                    "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000")));
            Relay cut = side.equals("source") ? source : target;
            cut.fallSilent();
            TimeUnit.MILLISECONDS.sleep(500);
            cut.recover();
            CommandRun end = child.end();
            assertEquals(1, end.code(), end.err());
            assertTrue(end.failure().matches("(?s)error: a connection to the " + side + " was lost on the way: for "
                    + BOUND + " s nothing came, and the server waits for us\nhint: check the server and the network.*"),
                    end.err());
        }
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    @Test
    void while_an_index_is_built() {
        Soak.assumeIn("soak");
        String moved = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + moved + " SET shop.slow = 'index'");
        givesUp("target", moved, () -> "PgSleep".equals(TARGET.query(moved,
                "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'tsmigrate' AND wait_event = "
                        + "'PgSleep'")));
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    /** A commit waits for a standby that there is none of; other databases do not. */
    @Test
    void while_committing() {
        Soak.assumeIn("soak");
        String moved = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER SYSTEM SET synchronous_commit = 'local'",
                "ALTER DATABASE " + moved + " SET synchronous_commit = 'on'",
                "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
        try {
            givesUp("target", moved, () -> !TARGET.rows("postgres",
                    "SELECT 1 FROM pg_stat_activity WHERE datname = '" + moved + "' AND wait_event = 'SyncRep'")
                    .isEmpty());
        } finally {
            TARGET.sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names",
                    "ALTER SYSTEM RESET synchronous_commit", "SELECT pg_reload_conf()");
        }
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    /** The catalog that is locked, once pg_dump is about to begin, is one that it alone reads then. */
    @Test
    void while_pg_dump_waits() {
        String moved = TARGET.newDatabase();
        Path started = temporary.resolve("started");
        Path locked = temporary.resolve("locked");
        Map<String, String> clients = WrappedClients.in(temporary, "pg_dump",
                "echo >'" + started + "'; until test -e '" + locked + "'; do sleep 0.1; done");
        List<HeldLock> lock = new ArrayList<>();
        try {
            givesUp("source", moved, clients, 3, "", () -> {
                if (lock.isEmpty() && Files.exists(started)) {
                    lock.add(HeldLock.on(SOURCE, shop, "LOCK TABLE pg_catalog.pg_ts_template"));
                    write(locked);
                }
                return !lock.isEmpty() && lock.get(0).isWaitedFor();
            });
        } finally {
            lock.forEach(HeldLock::close);
        }
        TARGET.sql("postgres", "DROP DATABASE " + moved + " WITH (FORCE)");
    }

    private static void write(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What is undone at the end is waited for no longer than anything else, and named with the command that does it.
     */
    @Test
    void while_memberships_are_taken_back() {
        String copy = TARGET.newDatabase();
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql(server == SOURCE ? shop : copy, "CREATE TABLE note AS SELECT 1 AS id",
                    "ALTER TABLE note OWNER TO silent_owner");
        }
        try (Relay relay = new Relay(TARGET);
                HeldLock table = HeldLock.on(TARGET, copy, "LOCK TABLE note");
                ChildCommand verify = ChildCommand.start(ChildCommand.java("Verify", "--join-owners",
                        "--server-timeout", String.valueOf(BOUND)), temporary,
                        Map.of("SOURCE", SOURCE.uri(shop), "TARGET", relay.uri(copy, GUARD, GUARD)))) {
            verify.await("rows are compared", table::isWaitedFor);
            try (HeldLock members = HeldLock.on(TARGET, copy, "LOCK TABLE pg_catalog.pg_auth_members IN SHARE MODE")) {
                table.release();
                verify.await("the membership is taken back", members::isWaitedFor);
                relay.fallSilent();
                ends(verify, System.nanoTime());
                assertTrue(verify.err().contains("verify: warning: user \"" + GUARD
                        + "\" may still be a member of owners on the target: no answer from the target since "),
                        verify.err());
                assertTrue(verify.err().contains("verify: hint: REVOKE \"silent_owner\" FROM \"" + GUARD + "\""),
                        verify.err());
            }
        }
        SOURCE.sql(shop, "DROP TABLE note");
        TARGET.sql("postgres", "DROP DATABASE " + copy + " WITH (FORCE)");
    }

    private void givesUp(String side, String moved, BooleanSupplier when) {
        givesUp(side, moved, Map.of(), 1, AGAIN, when);
    }

    private void givesUp(String side, String moved, Map<String, String> clients, int code, String next,
            BooleanSupplier when) {
        Map<String, String> environment = new TreeMap<>(clients);
        try (Relay source = new Relay(SOURCE);
                Relay target = new Relay(TARGET)) {
            environment.put("SOURCE", source.uri(shop));
            environment.put("TARGET", target.uri(moved));
            CommandRun run;
            List<ProcessHandle> family;
            try (ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate", "--max-rate", "4MB",
                    "--server-timeout", String.valueOf(BOUND)), temporary, environment)) {
                child.await("the right moment", when);
                family = child.family();
                (side.equals("source") ? source : target).fallSilent();
                run = ends(child, System.nanoTime());
            }
            assertEquals(code, run.code(), run.err());
            assertTrue(run.failure().strip().matches(GIVEN_UP.formatted(side, next).strip()), run.err());
            BackgroundWork.until("none of its programs is left",
                    () -> family.stream().noneMatch(process -> process.isAlive()
                            && process.info().command().isPresent()));
        }
    }

    private static CommandRun ends(ChildCommand child, long since) {
        CommandRun run = child.end();
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
        assertTrue(seconds <= BOUND + SLACK, seconds + " s\n" + run.err());
        return run;
    }
}

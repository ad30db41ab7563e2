//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Machine;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;
import testbed.Soak;

/** The network to one server is gone without a word: no packet comes back, neither an answer nor a refusal. */
class LostServerTest {
    private static final Sides SIDES = Sides.shared();
    private static final int BOUND = 4;
    /** Seconds beyond the bound, for a machine that is busy. */
    private static final int SLACK = 8;

    @TempDir
    Path temporary;

    /** Both in the same place: one speaks plainly, one through TLS only. */
    private static PgServer plain;
    private static PgServer secret;
    private static Machine machine;
    private static Machine.Line line;

    @BeforeAll
    static void start() {
        machine = Machine.start();
        line = machine.joinTests();
        plain = PgServer.plan(ClientBinaries.clientMajor()).on(machine).start();
        secret = PgServer.plan(ClientBinaries.clientMajor()).on(machine).tls().start();
    }

    @AfterAll
    static void stop() {
        Stream.of(plain, secret).filter(Objects::nonNull).forEach(PgServer::close);
        if (machine != null) {
            machine.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"target, TLS, always", "source, plain, soak", "target, plain, soak", "source, TLS, soak"})
    void rows_that_flow_when_it_is_cut(String lost, String tls, String when) {
        Soak.assumeIn(when);
        Route route = Route.of(lost, tls);
        try (ChildCommand child =
                route.migrate(temporary, "--max-rate", "4MB", "--server-timeout", String.valueOf(BOUND))) {
            child.await("rows flow", route.copying());
            long cut = System.nanoTime();
            line.cut();
            CommandRun run = child.end();
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - cut);
            mend();
            assertEquals(1, run.code(), run.err());
            assertTrue(run.failure().matches("(?s)error: no answer from the " + lost
                    + " since \\d\\d:\\d\\d:\\d\\d, given up after " + BOUND + " s\n"
                    + "hint: check the server and the network, or wait longer with --server-timeout\nhint: then run "
                    + "the same command again with --resume: .*"),
                    run.err());
            assertTrue(seconds <= BOUND + SLACK, seconds + " s");
        } finally {
            mend();
        }
        try (ChildCommand again = route.migrate(temporary, "--restart")) {
            CommandRun run = again.end();
            assertEquals(0, run.code(), run.err());
        }
        assertEquals(Oracle.data(route.source, route.from), Oracle.data(route.target, route.to));
        route.drop();
    }

    @ParameterizedTest
    @CsvSource({"target, TLS, TERM, 143, always", "target, plain, INT, 130, soak", "source, TLS, INT, 130, soak"})
    void a_signal_when_it_is_cut(String lost, String tls, String signal, int code, String when) throws IOException {
        Soak.assumeIn(when);
        Route route = Route.of(lost, tls);
        try (ChildCommand child = route.migrate(temporary, "--max-rate", "4MB")) {
            child.await("rows flow", route.copying());
            line.cut();
            // What is in flight fills the buffers, so that somebody waits with a half-written packet.
            TimeUnit.SECONDS.sleep(2);
            child.signalAll(signal);
            CommandRun run = child.end();
            assertEquals(code, run.code(), run.err());
            assertTrue(run.err().contains("hint: run the same command again with --resume"), run.err());
            assertTrue(child.millisToEnd() < 5_000, child.millisToEnd() + " ms");
            assertEquals(List.of(), files());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            mend();
        }
        if (Soak.thorough()) {
            try (ChildCommand again = route.migrate(temporary, "--restart")) {
                assertEquals(0, again.end().code(), again.err());
            }
        }
        route.drop();
    }

    /** The statement says nothing for longer than the bound; the server answers all the time. */
    @Test
    void an_index_that_takes_longer_than_the_bound() {
        Route route = Route.of("target", "TLS");
        route.target.sql("postgres", "ALTER DATABASE " + route.to + " SET shop.slow = 'index'");
        route.source.sql(route.from, "CREATE INDEX ON item (slow(id))");
        try (ChildCommand child = route.migrate(temporary, "--server-timeout", "2")) {
            long begun = System.nanoTime();
            CommandRun run = child.end();
            assertEquals(0, run.code(), run.err());
            assertTrue(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun) >= 5,
                    "the index took no longer than the bound");
            assertTrue(!run.err().contains("no answer"), run.err());
        }
        route.drop();
    }

    @ParameterizedTest
    @CsvSource({"target, TLS", "source, plain"})
    void a_cut_that_is_mended_is_said_and_survived(String lost, String tls) throws InterruptedException {
        Soak.assumeIn("soak");
        Route route = Route.of(lost, tls);
        try (ChildCommand child = route.migrate(temporary, "--max-rate", "4MB")) {
            child.await("rows flow", route.copying());
            line.cut();
            TimeUnit.SECONDS.sleep(45);
            assertTrue(
                    child.err().matches(
                            "(?s).*migrate: warning: no answer from the " + lost + " since \\d\\d:\\d\\d:\\d\\d\n$"),
                    child.err());
            line.mend();
            CommandRun run = child.end();
            assertEquals(0, run.code(), run.err());
            assertTrue(run.err().contains("migrate: the " + lost + " answers again\n"), run.err());
        }
        assertEquals(Oracle.data(route.source, route.from), Oracle.data(route.target, route.to));
        route.drop();
    }

    /** For a moment, the network still takes the way there for one that does not exist. */
    private static void mend() {
        line.mend();
        BackgroundWork.until("the servers are reached again",
                () -> Stream.of(plain, secret).allMatch(LostServerTest::answers));
    }

    private static boolean answers(PgServer server) {
        try {
            return server.query("postgres", "SELECT 1").equals("1");
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /** @return the private files that are left */
    private List<Path> files() throws IOException {
        Path folder = temporary.resolve("tsmigrate-" + System.getProperty("user.name"));
        try (Stream<Path> files = Files.exists(folder) ? Files.list(folder) : Stream.empty()) {
            return files.toList();
        }
    }

    /** A database of 32 MB, which fit into no buffer, to be moved from or to the server that gets lost. */
    private record Route(PgServer source, String from, PgServer target, String to) {
        static Route of(String lost, String tls) {
            PgServer far = tls.equals("TLS") ? secret : plain;
            PgServer source = lost.equals("source") ? far : SIDES.source();
            PgServer target = lost.equals("source") ? SIDES.target() : far;
            String from = source.newDatabase();
            source.sql(from, """
                    CREATE FUNCTION slow(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                    BEGIN
                      IF current_setting('shop.slow', true) = 'index' AND id = 1 THEN
                        PERFORM pg_sleep(6);
                      END IF;
                      RETURN id;
                    END $$""",
                    "CREATE TABLE item AS SELECT id, repeat(md5(id::text), 30) AS text FROM generate_series(1, "
                            + "32000) id");
            return new Route(source, from, target, target.newDatabase());
        }

        BooleanSupplier copying() {
            return () -> "1".equals(
                    target.query(to, "SELECT count(*) FROM pg_stat_progress_copy WHERE bytes_processed > 1000000"));
        }

        ChildCommand migrate(Path temporary, String... options) {
            return ChildCommand.start(ChildCommand.java("Migrate", options), temporary,
                    Map.of("SOURCE", uri(source, from), "TARGET", uri(target, to)));
        }

        private static String uri(PgServer server, String database) {
            // The certificate is not for this address.
            return server.uri(database).replace("verify-full", "verify-ca");
        }

        void drop() {
            source.sql("postgres", "DROP DATABASE " + from + " WITH (FORCE)");
            target.sql("postgres", "DROP DATABASE " + to + " WITH (FORCE)");
        }
    }
}

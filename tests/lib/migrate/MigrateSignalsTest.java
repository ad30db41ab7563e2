//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Launcher;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;
import testbed.Soak;

/**
 * A run that is ended from outside: it says what to do, leaves nothing behind that works on or is secret, and --restart
 * goes on.
 */
class MigrateSignalsTest {
    private static final String SESSIONS =
            """
            SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tsmigrate%'
              AND datname = current_database()""";
    private static final String HALF_LOADED = """
            migrate: warning: interrupted: the source is unchanged, the target is partly loaded
            migrate: hint: run the same command again with --resume: it keeps what has arrived; or with --restart: it \
            removes what this run made
            """;
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static String shop;

    @TempDir
    Path temporary;

    /** A database some of whose parts take for ever where a setting names them. */
    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        SOURCE.sql(shop, """
                CREATE FUNCTION slow(part text, id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('shop.slow', true) = part THEN
                    PERFORM pg_sleep(600);
                  END IF;
                  RETURN id;
                END $$""",
                "CREATE TABLE item (id int PRIMARY KEY CHECK (slow('data', id) = id))",
                "INSERT INTO item SELECT generate_series(1, 1000)",
                "CREATE INDEX ON item (slow('index', id))", "CREATE TABLE price (item int REFERENCES item, amount int)",
                "INSERT INTO price SELECT id, id FROM item",
                "CREATE MATERIALIZED VIEW total AS SELECT slow('view', 1), sum(amount) FROM price",
                "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()");
    }

    @ParameterizedTest
    @CsvSource({"data, INT, 130, always", "index, INT, 130, soak", "index, TERM, 143, always", "view, TERM, 143, soak"})
    void ended_while_rows_arrive_while_indexes_are_built_or_views_are_filled(String part, String signal, int code,
            String run) throws IOException {
        Soak.assumeIn(run);
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.slow = '" + part + "'");
        ends(target, signal, code, HALF_LOADED, () -> "PgSleep".equals(TARGET.query(target,
                "SELECT wait_event FROM pg_stat_activity WHERE application_name = 'tsmigrate' AND wait_event = "
                        + "'PgSleep'")));
        TARGET.sql("postgres", "ALTER DATABASE " + target + " RESET shop.slow");
        arrives(SIDES.migrate(shop, target, "--restart"), target);
    }

    @ParameterizedTest
    @CsvSource({"pg_authid, TERM, 143, soak", "pg_proc, INT, 130, always", "pg_event_trigger, TERM, 143, soak"})
    void ended_while_roles_the_schema_or_event_triggers_are_made(String catalog, String signal, int code, String run)
            throws IOException {
        Soak.assumeIn(run);
        String target = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE newcomer");
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog." + catalog + " IN SHARE MODE")) {
            ends(target, signal, code, HALF_LOADED, hold::isWaitedFor);
        }
        arrives(SIDES.migrate(shop, target, "--restart"), target);
        Stream.of(SOURCE, TARGET).forEach(server -> server.sql("postgres", "DROP ROLE newcomer"));
    }

    @Test
    void ended_while_statistics_are_collected() throws IOException {
        String target = TARGET.newDatabase();
        List<HeldLock> table = new ArrayList<>();
        try (HeldLock before = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_event_trigger IN SHARE MODE")) {
            ends(target, "TERM", 143, HALF_LOADED, () -> {
                if (table.isEmpty() && before.isWaitedFor()) {
                    table.add(HeldLock.on(TARGET, target, "LOCK TABLE item"));
                    before.release();
                }
                return !table.isEmpty() && table.get(0).isWaitedFor();
            });
        }
        table.get(0).close();
        arrives(SIDES.migrate(shop, target, "--restart"), target);
    }

    @Test
    void ended_before_anything_was_changed() throws IOException {
        String target = TARGET.newDatabase();
        try (HeldLock hold = HeldLock.on(SOURCE, shop, "LOCK TABLE item")) {
            ends(target, "INT", 130, "migrate: warning: interrupted: nothing was changed\n"
                    + "migrate: hint: run the same command again\n", hold::isWaitedFor);
        }
        arrives(SIDES.migrate(shop, target), target);
    }

    @ParameterizedTest
    @CsvSource({"data, always", "index, soak"})
    void killed(String part, String run) throws IOException {
        Soak.assumeIn(run);
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.slow = '" + part + "'");
        try (ChildCommand child = migrate(target)) {
            child.await("slow " + part, () -> !TARGET
                    .rows(target, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").isEmpty());
            List<ProcessHandle> family = child.family();
            child.signal("KILL");
            assertEquals(137, child.end().code());
            // On Linux they have no name, and go with the process; elsewhere the next command removes them.
            assertEquals(!System.getProperty("os.name").equals("Linux"), !files().isEmpty());
            TARGET.sql("postgres", "ALTER DATABASE " + target + " RESET shop.slow");
            try (ChildCommand again = migrate(target, "--restart")) {
                arrives(again.end(), target);
            }
            // Its programs were still at work.
            BackgroundWork.until("no process is left of " + part,
                    () -> family.stream().noneMatch(MigrateSignalsTest::runs));
            assertEquals(List.of(), files());
        }
    }

    @Test
    void ended_when_it_was_started_through_jbang() throws IOException {
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.slow = 'index'");
        Launcher launcher = new Launcher(temporary);
        launcher.run("build", "scripts/migrate.java").orFail();
        Process process = launcher.with("SOURCE", SOURCE.uri(shop)).with("TARGET", TARGET.uri(target))
                .with("TMPDIR", temporary.toString())
                .start(temporary.resolve("messages"), "scripts/migrate.java");
        BackgroundWork.until("the index is built",
                () -> !TARGET.rows(target, "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").isEmpty());
        List<ProcessHandle> family = process.descendants().toList();
        process.toHandle().destroy();
        BackgroundWork.until("the end", () -> !process.isAlive());
        assertEquals(143, process.exitValue());
        String messages = Files.readString(temporary.resolve("messages"));
        assertTrue(messages.endsWith(HALF_LOADED), messages);
        assertTrue(family.stream().noneMatch(MigrateSignalsTest::runs));
        assertEquals(List.of(), files());
    }

    /** Runs until the condition holds, then sends the signal, and looks at what is left. */
    private void ends(String target, String signal, int code, String lastWords, BooleanSupplier when)
            throws IOException {
        try (ChildCommand child = migrate(target)) {
            child.await("the right moment for " + signal, when);
            List<ProcessHandle> family = child.family();
            if (signal.equals("INT")) {
                child.signalAll(signal);
            } else {
                child.signal(signal);
            }
            CommandRun run = child.end();
            assertTrue(run.err().endsWith(lastWords), run.err());
            assertEquals("", run.failure().replaceAll("(?m)^hint: .*", ""), "what follows from the signal is no news");
            assertEquals(code, run.code());
            assertTrue(child.millisToEnd() < 5_000, child.millisToEnd() + " ms");
            assertEquals(List.of(), family.stream().filter(MigrateSignalsTest::runs)
                    .map(process -> process.info().commandLine()).toList());
            assertEquals(List.of(), files());
            BackgroundWork.until("no session on the target", () -> TARGET.query(target, SESSIONS).equals("0"));
            BackgroundWork.until("no session on the source", () -> SOURCE.query(shop, SESSIONS).equals("0"));
        }
    }

    private ChildCommand migrate(String target, String... options) {
        return ChildCommand.start(ChildCommand.java("Migrate", options), temporary,
                Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(target)));
    }

    private static void arrives(CommandRun run, String target) {
        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(SOURCE, shop), Oracle.schema(TARGET, target));
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
    }

    /** A zombie is no longer at work; when it is reaped is not our affair. */
    private static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    /** @return the private files that are left */
    private List<Path> files() throws IOException {
        Path folder = temporary.resolve("tsmigrate-" + System.getProperty("user.name"));
        try (Stream<Path> files = Files.exists(folder) ? Files.list(folder) : Stream.empty()) {
            return files.toList();
        }
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS com.google.code.gson:gson:2.13.1

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import lib.talk.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Oracle;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/** What is said of a run from another machine: while it is at work, when it was interrupted, and when it is over. */
class StatusTest {
    private static final Sides SIDES = Sides.installed();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String NONE = "no run is under way, and none was interrupted\n";
    private static final long SECOND = 1_000_000_000L;

    @TempDir
    Path temporary;

    private static String shop;

    @BeforeAll
    static void make() {
        shop = SOURCE.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE item (id int PRIMARY KEY, name text)",
                "INSERT INTO item SELECT i, repeat('x', 500) FROM generate_series(1, 40000) i",
                "CREATE TABLE \"Odd\nname\" (v text)",
                "INSERT INTO \"Odd\nname\" SELECT repeat('y', 500) FROM generate_series(1, 8000) i",
                "CREATE TABLE price (item int CONSTRAINT of_item REFERENCES item)",
                "CREATE MATERIALIZED VIEW total AS SELECT count(*) FROM item");
    }

    @AfterAll
    static void takeDown() {
        SIDES.close();
    }

    private static CommandRun status(String target, String... options) {
        return CommandRun.of("StatusCommand", Map.of("TARGET", TARGET.uri(target)), options);
    }

    private static JsonObject json(String target) {
        CommandRun run = status(target, "--json");
        assertEquals(0, run.code(), run.err());
        return JsonParser.parseString(run.out()).getAsJsonObject();
    }

    private static String state(String target) {
        return json(target).get("state").getAsString();
    }

    private ChildCommand migrate(String target, String... options) {
        return ChildCommand.start(
                ChildCommand.java("Migrate", Stream.concat(Stream.of("--verify", "none", "--jobs", "2"),
                        Stream.of(options)).toArray(String[]::new)),
                temporary, Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(target)));
    }

    private static String line(String target, String subject) {
        return status(target).out().lines().filter(line -> line.startsWith(subject + " "))
                .map(line -> line.substring(10)).collect(Collectors.joining("\n"));
    }

    @Test
    void a_run_at_work_then_killed_then_resumed_then_over() {
        String target = TARGET.newDatabase();
        assertEquals(NONE, status(target).out());
        try (ChildCommand migrate = migrate(target, "--max-rate", "4MB")) {
            migrate.await("a part has arrived and another one is on its way",
                    () -> json(target).get("state").getAsString().equals("running")
                            && json(target).getAsJsonObject("rows").get("parts_done").getAsInt() > 0
                            && copies(json(target)) > 0);
            JsonObject running = json(target);
            JsonObject rows = running.getAsJsonObject("rows");
            assertEquals(TARGET.query("postgres", "SELECT current_user"),
                    running.getAsJsonObject("at_work").get("user").getAsString());
            assertEquals(3, rows.get("tables").getAsInt());
            assertEquals(TARGET.query(target, "SELECT count(*) FROM tsmigrate.part"), rows.get("parts").getAsString());
            assertEquals(TARGET.query(target, "SELECT sum(bytes) FROM tsmigrate.part"),
                    rows.get("bytes").getAsString());
            assertTrue(line(target, "run").startsWith("at work since 20"), status(target).out());
            assertTrue(line(target, "running").contains("COPY \"public\".\"item\"")
                    || line(target, "running").contains("COPY \"public\".\"Odd<U+000A>name\""), status(target).out());
            assertEquals("wait for it", line(target, "next"));
            migrate.await("the speed is known", () -> !json(target).getAsJsonObject("rows").get("seconds_left")
                    .isJsonNull());
            assertTrue(line(target, "left").matches("[0-9.]+ [kM]B, \\d+ s at [0-9.]+ [kM]B a second; .*"),
                    status(target).out());
            migrate.signalAll("KILL");
            assertEquals(137, migrate.end().code(), migrate.err());
        }
        BackgroundWork.until("the sessions of the killed run end", () -> state(target).equals("interrupted"));
        String arrived =
                TARGET.query(target, "SELECT count(rows) || ' ' || coalesce(sum(rows), 0) FROM tsmigrate.part");
        JsonObject rows = json(target).getAsJsonObject("rows");
        assertEquals(arrived, rows.get("parts_done").getAsString() + " " + rows.get("rows_done").getAsString());
        assertEquals("interrupted", line(target, "run"));
        assertEquals("the same command with --resume goes on, and with --restart it begins anew; repair --discard "
                + "removes what was made", line(target, "next"));
        CommandRun resumed = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--resume");
        assertEquals(0, resumed.code(), resumed.err());
        assertEquals(NONE, status(target).out());
        assertEquals("none", state(target));
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
    }

    @Test
    void between_two_passes_it_says_what_comes_next() {
        String target = TARGET.newDatabase();
        for (int pass = 0; pass < 2; pass++) {
            CommandRun run = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--prepare");
            assertEquals(0, run.code(), run.err());
            assertEquals("prepared", state(target));
            assertEquals("prepared, not finished", line(target, "run"));
            assertEquals("the same command again with --prepare, or, when nothing writes to the source any more, with "
                    + "--resume in its place; repair --discard removes what was made", line(target, "next"));
        }
        assertEquals(0, CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--resume").code());
        // The server ends the sessions of a process after the process.
        BackgroundWork.until("the lock of the last pass is free", () -> state(target).equals("none"));
    }

    @Test
    void a_pass_that_was_interrupted_comes_again() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item (id int)", "INSERT INTO item VALUES (1)", """
                CREATE FUNCTION checked(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
                  IF current_setting('shop.open', true) IS NULL THEN RAISE EXCEPTION 'closed'; END IF; RETURN id;
                END $$""", "SET shop.open = 'on'; CREATE INDEX ON item (checked(id))");
        String target = TARGET.newDatabase();
        String uri = TARGET.uri(target);
        CommandRun pass = CommandRun.migrate(SOURCE.uri(source), uri, "--prepare");
        assertEquals(1, pass.code(), pass.err());
        assertTrue(pass.failure().contains("hint: fix the cause, then run the same command again: it keeps what has "
                + "arrived; or with --restart: it removes what this run made"), pass.failure());
        assertEquals("interrupted", state(target));
        assertEquals("the same command again with --prepare, or, when nothing writes to the source any more, with "
                + "--resume in its place; with --restart in its place it begins anew; repair --discard removes what "
                + "was made", line(target, "next"));
        assertEquals(List.of("migrate --prepare", "migrate --resume", "migrate --restart", "repair --discard"),
                json(target).getAsJsonArray("next").asList().stream().map(JsonElement::getAsString).toList());
        assertEquals("target: nothing to mend; migrate again with --prepare, or, when nothing writes to the source any "
                + "more, with --resume in its place; with --restart in its place it begins anew\n",
                CommandRun.of("RepairCommand", Map.of("TARGET", uri)).out());
        CommandRun refused = CommandRun.migrate(SOURCE.uri(source), uri);
        assertEquals("""
                error: the target holds objects of an interrupted pass before the downtime
                hint: migrate --prepare for a further pass, migrate --resume for the last one, or migrate --restart, \
                which begins anew""", refused.failure());
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.open = 'on'");
        assertEquals(0, CommandRun.migrate(SOURCE.uri(source), uri, "--prepare").code());
        assertTrue(CommandRun.migrate(SOURCE.uri(source), uri).failure()
                .startsWith("error: the target holds objects of a pass before the downtime\nhint: migrate --prepare "));
        assertEquals(0, CommandRun.migrate(SOURCE.uri(source), uri, "--resume").code());
    }

    private static long copies(JsonObject status) {
        return StreamSupport.stream(status.getAsJsonArray("running").spliterator(), false)
                .filter(each -> each.getAsJsonObject().get("what").getAsString().startsWith("COPY ")).count();
    }

    @Test
    void a_step_that_has_failed() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1), (2)",
                "CREATE TABLE price (item int CONSTRAINT of_item REFERENCES item)",
                "SET session_replication_role = replica; INSERT INTO price VALUES (7)");
        String target = TARGET.newDatabase();
        assertEquals(1, CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target), "--exclude-table", "nothing")
                .code());
        CommandRun run = status(target);
        assertEquals(0, run.code(), run.err());
        String begun = "begun     \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ, \\d+ s ago, by version " + Console.VERSION
                + ", from database \\d+ of server \\d+\n";
        assertTrue(run.out().matches("""
                run       interrupted
                %soptions   --exclude-table=nothing
                schema    \\d+ statements? done: .*2 table.*
                rows      3 rows, in 2 of 2 tables, 2 of 2 parts, 16.0 kB of 16.0 kB of the source's disk
                next      the same command with --resume .*
                """.formatted(begun)), run.out());
        assertEquals(TARGET.query(target, "SELECT count(*) FROM tsmigrate.unit"),
                json(target).getAsJsonObject("schema").get("statements").getAsString());
        TARGET.sql(target, "DELETE FROM tsmigrate.run");
        assertRefused(status(target), """
                error: the journal in schema "tsmigrate" on the target names no run
                hint: begin anew: migrate --restart""");
    }

    @Test
    void it_waits_for_nobody_and_takes_less_than_a_second_however_long_the_journal_is() {
        String target = TARGET.newDatabase();
        try (HeldLock held = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_rewrite IN SHARE MODE");
                ChildCommand migrate = migrate(target)) {
            held.awaitWaiter();
            TARGET.sql(target, "INSERT INTO tsmigrate.part (source, number, name, range, bytes, rows, finished) "
                    + "SELECT s, n, format('gone.t%s', s), '', 1000, CASE WHEN n < 5 THEN 7 END, CASE WHEN n < 5 THEN "
                    + "now() END FROM generate_series(100001, 120000) s, generate_series(1, 5) n");
            status(target);
            long begun = System.nanoTime();
            CommandRun run = status(target);
            long took = System.nanoTime() - begun;
            assertTrue(took < SECOND, took + " ns\n" + run.out());
            assertTrue(run.out().contains("\nwaiting   20000 parts of gone.t100001, gone.t100002, gone.t100003, "
                    + "gone.t100004, gone.t100005, …\n"), run.out());
            assertTrue(run.out().contains(", waits for a lock (relation)\n"), run.out());
            TARGET.sql(target, "DELETE FROM tsmigrate.part WHERE source > 100000");
            held.release();
            assertEquals(0, migrate.end().code(), migrate.err());
        }
        assertEquals(NONE, status(target).out());
    }

    @Test
    void statements_are_shown_without_what_may_be_secret() {
        assertEquals("CREATE USER MAPPING FOR", what("BEGIN; SET ROLE x; CREATE USER MAPPING FOR app OPTIONS (a 'b')"));
        assertEquals("CREATE INDEX i ON public.t", what("CREATE INDEX i ON public.t USING btree (f('x'))"));
        assertEquals("ALTER TABLE ONLY public.price ADD CONSTRAINT of_item",
                what("ALTER TABLE ONLY public.price\n    ADD CONSTRAINT of_item FOREIGN KEY (item) REFERENCES item"));
        assertEquals("COPY \"app\".\"Item\"", what("COPY \"app\".\"Item\" (id) FROM STDIN"));
        assertEquals("INSERT INTO", what("INSERT INTO t VALUES ('x')"));
    }

    private static String what(String query) {
        return RunActivity.inShort(query);
    }

    @Test
    void a_journal_of_another_version_and_what_is_none_are_not_read() {
        String target = TARGET.newDatabase();
        TARGET.sql(target, "CREATE SCHEMA tsmigrate", "CREATE TABLE tsmigrate.run (version text NOT NULL)",
                "INSERT INTO tsmigrate.run VALUES ('0.0.1')");
        assertRefused(status(target), """
                error: schema "tsmigrate" on the target holds the journal of a run by version 0.0.1 of this program, \
                which this version (%s) cannot read
                hint: run that version, which can go on with it: status""".formatted(Console.VERSION));
        TARGET.sql(target, "DROP SCHEMA tsmigrate CASCADE",
                "CREATE FUNCTION spring() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'read'; END $$",
                "CREATE SCHEMA tsmigrate", "CREATE VIEW tsmigrate.run AS SELECT spring() AS version");
        CommandRun view = status(target);
        assertEquals(3, view.code());
        assertTrue(view.failure().startsWith("error: schema \"tsmigrate\" on the target is not one that this program "
                + "can trust: relation tsmigrate.run is a view\nhint: look at it, "), view.failure());
        assertFalse(view.err().contains("spring"), view.err());
    }

    private static void assertRefused(CommandRun run, String failure) {
        assertEquals(failure, run.failure());
        assertEquals(3, run.code(), run.err());
        assertEquals("", run.out());
    }

    @Test
    void the_run_of_another_user_is_that_users_to_ask_for() {
        TARGET.sql("postgres", "CREATE ROLE mover LOGIN PASSWORD 'm' CREATEROLE",
                "CREATE ROLE looker LOGIN PASSWORD 'l'");
        String target = TARGET.newDatabase("OWNER mover");
        TARGET.sql(target, "ALTER SCHEMA public OWNER TO mover");
        try (HeldLock held = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_rewrite IN SHARE MODE");
                ChildCommand migrate = ChildCommand.start(ChildCommand.java("Migrate", "--no-owner"), temporary,
                        Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(target, "mover", "m")))) {
            held.awaitWaiter();
            assertRefused(
                    CommandRun.of("StatusCommand", Map.of("TARGET", TARGET.uri(target, "looker", "l"))),
                    """
                    error: schema "tsmigrate" on the target is not one that this program can trust: schema tsmigrate \
                    belongs to "mover"
                    hint: if a run of user "mover" has made it, ask as that user: status""");
            migrate.signalAll("KILL");
            migrate.end();
        }
    }

    @Test
    void the_dry_run_asks_the_same_with_psql() {
        String target = TARGET.newDatabase();
        Map<String, String> environment = Map.of("TARGET", TARGET.uri(target));
        Run empty = PastedScript.run(status(target, "--dry-run"), environment).orFail();
        assertFalse(empty.out().contains("tsmigrate."), empty.out());
        try (HeldLock held = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_rewrite IN SHARE MODE");
                ChildCommand migrate = migrate(target)) {
            held.awaitWaiter();
            Run asked = PastedScript.run(status(target, "--dry-run"), environment).orFail();
            assertTrue(asked.out().matches("(?s).* " + Console.VERSION + " +\\| database \\d+ of server \\d+ .*"),
                    asked.out());
            migrate.signalAll("KILL");
            migrate.end();
        }
    }
}

//DEPS info.picocli:picocli:4.7.7
//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import lib.dsn.Dsn;
import lib.dump.Manifest;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Console;
import lib.talk.Failure;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.StoppedServer;
import testbed.Timescale;

/**
 * With --pause-jobs, jobs of the source do not run while it is read, and are due afterwards when they were due before,
 * whatever happens.
 */
class PausedJobsTest {
    /** Jobs 1000 to 1002 are due in five minutes, in three hours, and paused and due in four minutes. */
    private static final String STATE = """
            SELECT j.id, j.scheduled, j.timezone, s.next_start FROM _timescaledb_config.bgw_job j
              JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id
             WHERE j.id BETWEEN 1000 AND 1002 ORDER BY 1""";
    private static final String MOVED =
            """
            SELECT count(*) FROM _timescaledb_internal.bgw_job_stat WHERE job_id = 1000
              AND next_start BETWEEN now() + interval '19 min' AND now() + interval '20 min'""";
    private static final String OURS = "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'";
    private static PgServer server;

    @TempDir
    Path folder;
    private String shop;
    private String target;
    private List<List<String>> before;

    @BeforeAll
    static void start() {
        server = Timescale.community("2.22.1").with("max_worker_processes=60", "timescaledb.max_background_workers=40")
                .start();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void fill() {
        shop = server.newDatabase();
        server.sql(shop, "CREATE EXTENSION timescaledb", """
                CREATE FUNCTION mind(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  CASE current_setting('shop.mood', true) WHEN 'slow' THEN PERFORM pg_sleep(600); WHEN 'bad' THEN \
                RAISE 'no'; ELSE NULL; END CASE;
                  RETURN id;
                END $$""",
                "CREATE TABLE item (id int CHECK (mind(id) = id))", "INSERT INTO item VALUES (1)",
                "CREATE PROCEDURE nap(job_id int, config jsonb) LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                        + "pg_sleep((config->>'s')::int); END $$",
                "SELECT add_job('nap', '1 h', initial_start => now() + interval '5 min', timezone => 'Europe/Berlin')",
                "SELECT add_job('nap', '1 day', initial_start => now() + interval '3 h')",
                "SELECT alter_job(add_job('nap', '1 h', initial_start => now() + interval '4 min'), scheduled => "
                        + "false)");
        before = server.rows(shop, STATE);
        assertEquals(3, before.size());
        target = server.newDatabase();
        server.sql(target, "CREATE EXTENSION timescaledb");
    }

    @Test
    void jobs_that_are_due_soon_are_moved_meanwhile_and_the_target_gets_their_own_time() {
        CompletableFuture<CommandRun> running;
        try (HeldLock hold = HeldLock.on(server, shop, "LOCK TABLE item")) {
            running = BackgroundWork.run(
                    () -> CommandRun.migrate(server.uri(shop), server.uri(target), "--pause-jobs", "--verify", "none"));
            hold.awaitWaiter();
            List<List<String>> meanwhile = server.rows(shop, STATE);
            assertEquals("1", server.query(shop, MOVED));
            assertEquals(before.subList(1, 3), meanwhile.subList(1, 3));
            CommandRun second = Dumps.dump(server.uri(shop), folder.resolve("second"), "--pause-jobs");
            assertEquals("error: another run has paused the jobs of the source\nhint: wait for its end",
                    second.failure());
            assertEquals(3, second.code());
        }
        CommandRun run = running.join();
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("migrate: 1 job of the source moved, none is running\n"), run.err());
        assertEquals(before, server.rows(target, STATE));
        asBefore();
        assertEquals("0", server.query(target, OURS));
    }

    @Test
    void a_dump_holds_nothing_of_it_but_their_own_time() throws IOException {
        Path dump = Dumps.dumped(server, shop, folder.resolve("shop"), "--pause-jobs", "--format", "plain");
        String due = Manifest.read(dump).contents().timescale().jobs().get(0).nextStart();
        assertEquals("t", server.query(shop,
                "SELECT next_start = '" + due + "' FROM _timescaledb_internal.bgw_job_stat WHERE job_id = 1000"));
        assertFalse(Files.readString(dump).contains("tsmigrate"));
        asBefore();
    }

    @Test
    void a_run_that_fails_puts_them_back() {
        server.sql("postgres", "ALTER DATABASE " + target + " SET shop.mood = 'bad'");
        CommandRun run = CommandRun.migrate(server.uri(shop), server.uri(target), "--pause-jobs");
        assertEquals(1, run.code(), run.err());
        assertTrue(run.err().contains("1 job of the source moved"), run.err());
        asBefore();
    }

    @Test
    void a_run_that_is_ended_puts_them_back() {
        try (ChildCommand child = stuck()) {
            child.signal("TERM");
            CommandRun run = child.end();
            assertEquals(143, run.code());
            assertFalse(run.err().contains("put back"), run.err());
            asBefore();
        }
    }

    /** Its own jobs, or those that a killed run has left moved; nothing has come to the target then. */
    @ParameterizedTest
    @ValueSource(strings = {"--pause-jobs", "--no-owner"})
    void what_fails_after_only_jobs_were_changed_is_no_refusal_and_needs_no_restart(String option) {
        readyFor(option);
        try (HeldLock hold = HeldLock.on(server, shop, "LOCK TABLE item")) {
            CompletableFuture<CommandRun> running = BackgroundWork
                    .run(() -> CommandRun.migrate(server.uri(shop), server.uri(target), option));
            hold.awaitWaiter();
            server.sql(shop, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                    + "AND query LIKE 'LOCK TABLE%' AND datname = current_database()");
            CommandRun run = running.join();
            assertTrue(run.failure().endsWith("then run the same command again: the target is unchanged"),
                    run.failure());
            assertFalse(run.err().contains("--restart"), run.err());
            assertEquals(option.equals("--pause-jobs"),
                    run.err().contains("migrate: the jobs of the source are due as before\n"), run.err());
            assertEquals(1, run.code());
            asBefore();
        }
        assertEquals(0, CommandRun.migrate(server.uri(shop), server.uri(target), option).code());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--pause-jobs", "--no-owner"})
    void a_run_that_is_ended_after_only_jobs_were_changed_says_so(String option) {
        readyFor(option);
        try (HeldLock hold = HeldLock.on(server, shop, "LOCK TABLE item");
                ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate", option), folder,
                        Map.of("SOURCE", server.uri(shop), "TARGET", server.uri(target)))) {
            child.await("it waits", hold::isWaitedFor);
            child.signal("INT");
            CommandRun run = child.end();
            assertTrue(run.err().endsWith("migrate: warning: interrupted: the target is unchanged\n"
                    + "migrate: hint: run the same command again\n"), run.err());
            assertEquals(option.equals("--pause-jobs"),
                    run.err().contains("migrate: the jobs of the source are due as before\n"), run.err());
            assertEquals(130, run.code());
            asBefore();
        }
    }

    @Test
    void what_a_server_that_stands_still_keeps_is_said_with_the_command_that_puts_it_back() {
        try (ChildCommand child = stuck(); StoppedServer stopped = new StoppedServer(server)) {
            stopped.stop();
            child.signal("TERM");
            CommandRun run = child.end();
            assertEquals(143, run.code());
            assertTrue(child.millisToEnd() < 5_000, child.millisToEnd() + " ms");
            assertTrue(run.err().contains(
                    "migrate: warning: not every job of the source could be put back, so some may run up to twenty "
                            + "minutes late: "
                            + "the server did not do it in time\nmigrate: hint: put them back with: repair\n"),
                    run.err());
            assertTrue(
                    run.err().contains(
                            "migrate: warning: restoring mode of TimescaleDB may still be on in the target's database: "
                                    + "the server did not do it in time\nmigrate: hint: turn it off with: repair\n"),
                    run.err());
        }
        assertEquals("1", server.query(shop, MOVED));
        Map<String, String> environment = Map.of("SOURCE", server.uri(shop), "TARGET", server.uri(target));
        BackgroundWork.until("repair has done it", () -> CommandRun.of("RepairCommand", environment).code() == 0);
        asBefore();
        assertEquals("off", server.query(target, "SHOW timescaledb.restoring"));
    }

    @Test
    void after_a_run_that_was_killed_the_next_one_puts_them_back() {
        kill();
        CommandRun run = Dumps.dump(server.uri(shop), folder.resolve("shop"));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("dump: left by an earlier run: job 1000 (public.nap) is due at "), run.err());
        asBefore();
    }

    @Test
    void a_dry_run_leaves_them_as_they_are() {
        readyFor("--dry-run");
        CommandRun run = CommandRun.migrate(server.uri(shop), server.uri(target), "--dry-run", "--pause-jobs");
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("1", "1"), List.of(server.query(shop, MOVED), server.query(shop, OURS)));
    }

    @Test
    void somebody_who_reads_the_record_keeps_no_job_from_being_put_back() throws SQLException {
        kill();
        try (HeldLock reader = HeldLock.on(server, shop, "LOCK TABLE tsmigrate.paused_job IN ACCESS SHARE MODE");
                Session session = server.session("source", shop)) {
            assertTrue(PausedJobs.plan(session).get(0).matches(
                    "SELECT FROM public\\.alter_job\\(\\(1000\\)::pg_catalog\\.int4, .*, "
                            + "\\('2[^']*'\\)::pg_catalog\\.timestamptz, "
                            + ".*, \\('Europe/Berlin'\\)::pg_catalog\\.text\\b.*\\)"),
                    PausedJobs.plan(session).get(0));
            Failure failure = assertThrows(Failure.class, () -> PausedJobs.restore(session, () -> {}));
            assertEquals("putting back the jobs failed on the source: canceling statement due to lock timeout",
                    failure.getMessage());
            assertEquals(before, server.rows(shop, STATE));
            reader.release();
            assertTrue(PausedJobs.exists(session));
            List<String> plan = PausedJobs.plan(session);
            assertEquals(List.of("DROP TABLE tsmigrate.paused_job", "DROP SCHEMA tsmigrate"), plan);
            server.sql(shop, plan.toArray(String[]::new));
            assertFalse(PausedJobs.exists(session));
            assertEquals(List.of(), PausedJobs.plan(session));
            assertEquals(List.of(), PausedJobs.restore(session, () -> {}));
        }
        asBefore();
    }

    @Test
    void after_a_run_that_was_killed_repair_puts_them_back() {
        kill();
        CommandRun printed = CommandRun.of("RepairCommand", Map.of("SOURCE", server.uri(shop)), "--dry-run");
        assertTrue(printed.out().contains("public.alter_job((1000)::pg_catalog.int4, "), printed.out());
        CommandRun repair = CommandRun.of("RepairCommand", Map.of("SOURCE", server.uri(shop)));
        assertEquals(0, repair.code(), repair.err());
        assertTrue(repair.out().startsWith("source: job 1000 (public.nap) is due at "), repair.out());
        asBefore();
        assertEquals("source: nothing to mend\n",
                CommandRun.of("RepairCommand", Map.of("SOURCE", server.uri(shop))).out());
    }

    /** What one side has got already makes the other side's failure no refusal. */
    @Test
    void what_fails_after_jobs_were_put_back_is_no_refusal() {
        kill();
        Map<String, String> sides =
                Map.of("SOURCE", server.uri(shop), "TARGET", "postgresql://nobody@127.0.0.1:1/none");
        CommandRun repair = CommandRun.of("RepairCommand", sides);
        assertTrue(repair.out().startsWith("source: job 1000 (public.nap) is due at "), repair.out());
        assertTrue(repair.failure().startsWith("error: could not connect to the target: "), repair.failure());
        assertEquals(1, repair.code());
        asBefore();
        assertEquals(3, CommandRun.of("RepairCommand", sides).code());
    }

    @Test
    void one_that_runs_is_waited_for_but_not_for_ever() {
        server.sql(shop, "SELECT add_job('nap', '1 h', config => '{\"s\": 8}')");
        BackgroundWork.until("it runs",
                () -> server.query(shop, "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%[1003]'")
                        .equals("1"));
        Server source = Server.connect(Dsn.parse("source", server.uri(shop), false, Map.of("HOME", "/nonexistent")));
        Talk talk = new Talk();
        new CommandLine(talk).parseArgs("--quiet");
        Failure failure = assertThrows(Failure.class, () -> PausedJobs.begin(source, talk.console, Duration.ZERO));
        assertEquals("job 1003 (public.nap) of the source still runs after 0 minutes", failure.getMessage());
        assertEquals(
                "wait for its end, or end it: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                        + "application_name LIKE '%[' || 1003 || ']'",
                failure.hint());
        asBefore();
        CommandRun run = Dumps.dump(server.uri(shop), folder.resolve("shop"), "--pause-jobs");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("dump: waiting for job 1003 (public.nap) of the source, which runs\n"),
                run.err());
        asBefore();
    }

    @Test
    void one_that_comes_near_is_moved_again() {
        try (HeldLock hold = HeldLock.on(server, shop, "LOCK TABLE item")) {
            CompletableFuture<CommandRun> running =
                    BackgroundWork.run(() -> Dumps.dump(server.uri(shop), folder.resolve("shop"), "--pause-jobs"));
            hold.awaitWaiter();
            server.sql(shop, "SELECT alter_job(1001, next_start => now() + interval '1 min', timezone => NULL)");
            before = server.rows(shop, STATE);
            String near =
                    "SELECT count(*) FROM _timescaledb_internal.bgw_job_stat WHERE job_id = 1001 AND next_start < "
                            + "now() + interval '19 min'";
            BackgroundWork.until("it is moved", () -> server.query(shop, near).equals("0"));
            hold.release();
            assertEquals(0, running.join().code());
        }
        assertEquals(before.get(1), server.rows(shop, STATE).get(1));
    }

    @Test
    void whoever_may_not_is_told_what_to_grant() {
        server.sql(shop, "CREATE ROLE reader LOGIN PASSWORD 'reader' IN ROLE pg_read_all_data", "CREATE ROLE keeper");
        server.sql(shop, "UPDATE _timescaledb_config.bgw_job SET owner = 'keeper' WHERE id = 1000");
        for (String missing : new String[]{
                "user \"reader\" may not create the schema in the source's database in which --pause-jobs records "
                        + "the jobs that it moves\nhint: GRANT CREATE ON DATABASE \""
                        + shop + "\" TO \"reader\";",
                "user \"reader\" may not pause jobs of the source that belong to \"keeper\", \"postgres\"\nhint: "
                        + "GRANT \"keeper\", \"postgres\" TO \"reader\";"}) {
            CommandRun refused =
                    Dumps.dump(server.uri(shop, "reader", "reader"), folder.resolve("shop"), "--pause-jobs");
            assertEquals("error: " + missing, refused.failure());
            assertEquals(3, refused.code());
            server.sql(shop, missing.replaceFirst("(?s).*hint: ", ""));
        }
        CommandRun run = Dumps.dump(server.uri(shop, "reader", "reader"), folder.resolve("shop"), "--pause-jobs");
        assertEquals(0, run.code(), run.err());
        asBefore();
    }

    @Command(name = "test")
    private static final class Talk {
        @Mixin
        Console console = new Console();
    }

    private void asBefore() {
        assertEquals(before, server.rows(shop, STATE));
        assertEquals("0", server.query(shop, OURS));
    }

    private void readyFor(String option) {
        if (!option.equals("--pause-jobs")) {
            kill();
            target = server.newDatabase();
            server.sql(target, "CREATE EXTENSION timescaledb");
        }
    }

    private void kill() {
        try (ChildCommand child = stuck()) {
            child.signal("KILL");
            assertEquals(137, child.end().code());
            assertEquals("1", server.query(shop, MOVED));
            BackgroundWork.until("its sessions are gone", () -> server.query(shop,
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tsmigrate' AND datname = "
                            + "current_database()")
                    .equals("0"));
        }
    }

    /** A migration that has read the source's jobs under its snapshot and gets no further. */
    private ChildCommand stuck() {
        server.sql("postgres", "ALTER DATABASE " + target + " SET shop.mood = 'slow'");
        ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate", "--pause-jobs"), folder,
                Map.of("SOURCE", server.uri(shop), "TARGET", server.uri(target)));
        child.await("slow rows",
                () -> !server.rows(target,
                        "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()")
                        .isEmpty());
        assertEquals("1", server.query(shop, MOVED));
        return child;
    }
}

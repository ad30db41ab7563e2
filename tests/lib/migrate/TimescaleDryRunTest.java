//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Timescale;

/**
 * The scripts that stand for a migration of hypertables and jobs: run by a shell, they bring what the command brings.
 */
class TimescaleDryRunTest {
    private static final String VERSION = "2.22.1";
    private static final String BEATS = "SELECT count(*) FROM plant.heartbeat";
    private static final String MEMBERSHIPS =
            "SELECT roleid::regrole, member::regrole FROM pg_auth_members WHERE member = 'tsdbadmin'::regrole";

    @TempDir
    Path folder;

    private static Timescale.Pair pair;
    private static PgServer target;
    private static String from;

    @BeforeAll
    static void start() {
        pair = Timescale.Pair.start(VERSION);
        target = pair.target();
        from = pair.source().uri(pair.plant());
    }

    @AfterAll
    static void stop() {
        if (pair != null) {
            pair.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--via-files --format plain"})
    void a_superuser_gets_what_migrate_brings(String options) {
        String pasted = target.newDatabase();
        String uri = target.uri(pasted);
        PastedScript.between(
                migrate(uri, (options + " --dir " + folder + " --dry-run").strip().replaceFirst("^--dir \\S+ ", "")),
                from, uri);
        String moved = target.newDatabase();
        assertEquals(0, migrate(target.uri(moved), "--verify none").code());
        same(moved, pasted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"stream", "restore-timescale"})
    void who_is_no_superuser_gets_what_migrate_brings(String way) {
        String pasted = CloudDouble.make(target, VERSION);
        String uri = CloudDouble.uri(target, pasted);
        if (way.equals("stream")) {
            PastedScript.between(migrate(uri, "--dry-run"), from, uri);
        } else {
            String dump = folder.resolve("it's here").toString();
            assertEquals(0,
                    CommandRun.of("Dump", Map.of("SOURCE", from), "--format", "directory", "--out", dump).code());
            assertEquals(0, CommandRun.of("DumpRoles", Map.of("SOURCE", from, "TARGET", uri), "--apply").code());
            PastedScript.run(CommandRun.of("RestoreTimescale", Map.of("TARGET", uri), "--dry-run", dump),
                    Map.of("TARGET", uri)).orFail();
        }
        assertEquals(List.of(), target.rows(pasted, MEMBERSHIPS));
        String moved = CloudDouble.make(target, VERSION);
        assertEquals(0, migrate(CloudDouble.uri(target, moved), "--verify none").code());
        same(moved, pasted);
    }

    private static CommandRun migrate(String uri, String options) {
        CommandRun run = CommandRun.migrate(from, uri, options.split(" "));
        assertEquals(0, run.code(), run.err());
        return run;
    }

    private static void same(String expected, String found) {
        Timescale.assertSamePlant(target, expected, found);
        assertEquals("off", target.query(found, "SHOW timescaledb.restoring"));
        int beats = Integer.parseInt(target.query(found, BEATS));
        BackgroundWork.until("the job runs", () -> Integer.parseInt(target.query(found, BEATS)) > beats);
        // Each database with the extension takes one of eight background workers.
        drop(expected);
        drop(found);
    }

    private static void drop(String database) {
        target.sql("postgres", "DROP DATABASE " + database + " WITH (FORCE)");
    }

    @Test
    void a_script_that_fails_leaves_no_restoring_mode_and_no_half_of_a_catalog() {
        String database = CloudDouble.make(target, VERSION);
        String uri = CloudDouble.uri(target, database);
        CommandRun printed = migrate(uri, "--dry-run");
        CompletableFuture<Run> run;
        try (HeldLock hold = HeldLock.on(target, database, "LOCK TABLE pg_catalog.pg_trigger IN SHARE MODE")) {
            run = CompletableFuture.supplyAsync(() -> PastedScript.run(printed, Map.of("SOURCE", from, "TARGET", uri)));
            hold.awaitWaiter();
            target.query(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE " + hold.pid()
                    + " = ANY (pg_blocking_pids(pid))");
        }
        assertNotEquals(0, run.join().code());
        assertEquals("off", target.query(database, "SHOW timescaledb.restoring"));
        assertEquals(List.of(List.of("0", "0")), target.rows(database,
                """
                SELECT (SELECT count(*) FROM timescaledb_information.chunks), (SELECT count(*)
                  FROM timescaledb_information.jobs WHERE job_id >= 1000)"""));
        assertTrue(target.query(database, "SELECT count(*) FROM pg_class WHERE relname LIKE '\\_hyper\\_%chunk'")
                .compareTo("0") > 0);
        assertEquals(List.of(), target.rows(database, MEMBERSHIPS));
        drop(database);
    }

    @Test
    void a_new_session_without_restoring_mode_ends_the_script_before_anything_is_loaded() {
        String database = target.newDatabase();
        CommandRun printed = migrate(target.uri(database), "--dry-run");
        // As if a connection pooler handed out an older session.
        target.sql(database, "CREATE EXTENSION timescaledb",
                "ALTER ROLE postgres IN DATABASE " + database + " SET timescaledb.restoring = off");
        Run run = PastedScript.run(printed, Map.of("SOURCE", from, "TARGET", target.uri(database)));
        assertNotEquals(0, run.code());
        assertTrue(run.err().contains("timescaledb.restoring is not on in a new session"), run.err());
        assertEquals("0", target.query(database, "SELECT count(*) FROM pg_namespace WHERE nspname = 'plant'"));
        drop(database);
    }

    @Test
    void the_script_of_repair_turns_off_what_another_tool_has_left_on() {
        String database = CloudDouble.make(target, VERSION);
        Map<String, String> environment = Map.of("TARGET", CloudDouble.uri(target, database));
        target.sql(database, "SELECT timescaledb_pre_restore()");
        CommandRun printed = CommandRun.of("RepairCommand", environment, "--dry-run");
        assertEquals("on", target.query(database, "SHOW timescaledb.restoring"));
        PastedScript.run(printed, environment).orFail();
        assertEquals("off", target.query(database, "SHOW timescaledb.restoring"));
        assertTrue(
                CommandRun.of("RepairCommand", environment, "--dry-run").out().contains("# Nothing to repair\n"));
        drop(database);
    }
}

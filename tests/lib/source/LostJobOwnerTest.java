//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Timescale;

/** A job whose owner is not there on the target does not run as the superuser who has loaded it. */
class LostJobOwnerTest {
    private static final String JOBS =
            "SELECT id, owner, scheduled FROM _timescaledb_config.bgw_job WHERE id >= 1000 ORDER BY 1";
    private static final String STRIKE =
            "BEGIN RAISE LOG 'mallory works as %', current_user; ALTER ROLE eve SUPERUSER; EXCEPTION WHEN "
                    + "insufficient_privilege THEN NULL; END";

    @TempDir
    Path folder;

    private static String shop(PgServer source) {
        source.sql("postgres", "CREATE ROLE eve", "CREATE ROLE mallory LOGIN");
        String shop = source.newDatabase();
        source.sql(shop, "CREATE EXTENSION timescaledb", "GRANT CREATE ON SCHEMA public TO mallory",
                "SET SESSION AUTHORIZATION mallory",
                "CREATE PROCEDURE public.work(job_id int, config jsonb) LANGUAGE plpgsql AS $$ " + STRIKE + " $$",
                "CREATE FUNCTION public.mind(config jsonb) RETURNS void LANGUAGE plpgsql AS $$ " + STRIKE + " $$",
                "CREATE FUNCTION public.today() RETURNS bigint STABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                        + "public.mind(NULL); RETURN 100; END $$",
                "CREATE TABLE public.reading (day bigint NOT NULL)",
                "SELECT create_hypertable('public.reading', 'day', chunk_time_interval => 10)",
                "SELECT set_integer_now_func('public.reading', 'public.today')",
                "INSERT INTO public.reading SELECT generate_series(1, 20)",
                "SELECT add_job('public.work', '1 s', config => '{}', check_config => 'public.mind'::regproc, "
                        + "initial_start => now() + interval '1 h')",
                "SELECT add_retention_policy('public.reading', drop_after => 95::bigint, schedule_interval => "
                        + "interval '1 h', initial_start => now() + interval '1 h')",
                "RESET SESSION AUTHORIZATION",
                "CREATE PROCEDURE public.nap(job_id int, config jsonb) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$",
                "SELECT add_job('public.nap', '1 h', initial_start => now() + interval '1 h')");
        // Due at once, if they ran.
        source.sql(shop,
                "UPDATE _timescaledb_internal.bgw_job_stat SET next_start = now() WHERE job_id IN (1000, 1001)");
        return shop;
    }

    private static void assertHeld(PgServer target, String database, String said) {
        assertEquals(List.of(List.of("1000", "postgres", "f"), List.of("1001", "postgres", "f"),
                List.of("1002", "postgres", "t")), target.rows(database, JOBS), said);
        assertTrue(said.contains("job 1001 (_timescaledb_functions.policy_retention) stays switched off"), said);
        assertTrue(said.replace("\"", "").contains(
                "job 1000 (public.work) stays switched off, because mallory, no superuser on the source, cannot "
                        + "own it there, and it would run"
                        + " with the rights of postgres; when the role is there: " + statements("1000")),
                said);
    }

    private static String statements(String job) {
        return "UPDATE _timescaledb_config.bgw_job SET owner = 'mallory', scheduled = true WHERE id = " + job
                + "; SELECT public.timescaledb_post_restore();";
    }

    private static void assertHarmless(PgServer target) {
        assertEquals("f", target.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'eve'"));
        assertFalse(target.log().contains("mallory works as postgres"));
    }

    private static CommandRun restore(PgServer target, String database, String dump, String... options) {
        return CommandRun.of("RestoreTimescale", Map.of("TARGET", target.uri(database)),
                Stream.concat(Stream.of("--no-owner", "--no-privileges", dump), Stream.of(options))
                        .toArray(String[]::new));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.13.1", "2.22.1"})
    void a_job_of_a_role_that_is_missing_stays_switched_off(String version) {
        try (PgServer source = Timescale.community(version).with("timescaledb.bgw_launcher_poll_time=600000").start();
                PgServer target = Timescale.community(version)
                        .with("max_worker_processes=60", "timescaledb.max_background_workers=40").start()) {
            String shop = shop(source);
            target.sql("postgres", "CREATE ROLE eve");
            String dump = Dumps.dumped(source, shop, folder.resolve("shop")).toString();
            String restored = target.newDatabase();
            CommandRun restore = restore(target, restored, dump);
            assertEquals(0, restore.code(), restore.err());
            assertHeld(target, restored, restore.out() + restore.err());
            assertTrue(restore.err().contains("jobs: 1 scheduled, 0 paused, as on the source; 2 jobs switched off"),
                    restore.err());

            String pasted = target.newDatabase();
            Run script = PastedScript
                    .run(restore(target, pasted, dump, "--dry-run"), Map.of("TARGET", target.uri(pasted))).orFail();
            assertHeld(target, pasted, script.err());
            target.query(restored, "SELECT pg_sleep(4)");
            assertHarmless(target);

            // What is said gives the job to its owner, and has it run.
            target.sql("postgres", "CREATE ROLE mallory LOGIN");
            Matcher said =
                    Pattern.compile("job 1000 .* when the role is there: (.*);").matcher(restore.out() + restore.err());
            assertTrue(said.find());
            target.sql(restored, said.group(1).split(";"));
            BackgroundWork.until("the job runs", () -> target.log().contains("mallory works as mallory"));
            assertHarmless(target);

            // Where the owner is there, the state of the policy is set without a call of the function that it needs for
            // its work.
            String streamed = target.newDatabase();
            CommandRun migrate = CommandRun.migrate(source.uri(shop), target.uri(streamed), "--verify", "checksums");
            assertEquals(0, migrate.code(), migrate.err());
            assertEquals(source.rows(shop, JOBS), target.rows(streamed, JOBS));
            assertHarmless(target);
            // The attacks are real ones.
            for (String job : List.of("1000", "1001")) {
                target.sql("postgres", "ALTER ROLE eve NOSUPERUSER");
                target.sql(pasted, "UPDATE _timescaledb_config.bgw_job SET scheduled = true WHERE id = " + job,
                        "SELECT public.timescaledb_post_restore()");
                BackgroundWork.until(job + " strikes", () -> "t"
                        .equals(target.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'eve'")));
                target.sql(pasted, "UPDATE _timescaledb_config.bgw_job SET scheduled = false WHERE id = " + job,
                        "SELECT public.timescaledb_post_restore()");
            }
        }
    }
}

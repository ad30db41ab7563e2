//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Timescale;

/** What others have put beside the functions of TimescaleDB, or among its tables, is named and not used. */
class TimescaleUnrelatedObjectsTest {
    /**
     * Each would be called in place of the extension's own by some way to call it by names, with defaults or with
     * constants of no type.
     */
    private static final List<String> OVERLOADS =
            List.of("alter_job(job_id int, next_start timestamptz, timezone text DEFAULT NULL)",
                    "alter_job(job_id int, timezone text, next_start timestamptz)",
                    "alter_job(job_id int, scheduled bool, next_start text DEFAULT NULL, timezone text DEFAULT NULL)",
                    "alter_job(job_id bigint, timezone text, next_start timestamptz)",
                    "alter_job(job_id anyelement, timezone text, next_start timestamptz)",
                    "alter_job(job_id int, VARIADIC rest text[])", "alter_job(job_id int)");
    private static final String BODY = """
             RETURNS int LANGUAGE plpgsql AS $$
            BEGIN
              RAISE LOG 'mallory has struck';
              IF session_user <> 'mallory' THEN EXECUTE 'ALTER ROLE mallory SUPERUSER'; END IF;
              RETURN 1;
            END $$""";
    private static final String TIMES = """
            SELECT j.id, s.next_start, j.timezone, j.scheduled FROM _timescaledb_config.bgw_job j
              JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id
             WHERE j.id >= 1000""";

    /** How much of the server's log is of what was done on purpose. */
    private static int known;

    @TempDir
    Path folder;

    private static void as(PgServer server, String database, String... statements) throws SQLException {
        try (Connection session = server.connect(database, "mallory", "mallory");
                Statement statement = session.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String shop(PgServer server) {
        String shop = server.newDatabase();
        server.sql(shop, "CREATE EXTENSION timescaledb",
                "CREATE PROCEDURE nap(job_id int, config jsonb) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$",
                "SELECT add_job('nap', '1 h', initial_start => now() + interval '5 min', timezone => 'Europe/Berlin')",
                // As everybody may before PostgreSQL 15.
                "GRANT CREATE ON SCHEMA public TO PUBLIC");
        return shop;
    }

    private static void assertHarmless(PgServer server, String what) {
        assertEquals("f", server.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'"), what);
        assertFalse(server.log().substring(known).contains("mallory has struck"), what);
    }

    /** What a command says of an intruder, without running it. */
    private static void assertRefused(PgServer server, String shop, String target, String named) {
        for (CommandRun run : List.of(CommandRun.preflight(server.uri(shop), server.uri(target)),
                CommandRun.migrate(server.uri(shop), server.uri(target), "--pause-jobs"),
                CommandRun.of("Verify", Map.of("SOURCE", server.uri(shop), "TARGET", server.uri(target)), "--level",
                        "objects"))) {
            assertEquals(3, run.code(), run.err());
            assertTrue(run.failure()
                    .startsWith(
                            "error: on the source, objects in the schemas of TimescaleDB do not belong to it: " + named
                                    + " of role mallory"),
                    run.failure());
        }
        assertHarmless(server, named);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.13.1", "2.22.1"})
    void what_others_put_there_is_named_and_never_used(String version) throws SQLException {
        try (PgServer server = Timescale.community(version)
                .with("max_worker_processes=60", "timescaledb.max_background_workers=40").start()) {
            known = 0;
            server.sql("postgres", "CREATE ROLE mallory LOGIN PASSWORD 'mallory'");
            String target = server.newDatabase();
            server.sql(target, "CREATE EXTENSION timescaledb");
            String shop = shop(server);
            overloads(server, shop, target);
            relations(server, shop, target);
            members(server, target);
            followed(server, target);
            checks(server);
            afterTheCheck(server);
        }
    }

    private void overloads(PgServer server, String shop, String target) throws SQLException {
        as(server, shop, "CREATE FUNCTION public." + OVERLOADS.get(0) + BODY);
        assertRefused(server, shop, target, "function public.alter_job(integer,timestamp with time zone,text)");
        CommandRun dump = Dumps.dump(server.uri(shop), folder.resolve("shop"), "--pause-jobs");
        assertEquals(3, dump.code(), dump.err());
        assertTrue(dump.failure().endsWith(
                "hint: look at it, then, as its owner or a superuser of the source: DROP FUNCTION "
                        + "public.alter_job(integer,timestamp with time zone,text);"),
                dump.failure());
        assertHarmless(server, "dump");
        as(server, shop, "DROP FUNCTION public.alter_job(integer,timestamp with time zone,text);",
                "CREATE FUNCTION public.timescaledb_pre_restore(i int DEFAULT 1)" + BODY);
        assertRefused(server, shop, target, "function public.timescaledb_pre_restore(integer)");
        as(server, shop, "DROP FUNCTION public.timescaledb_pre_restore(int)");
        server.sql(target, "GRANT CREATE ON SCHEMA public TO mallory");
        as(server, target, "CREATE FUNCTION public." + OVERLOADS.get(1) + BODY);
        assertEquals(3, CommandRun.migrate(server.uri(shop), server.uri(target)).code());
        assertHarmless(server, "target");
        as(server, target, "DROP FUNCTION public.alter_job(int, text, timestamptz)");
    }

    /** As far as the owner of a database on a managed service gets. */
    private void relations(PgServer server, String shop, String target) throws SQLException {
        server.sql(shop,
                "GRANT CREATE ON SCHEMA _timescaledb_catalog, _timescaledb_config, timescaledb_information TO mallory",
                "GRANT TRIGGER ON _timescaledb_config.bgw_job, _timescaledb_catalog.metadata TO mallory");
        as(server, shop,
                "CREATE FUNCTION public.strike() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'mallory has "
                        + "struck'; RETURN 1; END $$",
                "CREATE FUNCTION public.struck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'mallory "
                        + "has struck'; RETURN NEW; END $$",
                "CREATE VIEW _timescaledb_catalog.bgw_job AS SELECT public.strike() AS id");
        assertRefused(server, shop, target, "view _timescaledb_catalog.bgw_job");
        as(server, shop, "DROP VIEW _timescaledb_catalog.bgw_job",
                "CREATE TRIGGER strike BEFORE UPDATE ON _timescaledb_config.bgw_job FOR EACH ROW EXECUTE FUNCTION "
                        + "public.struck()");
        assertRefused(server, shop, target, "trigger strike ON _timescaledb_config.bgw_job");
        server.sql(shop, "DROP TRIGGER strike ON _timescaledb_config.bgw_job");
    }

    /** Whoever owns a database may create a trusted extension there, and add to it. */
    private void members(PgServer server, String target) throws SQLException {
        String owned = server.newDatabase();
        server.sql("postgres", "ALTER DATABASE " + owned + " OWNER TO mallory");
        server.sql(owned, "ALTER SCHEMA public OWNER TO mallory");
        as(server, owned, "CREATE EXTENSION timescaledb", "CREATE FUNCTION public." + OVERLOADS.get(0) + BODY,
                "ALTER EXTENSION timescaledb ADD FUNCTION public.alter_job(int, timestamptz, text)");
        assertRefused(server, owned, target, "function public.alter_job(integer,timestamp with time zone,text)");
        String hint = CommandRun.preflight(server.uri(owned), server.uri(target)).failure();
        assertTrue(
                hint.endsWith(
                        "hint: connect to the source as role mallory, which owns the extension and what is named here"),
                hint);
        assertFalse(CommandRun.preflight(server.uri(owned, "mallory", "mallory"), server.uri(target)).err()
                .contains("do not belong to it"));
        assertHarmless(server, "as mallory");
        // Nobody is told to drop the tables of the extension.
        server.sql("postgres", "CREATE ROLE installer LOGIN SUPERUSER PASSWORD 'i'");
        String installed = server.newDatabase();
        server.sql(installed, "SET SESSION AUTHORIZATION installer", "CREATE EXTENSION timescaledb",
                "RESET SESSION AUTHORIZATION", "ALTER ROLE installer NOSUPERUSER");
        CommandRun demoted = CommandRun.preflight(server.uri(installed), server.uri(target));
        assertEquals(3, demoted.code(), demoted.err());
        assertTrue(demoted.failure().matches(
                "error: on the source, objects in the schemas of TimescaleDB do not belong to it: .* of role "
                        + "installer and \\d+ more\n"
                        + "hint: connect to the source as role installer, which owns the extension and what is named "
                        + "here"),
                demoted.failure());
        assertFalse(CommandRun.preflight(server.uri(installed, "installer", "i"), server.uri(target)).err()
                .contains("do not belong to it"));
    }

    /** All that stands there is dropped by what the refusal says to run, on either side. */
    private void followed(PgServer server, String target) throws SQLException {
        server.sql("postgres", "CREATE ROLE other");
        for (String side : List.of("source", "target")) {
            String there = side.equals("source") ? shop(server) : server.newDatabase();
            server.sql(there, "CREATE EXTENSION IF NOT EXISTS timescaledb",
                    "GRANT CREATE ON SCHEMA public, _timescaledb_catalog, timescaledb_information TO mallory, other",
                    "GRANT TRIGGER ON _timescaledb_config.bgw_job, _timescaledb_catalog.metadata TO mallory");
            as(server, there, "CREATE FUNCTION public." + OVERLOADS.get(0) + BODY,
                    "CREATE FUNCTION public." + OVERLOADS.get(6) + BODY,
                    "CREATE FUNCTION public.struck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE LOG "
                            + "'mallory has struck'; RETURN NEW; END $$",
                    "CREATE TRIGGER \"s;\" BEFORE UPDATE ON _timescaledb_config.bgw_job FOR EACH ROW EXECUTE "
                            + "FUNCTION public.struck()",
                    "CREATE VIEW _timescaledb_catalog.bgw_job AS SELECT 1 AS id",
                    "CREATE TABLE timescaledb_information.\"T;\" (id int DEFAULT public.alter_job(1, now(), "
                            + "'x'::text))",
                    "GRANT SELECT ON _timescaledb_catalog.bgw_job TO other");
            server.sql(there, "SET ROLE other",
                    "CREATE VIEW public.mine AS SELECT * FROM _timescaledb_catalog.bgw_job");
            String from = side.equals("source") ? there : shop(server);
            String to = side.equals("source") ? target : there;
            String failure = CommandRun.migrate(server.uri(from), server.uri(to)).failure();
            String before = "look at it, then, with which goes view public.mine, as a superuser of the " + side + ": ";
            assertTrue(failure.contains(before), failure);
            String sql = failure.substring(failure.indexOf(before) + before.length()).replaceFirst("(?s)\n.*", "");
            assertEquals(5, sql.split("; ?(?=DROP )").length, sql);
            server.sql(there, sql);
            CommandRun again = CommandRun.preflight(server.uri(from), server.uri(to));
            assertFalse((again.out() + again.err()).contains("do not belong to it"), again.out() + again.err());
        }
        assertHarmless(server, "followed");
    }

    /** A job has a function of its owner's that checks it whenever it is changed, by whoever changes it. */
    private void checks(PgServer server) throws SQLException {
        String shop = shop(server);
        as(server, shop,
                "CREATE PROCEDURE public.work(job_id int, config jsonb) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$", """
                CREATE FUNCTION public.mind(config jsonb) RETURNS void LANGUAGE plpgsql AS $$
                BEGIN
                  IF session_user <> 'mallory' THEN RAISE LOG 'mallory has struck'; EXECUTE 'ALTER ROLE mallory \
                SUPERUSER'; END IF;
                END $$""",
                "SELECT public.add_job('public.work', '1 h', config => '{\"a\": 1}', initial_start => now() + "
                        + "interval '5 min', check_config => 'public.mind'::regproc)");
        String state = "SELECT j.id, j.scheduled, j.check_schema, j.check_name, s.next_start"
                + TIMES.substring(TIMES.indexOf(" FROM ")) + " ORDER BY 1";
        List<List<String>> before = server.rows(shop, state);
        assertEquals(List.of("public", "mind"), before.get(1).subList(2, 4));
        Dumps.dumped(server, shop, folder.resolve("checked"), "--pause-jobs");
        assertHarmless(server, "jobs were paused");
        assertEquals(before, server.rows(shop, state));
        String target = server.newDatabase();
        server.sql(target, "CREATE EXTENSION timescaledb");
        CommandRun migrate = CommandRun.migrate(server.uri(shop), server.uri(target), "--pause-jobs");
        assertEquals(0, migrate.code(), migrate.err());
        assertHarmless(server, "jobs were resumed");
        assertEquals(before, server.rows(target, state));
        String pasted = server.newDatabase();
        server.sql(pasted, "CREATE EXTENSION timescaledb");
        testbed.PastedScript.between(CommandRun.migrate(server.uri(shop), server.uri(pasted), "--dry-run"),
                server.uri(shop), server.uri(pasted)).orFail();
        assertHarmless(server, "the script");
        assertEquals(before, server.rows(pasted, state));
        // The attack is a real one.
        server.sql(shop, "SELECT public.alter_job(1001, next_start => now() + interval '1 h')");
        assertTrue(server.log().contains("mallory has struck"));
        server.sql(shop, "ALTER ROLE mallory NOSUPERUSER");
        known = server.log().length();
    }

    /**
     * Overloads that come after they were looked for are not called either: the script that is printed stands for any
     * later time.
     */
    private void afterTheCheck(PgServer server) throws SQLException {
        String shop = shop(server);
        List<List<String>> before = server.rows(shop, TIMES);
        server.sql(shop, "CREATE SCHEMA tsmigrate",
                "CREATE TABLE tsmigrate.paused_job (job int PRIMARY KEY, due timestamptz NOT NULL, moved "
                        + "timestamptz NOT NULL)",
                "COMMENT ON TABLE tsmigrate.paused_job IS 'tsmigrate: jobs of TimescaleDB that a run has moved to "
                        + "a later time'",
                "INSERT INTO tsmigrate.paused_job SELECT job_id, next_start, now() + interval '20 min' FROM "
                        + "timescaledb_information.jobs WHERE job_id >= 1000",
                "UPDATE _timescaledb_internal.bgw_job_stat s SET next_start = p.moved FROM tsmigrate.paused_job p "
                        + "WHERE p.job = s.job_id");
        CommandRun printed = CommandRun.of("RepairCommand", Map.of("SOURCE", server.uri(shop)), "--dry-run");
        for (String overload : OVERLOADS) {
            as(server, shop, "CREATE FUNCTION public." + overload + BODY);
        }
        testbed.PastedScript.run(printed, Map.of("SOURCE", server.uri(shop))).orFail();
        assertHarmless(server, "after the check");
        assertEquals(before, server.rows(shop, TIMES));
        assertEquals("0", server.query(shop, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }
}

//DEPS info.picocli:picocli:4.7.7
//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import lib.server.Session;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Soak;
import testbed.Timescale;

/**
 * Whoever may create in the source's database can put something under the name of our record of paused jobs. None of
 * its code runs as the operator, and nothing of it is changed.
 */
class PauseRecordShapesTest {
    /** What the record is, and what it must not be instead; each stands in place of one part. */
    private static final List<String> KINDS = List.of(
            "CREATE VIEW tsmigrate.paused_job AS SELECT 1000 AS job, s.next_start AS due, s.next_start AS moved "
                    + "FROM _timescaledb_internal.bgw_job_stat s"
                    + " WHERE s.job_id = 1000 AND tsmigrate.strike() IS NOT NULL",
            "CREATE MATERIALIZED VIEW tsmigrate.paused_job AS SELECT 1000 AS job, now() AS due, now() AS moved "
                    + "WHERE false",
            "CREATE FOREIGN TABLE tsmigrate.paused_job (job int NOT NULL, due timestamptz NOT NULL, moved "
                    + "timestamptz NOT NULL) SERVER away",
            "CREATE TABLE tsmigrate.paused_job (job int NOT NULL, due timestamptz NOT NULL, moved timestamptz NOT "
                    + "NULL) PARTITION BY LIST (tsmigrate.fickle(job))",
            "CREATE SEQUENCE tsmigrate.paused_job",
            "CREATE TYPE tsmigrate.paused_job AS (job int, due timestamptz, moved timestamptz)",
            "CREATE UNLOGGED TABLE tsmigrate.paused_job (job int PRIMARY KEY, due timestamptz NOT NULL, moved "
                    + "timestamptz NOT NULL)",
            "CREATE TABLE tsmigrate.paused_job (job int PRIMARY KEY, due timestamptz NOT NULL, moved timestamptz "
                    + "NOT NULL, more int DEFAULT tsmigrate.fickle(1))",
            "CREATE TABLE tsmigrate.paused_job (job int PRIMARY KEY, due timestamptz NOT NULL, moved timestamptz "
                    + "GENERATED ALWAYS AS (tsmigrate.moment(due)) STORED NOT NULL)",
            "CREATE TABLE tsmigrate.paused_job (job tsmigrate.number PRIMARY KEY, due timestamptz NOT NULL, moved "
                    + "timestamptz NOT NULL)",
            "CREATE TABLE tsmigrate.paused_job (job text PRIMARY KEY, due text NOT NULL, moved tsmigrate.mood NOT "
                    + "NULL)",
            "CREATE TABLE tsmigrate.paused_job OF tsmigrate.shape (PRIMARY KEY (job))",
            "CREATE TABLE tsmigrate.parent (job int, due timestamptz, moved timestamptz); CREATE TABLE "
                    + "tsmigrate.paused_job (PRIMARY KEY (job)) INHERITS (tsmigrate.parent)");
    private static final String LIKE_OURS =
            "CREATE TABLE tsmigrate.paused_job (job int PRIMARY KEY, due timestamptz NOT NULL, moved timestamptz "
                    + "NOT NULL)";
    private static final List<String> ADDITIONS = List.of(
            "CREATE RULE strike AS ON DELETE TO tsmigrate.paused_job DO ALSO SELECT tsmigrate.strike()",
            "CREATE TRIGGER strike BEFORE INSERT OR UPDATE OR DELETE ON tsmigrate.paused_job FOR EACH STATEMENT "
                    + "EXECUTE FUNCTION tsmigrate.struck()",
            "ALTER TABLE tsmigrate.paused_job ENABLE ROW LEVEL SECURITY; CREATE POLICY strike ON "
                    + "tsmigrate.paused_job USING (tsmigrate.strike() IS NOT NULL)",
            "ALTER TABLE tsmigrate.paused_job FORCE ROW LEVEL SECURITY",
            "CREATE POLICY strike ON tsmigrate.paused_job USING (tsmigrate.strike() IS NOT NULL)",
            "ALTER TABLE tsmigrate.paused_job ADD CHECK (tsmigrate.fickle(job) = job)",
            "CREATE INDEX strike ON tsmigrate.paused_job (tsmigrate.fickle(job))",
            "ALTER TABLE tsmigrate.paused_job ALTER due SET DEFAULT tsmigrate.moment(now())",
            "ALTER TABLE tsmigrate.paused_job ALTER due DROP NOT NULL",
            "CREATE TABLE tsmigrate.heir () INHERITS (tsmigrate.paused_job)",
            "CREATE STATISTICS tsmigrate.strike ON (tsmigrate.fickle(job)), due FROM tsmigrate.paused_job",
            "GRANT SELECT ON tsmigrate.paused_job TO PUBLIC", "GRANT ALL ON tsmigrate.paused_job TO other",
            "GRANT UPDATE (moved) ON tsmigrate.paused_job TO other",
            "GRANT USAGE ON SCHEMA tsmigrate TO PUBLIC", "GRANT CREATE ON SCHEMA tsmigrate TO other",
            "ALTER TABLE tsmigrate.paused_job DROP CONSTRAINT paused_job_pkey",
            "CREATE VIEW tsmigrate.looker AS SELECT * FROM tsmigrate.paused_job");
    /** The attacker tries to become superuser, and leaves a mark where that is not possible. */
    private static final String[] ARMS = {"CREATE SCHEMA tsmigrate", """
            CREATE FUNCTION tsmigrate.strike() RETURNS int LANGUAGE plpgsql AS $$
            BEGIN
              IF session_user <> 'mallory' THEN
                RAISE LOG 'mallory has struck';
                BEGIN EXECUTE 'ALTER ROLE mallory SUPERUSER'; EXCEPTION WHEN OTHERS THEN RAISE LOG 'in vain'; END;
              END IF;
              RETURN 1;
            END $$""",
            "CREATE FUNCTION tsmigrate.struck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                    + "tsmigrate.strike(); RETURN NULL; END $$",
            "CREATE FUNCTION tsmigrate.fickle(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                    + "tsmigrate.strike(); RETURN i; END $$",
            "CREATE FUNCTION tsmigrate.moment(t timestamptz) RETURNS timestamptz IMMUTABLE LANGUAGE plpgsql AS $$ "
                    + "BEGIN PERFORM tsmigrate.strike(); RETURN t; END $$",
            "CREATE DOMAIN tsmigrate.number AS int CHECK (tsmigrate.fickle(value) = value)",
            "CREATE TYPE tsmigrate.mood AS ENUM ('good', 'bad')",
            "CREATE FUNCTION tsmigrate.said(m tsmigrate.mood) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                    + "tsmigrate.strike(); RETURN m; END $$",
            "CREATE CAST (tsmigrate.mood AS text) WITH FUNCTION tsmigrate.said(tsmigrate.mood) AS IMPLICIT",
            "CREATE TYPE tsmigrate.shape AS (job int, due timestamptz, moved timestamptz)"};
    private static final String REMARK =
            "COMMENT ON %s tsmigrate.paused_job IS 'tsmigrate: jobs of TimescaleDB that a run has moved to a later "
                    + "time'";
    /** Everything in the schema: kinds, columns, owners, privileges and rows. */
    private static final String ALL =
            """
            SELECT c.oid, c.relname, c.relkind, c.relowner, c.relacl, (SELECT string_agg(a.attname || a.atttypid ||
              a.attnotnull || coalesce(a.attacl::text, ''), ' ' ORDER BY attnum)
                     FROM pg_attribute a WHERE a.attrelid = c.oid), n.nspacl, n.nspowner
              FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid WHERE n.nspname = 'tsmigrate'
                ORDER BY 1""";
    private static PgServer server;
    private static String shop;
    private static String target;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = Timescale.community("2.22.1").with("max_worker_processes=60", "timescaledb.max_background_workers=40")
                .start();
        server.sql("postgres", "CREATE ROLE mallory LOGIN PASSWORD 'mallory'", "CREATE ROLE other",
                "CREATE ROLE boss LOGIN SUPERUSER PASSWORD 'boss'");
        shop = server.newDatabase();
        server.sql(shop, "CREATE EXTENSION timescaledb", "CREATE EXTENSION postgres_fdw",
                "CREATE SERVER away FOREIGN DATA WRAPPER postgres_fdw",
                "GRANT USAGE ON FOREIGN SERVER away TO mallory", "GRANT CREATE ON DATABASE " + shop + " TO mallory",
                "CREATE PROCEDURE nap(job_id int, config jsonb) LANGUAGE plpgsql AS $$ BEGIN NULL; END $$",
                "SELECT add_job('nap', '1 h', initial_start => now() + interval '5 min')");
        target = server.newDatabase();
        server.sql(target, "CREATE EXTENSION timescaledb");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void clear() {
        server.sql(shop, "DROP SCHEMA IF EXISTS tsmigrate CASCADE");
    }

    private static void as(String role, String... statements) throws SQLException {
        try (Connection session = server.connect(shop, role, role);
                java.sql.Statement statement = session.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Neither did code run that was lying there, nor is anything else than it was. */
    private static void assertUntouched(List<List<String>> before, String what) {
        assertEquals(before, server.rows(shop, ALL), what);
        assertEquals("f", server.query(shop, "SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'"), what);
        assertFalse(server.log().contains("mallory has struck"), what);
    }

    /** All that a run asks and does about the record. */
    private static void meet(String what) throws SQLException {
        List<List<String>> before = server.rows(shop, ALL);
        try (Session session = server.session("source", shop)) {
            session.createStatement().execute("SET search_path = ''");
            assertFalse(PausedJobs.exists(session), what);
            assertEquals(List.of(), PausedJobs.plan(session), what);
            assertEquals(List.of(), PausedJobs.restore(session, () -> {}), what);
            assertTrue(lib.timescale.Timescale.of(session).jobs().size() > 0, what);
        }
        assertUntouched(before, what);
    }

    @Test
    void a_view_under_the_name_of_the_record_runs_nothing_in_any_command() throws SQLException {
        as("mallory", ARMS);
        as("mallory", KINDS.get(0), REMARK.formatted("VIEW"), "GRANT USAGE ON SCHEMA tsmigrate TO PUBLIC",
                "GRANT SELECT ON tsmigrate.paused_job TO PUBLIC");
        List<List<String>> before = server.rows(shop, ALL);
        CommandRun preflight = CommandRun.preflight(server.uri(shop), server.uri(target));
        assertEquals(3, preflight.code(), preflight.out());
        assertTrue(preflight.out().contains("reserved-schemas: tsmigrate: "), preflight.out());
        assertUntouched(before, "preflight");
        assertEquals(3, CommandRun.migrate(server.uri(shop), server.uri(target), "--dry-run").code());
        assertEquals(3, CommandRun.migrate(server.uri(shop), server.uri(target), "--pause-jobs").code());
        assertEquals(3, CommandRun
                .migrate(server.uri(shop), server.uri(target), "--pause-jobs", "--leave-out", "reserved-schemas")
                .code());
        assertUntouched(before, "migrate");
        assertEquals(3, Dumps.dump(server.uri(shop), folder.resolve("shop"), "--pause-jobs").code());
        assertUntouched(before, "dump");
        assertEquals("source: nothing to mend\n",
                CommandRun.of("RepairCommand", Map.of("SOURCE", server.uri(shop))).out());
        CommandRun.of("RepairCommand", Map.of("SOURCE", server.uri(shop)), "--dry-run");
        assertUntouched(before, "repair");
        assertEquals(4, CommandRun
                .of("Verify", Map.of("SOURCE", server.uri(shop), "TARGET", server.uri(target)), "--level", "objects")
                .code());
        assertUntouched(before, "verify");
    }

    @Test
    void nothing_else_than_our_own_table_is_read_or_removed() throws SQLException {
        for (String kind : KINDS) {
            clear();
            as("mallory", ARMS);
            as("mallory", kind);
            if (kind.matches("CREATE (UNLOGGED )?TABLE.*")) {
                as("mallory", REMARK.formatted("TABLE"));
            }
            meet(kind);
        }
    }

    /**
     * Each part by itself, then several at once by chance; made by an attacker, or by the operator with the attacker's
     * parts.
     */
    @Test
    void a_table_that_is_nearly_ours_is_not_ours() throws SQLException {
        List<List<String>> tries = new ArrayList<>();
        ADDITIONS.forEach(addition -> tries.add(List.of(addition)));
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < Soak.rounds(5, 300); i++) {
            tries.add(random.ints(1 + random.nextInt(4), 0, ADDITIONS.size()).distinct().mapToObj(ADDITIONS::get)
                    .toList());
        }
        for (List<String> additions : tries) {
            for (String maker : List.of("mallory", "boss")) {
                clear();
                String what = "seed " + seed + ", " + maker + ": " + additions;
                as(maker, ARMS);
                as(maker, LIKE_OURS, REMARK.formatted("TABLE"));
                for (String addition : additions) {
                    try {
                        as(maker, addition);
                    } catch (SQLException e) {
                        // Two of them do not go together, which leaves the one.
                        assertTrue(tries.indexOf(additions) >= ADDITIONS.size(), what + ": " + e.getMessage());
                    }
                }
                meet(what);
            }
        }
    }

    @Test
    void a_record_of_somebody_else_s_is_named_and_stays() throws SQLException {
        as("mallory", "CREATE SCHEMA tsmigrate", LIKE_OURS, REMARK.formatted("TABLE"),
                "INSERT INTO tsmigrate.paused_job SELECT 1000, 'infinity', next_start FROM "
                        + "timescaledb_information.jobs WHERE job_id = 1000");
        String due =
                server.query(shop, "SELECT next_start FROM _timescaledb_internal.bgw_job_stat WHERE job_id = 1000");
        meet("somebody else's");
        CommandRun repair = CommandRun.of("RepairCommand", Map.of("SOURCE", server.uri(shop)));
        assertEquals(3, repair.code(), repair.out());
        assertTrue(repair.failure().contains(
                "if a run of user \"mallory\" has paused jobs and was killed, put them back as that user: repair; "
                        + "else "),
                repair.failure());
        assertEquals(due,
                server.query(shop, "SELECT next_start FROM _timescaledb_internal.bgw_job_stat WHERE job_id = 1000"));
        assertEquals("1", server.query(shop, "SELECT count(*) FROM tsmigrate.paused_job"));
    }

    @Test
    void default_privileges_give_nobody_a_right_on_the_record() throws SQLException {
        server.sql(shop, "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO mallory, PUBLIC",
                "ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO mallory",
                // Whoever could see the record would look at it when it is dropped.
                "CREATE TABLE seen (what text)",
                """
                CREATE FUNCTION look() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
                  IF tg_tag = 'COMMENT' THEN
                    INSERT INTO public.seen SELECT CASE WHEN has_schema_privilege('mallory', 'tsmigrate', 'CREATE') OR \
                has_schema_privilege('mallory', 'tsmigrate', 'USAGE')
                      OR has_table_privilege('mallory', 'tsmigrate.paused_job', 'SELECT, INSERT, TRIGGER') THEN 'open' \
                ELSE 'closed' END; END IF; END $$""",
                "CREATE EVENT TRIGGER look ON ddl_command_end EXECUTE FUNCTION look()");
        CommandRun dump = Dumps.dump(server.uri(shop), folder.resolve("shop"), "--pause-jobs");
        assertEquals(0, dump.code(), dump.err());
        assertEquals("closed", server.query(shop, "SELECT what FROM seen"));
        assertEquals("0", server.query(shop, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import lib.talk.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.BackgroundWork;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/**
 * The journal on the target: a forged one is not believed, what the run has not made itself is not touched, and two
 * runs do not end each other.
 */
class JournalTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String LOCK =
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database "
                    + "WHERE datname = current_database())";
    private static final String SESSIONS =
            "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'tsmigrate%' AND datname = "
                    + "current_database()";
    private static final List<String> TABLES = List.of(
            "CREATE TABLE run (started timestamptz NOT NULL, version text NOT NULL, transaction int8 NOT NULL, "
                    + "name text NOT NULL)",
            "CREATE TABLE planned (kind text NOT NULL, identity text NOT NULL, owner text)",
            "CREATE TABLE made (catalog oid NOT NULL, object oid NOT NULL)",
            "CREATE TABLE membership (role oid NOT NULL, grantor oid NOT NULL, inherit bool, set bool, taken bool "
                    + "NOT NULL)",
            "CREATE TABLE default_privileges (oid oid NOT NULL)",
            "CREATE TABLE found (catalog oid NOT NULL, object oid NOT NULL)",
            "CREATE TABLE session (pid int NOT NULL, started timestamptz NOT NULL)",
            "CREATE TABLE recorder (pid int NOT NULL, started timestamptz NOT NULL)");
    private static String shop;

    /** A database whose rows can be loaded only where a setting is on. */
    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        SOURCE.sql("postgres", "ALTER ROLE postgres IN DATABASE " + shop + " SET shop.open = 'on'");
        SOURCE.sql(shop, "CREATE SCHEMA app", """
                CREATE FUNCTION app.made(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('shop.open', true) IS DISTINCT FROM 'on' THEN
                    RAISE EXCEPTION 'shop.open is off';
                  END IF;
                  RETURN id;
                END $$""",
                "CREATE TYPE app.base",
                "CREATE FUNCTION app.base_in(cstring) RETURNS app.base IMMUTABLE STRICT LANGUAGE internal AS 'int4in'",
                "CREATE FUNCTION app.base_out(app.base) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS "
                        + "'int4out'",
                "CREATE TYPE app.base (INPUT = app.base_in, OUTPUT = app.base_out, LIKE = int4)",
                "CREATE OPERATOR app.<<<< (PROCEDURE = int4gt, LEFTARG = int, RIGHTARG = int, COMMUTATOR = "
                        + "OPERATOR(app.>>>>))",
                "CREATE OPERATOR app.>>>> (PROCEDURE = int4lt, LEFTARG = int, RIGHTARG = int, COMMUTATOR = "
                        + "OPERATOR(app.<<<<))",
                "CREATE TEXT SEARCH CONFIGURATION app.words (COPY = english)", "CREATE COLLATION app.plain FROM \"C\"",
                "CREATE TABLE app.item (id int PRIMARY KEY CHECK (app.made(id) = id), number int GENERATED ALWAYS "
                        + "AS IDENTITY, piece app.base)",
                "INSERT INTO app.item (id) SELECT generate_series(1, 100)",
                "CREATE STATISTICS app.both ON id, number FROM app.item",
                "CREATE TABLE \"Price; DROP TABLE x\" (id serial, \"a b\" text)",
                "CREATE PUBLICATION all_items FOR TABLE app.item",
                "CREATE DOMAIN app.positive AS int CHECK (VALUE > 0)",
                "CREATE AGGREGATE app.total(int) (SFUNC = int4pl, STYPE = int)",
                "CREATE EXTENSION citext SCHEMA app",
                "CREATE MATERIALIZED VIEW app.view AS SELECT count(*) FROM app.item",
                "SELECT lo_from_bytea(815, 'large')",
                "CREATE OPERATOR CLASS app.backwards FOR TYPE int USING btree AS OPERATOR 1 app.<<<<, FUNCTION 1 "
                        + "btint4cmp(int, int)");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop);
    }

    @Test
    void a_journal_that_somebody_has_forged_makes_nobody_superuser_and_drops_nothing() throws SQLException {
        String target = attacked();
        try (Connection forger = TARGET.connect(target, "forger", "forger");
                Statement statement = forger.createStatement()) {
            statement.execute("CREATE SCHEMA tsmigrate; SET search_path TO tsmigrate");
            statement.execute(
                    "CREATE TABLE made (position int GENERATED ALWAYS AS IDENTITY, kind text NOT NULL, identity "
                            + "text NOT NULL); CREATE TABLE membership (role text);"
                            + "CREATE TABLE default_privileges (oid oid); CREATE TABLE found (schema text);"
                            + "INSERT INTO made (kind, identity) VALUES ('TABLE', 'x; ALTER ROLE forger SUPERUSER; "
                            + "DROP TABLE IF EXISTS y'), ('TABLE', 'public.precious')");
            refusedEverywhere(target, "schema tsmigrate belongs to \"forger\"");
            statement.execute("DROP TABLE made, membership, default_privileges, found");
            for (String table : TABLES) {
                statement.execute(table);
            }
            statement.execute("INSERT INTO run VALUES (now() - interval '1 day', '1', 1, '');"
                    + "INSERT INTO planned VALUES ('TABLE; ALTER ROLE forger SUPERUSER', 'public.precious', 'x'), "
                    + "('TABLE', 'public.precious', 'postgres');"
                    + "INSERT INTO made SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relname = 'precious';"
                    + "INSERT INTO membership VALUES ('forger'::regrole, 10, true, true, true); INSERT INTO session "
                    + "SELECT pid, backend_start FROM pg_stat_activity WHERE pid IS NOT NULL AND backend_start IS "
                    + "NOT NULL");
            refusedEverywhere(target, "schema tsmigrate belongs to \"forger\"");
        }
        // Handing the schema over does not hand over what is in it.
        TARGET.sql(target, "ALTER SCHEMA tsmigrate OWNER TO postgres");
        refusedEverywhere(target, "relation tsmigrate.run belongs to \"forger\"");
        harmless(target);
    }

    /** That is not somebody else's: it says by which version, and what comes next works. */
    @Test
    void a_journal_of_another_version_is_told_from_a_forged_one() {
        for (String older : List.of("DROP TABLE tsmigrate.recorder",
                "ALTER TABLE tsmigrate.made ADD COLUMN position int")) {
            String target = TARGET.newDatabase();
            assertEquals(1, SIDES.migrate(shop, target).code());
            TARGET.sql(target, older, "UPDATE tsmigrate.run SET version = '0.7'");
            SIDES.refusesToMigrate("""
                    error: schema "tsmigrate" on the target holds the journal of a run by version 0.7 of this program, \
                    which this version (%s) cannot undo
                    hint: run that version with --restart; or drop what the run has made, and then: DROP SCHEMA \
                    tsmigrate CASCADE;
                    """.formatted(Console.VERSION), shop, target, "--restart");
            assertEquals("1", TARGET.query(target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'app'"));
            TARGET.sql("postgres", "DROP DATABASE " + target);
        }
    }

    @Test
    void a_view_in_place_of_the_list_is_not_read() throws SQLException {
        String target = attacked();
        try (Connection forger = TARGET.connect(target, "forger", "forger");
                Statement statement = forger.createStatement()) {
            statement.execute("CREATE SCHEMA tsmigrate; SET search_path TO tsmigrate");
            statement.execute(
                    "CREATE FUNCTION rise() RETURNS text LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE forger SUPERUSER; "
                            + "RETURN 'TABLE'; END $$");
            statement.execute("CREATE VIEW planned AS SELECT rise() AS kind, 'x'::text AS identity, ''::text AS owner");
            statement.execute(
                    "CREATE VIEW made AS SELECT length(rise())::oid AS catalog, 1::oid AS object, 'TABLE'::text AS "
                            + "kind, rise() AS identity, 1 AS position");
            statement.execute(
                    "CREATE VIEW found AS SELECT length(rise())::oid AS catalog, 1::oid AS object, rise() AS schema");
            statement.execute(
                    "CREATE VIEW membership AS SELECT rise() AS role; GRANT ALL ON SCHEMA tsmigrate TO PUBLIC; "
                            + "GRANT ALL ON ALL TABLES IN SCHEMA tsmigrate TO PUBLIC");
        }
        refusedEverywhere(target, "schema tsmigrate belongs to \"forger\"");
        harmless(target);
    }

    /** Its owner may not rename it, for want of CREATE on the database. */
    @Test
    void what_is_renamed_as_the_hint_says_is_no_journal_any_more() {
        String target = attacked();
        TARGET.sql(target, "CREATE SCHEMA tsmigrate AUTHORIZATION forger",
                "REVOKE CREATE ON DATABASE " + target + " FROM forger");
        String hint = SIDES.migrate(shop, target).failure();
        TARGET.sql(target, hint.substring(hint.indexOf("ALTER SCHEMA"), hint.indexOf(';') + 1));
        String failure = SIDES.migrate(shop, target).failure();
        assertTrue(failure.startsWith("error: the target is not empty: "), failure);
        harmless(target);
    }

    private static String attacked() {
        String target = TARGET.newDatabase();
        TARGET.sql(target, "CREATE ROLE forger LOGIN PASSWORD 'forger'",
                "GRANT CREATE ON DATABASE " + target + " TO forger",
                "CREATE TABLE precious AS SELECT generate_series(1, 1000) AS id");
        return target;
    }

    private static void refusedEverywhere(String target, String reason) {
        String lines = "error: schema \"tsmigrate\" on the target is not one that this program can trust: " + reason
                + "\n"
                + "hint: look at it, and have its owner \"forger\", or a superuser, rename it (ALTER SCHEMA "
                + "tsmigrate RENAME TO other_name;) or drop it";
        Stream.of(new String[0], new String[]{"--restart"}).forEach(options -> {
            CommandRun run = SIDES.migrate(shop, target, options);
            assertEquals(3, run.code(), run.err());
            assertEquals(lines, run.failure());
            CommandRun preflight = CommandRun.preflight(SOURCE.uri(shop), TARGET.uri(target), options);
            assertEquals(3, preflight.code(), preflight.err());
            assertTrue((preflight.out() + preflight.err()).contains(reason), preflight.out() + preflight.err());
        });
    }

    private static void harmless(String target) {
        assertEquals("f", TARGET.query(target, "SELECT rolsuper FROM pg_roles WHERE rolname = 'forger'"));
        assertEquals("1000", TARGET.query(target, "SELECT count(*) FROM precious"));
        TARGET.sql("postgres", "DROP DATABASE " + target, "DROP ROLE forger");
    }

    @Test
    void a_table_that_somebody_made_since_under_a_name_of_the_list_stays() {
        String target = TARGET.newDatabase();
        assertEquals(1, SIDES.migrate(shop, target).code());
        TARGET.sql(target, "DROP TABLE app.item CASCADE",
                "CREATE TABLE app.item AS SELECT generate_series(1, 777) AS id");
        SIDES.refusesToMigrate("""
                error: the target holds objects that the interrupted run did not make: table app.item
                hint: move or drop them, then run again with --restart: DROP TABLE app.item;
                """, shop, target, "--restart");
        assertEquals("777", TARGET.query(target, "SELECT count(*) FROM app.item"));
        TARGET.sql(target, "DROP TABLE app.item");
        restarts(target);
    }

    @Test
    void every_kind_of_object_is_recorded_as_it_is_made() {
        String target = TARGET.newDatabase();
        assertEquals(1, SIDES.migrate(shop, target).code());
        assertEquals(List.of(), TARGET.rows(target,
                "SELECT kind, identity FROM tsmigrate.planned p WHERE kind NOT IN ('STATISTICS', 'PUBLICATION', "
                        + "'LARGE OBJECT') AND NOT EXISTS "
                        + "(SELECT FROM tsmigrate.made m, pg_identify_object(m.catalog, m.object, 0) o WHERE "
                        + "o.identity IN (p.identity, trim('\"' FROM p.identity)))"));
        assertEquals("0", TARGET.query(target,
                "SELECT count(*) FROM tsmigrate.session s JOIN pg_stat_activity a ON a.pid = s.pid AND "
                        + "a.backend_start = s.started"));
        restarts(target);
    }

    @Test
    void a_run_that_loses_its_lock_stops_and_ends_nobody() throws SQLException {
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.open = 'on'");
        try (HeldLock rows = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_index IN SHARE MODE");
                Connection other = TARGET.connect(target);
                Statement verify = other.createStatement()) {
            verify.execute("SET application_name = 'tsmigrate'");
            CompletableFuture<CommandRun> run = BackgroundWork.run(() -> SIDES.migrate(shop, target));
            rows.awaitWaiter();
            TARGET.query(target, "SELECT pg_terminate_backend((" + LOCK + "))");
            CommandRun first = run.join();
            assertEquals(
                    "error: the lock that keeps other runs off the target was lost: terminating connection due to "
                            + "administrator command",
                    first.failure().lines().findFirst().orElseThrow());
            assertEquals(1, first.code(), first.err());
            BackgroundWork.until("its sessions have ended", () -> "1".equals(TARGET.query(target, SESSIONS)));
            rows.release();
            restarts(target);
            // Somebody of the same name, such as a verify, is at work as before.
            verify.execute("SELECT 1");
        }
    }

    @Test
    void the_hint_about_another_run_ends_it() {
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.open = 'on'");
        try (HeldLock rows = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_index IN SHARE MODE")) {
            CompletableFuture<CommandRun> run = BackgroundWork.run(() -> SIDES.migrate(shop, target));
            rows.awaitWaiter();
            CommandRun second = SIDES.migrate(shop, target, "--restart");
            assertEquals(3, second.code(), second.err());
            TARGET.query(target, second.failure().replaceFirst("(?s).*or end it: ", ""));
            assertEquals(1, run.join().code());
        }
        restarts(target);
    }

    private static void restarts(String target) {
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.open = 'on'");
        CommandRun run = SIDES.migrate(shop, target, "--restart");
        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(SOURCE, shop), Oracle.schema(TARGET, target));
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
        assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }
}

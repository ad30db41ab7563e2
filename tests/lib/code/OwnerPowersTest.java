//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;

/**
 * Somebody has written code on the source under a name that on the target belongs to somebody else, who can do more.
 */
class OwnerPowersTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /** What only a superuser may do, in a function that anybody may call. */
    private static final String ATTEMPT = """
            CREATE FUNCTION play.attempt() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
              EXECUTE 'ALTER ROLE %1$s SUPERUSER';
              RETURN true;
            EXCEPTION WHEN insufficient_privilege THEN
              RETURN false;
            END $$""";
    @TempDir
    Path folder;
    private String boss;
    private String mallory;
    private String source;
    private String target;

    @BeforeEach
    void makeRoles() {
        String id = UUID.randomUUID().toString().substring(0, 8);
        boss = "owner_boss_" + id;
        mallory = "owner_mallory_" + id;
        source = SOURCE.newDatabase();
        target = TARGET.newDatabase();
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql("postgres", "CREATE ROLE " + mallory + " LOGIN PASSWORD 'm'");
        }
        SOURCE.sql("postgres", "CREATE ROLE " + boss + " LOGIN PASSWORD 'b'");
        SOURCE.sql(source, "CREATE SCHEMA play AUTHORIZATION " + boss, "GRANT USAGE ON SCHEMA play TO PUBLIC");
    }

    @AfterEach
    void dropRoles() {
        drop(SOURCE, source);
        drop(TARGET, target);
    }

    private void drop(PgServer server, String database) {
        server.sql("postgres", "DROP DATABASE " + database + " WITH (FORCE)", "DROP ROLE " + mallory,
                "DROP ROLE IF EXISTS " + boss);
    }

    private void asBoss(String... statements) {
        try (Connection connection = SOURCE.connect(source, boss, "b");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private void bossOnTheTarget(String more) {
        TARGET.sql("postgres", "CREATE ROLE " + boss + " LOGIN " + more);
    }

    private boolean malloryIsSuperuser() {
        return "t".equals(TARGET.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = '" + mallory + "'"));
    }

    /** What everybody may do on the target once the database is there. */
    private void asMallory(String sql) {
        try (Connection connection = TARGET.connect(target, mallory, "m");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            // Then she has gained nothing by it.
        }
    }

    private String nothingThere() {
        return TARGET.query(target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'play'");
    }

    private void refuses(CommandRun run, String code) {
        assertEquals(3, run.code(), run.err());
        assertTrue(run.err()
                .contains("what role \"" + boss + "\" owns on the source will belong to \"" + boss
                        + "\", which is or can become a superuser on the"
                        + " target, and would act with these rights: " + code),
                run.err());
        assertTrue(run.err().contains("--grant-anyway " + boss), run.err());
        assertEquals("0", nothingThere());
    }

    @ParameterizedTest
    @ValueSource(strings = {"SUPERUSER", "CREATEROLE", "IN ROLE pg_execute_server_program"})
    void a_function_with_its_owners_rights_gets_no_more_than_it_had_unless_that_is_accepted(String more) {
        asBoss(ATTEMPT.formatted(mallory));
        bossOnTheTarget(more);
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(3, run.code(), run.err());
        assertTrue(run.err().contains("function play.attempt() (SECURITY DEFINER)"), run.err());
        assertEquals("0", nothingThere());
        asMallory("SELECT play.attempt()");
        assertEquals(false, malloryIsSuperuser());
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(source), TARGET.uri(target));
        assertEquals(3, preflight.code(), preflight.out());
        assertTrue(preflight.out().lines().anyMatch(line -> line.startsWith("stop     owners ")), preflight.out());

        CommandRun accepted = SIDES.migrate(source, target, "--grant-anyway", boss);
        assertEquals(0, accepted.code(), accepted.err());
        assertTrue(accepted.err().contains("migrate: warning: owners: "), accepted.err());
        asMallory("SELECT play.attempt()");
        // That it is told for what it is: what was accepted has this effect.
        assertEquals(more.startsWith("SUPERUSER"), malloryIsSuperuser());
        if (malloryIsSuperuser()) {
            TARGET.sql("postgres", "ALTER ROLE " + mallory + " NOSUPERUSER");
        }
    }

    /** What runs at once, while it is loaded, or later in maintenance. */
    @Test
    void nor_does_what_the_server_runs_as_the_owner() {
        asBoss("CREATE FUNCTION play.work(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN a; END $$",
                "CREATE TABLE play.t AS SELECT 1 AS a", "CREATE INDEX i ON play.t ((play.work(a)))",
                "CREATE TABLE play.u AS SELECT 1 AS a", "CREATE STATISTICS play.s ON (play.work(a)), a FROM play.u",
                "CREATE VIEW play.inner_view AS SELECT play.work(1) AS a",
                "CREATE MATERIALIZED VIEW play.m AS SELECT * FROM play.inner_view");
        bossOnTheTarget("SUPERUSER");
        String code =
                "materialized view play.m (calls a function that a user has written), table play.t (an index or "
                        + "extended statistics call a function that a user has"
                        + " written), table play.u (an index";
        refuses(SIDES.migrate(source, target), code);
        refuses(SIDES.migrate(source, target, "--via-files", "--dir", folder.toString()), code);
    }

    /** What hides behind a type: the server calls it for an index, for statistics of ANALYZE and at REFRESH. */
    @Test
    void nor_do_the_checks_of_domains_and_the_differences_of_ranges() {
        asBoss("CREATE FUNCTION play.c(a int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN true; "
                + "END $$",
                "CREATE FUNCTION play.d(a int, b int) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN "
                        + "a - b; END $$",
                "CREATE DOMAIN play.dd AS int CHECK (play.c(value))",
                "CREATE TYPE play.rg AS RANGE (SUBTYPE = int, SUBTYPE_DIFF = play.d)",
                "CREATE DOMAIN play.span AS play.rg", "CREATE TABLE play.plain (a play.dd)",
                "CREATE TABLE play.ranged AS SELECT play.rg(1, 2)::play.span AS r",
                "CREATE TABLE play.t AS SELECT 1 AS a", "CREATE INDEX i ON play.t ((a::play.dd))",
                "CREATE MATERIALIZED VIEW play.m AS SELECT a::play.dd FROM play.t");
        bossOnTheTarget("SUPERUSER");
        String why = " (a type that is used in it calls a function that a user has written)";
        refuses(SIDES.migrate(source, target),
                "table play.m" + why + ", table play.ranged" + why + ", table play.t" + why);
    }

    /** What reads or writes with the owner's rights. */
    @Test
    void nor_does_a_view_or_a_rule_reach_further() {
        asBoss("CREATE TABLE play.t (a int)",
                "CREATE RULE r AS ON INSERT TO play.t DO ALSO UPDATE pg_catalog.pg_authid SET rolsuper = true",
                "CREATE VIEW play.classes AS SELECT * FROM pg_catalog.pg_class",
                "GRANT UPDATE ON play.classes TO PUBLIC",
                "CREATE VIEW play.secrets AS SELECT * FROM pg_catalog.pg_authid");
        bossOnTheTarget("SUPERUSER");
        String words = ", where its owner may not do all that it may allow others)";
        refuses(SIDES.migrate(source, target),
                "rule r of play.t (uses pg_authid" + words + ", view play.classes (uses pg_class" + words
                        + ", view play.secrets (uses pg_authid"
                        + words);
        CommandRun accepted = SIDES.migrate(source, target, "--grant-anyway", boss);
        assertEquals(0, accepted.code(), accepted.err());
    }

    @Test
    void a_view_over_row_security_of_somebody_else_is_such_code() {
        asBoss("CREATE TABLE play.t (a int)");
        SOURCE.sql(source, "CREATE TABLE play.guarded (a int)", "ALTER TABLE play.guarded ENABLE ROW LEVEL SECURITY",
                "GRANT SELECT ON play.guarded TO " + boss);
        asBoss("CREATE VIEW play.seen AS SELECT * FROM play.guarded");
        bossOnTheTarget("BYPASSRLS");
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(3, run.code(), run.err());
        assertTrue(run.err().contains(
                "which can do more on the target (BYPASSRLS), and would act with these rights: view play.seen "
                        + "(uses play.guarded"),
                run.err());
        assertEquals("0", nothingThere());
    }

    /**
     * From a managed service to a server of one's own: the source's administrator bears the name of the target's
     * superuser.
     */
    @Test
    void an_administrators_plain_objects_stop_nothing() {
        asBoss("CREATE TABLE play.t AS SELECT 1 AS a", "CREATE INDEX i ON play.t (a)",
                "CREATE VIEW play.v AS SELECT * FROM play.t", "GRANT SELECT ON play.v TO PUBLIC",
                "CREATE MATERIALIZED VIEW play.m AS SELECT a FROM play.v",
                "CREATE FUNCTION play.f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
                "CREATE TRIGGER seen BEFORE INSERT ON play.t FOR EACH ROW EXECUTE FUNCTION play.f()",
                "CREATE VIEW play.names AS SELECT relname FROM pg_catalog.pg_class");
        TARGET.sql("postgres", "CREATE ROLE " + boss + " LOGIN PASSWORD 'b' SUPERUSER");
        CommandRun run = CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target, boss, "b"));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("migrate: warning: owners: what role \"" + boss
                + "\" owns on the source will belong to \"" + boss
                + "\", which is or can become a superuser on the target; nothing of it acts with its owner's rights"),
                run.err());
        assertEquals(boss, TARGET.query(target, "SELECT tableowner FROM pg_tables WHERE tablename = 't'"));
    }

    /** The same person on both sides gains nothing. */
    @Test
    void who_is_a_superuser_on_the_source_is_not_spoken_of() {
        asBoss(ATTEMPT.formatted(mallory));
        SOURCE.sql("postgres", "ALTER ROLE " + boss + " SUPERUSER");
        bossOnTheTarget("SUPERUSER");
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(0, run.code(), run.err());
        assertEquals(false, run.err().contains("warning: owners: "), run.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"directory", "plain"})
    void a_dump_says_what_its_owners_could_do(String format) {
        asBoss(ATTEMPT.formatted(mallory));
        Path dump = folder.resolve("dump");
        CommandRun dumped = Dumps.dump(SOURCE.uri(source), dump, "--format", format);
        assertEquals(0, dumped.code(), dumped.err());
        bossOnTheTarget("SUPERUSER");
        refuses(Dumps.restore(TARGET.uri(target), dump), "function play.attempt() (SECURITY DEFINER)");
        asMallory("SELECT play.attempt()");
        assertEquals(false, malloryIsSuperuser());
        CommandRun accepted = Dumps.restore(TARGET.uri(target), dump, "--grant-anyway", boss);
        assertEquals(0, accepted.code(), accepted.err());
    }

    /**
     * What a role of the target has by its memberships, it keeps when dump-roles gives it the attributes of the
     * source's.
     */
    @Test
    void dump_roles_gives_no_password_of_the_source_to_a_role_that_can_do_more() {
        bossOnTheTarget("PASSWORD 'theirs' IN ROLE pg_execute_server_program");
        String before = TARGET.query("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = '" + boss + "'");
        Map<String, String> sides = Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target));
        CommandRun run = CommandRun.of("DumpRoles", sides, "--apply");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("role \"" + boss
                + "\": attributes, password, comment and settings: the target has a role of that name, which can do "
                + "more than on the"
                + " source (pg_execute_server_program)"), run.err());
        assertEquals(before,
                TARGET.query("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = '" + boss + "'"));
        assertEquals(0, CommandRun.of("DumpRoles", sides, "--apply", "--grant-anyway", boss).code());
        assertEquals(false, before
                .equals(TARGET.query("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = '" + boss + "'")));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.PastedScript;
import testbed.PgServer;

/** The command as an operator sees it: its words, its exit codes, its filters, and what it may be run as. */
class VerificationCommandTest {
    @AutoClose
    private static PgServer server;
    private String source;
    private String target;

    @BeforeAll
    static void start() {
        server = PgServer.installed();
        server.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app'",
                "CREATE ROLE tsdbadmin LOGIN PASSWORD 'admin' CREATEROLE",
                "CREATE ROLE readers NOLOGIN");
    }

    private void makeDatabases() {
        source = server.newDatabase();
        target = server.newDatabase();
        for (String database : new String[]{source, target}) {
            server.sql(database, "CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL DEFAULT 'none')",
                    "INSERT INTO items VALUES (1, 'one'), (2, 'two')", "CREATE SCHEMA other",
                    "CREATE TABLE other.things (v int)",
                    "CREATE FUNCTION other.f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        }
    }

    private static CommandRun between(String from, String to, String... arguments) {
        return CommandRun.of("Verify", Map.of("SOURCE", from, "TARGET", to), arguments);
    }

    private CommandRun verify(String... arguments) {
        return between(server.uri(source), server.uri(target), arguments);
    }

    /** What stands below the heading. */
    private static String found(CommandRun run) {
        return run.out().lines().skip(1).collect(Collectors.joining("\n"));
    }

    @Test
    void a_faithful_copy_is_exit_code_0_and_nothing_on_stdout() {
        makeDatabases();
        assertEquals(new CommandRun(0, "", "verify: 2 rows in 2 tables compared: no differences\n"), verify());
        assertEquals(new CommandRun(0, "", "verify: objects compared: no differences\n"), verify("--level", "objects"));
        assertEquals(new CommandRun(0, "", ""), verify("-q", "--level=COUNTS", "-j", "1"));
    }

    @Test
    void a_dry_run_prints_the_questions_as_a_script() {
        makeDatabases();
        server.sql(target, "DROP TABLE other.things");
        String checksum =
                server.query(source, "SELECT sum(hashtextextended(ROW(id, name)::text COLLATE \"C\", 0)) FROM items");
        CommandRun run = verify("--dry-run");
        assertEquals("", run.err());
        assertEquals(2, PastedScript.between(run, server.uri(source), server.uri(target)).out().lines()
                .filter(line -> line.startsWith("     2 | " + checksum + " | ")).count());
        assertFalse(verify("--dry-run", "--level", "counts").out().contains("hashtextextended"));
        assertFalse(verify("--dry-run", "--level", "objects").out().contains("count(*), NULL"));
    }

    @Test
    void differences_are_exit_code_4_and_a_table_on_stdout() {
        makeDatabases();
        server.sql(target, "ALTER TABLE items ALTER name DROP DEFAULT, ALTER name DROP NOT NULL",
                "DELETE FROM items WHERE id = 2",
                "DROP TABLE other.things");
        CommandRun run = verify();
        assertEquals("""
                KIND            OBJECT             SOURCE         TARGET
                table           other.things       present        missing
                rows            public.items       2 rows         1 row
                column          public.items.name  text not null  text
                column default  public.items.name  'none'::text   missing
                """, run.out());
        assertEquals("verify: 2 rows in 1 table compared\nverify: error: 4 differences\n", run.err());
        assertEquals(4, run.code());
        server.sql(target, "CREATE TABLE other.things (v int)",
                "ALTER TABLE items ALTER name SET DEFAULT 'none', ALTER name SET NOT NULL");
        assertEquals("error: 1 difference", verify().failure());
    }

    @Test
    void long_values_are_cut_where_they_begin_to_differ_unless_verbose() {
        makeDatabases();
        String text = "COMMENT ON TABLE items IS '" + "all the same, ".repeat(5);
        server.sql(source, text + "here\nand a second line'");
        server.sql(target, text + "there'");
        assertEquals("table comment  public.items  …l the same, here and a second line  …l the same, there",
                found(verify()));
        assertEquals(
                "table comment  public.items  " + "all the same, ".repeat(5) + "here and a second line  "
                        + "all the same, ".repeat(5) + "there",
                found(verify("-v")));
    }

    @Test
    void what_would_move_the_cursor_is_not_printed() {
        makeDatabases();
        server.sql(source, "COMMENT ON TABLE items IS E'\\x1b[2J'");
        assertTrue(verify().out().contains("<U+001B>[2J"));
        assertFalse(verify().out().contains("\u001b"));
    }

    @Test
    void a_side_that_does_not_answer_is_exit_code_3() {
        CommandRun run = between("postgresql://app@127.0.0.1:1/shop", server.uri("postgres"));
        assertEquals(3, run.code());
        assertTrue(
                run.failure()
                        .startsWith("error: could not connect to the source: nothing answers at \"127.0.0.1\" port 1"),
                run.failure());
        assertTrue(between(server.uri("postgres"), server.uri("nowhere")).failure()
                .startsWith("error: could not connect to the target: "));
    }

    @ParameterizedTest
    @CsvSource({"--jobs=0, '--jobs must be at least 1, not \"0\"'",
            "--level=rows, 'invalid level \"rows\": must be objects, counts, sample or checksums'",
            "--jobs=x, 'Invalid value for option ''--jobs'': ''x'' is not an int'",
            "--nonsense, 'Unknown option: ''--nonsense'''"})
    void wrong_usage_is_exit_code_2_without_connecting(String argument, String message) {
        CommandRun run = between("postgresql://nowhere.invalid/x", "postgresql://nowhere.invalid/x", argument);
        assertEquals(2, run.code());
        assertEquals("error: " + message, run.failure());
    }

    @Test
    void help_looks_like_that_of_psql() {
        CommandRun run = between("", "", "--help");
        assertEquals(0, run.code());
        assertTrue(run.out().startsWith("""
                Compare two databases, objects and rows, and list every difference

                Usage:
                  verify [OPTION]...

                Options:
                  -s, --source=CONNSTR"""), run.out());
        assertTrue(run.out().lines().allMatch(line -> line.length() <= 80), run.out());
    }

    @Test
    void filters_leave_out_what_is_not_wanted() {
        makeDatabases();
        server.sql(target, "DROP FUNCTION other.f()", "DROP TABLE items", "INSERT INTO other.things VALUES (1)");
        server.sql(source, "ALTER DATABASE " + source + " SET work_mem TO '1MB'", "SELECT lo_create(1)");
        assertEquals("error: 5 differences", verify().failure());
        assertEquals("error: 1 difference", verify("-t", "items").failure());
        assertEquals("error: 1 difference", verify("-t", "other.*").failure());
        assertEquals("error: 2 differences", verify("-n", "other").failure());
        assertEquals("error: 4 differences", verify("-T", "items").failure());
        assertEquals("error: 3 differences", verify("-N", "other").failure());
        assertEquals("error: 4 differences", verify("--exclude-table-data", "other.*").failure());
        assertEquals("error: no matching schemas or tables were found on the source",
                verify("-t", "none").failure().lines().findFirst().orElse(""));
    }

    @Test
    void an_owner_who_is_no_superuser_compares_what_is_theirs() {
        String mine = server.newDatabase("OWNER app");
        String copy = server.newDatabase("OWNER app");
        for (String database : new String[]{mine, copy}) {
            server.sql(database, "SET ROLE app", "CREATE SCHEMA mine", "CREATE TABLE mine.t AS SELECT 1 AS v",
                    "CREATE SEQUENCE mine.s",
                    "CREATE VIEW mine.v AS SELECT * FROM mine.t", "GRANT SELECT ON mine.t TO readers",
                    "SELECT lo_from_bytea(5, '\\x01')");
        }
        assertEquals("verify: 1 row in 1 table compared\n",
                between(server.uri(mine, "app", "app"), server.uri(copy, "app", "app")).err()
                        .replace(": no differences", ""));
        server.sql(copy, "REVOKE SELECT ON mine.t FROM readers", "CREATE TABLE mine.theirs (v int)",
                "ALTER TABLE mine.theirs OWNER TO postgres");
        assertEquals("table grant  mine.t to readers  SELECT  missing",
                found(between(server.uri(mine, "app", "app"), server.uri(copy, "app", "app"))));
        server.sql(mine, "SET ROLE app", "CREATE TABLE mine.theirs (v int)");
        CommandRun run = between(server.uri(mine, "app", "app"), server.uri(copy, "app", "app"));
        assertEquals(
                """
                error: comparing the rows of mine.theirs failed on the target: permission denied for table theirs
                hint: connect to the target as a user who may do that, or make this one a member of the owner: GRANT \
                owner TO this_user;""",
                run.failure());
        assertEquals(1, run.code());
    }

    @Test
    void what_the_bootstrap_superuser_owns_may_belong_to_an_administrator_who_cannot_give_it_away() {
        makeDatabases();
        String cloud = server.newDatabase("OWNER tsdbadmin");
        String make =
                "CREATE SCHEMA app; CREATE TABLE app.t (v int); GRANT SELECT ON app.t TO readers; CREATE TYPE "
                        + "app.e AS ENUM ('a')";
        server.sql(source, "DROP SCHEMA other CASCADE", "DROP TABLE items", make,
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO readers");
        server.sql(cloud, "SET ROLE tsdbadmin", make);
        String administrator = server.uri(cloud, "tsdbadmin", "admin");
        assertEquals("verify: 0 rows in 1 table compared: no differences\n",
                between(server.uri(source), administrator).err());
        assertEquals("""
                schema owner        app                    postgres  tsdbadmin
                enum owner          app.e                  postgres  tsdbadmin
                table owner         app.t                  postgres  tsdbadmin
                default privileges  of postgres on tables  present   missing""",
                found(between(server.uri(source), server.uri(cloud))));
        server.sql(cloud, "ALTER TABLE app.t OWNER TO app");
        assertEquals("table owner  app.t   postgres  app",
                found(between(server.uri(source), administrator, "--level", "objects")));
    }
}

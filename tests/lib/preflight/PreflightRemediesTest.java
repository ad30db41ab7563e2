//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.PgServer;

/** What preflight finds in odd corners of a source is named, and what it says to run mends it as it stands. */
class PreflightRemediesTest {
    @AutoClose
    private static PgServer source;
    @AutoClose
    private static PgServer target;

    @BeforeAll
    static void start() {
        source = PgServer.installed("max_prepared_transactions=2");
        target = PgServer.installed();
    }

    /** What the lines that begin so say, and what they say to run. */
    private static String found(CommandRun preflight, String... beginnings) {
        List<String> lines = preflight.out().lines().toList();
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            for (String beginning : beginnings) {
                if (lines.get(i).startsWith(beginning)) {
                    found.append(lines.get(i).replaceAll(" +", " ")).append('\n')
                            .append(lines.get(i + 1).replaceAll(" +", " ").strip()).append('\n');
                }
            }
        }
        return found.toString();
    }

    private static void reserve(PgServer server, String database) {
        assertTrue(assertThrows(IllegalStateException.class, () -> server.sql(database, "CREATE SCHEMA pg_catalogue"))
                .getMessage()
                .contains("unacceptable schema name \"pg_catalogue\""));
        server.sql(database, "SET allow_system_table_mods = on", "CREATE SCHEMA pg_catalogue",
                "CREATE TABLE pg_catalogue.book (id serial PRIMARY KEY, title text)",
                "INSERT INTO pg_catalogue.book (title) VALUES ('one'), ('two')", "CREATE TEMP TABLE passing (id int)");
    }

    @Test
    void a_schema_that_pg_dump_takes_for_the_system_s_is_named_and_comes_along_once_it_is_renamed() {
        String from = source.newDatabase();
        reserve(source, from);
        source.sql(from, "CREATE VIEW title AS SELECT title FROM pg_catalogue.book");
        assertEquals("""
                stop cannot be carried reserved-schemas: pg_catalogue: pg_dump takes a schema whose name begins with \
                pg_ for the system's, and leaves it out
                fix: ALTER SCHEMA "pg_catalogue" RENAME TO "renamed_catalogue"; on the source, or migrate --leave-out \
                reserved-schemas
                """, found(CommandRun.preflight(source.uri(from), target.uri("moved"), "--create-database"), "stop "));
        CommandRun needed = CommandRun.migrate(source.uri(from), target.uri("moved"), "--create-database",
                "--leave-out", "reserved-schemas");
        assertEquals(
                "error: what is left out is needed by view public.title\nhint: leave that out too: --exclude-table "
                        + "public.title, "
                        + "or ALTER SCHEMA \"pg_catalogue\" RENAME TO \"renamed_catalogue\"; on the source, or drop "
                        + "on the source what needs it",
                needed.failure());
        assertEquals(3, needed.code());
        CommandRun less = CommandRun.migrate(source.uri(from), target.uri("less"), "--create-database", "--leave-out",
                "reserved-schemas", "--exclude-table", "public.title");
        assertEquals(0, less.code(), less.err());

        source.sql(from, "ALTER SCHEMA \"pg_catalogue\" RENAME TO \"renamed_catalogue\";");
        CommandRun renamed = CommandRun.migrate(source.uri(from), target.uri("moved"), "--create-database");
        assertEquals(0, renamed.code(), renamed.err());
        assertEquals("one two", target.query("moved",
                "SELECT string_agg(title, ' ' ORDER BY id) FROM renamed_catalogue.book JOIN title USING (title)"));

        source.sql(from, "DROP VIEW title", "SET allow_system_table_mods = on",
                "ALTER SCHEMA renamed_catalogue RENAME TO pg_catalogue");
        CommandRun without = CommandRun.migrate(source.uri(from), target.uri("without"), "--create-database",
                "--leave-out", "pg_catalogue");
        assertEquals(0, without.code(), without.err());
        assertEquals("0", target.query("without", "SELECT count(*) FROM pg_namespace WHERE nspname ~ 'catalogue'"));
    }

    @Test
    void a_source_of_version_17_can_have_such_a_schema_too() {
        try (PgServer later = PgServer.start(17)) {
            reserve(later, "postgres");
            assertTrue(CommandRun.preflight(later.uri("postgres"), target.uri("postgres")).out()
                    .contains(" reserved-schemas: pg_catalogue: "));
        }
    }

    @Test
    void a_prepared_transaction_is_ended_by_its_own_name() throws SQLException {
        String from = source.newDatabase();
        source.sql(from, "CREATE TABLE item (id int)");
        try (Connection session = source.connect(from); Statement statement = session.createStatement()) {
            statement.execute("BEGIN; INSERT INTO item VALUES (1); PREPARE TRANSACTION 'it''s 1'");
        }
        CommandRun stopped = CommandRun.preflight(source.uri(from), target.uri("prepared"), "--create-database");
        assertEquals("""
                stop cannot be carried prepared-transactions: it's 1: a prepared transaction is neither committed nor \
                rolled back
                fix: COMMIT PREPARED 'it''s 1'; or ROLLBACK PREPARED 'it''s 1'; on the source, or migrate --leave-out \
                prepared-transactions
                """, found(stopped, "stop "));
        source.sql(from, "COMMIT PREPARED 'it''s 1';");
        assertEquals(0, CommandRun.preflight(source.uri(from), target.uri("prepared"), "--create-database").code());
    }

    @Test
    void unlogged_tables_and_roles_without_a_password_come_with_the_commands_for_each() {
        String from = source.newDatabase();
        source.sql(from, "CREATE UNLOGGED TABLE scratch (id int)", "CREATE UNLOGGED TABLE \"Sc;\" (id int)",
                "CREATE ROLE \"a b\" LOGIN",
                "CREATE ROLE asking LOGIN PASSWORD 'a'", "GRANT SELECT ON scratch, \"Sc;\" TO asking");
        CommandRun run =
                CommandRun.preflight(source.uri(from, "asking", "a"), target.uri("unlogged"), "--create-database");
        assertEquals("""
                warning roles the passwords of the source cannot be read: 2 role(s) are created without a password
                fix: afterwards: mst-passwords \
                --out passwords.csv, or in psql on the target: \\password "a b" \\password "asking"
                warning unlogged tables 2 table(s) stay unlogged on the target: public."Sc;", public.scratch
                fix: if a crash or failover must not empty them, afterwards on the target: \
                ALTER TABLE public."Sc;" SET LOGGED; ALTER TABLE public.scratch SET LOGGED;
                """, found(run, "warning  roles") + found(run, "warning  unlogged"));
        source.sql(from, "DROP OWNED BY asking", "DROP ROLE asking, \"a b\"");
    }

    @Test
    void a_function_that_sets_what_the_target_s_user_may_not_set_is_named_before() {
        String from = source.newDatabase();
        source.sql(from,
                "CREATE FUNCTION loud(int) RETURNS int LANGUAGE sql SET log_statement TO 'all' SET work_mem TO "
                        + "'8MB' AS 'SELECT 1'",
                "CREATE FUNCTION own() RETURNS int LANGUAGE sql SET myapp.x TO 'y' AS 'SELECT 1'",
                "CREATE FUNCTION quiet() RETURNS int LANGUAGE sql SET search_path TO '' SET role TO postgres AS "
                        + "'SELECT 1'");
        target.sql("postgres", "CREATE ROLE loader LOGIN PASSWORD 'l'", "CREATE DATABASE sets OWNER loader");
        String uri = target.uri("sets", "loader", "l");
        assertEquals("""
                stop cannot be carried functions: public.loud(integer): it sets log_statement, and only a superuser of \
                the target may set it
                fix: migrate --leave-out functions
                stop cannot be carried functions: public.own(): it sets myapp.x, and only a superuser of the target \
                may set it
                fix: migrate --leave-out functions
                """, found(CommandRun.preflight(source.uri(from), uri), "stop "));
        target.sql("postgres", "GRANT SET ON PARAMETER log_statement TO loader");
        CommandRun run = CommandRun.migrate(source.uri(from), uri, "--leave-out", "public.own()");
        assertEquals(0, run.code(), run.err());
        assertEquals("loud quiet", target.query("sets",
                "SELECT string_agg(proname, ' ' ORDER BY 1) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"));
        assertEquals("{log_statement=all,work_mem=8MB}",
                target.query("sets", "SELECT proconfig FROM pg_proc WHERE proname = 'loud'"));
    }

    @Test
    void a_setting_that_names_a_missing_tablespace_is_named_with_its_role_or_database_and_does_no_harm() {
        source.sql("postgres", "CREATE ROLE located LOGIN PASSWORD 'a'", "CREATE DATABASE placed OWNER located",
                "ALTER ROLE located SET default_tablespace = 'gone'",
                "ALTER ROLE located IN DATABASE placed SET temp_tablespaces = pg_default, 'the \"other\"'");
        source.sql("placed", "SET ROLE located", "CREATE TABLE item AS SELECT 1 AS id",
                "SELECT lo_from_bytea(4711, 'x')");
        target.sql("postgres", "CREATE ROLE placer LOGIN PASSWORD 'a' CREATEROLE",
                "CREATE DATABASE placed OWNER placer", "ALTER DATABASE placed SET default_tablespace = 'away'");
        String from = source.uri("placed", "located", "a");
        String to = target.uri("placed", "placer", "a");
        assertEquals("""
                warning tablespaces default_tablespace of the source's role located names tablespace "gone", which the \
                source lacks: what is created without one goes to the default one
                fix: ALTER ROLE located RESET default_tablespace; or CREATE TABLESPACE "gone" LOCATION '…'; on the \
                source
                warning tablespaces temp_tablespaces of the source's role located in database placed names tablespace \
                "the "other"", which the source lacks: what is created without one goes to the default one
                fix: ALTER ROLE located IN DATABASE placed RESET temp_tablespaces; or CREATE TABLESPACE "the \
                ""other\""" LOCATION '…'; on the source
                warning tablespaces default_tablespace of the target's database placed names tablespace "away", which \
                the target lacks: what is created without one goes to the default one
                fix: ALTER DATABASE placed RESET default_tablespace; or CREATE TABLESPACE "away" LOCATION '…'; on the \
                target
                """, found(CommandRun.preflight(from, to), "warning  tablespaces"));
        CommandRun run = CommandRun.migrate(from, to);
        assertEquals(0, run.code(), run.err());
        assertEquals("1 x",
                target.query("placed", "SELECT concat_ws(' ', id, convert_from(lo_get(4711), 'UTF8')) FROM item"));
        source.sql("placed", "ALTER ROLE located RESET default_tablespace;",
                "ALTER ROLE located IN DATABASE placed RESET temp_tablespaces;");
        target.sql("placed", "ALTER DATABASE placed RESET default_tablespace;", "DROP OWNED BY located, placer",
                "SELECT 1");
        assertEquals("", found(CommandRun.preflight(from, to), "warning  tablespaces"));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Sides;

/**
 * What dump-roles says of roles that do not arrive as they are, to people and to programs, and where it writes what.
 */
class DumpRolesReportTest {
    @AutoClose
    private static Sides sides;
    private static PgServer source;
    private static PgServer target;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        sides = Sides.installed();
        source = sides.source();
        target = sides.target();
        source.sql("postgres", "CREATE DATABASE shop", "ALTER ROLE postgres SET work_mem TO '9MB'");
    }

    @AfterEach
    void drop_the_roles() {
        for (PgServer server : List.of(source, target)) {
            server.rows("postgres", "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384")
                    .forEach(row -> server.sql("postgres", "DROP OWNED BY " + row.get(0), "DROP ROLE " + row.get(0)));
        }
    }

    /** Nothing is written or applied before all is read. */
    @Test
    void roles_that_cannot_be_read_are_a_refusal() {
        source.sql("shop", "CREATE ROLE reader LOGIN PASSWORD 'reader'",
                "REVOKE SELECT ON pg_auth_members FROM PUBLIC");
        try {
            Path file = folder.resolve("roles.sql");
            CommandRun run = CommandRun.of("DumpRoles", Map.of("SOURCE", source.uri("shop", "reader", "reader")), "-o",
                    file.toString());
            assertTrue(run.failure().contains("permission denied for table pg_auth_members"), run.failure());
            assertEquals(3, run.code());
            assertFalse(Files.exists(file));
        } finally {
            source.sql("shop", "GRANT SELECT ON pg_auth_members TO PUBLIC");
        }
    }

    @Test
    void passwords_go_to_a_private_file_and_nowhere_else() throws IOException {
        source.sql("postgres", "CREATE ROLE clerk LOGIN PASSWORD 'secret'");
        CommandRun shown = dump();
        assertEquals(
                "dump-roles: there is no target to ask: the roles are for PostgreSQL, where a superuser loads "
                        + "them; see --target-kind\n"
                        + "dump-roles: warning: no passwords are written to stdout: use --out\n"
                        + "dump-roles: 1 role, 0 memberships, 0 settings, 0 parameter grants; 0 things left out\n",
                shown.err());
        assertFalse(shown.out().contains("SCRAM-SHA-256"), shown.out());
        assertEquals("", warnings(dump("--no-passwords")));

        Path file = folder.resolve("roles.sql");
        CommandRun tried = dump("-o", file.toString(), "--dry-run");
        assertEquals(shown.out(), tried.out().replaceFirst("(?s).*<<'SQL'\n(.*)SQL\n.\n", "$1"));
        assertFalse(Files.exists(file));
        PastedScript.run(tried, Map.of("TARGET", target.uri("postgres"))).orFail();
        assertEquals("t", target.query("postgres",
                "SELECT rolcanlogin AND rolpassword IS NULL FROM pg_authid WHERE rolname = 'clerk'"));

        CommandRun written = dump("-o", file.toString(), "-v", "--json");
        assertTrue(Files.readString(file).contains(" PASSWORD 'SCRAM-SHA-256$4096:"));
        assertFalse((written.out() + written.err()).contains("SCRAM-SHA-256"), written.err());
        assertEquals(2, dump("-o", file.toString()).code());
        CommandRun without = dump("-o", file.toString(), "--overwrite", "--no-passwords");
        assertEquals(0, without.code(), without.err());
        assertFalse(Files.readString(file).contains("SCRAM-SHA-256"));
        assertEquals(List.of(file), Files.list(folder).toList());
    }

    @Test
    void a_program_reads_what_becomes_of_each_role() {
        source.sql("postgres", "CREATE ROLE \"we\"\"ird\" REPLICATION LOGIN",
                "ALTER ROLE \"we\"\"ird\" SET log_statement TO 'all'", "CREATE ROLE loader",
                "CREATE ROLE there", "CREATE ROLE chief SUPERUSER");
        target.sql("postgres", "CREATE ROLE loader LOGIN PASSWORD 'l' CREATEROLE", "CREATE ROLE there",
                "CREATE ROLE chief SUPERUSER");
        target.administer("loader", "there");
        CommandRun run = DumpRolesTest
                .dump(Map.of("SOURCE", source.uri("shop"), "TARGET", target.uri("postgres", "loader", "l")), "--json");
        assertEquals(0, run.code(), run.err());
        String roles = """
                SELECT r->>'name', r->>'becomes', coalesce(r->>'why', r->'lowered'->>0),
                       (SELECT string_agg(l->>'what', ', ') FROM json_array_elements(r->'loses') l)
                  FROM json_array_elements($json$%s$json$::json->'roles') r""".formatted(run.out());
        String own = "the target has it, and its user may not alter it";
        assertEquals(List.of(row("postgres", "left out", "it is the source's bootstrap superuser", null),
                row("chief", "kept", own, "attributes, password, comment and settings"),
                row("loader", "kept", "the target's user is called that", null), row("there", "altered", null, null),
                row("we\"ird", "created", "REPLICATION", "lowered, without REPLICATION, the setting of log_statement")),
                target.rows("postgres", roles));
        assertEquals(List.of(List.of(
                "ALTER ROLE \"chief\" WITH SUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION "
                        + "NOBYPASSRLS CONNECTION LIMIT -1;"),
                List.of("ALTER ROLE \"we\"\"ird\" REPLICATION;"),
                List.of("ALTER ROLE \"we\"\"ird\" SET \"log_statement\" TO 'all';")),
                target.rows("postgres",
                        "SELECT json_array_elements_text($json$" + run.out() + "$json$::json->'manual')"));
        assertEquals("shop postgres " + target.major() + " loader left out", target.query("postgres", """
                SELECT concat_ws(' ', j->>'database', j->>'target_kind', j->>'target_version', j->>'target_user',
                  j->>'passwords')
                  FROM (SELECT $json$%s$json$::json) AS report (j)""".formatted(run.out())));
    }

    private static List<String> row(String... values) {
        return Arrays.asList(values);
    }

    @Test
    void whoever_loads_the_roles_keeps_their_attributes_and_password_and_so_does_the_bootstrap_superuser()
            throws IOException {
        source.sql("postgres", "CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'b'");
        source.sql("postgres", "CREATE ROLE chief NOLOGIN", "GRANT chief TO boss");
        asBoss("ALTER ROLE postgres RENAME TO first", "CREATE ROLE postgres NOLOGIN NOSUPERUSER",
                "COMMENT ON ROLE postgres IS 'ordinary'");
        target.sql("postgres", "CREATE ROLE boss SUPERUSER CREATEROLE LOGIN PASSWORD 'other'");
        Path file = folder.resolve("roles.sql");
        try {
            CommandRun run = DumpRolesTest.dump(source.uri("shop", "boss", "b"), "-o", file.toString());
            assertEquals(0, run.code(), run.err());
            assertEquals("""
                    role "boss" keeps its attributes and its password: the target's user is called that
                    role "postgres" keeps its attributes and its password: the target's bootstrap superuser is called \
                    that
                    """,
                    warnings(DumpRolesTest.dump(
                            Map.of("SOURCE", source.uri("shop", "boss", "b"), "TARGET",
                                    target.uri("postgres", "boss", "other")),
                            "--no-passwords")));
        } finally {
            asBoss("DROP ROLE postgres", "ALTER ROLE first RENAME TO postgres");
        }
        target.sql("postgres", Files.readString(file));
        assertEquals("t t",
                target.query("postgres", "SELECT concat_ws(' ', rolsuper, rolcanlogin) FROM pg_roles WHERE oid = 10"));
        target.sql("postgres", "ALTER ROLE boss CREATEROLE PASSWORD 'other'");
        try (Connection connection = target.connect("postgres", "boss", "other");
                Statement statement = connection.createStatement()) {
            statement.execute(Files.readString(file));
            assertTrue(String.valueOf(statement.getWarnings())
                    .contains("role \"boss\" keeps its attributes and its password"));
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        assertEquals("t", target.query("postgres", "SELECT rolcreaterole FROM pg_roles WHERE rolname = 'boss'"));
        assertEquals("t", target.query("postgres", "SELECT pg_has_role('boss', 'chief', 'MEMBER')"));
        assertEquals(0, DumpRolesTest.dump(target.uri("postgres", "boss", "other")).code());
    }

    private static void asBoss(String... statements) {
        try (Connection connection = source.connect("postgres", "boss", "b");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void the_roles_of_a_managed_service_and_what_is_nobodys_own_are_left_out() {
        source.sql("postgres", "CREATE ROLE rdsadmin SUPERUSER", "CREATE ROLE rds_superuser", "CREATE ROLE app",
                "GRANT rds_superuser, postgres TO app",
                "GRANT pg_monitor TO rds_superuser", "ALTER ROLE ALL SET myapp.x TO 'y'");
        CommandRun run = dump("--no-passwords", "--target-kind", "postgres");
        source.sql("postgres", "ALTER ROLE ALL RESET myapp.x");
        assertEquals("""
                dump-roles: role "rds_superuser" is left out: it belongs to Amazon RDS
                dump-roles: role "rdsadmin" is left out: it belongs to Amazon RDS
                dump-roles: warning: role "app": the membership in "postgres": that is the source's bootstrap superuser
                dump-roles: hint: a superuser of the target may run: GRANT "postgres" TO "app"%s;
                dump-roles: warning: role "app": the membership in "rds_superuser": that belongs to Amazon RDS
                dump-roles: warning: the setting of myapp.x for all roles: it is not a role's own
                dump-roles: hint: a superuser of the target may run: ALTER ROLE ALL SET "myapp"."x" TO 'y';
                dump-roles: 1 role, 0 memberships, 0 settings, 0 parameter grants; 3 things left out
                """.formatted(source.major() < 16 ? "" : " WITH ADMIN FALSE, INHERIT TRUE, SET TRUE"), run.err());
        target.sql("postgres", run.out());
        assertEquals(List.of(List.of("app")),
                target.rows("postgres", "SELECT rolname FROM pg_roles WHERE oid >= 16384"));
        // Without the service's own administrator, they are somebody's roles like any other.
        source.sql("postgres", "DROP ROLE rdsadmin");
        assertTrue(dump().out().contains("ALTER ROLE \"rds_superuser\" WITH"));
    }

    @Test
    void settings_in_a_database_are_made_in_the_one_that_takes_its_place_only() {
        source.sql("postgres", "CREATE ROLE app", "ALTER ROLE app IN DATABASE shop SET work_mem TO '7MB'");
        String there = target.newDatabase();
        String sql = dump().out();
        String settings = "SELECT datname FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase";
        target.sql("postgres", sql);
        assertEquals(List.of(), target.rows("postgres", settings));
        target.sql(there, sql);
        assertEquals(List.of(List.of(there)), target.rows("postgres", settings));
        target.sql(there, "ALTER ROLE app IN DATABASE " + there + " RESET ALL");
        // Who names the target's database has decided which one it is.
        target.sql("postgres",
                DumpRolesTest.dump(Map.of("SOURCE", source.uri("shop"), "TARGET", target.uri("postgres"))).out());
        assertEquals(List.of(List.of("postgres")), target.rows("postgres", settings));
    }

    @Test
    void a_setting_that_the_target_no_longer_has_is_left_out() {
        PgServer old = PgServer.shared(13);
        old.sql("postgres", "CREATE ROLE app_13", "ALTER ROLE app_13 SET operator_precedence_warning TO on");
        CommandRun run = DumpRolesTest.dump(old.uri("postgres"), "--no-passwords", "--target-version", "14");
        CommandRun same = DumpRolesTest.dump(old.uri("postgres"), "--no-passwords");
        old.sql("postgres", "DROP ROLE app_13");
        assertEquals("role \"app_13\": the setting of operator_precedence_warning: PostgreSQL 14 has no such setting\n",
                warnings(run));
        assertEquals("", warnings(same));
        target.sql("postgres", run.out());
    }

    @Test
    void a_target_user_who_may_not_create_roles_is_refused() {
        target.sql("postgres", "CREATE ROLE guest LOGIN PASSWORD 'g'");
        CommandRun run = DumpRolesTest
                .dump(Map.of("SOURCE", source.uri("shop"), "TARGET", target.uri("postgres", "guest", "g")));
        assertEquals(3, run.code());
        assertEquals(
                """
                error: user "guest" of the target may not create roles
                hint: name another user in --target, or write the roles for a superuser: without --target, with \
                --target-version %d"""
                        .formatted(ClientBinaries.clientMajor()),
                run.failure());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --target-kind aws | Invalid value for option '--target-kind': expected one of auto, cloud, mst, postgres, \
            not "aws"
            --target-version 11 | --target-version must be 12 or newer, got 11
            --target-version 15 --target x | --target-version is for a target that is not connected to
            -o /nonexistent/roles.sql | "/nonexistent/roles.sql" cannot be written: there is no such folder, or you \
            may not write to it
            """)
    void wrong_usage(String options, String message) {
        CommandRun run = dump(options.split(" "));
        assertEquals("dump-roles: error: " + message, run.err().lines().findFirst().orElseThrow());
        assertEquals(2, run.code());
    }

    private static CommandRun dump(String... options) {
        return DumpRolesTest.dump(source.uri("shop"), options);
    }

    private static String warnings(CommandRun run) {
        return DumpRolesTest.warnings(run);
    }
}

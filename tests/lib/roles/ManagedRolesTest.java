//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;

/**
 * Twenty-five awkward roles on their way to a managed service, whose user tsdbadmin is no superuser and whose superuser
 * nobody can be.
 */
class ManagedRolesTest {
    private static final Path AWKWARD = Path.of("tests", "sql", "awkward-roles.sql");
    private static final String ATTRIBUTES = """
            SELECT rolname, concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE
              WHEN rolinherit THEN 'INHERIT' END,
                     CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE
                       WHEN rolcanlogin THEN 'LOGIN' END,
                     CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END),
                   concat_ws(' ', rolconnlimit, rolpassword, nullif(rolvaliduntil, 'infinity'), shobj_description(oid,
                     'pg_authid')),
                   (SELECT string_agg(concat_ws(' ', datname, one), ';' ORDER BY datname, one)
                      FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) one
                        WHERE setrole = a.oid)
              FROM pg_authid a WHERE oid >= 16384 AND rolname NOT IN ('tsdbadmin') ORDER BY 1""";
    private static final String MEMBERS = """
            SELECT m.rolname || ' in ' || r.rolname || CASE WHEN bool_or(admin_option) THEN ' with admin' ELSE '' END
              FROM pg_auth_members JOIN pg_roles r ON r.oid = roleid JOIN pg_roles m ON m.oid = member
             WHERE m.oid >= 16384 AND m.rolname <> 'tsdbadmin' GROUP BY r.rolname, m.rolname ORDER BY 1""";
    /** A superuser may do everything, and is none any more. */
    private static final String RIGHTS = """
            SELECT relname, relowner::regrole, r.rolname, concat_ws(' ', has_table_privilege(r.oid, c.oid,
              'SELECT WITH GRANT OPTION'),
                   has_table_privilege(r.oid, c.oid, 'INSERT'), has_table_privilege(r.oid, c.oid, 'TRUNCATE'))
              FROM pg_class c, pg_roles r WHERE relnamespace = 'awkward'::regnamespace AND relkind = 'r'
                AND r.oid >= 16384
               AND r.rolname NOT IN ('tsdbadmin', 'big_boss', 'team_lead') ORDER BY 1, 3""";
    private static final PgServer SOURCE = PgServer.start(15);
    private static final Map<Integer, PgServer> TARGETS = new TreeMap<>();

    @TempDir
    private Path folder;

    @BeforeAll
    static void make_the_roles() {
        SOURCE.sql("postgres", "CREATE DATABASE tsdb");
        SOURCE.script("tsdb", AWKWARD);
        for (int major : List.of(15, 17)) {
            TARGETS.put(major, PgServer.start(major));
        }
    }

    @AfterAll
    static void stop() {
        SOURCE.close();
        TARGETS.values().forEach(PgServer::close);
    }

    /** As Timescale Cloud hands it out, but for TimescaleDB. */
    @BeforeEach
    void make_targets_anew() {
        for (PgServer target : TARGETS.values()) {
            target.sql("postgres", "DROP DATABASE IF EXISTS tsdb", "DROP DATABASE IF EXISTS defaultdb");
            target.rows("postgres", "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384")
                    .forEach(row -> target.sql("postgres",
                            "DROP OWNED BY " + row.get(0) + " CASCADE", "DROP ROLE " + row.get(0)));
            target.sql("postgres", "CREATE ROLE tsdbadmin LOGIN CREATEROLE CREATEDB PASSWORD 'a'",
                    "CREATE DATABASE tsdb OWNER tsdbadmin");
        }
    }

    private static String uri(PgServer target) {
        return target.uri("tsdb", "tsdbadmin", "a");
    }

    private static CommandRun dump(Map<String, String> environment, String... options) {
        CommandRun run = DumpRolesTest.dump(environment, options);
        assertEquals(0, run.code(), run.err());
        return run;
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void each_is_what_it_was_less_what_the_report_says_and_logs_in(int major) {
        PgServer target = TARGETS.get(major);
        CommandRun run = dump(Map.of("SOURCE", SOURCE.uri("tsdb"), "TARGET", uri(target)), "--apply", "-v");
        List<List<String>> once = target.rows("tsdb", ATTRIBUTES);
        List<List<String>> members = target.rows("tsdb", MEMBERS);
        CommandRun again = dump(Map.of("SOURCE", SOURCE.uri("tsdb"), "TARGET", uri(target)), "--apply");

        assertTrue(
                run.err().contains(
                        "the target is Timescale Cloud: it has the role \"tsdbadmin\" and the database \"tsdb\"\n"),
                run.err());
        assertEquals("""
                role "Rep_SUPERUSER_x": lowered, without REPLICATION: the target's user may not give it
                role "big_boss": lowered, without SUPERUSER, REPLICATION, BYPASSRLS: the target's user may not give them
                role "sees_all": lowered, without BYPASSRLS: the target's user may not give it
                role "app_owner": the setting of log_statement: only a superuser of the target may set it
                role "limited": the setting of log_min_duration_statement: only a superuser of the target may set it
                role "watcher": the setting of myapp.label: only a superuser of the target may set it
                """ + (major < 16 ? "" : """
                role "watcher": the membership in "pg_monitor": the target's user may not grant it
                role "app_ro": the membership in "pg_read_all_stats": the target's user may not grant it
                """) + """
                role "postgres_backup": the membership in "pg_read_server_files": it reaches the machine of the service
                """ + (major < 16 ? "" : """
                role "watcher": the membership in "pg_signal_backend": the target's user may not grant it
                """) + """
                role "app_owner": the grant on parameter log_statement: the administrator of the service may not give it
                """, DumpRolesTest.warnings(run));
        assertEquals(DumpRolesTest.warnings(run), DumpRolesTest.warnings(again));
        assertTrue(run.err().contains(
                "hint: the support of Timescale Cloud may run: ALTER ROLE \"big_boss\" SUPERUSER REPLICATION "
                        + "BYPASSRLS;\n"),
                run.err());
        assertTrue(run.err().endsWith(" left out, 3 roles lowered\n"), run.err());
        assertEquals(once, target.rows("tsdb", ATTRIBUTES));
        assertEquals(members, target.rows("tsdb", MEMBERS));

        manual(run).forEach(statement -> target.sql("tsdb", statement));
        assertEquals(SOURCE.rows("tsdb", ATTRIBUTES), target.rows("tsdb", ATTRIBUTES));
        assertEquals(SOURCE.rows("tsdb", MEMBERS), target.rows("tsdb", MEMBERS));
        Map<String, String> logins = logins(SOURCE);
        assertEquals(18, logins.size());
        assertEquals("28P01", logins.get("expired"));
        assertEquals(17, logins.values().stream().filter("in"::equals).count(), logins.toString());
        assertEquals(logins, logins(target));
    }

    private static List<String> manual(CommandRun run) {
        return run.err().lines().filter(line -> line.contains(" may run: "))
                .map(line -> line.replaceFirst(".*? may run: ", "")).toList();
    }

    /** What comes of logging in as each role with the password that it has on the source. */
    private static Map<String, String> logins(PgServer server) {
        Map<String, String> outcomes = new TreeMap<>();
        for (List<String> row : server.rows("tsdb",
                "SELECT rolname FROM pg_roles WHERE oid >= 16384 AND rolcanlogin AND rolname <> 'tsdbadmin'")) {
            try (Connection session = server.connect("tsdb", row.get(0), "w0rd of " + row.get(0))) {
                outcomes.put(row.get(0), session.isClosed() ? "closed" : "in");
            } catch (SQLException e) {
                outcomes.put(row.get(0), e.getSQLState());
            }
        }
        return outcomes;
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void without_a_target_the_file_is_what_the_administrator_of_such_a_service_can_run_twice(int major)
            throws IOException {
        PgServer target = TARGETS.get(major);
        Path file = folder.resolve("roles.sql");
        CommandRun run = dump(Map.of("SOURCE", SOURCE.uri("tsdb")), "--target-kind", "cloud", "--target-version",
                String.valueOf(major), "-o", file.toString());

        assertTrue(Files.readString(file).contains("To be run by \"tsdbadmin\""), Files.readString(file));
        Path psql = Oracle.clients(15).resolve("psql");
        for (int time = 0; time < 2; time++) {
            Run loaded =
                    Run.of(List.of(psql.toString(), "-Xq", "-v", "ON_ERROR_STOP=1", uri(target), "-f", file.toString()),
                            Map.of(), null).orFail();
            assertEquals("", loaded.err());
        }
        manual(run).forEach(statement -> target.sql("tsdb", statement));
        assertEquals(SOURCE.rows("tsdb", ATTRIBUTES), target.rows("tsdb", ATTRIBUTES));
        assertEquals(SOURCE.rows("tsdb", MEMBERS), target.rows("tsdb", MEMBERS));
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void migrated_with_a_database_they_own_and_may_there_what_they_did(int major) {
        ClientBinaries.between(15, major);
        PgServer target = TARGETS.get(major);
        CommandRun run = CommandRun.migrate(SOURCE.uri("tsdb"), uri(target));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("migrate: roles: 25 created (3 lowered), 0 existed ("), run.err());
        assertTrue(run.out().contains(
                "warning: roles: role \"big_boss\": lowered, without SUPERUSER, REPLICATION, BYPASSRLS: the "
                        + "target's user may not give them\n"),
                run.out());
        assertEquals(SOURCE.rows("tsdb", RIGHTS), target.rows("tsdb", RIGHTS));
        assertEquals(logins(SOURCE), logins(target));

        target.sql("postgres", "CREATE DATABASE defaultdb OWNER tsdbadmin", "ALTER ROLE limited CONNECTION LIMIT 9");
        String again = CommandRun
                .preflight(SOURCE.uri("tsdb"), target.uri("defaultdb", "tsdbadmin", "a"), "--target-kind", "mst").out();
        assertTrue(
                again.contains("ok       target kind        Managed Service for TimescaleDB: --target-kind says so\n"),
                again);
        assertEquals("""
                "Rep_SUPERUSER_x" exists on the target with other attributes and is kept as it is
                  fix: the support of Managed Service for TimescaleDB may run: ALTER ROLE "Rep_SUPERUSER_x" WITH \
                NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB \
                LOGIN REPLICATION NOBYPASSRLS CONNECTION LIMIT -1;
                "limited" exists on the target with another connection limit and is kept as it is
                  fix: ALTER ROLE "limited" WITH INHERIT NOCREATEROLE NOCREATEDB LOGIN CONNECTION LIMIT 2;
                """, again.lines()
                .map(line -> line.replaceFirst("warning +roles +role ", "").replaceFirst("^ {27} ", ""))
                .filter(line -> line.matches(
                        "(\"limited|\"Rep).* exists .*|.*fix: .*ALTER ROLE \"(limited|Rep_SUPERUSER_x)\" WITH .*"))
                .collect(Collectors.joining("\n", "", "\n")));
    }
}

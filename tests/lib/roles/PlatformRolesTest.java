//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.roles;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PastedScript;
import testbed.PgServer;

/**
 * The roles that a managed service has made for itself stay where they are, and what they own and are members of goes
 * to whom it should.
 */
class PlatformRolesTest {
    private PgServer source;
    private PgServer target;

    @BeforeEach
    void start() {
        source = PgServer.start(15);
    }

    @AfterEach
    void stop() {
        source.close();
        target.close();
    }

    /** As Timescale Cloud hands it out, but for TimescaleDB. */
    private String cloud(int major) {
        target = PgServer.start(major);
        target.sql("postgres", "CREATE ROLE tsdbadmin LOGIN CREATEROLE CREATEDB PASSWORD 'a'",
                "CREATE DATABASE tsdb OWNER tsdbadmin");
        return target.uri("tsdb", "tsdbadmin", "a");
    }

    private static final String[] MST = {"CREATE ROLE _aiven SUPERUSER LOGIN", "CREATE ROLE _tsdbadmin_auditing",
            "CREATE ROLE _tsdbadmin_monitor",
            "CREATE ROLE tsdbadmin_group",
            "CREATE ROLE tsdbadmin LOGIN CREATEROLE CREATEDB REPLICATION BYPASSRLS PASSWORD 'm'",
            "CREATE ROLE app LOGIN PASSWORD 'app'",
            "CREATE ROLE rds_report LOGIN PASSWORD 'r'", "CREATE ROLE helper",
            "GRANT _tsdbadmin_auditing, _tsdbadmin_monitor, tsdbadmin_group TO tsdbadmin",
            "GRANT app TO tsdbadmin WITH ADMIN OPTION", "GRANT tsdbadmin TO helper",
            "GRANT tsdbadmin_group, rds_report TO app",
            "GRANT pg_read_all_stats TO tsdbadmin", "GRANT SET ON PARAMETER pgaudit.log TO _tsdbadmin_auditing",
            "GRANT SET ON PARAMETER anon.x TO tsdbadmin_group",
            "ALTER ROLE _tsdbadmin_monitor SET work_mem TO '1MB'",
            "ALTER ROLE app SET pg_stat_statements.track TO 'all'", "ALTER ROLE tsdbadmin SET work_mem TO '9MB'",
            "CREATE DATABASE defaultdb OWNER tsdbadmin"};

    private static String line(String text) {
        return "warning: roles: " + text + "\n";
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void from_mst_the_administrator_s_things_become_those_of_the_administrator_on_cloud(int major) {
        String uri = cloud(major);
        ClientBinaries.between(15, major);
        source.sql("postgres", MST);
        source.sql("defaultdb", "CREATE TABLE own (id int)", "ALTER TABLE own OWNER TO tsdbadmin",
                "CREATE TABLE reports (id int)",
                "GRANT CREATE ON SCHEMA public TO rds_report", "ALTER TABLE reports OWNER TO rds_report",
                "GRANT SELECT ON own TO tsdbadmin_group, app",
                "GRANT SELECT ON reports TO tsdbadmin", "CREATE TABLE its (id int)", "ALTER TABLE its OWNER TO _aiven",
                "GRANT SELECT ON its TO tsdbadmin");

        CommandRun run = CommandRun.migrate(source.uri("defaultdb", "tsdbadmin", "m"), uri, "-v");

        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains(
                "migrate: ok: target kind: Timescale Cloud: it has the role \"tsdbadmin\" and the database \"tsdb\"\n"),
                run.err());
        assertTrue(run.err().contains(
                "ok: roles: role \"tsdbadmin\" is kept as it is: it is the administrator whom the service has made\n"),
                run.err());
        assertTrue(run.err().contains("migrate: roles: 3 created, 1 existed, 4 left out ("), run.err());
        assertEquals(line("role \"_aiven\" is left out: it belongs to Managed Service for TimescaleDB")
                + line("role \"_tsdbadmin_auditing\" is left out: it belongs to Managed Service for TimescaleDB")
                + line("role \"_tsdbadmin_monitor\" is left out: it belongs to Managed Service for TimescaleDB")
                + line("role \"tsdbadmin_group\" is left out: it belongs to Managed Service for TimescaleDB")
                + line("role \"app\": the setting of pg_stat_statements.track: it is for the service to set")
                + (major < 16 ? "" : line(
                        "role \"tsdbadmin\": the membership in \"pg_read_all_stats\": the target's user may not "
                                + "grant it")
                        + line("role \"helper\": the membership in \"tsdbadmin\": from PostgreSQL 16 on whoever "
                                + "creates a "
                                + "role is a member of it, "
                                + "and two roles cannot be members of each other"))
                + line("role \"app\": the membership in \"tsdbadmin_group\": that belongs to Managed Service for "
                        + "TimescaleDB")
                + line("what role \"_aiven\" owns on the source will belong to \"tsdbadmin\"")
                + line("the passwords of the source cannot be read: 3 role(s) are created without a password")
                + "warning: what was granted to role \"tsdbadmin_group\" is left out (1): the target has no such "
                + "role\n",
                warnings(run));
        String all = major < 17 ? "arwdDxt" : "arwdDxtm";
        assertEquals(List.of(List.of("its", "tsdbadmin", "{tsdbadmin=" + all + "/tsdbadmin}"),
                List.of("own", "tsdbadmin", "{tsdbadmin=" + all + "/tsdbadmin,app=r/tsdbadmin}"),
                List.of("reports", "rds_report", "{rds_report=" + all + "/rds_report,tsdbadmin=r/rds_report}")),
                tables());
        assertEquals("t", target.query("tsdb",
                "SELECT pg_has_role('tsdbadmin', 'app', 'MEMBER WITH ADMIN OPTION') AND pg_has_role('app', "
                        + "'rds_report', 'USAGE')"));

        CommandRun dump = DumpRolesTest.dump(Map.of("SOURCE", source.uri("defaultdb"), "TARGET", uri), "--apply");
        assertEquals(0, dump.code(), dump.err());
        assertTrue(dump.err().contains(
                "role \"tsdbadmin\" keeps its attributes and its password: it is the administrator whom the "
                        + "service has made\n"),
                dump.err());
        assertEquals(List.of(List.of("9MB")), target.rows("tsdb",
                "SELECT split_part(rolconfig[1], '=', 2) FROM pg_roles WHERE rolname = 'tsdbadmin'"));
        assertEquals("t", target.query("tsdb",
                "SELECT rolpassword IS NOT NULL AND NOT rolreplication FROM pg_authid WHERE rolname = 'tsdbadmin'"));
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 17})
    void from_rds_the_master_s_things_become_those_of_the_administrator_on_cloud(int major) throws SQLException {
        String uri = cloud(major);
        ClientBinaries.between(15, major);
        rds();
        source.sql("postgres", "CREATE DATABASE shop");
        source.sql("shop", "CREATE TABLE orders (id int)", "CREATE ROLE app LOGIN PASSWORD 'app'",
                "CREATE ROLE \"TO \"\"rds\"\"\"", "GRANT rds_superuser TO app",
                "GRANT postgres TO app", "GRANT SELECT ON orders TO rds_superuser, app WITH GRANT OPTION",
                "GRANT INSERT ON orders TO \"TO \"\"rds\"\"\"",
                "CREATE TABLE \"x TO rds_superuser\" ()", "GRANT SELECT ON \"x TO rds_superuser\" TO app",
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app, rds_superuser",
                "ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC");
        CommandRun script = CommandRun.migrate(source.uri("shop"), uri, "--dry-run");
        assertTrue(script.out().matches("(?s).*\nBEGIN;\nCREATE ROLE [^#]*\nCOMMIT;\n.*"), script.out());

        CommandRun run = CommandRun.migrate(source.uri("shop"), uri);

        assertEquals(0, run.code(), run.err());
        assertEquals(line("role \"postgres\" is left out: it is the superuser of the service there")
                + line("role \"rds_password\" is left out: it belongs to Amazon RDS")
                + line("role \"rds_superuser\" is left out: it belongs to Amazon RDS")
                + line("role \"app\": the membership in \"postgres\": that is the superuser of the service there")
                + line("role \"app\": the membership in \"rds_superuser\": that belongs to Amazon RDS")
                + line("what role \"postgres\" owns on the source will belong to \"tsdbadmin\"")
                + line("the passwords of the source cannot be read: 2 role(s) are created without a password")
                + "warning: what was granted to role \"rds_superuser\" is left out (2): the target has no such role\n"
                + "warning: the default privileges of role \"postgres\" are those of \"tsdbadmin\" now\n",
                warnings(run));
        String all = major < 17 ? "arwdDxt" : "arwdDxtm";
        List<List<String>> tables = tables();
        assertEquals(List.of(
                List.of("orders", "tsdbadmin",
                        "{tsdbadmin=" + all
                                + "/tsdbadmin,app=r*/tsdbadmin,\"\\\"TO \\\"\\\"rds\\\"\\\"\\\"=a/tsdbadmin\"}"),
                List.of("x TO rds_superuser", "tsdbadmin", "{tsdbadmin=" + all + "/tsdbadmin,app=r/tsdbadmin}")),
                tables);
        List<List<String>> defaults = target.rows("tsdb", DEFAULTS);
        assertEquals(List.of(List.of("tsdbadmin", "f", "{tsdbadmin=X/tsdbadmin}"),
                List.of("tsdbadmin", "r", "{tsdbadmin=" + all + "/tsdbadmin,app=r/tsdbadmin}")), defaults);

        target.sql("postgres", "DROP DATABASE tsdb", "CREATE DATABASE tsdb OWNER tsdbadmin", "DROP ROLE app",
                "DROP ROLE \"TO \"\"rds\"\"\"");
        PastedScript.between(script, source.uri("shop"), uri);
        assertEquals(tables, tables());
        assertEquals(defaults, target.rows("tsdb", DEFAULTS));
    }

    private static final String DEFAULTS =
            "SELECT defaclrole::regrole, defaclobjtype, defaclacl FROM pg_default_acl ORDER BY 2";

    private List<List<String>> tables() {
        return target.rows("tsdb",
                "SELECT relname, relowner::regrole, relacl FROM pg_class WHERE relnamespace = "
                        + "'public'::regnamespace ORDER BY 1");
    }

    private static String warnings(CommandRun run) {
        return run.out().lines()
                .filter(line -> line.startsWith("warning: ") && !line.startsWith("warning: maintenance: "))
                .map(line -> line + "\n").collect(Collectors.joining());
    }

    @Test
    void onto_mst_what_it_has_itself_is_found_by_its_roles() {
        target = PgServer.start(15);
        target.sql("postgres", MST);
        source.sql("postgres", "CREATE ROLE app", "CREATE ROLE rds_report", "CREATE ROLE _aiven_too",
                "CREATE ROLE tsdbadmin SUPERUSER LOGIN PASSWORD 'mine'");
        String uri = target.uri("defaultdb", "tsdbadmin", "m");
        CommandRun run = DumpRolesTest.dump(Map.of("SOURCE", source.uri("postgres"), "TARGET", uri), "-v", "--apply");
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                dump-roles: the target is Managed Service for TimescaleDB: it has the role "_aiven"
                dump-roles: role "postgres" is left out: it is the source's bootstrap superuser
                dump-roles: role "_aiven_too" is created
                dump-roles: role "app" is altered
                dump-roles: role "rds_report" is altered
                dump-roles: role "tsdbadmin" keeps its attributes and its password: it is the administrator whom the \
                service has made
                dump-roles: 3 roles, 0 memberships, 0 settings, 0 parameter grants; 0 things left out
                """, run.err());
        for (String kind : List.of("postgres", "auto")) {
            String said = DumpRolesTest.dump(
                    Map.of("SOURCE", source.uri("postgres"), "TARGET",
                            kind.equals("auto") ? target.uri("defaultdb") : uri),
                    "-v",
                    "--target-kind", kind).err();
            assertTrue(said.contains("dump-roles: the target is PostgreSQL: " + (kind.equals("auto")
                    ? "its user is superuser, which no managed service permits" : "--target-kind says so") + "\n"),
                    said);
        }
    }

    /** Its bootstrap superuser is the service's own, and whoever has made the instance is a role like any other. */
    private void rds() throws SQLException {
        source.sql("postgres", "CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'b'");
        try (Connection session = source.connect("postgres", "boss", "b");
                Statement statement = session.createStatement()) {
            statement.execute("ALTER ROLE postgres RENAME TO rdsadmin");
            statement.execute("CREATE ROLE rds_superuser");
            statement.execute("CREATE ROLE rds_password");
            statement.execute("CREATE ROLE postgres LOGIN CREATEROLE CREATEDB PASSWORD '"
                    + source.password().replace("'", "''") + "'");
            statement.execute("GRANT rds_superuser TO postgres WITH ADMIN OPTION");
            statement.execute("GRANT pg_monitor TO rds_superuser");
            statement.execute("ALTER SCHEMA public OWNER TO postgres");
        }
        try (Connection session = source.connect("postgres", "rdsadmin", source.password());
                Statement statement = session.createStatement()) {
            statement.execute("DROP ROLE boss");
        }
    }
}

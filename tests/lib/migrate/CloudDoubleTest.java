//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.postgresql:postgresql:42.7.14

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CloudDouble;
import testbed.PgServer;
import testbed.Timescale;

/** The double of Timescale Cloud permits its owner what Cloud permits, and nothing else. */
class CloudDoubleTest {
    private static final String JOB = """
            INSERT INTO _timescaledb_config.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries,
              retry_period, proc_schema,
                   proc_name, owner, scheduled)
            VALUES (%d, 'x', '1 day', '0', -1, '1 h', 'public', 'x', '%s', true)""";
    private static PgServer server;

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.13.1", "2.22.1"})
    void the_owner_may_restore_jobs_of_roles_of_its_own_and_not_touch_the_extension(String version)
            throws SQLException {
        String database = CloudDouble.make(server(), version);
        server.sql(database, "CREATE ROLE stranger_" + database, "CREATE ROLE friend_" + database + " ROLE tsdbadmin");
        try (Connection session = CloudDouble.connect(server, database); Statement owner = session.createStatement()) {
            owner.execute("SELECT public.timescaledb_pre_restore()");
            owner.execute(JOB.formatted(1001, "postgres"));
            owner.execute(JOB.formatted(1002, "friend_" + database));
            assertEquals(
                    "ERROR: Cannot INSERT table _timescaledb_config.bgw_job row ID 1003\n  Hint: owner is not a "
                            + "member of the current role",
                    refused(owner, JOB.formatted(1003, "stranger_" + database)));
            owner.execute("INSERT INTO _timescaledb_catalog.metadata VALUES ('mine', '1', true)");
            owner.execute("SELECT public.timescaledb_post_restore()");
            assertEquals(
                    "ERROR: Cannot INSERT table _timescaledb_config.bgw_job row ID 1004\n  Hint: owner is not a "
                            + "member of the current role",
                    refused(owner, JOB.formatted(1004, "postgres")));
            assertEquals("ERROR: must be owner of extension timescaledb", refused(owner, "DROP EXTENSION timescaledb"));
            assertEquals("ERROR: must be owner of extension timescaledb",
                    refused(owner, "COMMENT ON EXTENSION timescaledb IS 'mine'"));
        }
        assertEquals("tsdbadmin",
                server.query(database, "SELECT owner FROM _timescaledb_config.bgw_job WHERE id = 1001"));
        assertEquals("f f f t t", server.query(database,
                """
                SELECT concat_ws(' ', rolsuper, rolreplication, rolbypassrls, rolcreaterole, rolcreatedb) FROM pg_roles
                  WHERE rolname = 'tsdbadmin'"""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.13.1", "2.22.1"})
    void with_rights_on_extensions_the_owner_changes_the_version_and_keeps_the_grants(String version)
            throws SQLException {
        String database = CloudDouble.makeWithExtensionRights(server(), version.equals("2.13.1") ? "2.22.1" : "2.13.1");
        execute(database, "DROP EXTENSION timescaledb");
        execute(database, "CREATE EXTENSION timescaledb VERSION '2.13.1'");
        if (version.equals("2.22.1")) {
            execute(database, "ALTER EXTENSION timescaledb UPDATE TO '2.22.1'");
        }
        execute(database, "SELECT public.timescaledb_pre_restore()");
        execute(database, JOB.formatted(1001, "postgres"));
        assertEquals(version + " postgres tsdbadmin", server.query(database, """
                SELECT concat_ws(' ', extversion, extowner::regrole, owner)
                  FROM pg_extension, _timescaledb_config.bgw_job
                 WHERE extname = 'timescaledb' AND id = 1001"""));
    }

    private static synchronized PgServer server() {
        if (server == null) {
            server = Timescale.community("2.13.1", "2.22.1").start();
        }
        return server;
    }

    /** In a session of its own, since a session loads one version of timescaledb only. */
    private static void execute(String database, String sql) throws SQLException {
        try (Connection session = CloudDouble.connect(server, database); Statement owner = session.createStatement()) {
            owner.execute(sql);
        }
    }

    private static String refused(Statement owner, String sql) {
        return assertThrows(SQLException.class, () -> owner.execute(sql)).getMessage()
                .replaceFirst("(?s)\n  (Where|Detail):.*", "");
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.postgresql:postgresql:42.7.14

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.ManagedService;
import testbed.PgServer;
import testbed.Sides;

/** The doubles of managed services permit their users what the services permit them, and nothing else. */
class ManagedServiceTest {
    private static final String RIGHTS = """
            SELECT concat_ws(' ', rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
              pg_get_userbyid(datdba) = rolname,
                             has_table_privilege('pg_authid', 'SELECT'), has_table_privilege('pg_shadow', 'SELECT'))
              FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()""";

    @Test
    void a_master_user_of_rds_is_no_superuser_and_reads_no_passwords() {
        try (ManagedService rds = ManagedService.rds(plan())) {
            assertEquals("f t t f f t f f", rds.query(RIGHTS));
            assertEquals("rdsadmin", rds.query("SELECT rolname FROM pg_roles WHERE oid = 10"));
            assertEquals("rds_superuser",
                    rds.query("SELECT roleid::regrole FROM pg_auth_members WHERE member = current_user::regrole"));
            refused(rds, "rdsadmin");
        }
    }

    @Test
    void tsdbadmin_of_mst_is_no_superuser_and_owns_nothing_of_the_services() {
        try (ManagedService mst = ManagedService.mst(plan())) {
            assertEquals("f t t f f t f f", mst.query(RIGHTS));
            assertEquals("defaultdb _aiven", mst.query(
                    "SELECT current_database() || ' ' || proowner::regrole FROM pg_proc "
                            + "WHERE proname = 'service_seen'"));
            refused(mst, "_aiven");

            PgServer source = Sides.shared().source();
            String shop = source.newDatabase();
            assertEquals("""
                    warning  databases  a service has one database, and the source's server has more than this one: …
                    warning  maintenance  the target is at Managed Service for TimescaleDB, which may restart it for \
                    maintenance while the migration runs
                    ok  service  the plan of the target must have room for …, and as much again while it is loaded
                    ok  target  database "defaultdb" is empty""", reminders(source.uri(shop), mst.uri()));
            assertEquals("warning  databases  the one database of a service is called \"defaultdb\", not \"postgres\"",
                    reminders(source.uri(shop), mst.server().uri("postgres", "tsdbadmin", mst.password())).lines()
                            .findFirst().orElse(""));
        }
    }

    @Test
    void tsdbadmin_of_cloud_is_no_superuser() {
        try (ManagedService cloud = ManagedService.cloud(plan())) {
            assertEquals("f t t f f t f f", cloud.query(RIGHTS));
            assertEquals("tsdb", cloud.query("SELECT current_database()"));
            PgServer source = Sides.shared().source();
            String reminders = reminders(source.uri(source.newDatabase()), cloud.uri());
            assertTrue(reminders.contains(
                    "ok  service  the disk of the target grows only once in 6 hours; the source takes …, which is "
                            + "less than 400 GB"),
                    reminders);
        }
    }

    private static String reminders(String source, String target) {
        return CommandRun.preflight(source, target).out().lines()
                .filter(line -> line.matches("\\w+ +(databases|maintenance|service|target) {2,}.*"))
                .map(line -> line.replaceFirst("more than this one: .*", "more than this one: …")
                        .replaceFirst("(for|takes) [\\d.]+ [kMG]?B", "$1 …")
                        .replaceAll(" {2,}", "  "))
                .sorted((a, b) -> a.replaceFirst("\\w+ +", "").compareTo(b.replaceFirst("\\w+ +", "")))
                .collect(Collectors.joining("\n"));
    }

    private static PgServer.Plan plan() {
        return PgServer.plan(ClientBinaries.clientMajor());
    }

    /** @param own the service's database */
    private static void refused(ManagedService service, String own) {
        String none = "42501";
        assertEquals(List.of(none, none, none),
                List.of(state(service, service.database(), "SELECT rolpassword FROM pg_authid"),
                        state(service, service.database(), "ALTER ROLE " + service.user() + " SUPERUSER"),
                        state(service, own, "SELECT 1")));
    }

    private static String state(ManagedService service, String database, String sql) {
        return assertThrows(SQLException.class, () -> {
            try (Connection session = service.connect(database); Statement statement = session.createStatement()) {
                statement.execute(sql);
            }
        }).getSQLState();
    }
}

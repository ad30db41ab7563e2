//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.ManagedService;
import testbed.PgServer;
import testbed.RoleAbilities;
import testbed.Run;
import testbed.Runbook;
import testbed.Timescale;
import testbed.TrixieRoot;

/**
 * From service to service, as the users whom the services hand out, by {@code migrate} and by the Makefile's steps:
 * each role can log in and do what it could, less what is listed here, which the summary says.
 */
class RoutesTest {
    private static final int MAJOR = ClientBinaries.clientMajor();
    private static final String LOST = """
            Rep_SUPERUSER_x is LOGIN REPLICATION
            app_owner has log_statement=all
            big_boss is SUPERUSER CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS
            everybody here has log_min_duration_statement=1s
            limited here has log_min_duration_statement=0
            postgres_backup may MEMBER pg_read_server_files
            postgres_backup may USAGE pg_read_server_files
            sees_all is LOGIN BYPASSRLS
            watcher has myapp.label=it's a custom one
            watcher may SELECT on pg_largeobject
            watcher will SELECT on S of %s""";
    private static final String GAINED = """
            Rep_SUPERUSER_x is LOGIN
            sees_all is LOGIN
            watcher will SELECT on S of tsdbadmin""";

    @TempDir
    Path folder;

    @Test
    void from_rds_to_cloud() throws IOException {
        try (ManagedService rds = ManagedService.rds(PgServer.plan(MAJOR));
                ManagedService cloud = ManagedService.cloud(PgServer.plan(MAJOR));
                ManagedService second = ManagedService.cloud(PgServer.plan(MAJOR))) {
            RoleAbilities.plant(rds.server(), "shop");
            rds.server().sql("shop", "GRANT SELECT ON awkward.orders TO rds_superuser",
                    "GRANT rds_iam, rds_password TO limited", "CREATE DATABASE other");
            Map<String, String> ends = Map.of("SOURCE", rds.uri(), "TARGET", cloud.uri());
            rds.administering();
            rds.follow(run("PreflightCheck", ends));
            CommandRun preflight = run("PreflightCheck", ends);
            assertEquals(0, preflight.code(), preflight.out());
            assertEquals(
                    """
                    warning  databases          a service has one database, and the source's server has more than this \
                    one: other
                    warning  maintenance        the source is at Amazon RDS, which may restart it for maintenance \
                    while the migration runs
                    warning  maintenance        the target is at Timescale Cloud, which may restart it for maintenance \
                    while the migration runs
                    warning  settings           SET "log_min_duration_statement" of the database is left out: only a \
                    superuser of the target may set it
                    warning  settings           the search_path of role "app_owner" is copied and names schemas \
                    that do not exist on the source: "Odd, Schema\"""",
                    lines(preflight.out(), "warning  (databases|maintenance|settings) .*"));

            CommandRun migrated = run("Migrate", ends);
            assertEquals(0, migrated.code(), migrated.err());
            assertEquals(
                    """
                    left out: ALTER DATABASE "tsdb" SET "log_min_duration_statement" TO '1s' \
                    (permission denied to set parameter "log_min_duration_statement")
                    left out: ALTER ROLE "limited" IN DATABASE "tsdb" SET "log_min_duration_statement" TO '0' \
                    (permission denied to set parameter "log_min_duration_statement")
                    left out: GRANT SELECT ON TABLE pg_catalog.pg_largeobject TO watcher (permission denied for table \
                    pg_largeobject)""",
                    lines(migrated.out(), "left out: .*")
                            .replaceAll("left out: GRANT ALL ON FUNCTION pg_catalog.pg_ls_waldir.*\n", ""));
            assertTrue(
                    migrated.out().contains(
                            "\n\"tsdbadmin\" owns what \"rdsadmin\" owned on the source: routine awkward.audit()\n"),
                    migrated.out());
            assertArrived(rds.server(), "shop", cloud, lost("rdsadmin", MAJOR));
            assertLogins(rds.server(), cloud, newPasswords(ends));
            // What was left out is a difference all the same, and whoever is no owner any more cannot look.
            String memberships =
                    cloud.query("SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole");
            assertEquals(4, run("Verify", ends, "--join-owners").code());
            assertEquals(1, run("Verify", ends, "--permitted").code());
            assertEquals(0, run("Verify", ends, "--permitted", "--join-owners").code());
            assertEquals(memberships,
                    cloud.query("SELECT count(*) FROM pg_auth_members WHERE member = current_user::regrole"));

            Map<String, CommandRun> steps =
                    Runbook.run("from-rds", folder.resolve("rds"), Map.of("SOURCE", rds.uri(), "TARGET", second.uri()));
            assertEquals(0, steps.get("verify").code(), steps.toString());
            assertArrived(rds.server(), "shop", second, lost("rdsadmin", MAJOR));
        }
    }

    @Test
    void from_postgres_to_cloud_with_no_password_to_be_seen_anywhere() throws IOException {
        try (PgServer self = PgServer.installed("log_statement=all");
                ManagedService cloud = ManagedService.cloud(PgServer.plan(MAJOR).with("log_statement=all"))) {
            self.sql("postgres", "CREATE DATABASE shop", "CREATE ROLE mover LOGIN PASSWORD 'w0rd of mover'",
                    "GRANT pg_read_all_data TO mover");
            RoleAbilities.plant(self, "shop");
            self.sql("shop", "GRANT app_owner TO mover");
            int before = self.log().length();
            Path summary = folder.resolve("summary");
            StringBuilder processes = new StringBuilder();
            CommandRun migrated;
            try (ChildCommand child =
                    ChildCommand.start(ChildCommand.java("Migrate", "-v", "-o", summary.toString()), folder,
                            Map.of("SOURCE", self.uri("shop", "mover", "w0rd of mover"), "TARGET", cloud.uri()))) {
                CompletableFuture<CommandRun> end = BackgroundWork.run(child::end);
                while (!end.isDone()) {
                    processes.append(Run.output(List.of("ps", "-eo", "args")));
                }
                migrated = end.join();
            }
            assertEquals(0, migrated.code(), migrated.err());
            // Who reads all data reads stored passwords, too.
            assertLogins(self, cloud, RoleAbilities.passwords(self));
            assertArrived(self, "shop", cloud, lost("postgres", MAJOR));
            String logs = self.log().substring(before) + cloud.server().log();
            assertTrue(logs.contains("CREATE ROLE \"app_owner\""), "the server logs no statements");
            assertTrue(processes.toString().contains("pg_restore"), "no pg_restore was seen");
            String told = processes + migrated.out() + migrated.err() + Files.readString(summary);
            // A stored password is in the statement that gives it, which the target's server writes down.
            assertEquals("", lines(told, ".*SCRAM-SHA-256.*"));
            for (String secret : List.of("w0rd of", cloud.password(), "w0rd%20of")) {
                assertEquals("", lines(logs + told, ".*" + Pattern.quote(secret) + ".*"));
            }
        }
    }

    @Test
    void from_mst_to_cloud() throws IOException {
        try (ManagedService mst = ManagedService.mst(TrixieRoot.timescalePlan()).timescale("2.19.3");
                ManagedService cloud = ManagedService.cloud(TrixieRoot.timescalePlan()).timescale("2.19.3");
                ManagedService second = ManagedService.cloud(TrixieRoot.timescalePlan()).timescale("2.19.3")) {
            RoleAbilities.plant(mst.server(), "defaultdb");
            mst.server().script("defaultdb", Path.of("tests/sql/timescale-apache-roles.sql"));
            mst.server().script("defaultdb", Path.of("tests/sql/timescale-apache.sql"));
            mst.administering();
            Map<String, String> ends = Map.of("SOURCE", mst.uri(), "TARGET", cloud.uri(), "TSMIGRATE_PG_BINDIRS",
                    TrixieRoot.clientWrappers().toString());
            mst.follow(run("PreflightCheck", ends));
            CommandRun migrated = run("Migrate", ends);
            assertEquals(0, migrated.code(), migrated.err());
            assertEquals(
                    """
                    left out: ALTER DATABASE "tsdb" SET "log_min_duration_statement" TO '1s' \
                    (permission denied to set parameter "log_min_duration_statement")
                    left out: ALTER ROLE "limited" IN DATABASE "tsdb" SET "log_min_duration_statement" TO '0' \
                    (permission denied to set parameter "log_min_duration_statement")
                    left out: GRANT CONNECT ON DATABASE "tsdb" TO "_aiven" (role "_aiven" does not exist)
                    left out: GRANT SELECT ON TABLE pg_catalog.pg_largeobject TO watcher (permission denied for table \
                    pg_largeobject)""",
                    lines(migrated.out(), "left out: .*")
                            .replaceAll("left out: GRANT ALL ON FUNCTION pg_catalog.pg_ls_waldir.*\n", ""));
            String lost = lost("postgres", 17);
            assertArrived(mst.server(), "defaultdb", cloud, lost);
            assertLogins(mst.server(), cloud, newPasswords(ends));

            Map<String, CommandRun> steps =
                    Runbook.run("from-mst", folder.resolve("mst"), Map.of("SOURCE", mst.uri(), "TARGET", second.uri(),
                            "TSMIGRATE_PG_BINDIRS", TrixieRoot.clientWrappers().toString()));
            assertEquals(0, steps.get("verify").code(), steps.toString());
            assertArrived(mst.server(), "defaultdb", second, lost);
        }
    }

    @Test
    void from_timescale_to_mst() {
        try (PgServer self = Timescale.community("2.22.1").start();
                ManagedService mst = ManagedService.mst(Timescale.community("2.22.1")).timescale("2.22.1");
                ManagedService second = ManagedService.mst(Timescale.community("2.22.1")).timescale("2.22.1")) {
            String plant = Timescale.plant(self);
            RoleAbilities.plant(self, plant);
            // Jobs of the target run again before the last step compares.
            self.sql(plant,
                    "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs WHERE job_id "
                            + ">= 1000",
                    "CREATE ROLE mover LOGIN PASSWORD 'm' IN ROLE app_owner, pg_read_all_data");
            String uri = self.uri(plant, "mover", "m");
            CommandRun migrated = run("Migrate", Map.of("SOURCE", uri, "TARGET", mst.uri()), "--verify", "checksums");
            assertEquals(0, migrated.code(), migrated.err());
            assertTrue(migrated.out().contains(
                    "job 1010 (plant.beat) belongs to \"tsdbadmin\", because \"postgres\" cannot own it there\n"),
                    migrated.out());
            assertArrived(self, plant, mst, LOST.formatted("postgres"));
            assertLogins(self, mst, RoleAbilities.passwords(self));

            Map<String, CommandRun> steps =
                    Runbook.run("to-mst", folder.resolve("mst"), Map.of("SOURCE", uri, "TARGET", second.uri()));
            assertEquals(0, steps.get("verify").code(), steps.toString());
            assertArrived(self, plant, second, LOST.formatted("postgres"));
        }
    }

    /**
     * From 16 on nobody who is no superuser grants pg_monitor, through which one can list the WAL although the
     * privilege itself stays behind.
     */
    private static String lost(String owner, int major) {
        String lost = LOST.formatted(owner);
        return major < 16 ? lost : lost.replace("watcher will", "watcher may run pg_ls_waldir()\nwatcher will");
    }

    private static CommandRun run(String command, Map<String, String> ends, String... options) {
        return CommandRun.of(command, ends, options);
    }

    private static void assertArrived(PgServer server, String database, ManagedService target, String lost) {
        TreeSet<String> before = new TreeSet<>(RoleAbilities.of(server, database));
        TreeSet<String> after = new TreeSet<>(RoleAbilities.of(target.server(), target.database()));
        TreeSet<String> gained = new TreeSet<>(after);
        gained.removeAll(before);
        // Who was superuser could do everything, which is in no list.
        gained.removeIf(line -> line.startsWith("big_boss "));
        before.removeAll(after);
        if (target.server().major() >= 16) {
            // From there on a user who is no superuser grants predefined roles only who administers them (PostgreSQL
            // manual, 22.5).
            before.removeIf(line -> line
                    .matches("(?s).* may (MEMBER|USAGE).* pg_(monitor|read_all_\\w+|stat_scan_tables|signal_backend)"));
        }
        assertEquals(lost, String.join("\n", before));
        assertEquals(GAINED, String.join("\n", gained));
    }

    /** Gives the roles passwords as docs/routes.md says, since the source shows none. */
    private Map<String, String> newPasswords(Map<String, String> ends) throws IOException {
        Path out = folder.resolve("passwords.csv");
        CommandRun run = run("MstPasswords", ends, "--out", out.toString());
        assertEquals(0, run.code(), run.err());
        Map<String, String> passwords = new HashMap<>();
        // host, port, database, role, password
        Files.readAllLines(out).stream().skip(1).map(line -> line.split(",", 4)[3].split(",(?=[^,]*$)"))
                .forEach(
                        cells -> passwords.put(
                                cells[0].startsWith("\"")
                                        ? cells[0].substring(1, cells[0].length() - 1).replace("\"\"", "\"") : cells[0],
                                cells[1]));
        return passwords;
    }

    private static void assertLogins(PgServer source, ManagedService target, Map<String, String> passwords) {
        Map<String, String> before = RoleAbilities.logins(source, "postgres", RoleAbilities.passwords(source));
        passwords.keySet().retainAll(before.keySet());
        assertEquals(before, RoleAbilities.logins(target.server(), target.database(), passwords));
    }

    private static String lines(String text, String pattern) {
        return text.lines().filter(line -> line.matches(pattern)).sorted().collect(Collectors.joining("\n"));
    }
}

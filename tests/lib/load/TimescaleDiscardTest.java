//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Run;
import testbed.Timescale;

/**
 * A target on which TimescaleDB was before: after {@code repair --discard} its own tables and sequences say what they
 * said, wherever the run ended.
 */
class TimescaleDiscardTest {
    private static final String OWN =
            "SELECT value FROM _timescaledb_catalog.metadata WHERE key = 'install_timestamp'";

    @TempDir
    Path temporary;

    private static List<String> everything(PgServer server, String database) {
        Path dump = ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("pg_dump");
        // TimescaleDB before 2.14 has one row of its metadata dumped: all are asked for beside.
        String metadata = server.query(database, "SELECT string_agg(m::text, '; ' ORDER BY key) FROM "
                + "_timescaledb_catalog.metadata m");
        String jobs = server.query(database, "SELECT string_agg(j::text, '; ' ORDER BY id) FROM "
                + "_timescaledb_config.bgw_job j");
        return List.of(metadata, jobs, String.join("\n", Run.of(List.of(dump.toString(), "--create"),
                server.environment(database), null).orFail().out().lines()
                .filter(line -> !line.matches("\\\\(un)?restrict .*")).toList()));
    }

    private static String database(PgServer target) {
        String database = target.newDatabase();
        // Its own jobs would write what this test compares.
        target.sql(database, "CREATE EXTENSION timescaledb; UPDATE _timescaledb_config.bgw_job SET scheduled = false",
                "UPDATE _timescaledb_catalog.metadata SET value = '2001-01-01' WHERE key = 'install_timestamp'",
                "DELETE FROM _timescaledb_catalog.metadata WHERE key = 'exported_uuid'",
                "INSERT INTO _timescaledb_catalog.metadata VALUES ('exported_uuid', 'the target''s', false)");
        return database;
    }

    private static CommandRun repair(PgServer target, String database, String... options) {
        return CommandRun.of("RepairCommand", Map.of("TARGET", target.uri(database)), options);
    }

    private static void discard(PgServer target, String database) {
        CommandRun run = repair(target, database, "--discard");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains("the database is as it was before\n"), run.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.22.1", "2.13.1"})
    void everything_is_as_before(String version) {
        try (PgServer source = Timescale.community(version).start();
                PgServer target = Timescale.community(version).start()) {
            String plant = Timescale.plant(source);
            source.sql(plant, "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO plant_owner",
                    "INSERT INTO _timescaledb_catalog.metadata VALUES ('of_the_source', '1', true)",
                    "DELETE FROM _timescaledb_catalog.metadata WHERE key = 'exported_uuid'",
                    "INSERT INTO _timescaledb_catalog.metadata VALUES ('exported_uuid', 'the source''s', true)");
            // The first run makes the roles, which stay.
            CommandRun roles = CommandRun.migrate(source.uri(plant), target.uri(target.newDatabase()), "--prepare");
            assertEquals(0, roles.code(), roles.err());

            String killed = database(target);
            List<String> before = everything(target, killed);
            kill(source, plant, target, killed);
            assertNotEquals(before.get(0), everything(target, killed).get(0));
            assertEquals(0, repair(target, killed).code());
            discard(target, killed);
            assertEquals(before, everything(target, killed));

            kill(source, plant, target, killed);
            discard(target, killed);
            assertEquals(before, everything(target, killed));

            CommandRun prepared = CommandRun.migrate(source.uri(plant), target.uri(killed), "--prepare");
            assertEquals(0, prepared.code(), prepared.err());
            prepared = CommandRun.migrate(source.uri(plant), target.uri(killed), "--prepare");
            assertEquals(0, prepared.code(), prepared.err());
            discard(target, killed);
            assertEquals(before, everything(target, killed));
            assertEquals("2001-01-01", target.query(killed, OWN));
        }
    }

    /** Kills a run that has set the sequences. */
    private void kill(PgServer source, String plant, PgServer target, String database) {
        try (HeldLock hold = HeldLock.on(target, database, "LOCK TABLE pg_catalog.pg_default_acl IN SHARE MODE");
                ChildCommand migrate = ChildCommand.start(ChildCommand.java("Migrate", "--verify", "none"), temporary,
                        Map.of("SOURCE", source.uri(plant), "TARGET", target.uri(database)))) {
            BackgroundWork.until("the run waits", () -> hold.isWaitedFor() && migrate.err().contains("sequences:")
                    || !migrate.handle().isAlive());
            assertTrue(migrate.err().contains("hypertables: known"), migrate.err());
            migrate.signalAll("KILL");
            assertEquals(137, migrate.end().code(), migrate.err());
        }
        BackgroundWork.until("the lock of the killed run is gone", () -> CommandRun.of("StatusCommand",
                Map.of("TARGET", target.uri(database))).out().startsWith("run       interrupted"));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lib.dump.Manifest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;
import testbed.Timescale;
import testbed.TimescaleShop;

/**
 * What users of TimescaleDB have reported of its versions, and of those before 2.14, each under what they saw; here it
 * does not happen.
 */
class TimescaleDefectsVersionsTest {
    private static final String OLD = "2.13.1";
    private static final String NEW = "2.22.1";

    @TempDir
    Path folder;
    /** Offers both. */
    private static PgServer server;
    private static Sides sides;

    @BeforeAll
    static void start() {
        server = Timescale.community(OLD, NEW).start();
        sides = new Sides(server, server);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static CommandRun restore(String target, Path dump) {
        return CommandRun.of("RestoreTimescale", Map.of("TARGET", target), dump.toString());
    }

    /** timescale/timescaledb#7383, #3198, #5763: the versions differ. */
    @Test
    void no_data_after_post_restore() {
        String from = TimescaleShop.make(server, OLD);
        String to = TimescaleShop.empty(server, NEW);
        sides.refusesToMigrate("""
                error: timescaledb is 2.13.1 on the source and 2.22.1 on the target
                hint: align-version""", from, to);
    }

    /** timescale/timescaledb#5449, timescale/docs#2226, #2240: pg_dump as somebody who is no superuser. */
    @Test
    void permission_denied_for_table_job_errors() {
        String from = TimescaleShop.make(server, OLD);
        server.sql(from, "CREATE ROLE auditor LOGIN PASSWORD 'auditor'",
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO auditor",
                "GRANT SELECT ON ALL TABLES IN SCHEMA _timescaledb_internal TO auditor",
                "REVOKE SELECT ON _timescaledb_internal.job_errors FROM auditor");
        Path dump = folder.resolve("m");
        CommandRun refused = Dumps.dump(server.uri(from, "auditor", "auditor"), dump);
        assertEquals("""
                error: table _timescaledb_internal.job_errors of the source cannot be read
                hint: GRANT SELECT ON TABLE _timescaledb_internal.job_errors TO "auditor";""", refused.failure());
        assertEquals(3, refused.code());
        server.sql(from, refused.failure().replaceFirst("(?s).*hint: ", ""));
        CommandRun run = Dumps.dump(server.uri(from, "auditor", "auditor"), dump);
        assertEquals(0, run.code(), run.err());
    }

    /** timescale/timescaledb#1409: exported_uuid, before 2.14. */
    @Test
    void duplicate_key_violates_metadata_pkey() {
        String from = TimescaleShop.make(server, OLD);
        server.sql(from,
                "INSERT INTO _timescaledb_catalog.metadata VALUES ('exported_uuid', 'of the source', true) ON "
                        + "CONFLICT (key) DO UPDATE SET value = excluded.value");
        String uuid = "SELECT value FROM _timescaledb_catalog.metadata WHERE key = 'exported_uuid'";
        String migrated = CloudDouble.make(server, OLD);
        assertFalse(server.query(migrated, uuid).isEmpty());
        // Restoring mode sets the target's own row aside, and does so again when an unfinished load is withdrawn.
        server.sql("postgres", "ALTER DATABASE " + migrated + " SET shop.mood = 'bad'");
        CommandRun failed = CommandRun.migrate(server.uri(from), CloudDouble.uri(server, migrated));
        assertEquals(1, failed.code());
        assertFalse(failed.err().contains("metadata_pkey"), failed.err());
        assertEquals("off", server.query(migrated, "SHOW timescaledb.restoring"));
        server.sql("postgres", "ALTER DATABASE " + migrated + " RESET shop.mood");
        CommandRun migration = CommandRun.migrate(server.uri(from), CloudDouble.uri(server, migrated), "--restart");
        assertEquals(0, migration.code(), migration.err());
        String restored = CloudDouble.make(server, OLD);
        CommandRun restoration =
                restore(CloudDouble.uri(server, restored), Dumps.dumped(server, from, folder.resolve("m")));
        assertEquals(0, restoration.code(), restoration.err());
        for (String database : List.of(migrated, restored)) {
            assertEquals("of the source", server.query(database, uuid));
            assertEquals(TimescaleShop.WHOLE, TimescaleShop.contents(server, database));
        }
    }

    /** timescale/timescaledb#2077, timescale/timescaledb-backup#23. */
    @Test
    void nobody_can_tell_the_version_of_a_dump() {
        String from = TimescaleShop.make(server, NEW);
        Path dump = Dumps.dumped(server, from, folder.resolve("m"));
        assertEquals(NEW, Manifest.read(dump).contents().timescale().version());
        String to = TimescaleShop.empty(server, OLD);
        sides.refuses(3, """
                error: timescaledb is 2.22.1 on the source and 2.13.1 on the target
                hint: as a superuser of the target, first in a session such as psql -X: \
                SET timescaledb.disable_load = on; BEGIN; DROP EXTENSION timescaledb; \
                CREATE EXTENSION timescaledb WITH SCHEMA "public" VERSION '2.22.1'; COMMIT;""", to, to,
                () -> restore(server.uri(to), dump));
        String same = TimescaleShop.empty(server, NEW);
        CommandRun run = restore(server.uri(same), dump);
        assertEquals(0, run.code(), run.err());
        assertEquals(TimescaleShop.WHOLE, TimescaleShop.contents(server, same));
    }

    /**
     * timescale/timescaledb#3668, #3353: the update of the extension, which the restore runs unasked, breaks continuous
     * aggregates.
     */
    @Test
    void the_update_step_breaks_continuous_aggregates() {
        String from = TimescaleShop.make(server, OLD);
        String to = CloudDouble.make(server, OLD);
        CommandRun run = CommandRun.migrate(server.uri(from), CloudDouble.uri(server, to));
        assertEquals(0, run.code(), run.err());
        String version = "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'";
        assertEquals(OLD, server.query(to, version));
        CommandRun update = CommandRun.of("AlignVersion",
                Map.of("SOURCE", server.uri(TimescaleShop.empty(server, NEW)), "TARGET", server.uri(to)), "--on",
                "target");
        assertEquals(0, update.code(), update.err());
        assertEquals(NEW, server.query(to, version));
        assertEquals(TimescaleShop.WHOLE, TimescaleShop.contents(server, to));
        server.sql(to, "INSERT INTO m VALUES ('2024-01-09', 8)",
                "CALL refresh_continuous_aggregate('daily', NULL, NULL)");
        assertEquals("6 7148", server.query(to, "SELECT count(*) || ' ' || sum(sum) FROM daily"));
    }
}

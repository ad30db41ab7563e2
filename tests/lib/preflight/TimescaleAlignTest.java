//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Timescale;
import testbed.TrixieRoot;

/**
 * Both sides get the very same version of timescaledb, in the same schema, or the reason and the ways that are left are
 * said.
 */
class TimescaleAlignTest {
    private static final Map<List<String>, PgServer> SERVERS = new HashMap<>();
    /** What an update must keep. */
    private static final String CONTENTS = """
            SELECT (SELECT count(*) FROM plant.power) || ' ' || (SELECT sum(top)
              FROM plant.power_daily) || ' ' || (SELECT sum(n) FROM plant.reading_hourly)
                || ' ' || (SELECT sum(total) FROM plant.forgotten_daily)
                || ' ' || (SELECT string_agg(job_id || proc_name || scheduled || owner, ',' ORDER BY job_id)
                             FROM timescaledb_information.jobs WHERE job_id >= 1000)
                || ' ' || (SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed)""";

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(PgServer::close);
    }

    @Test
    void versions_that_no_server_offers_both_of_are_refused_with_what_each_offers() {
        PgServer source = server("2.13.1");
        PgServer target = server("2.22.1");
        String from = database(source, "2.13.1");
        String to = database(target, "2.22.1");
        assertRefused(align(source.uri(from), target.uri(to)), """
                error: timescaledb is 2.13.1 on the source and 2.22.1 on the target
                detail: the source (PostgreSQL 15) offers 2.13.1; the target (PostgreSQL 15) offers 2.22.1; both offer \
                none
                hint: install TimescaleDB 2.13.1 on the \
                target's server and run align-version again; or install TimescaleDB 2.22.1 on the source's server \
                and run align-version --on source
                """);
        assertRefused(align(source.uri(from), target.uri(target.newDatabase()), "--on", "source"), """
                error: timescaledb is 2.13.1 on the source, and the target does not offer this version
                detail: the source (PostgreSQL 15) offers 2.13.1; the target (PostgreSQL 15) offers 2.22.1; both offer \
                none
                hint: install TimescaleDB 2.13.1 on the \
                target's server and run align-version again; or install TimescaleDB 2.22.1 on the source's server \
                and run align-version --on source
                """);
        assertEquals("2.13.1 2.22.1", version(source, from) + " " + version(target, to));
    }

    @Test
    void the_extension_of_an_empty_target_is_created_anew_in_the_sources_version() {
        PgServer source = server("2.13.1");
        PgServer target = server("2.13.1", "2.22.1");
        String from = database(source, "2.13.1");
        String to = database(target, "2.22.1");
        CommandRun tried = align(source.uri(from), target.uri(to), "--dry-run");
        assertTrue(tried.out().contains("""
                # timescaledb on the target, in a session of its own
                psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname="$TARGET" <<'SQL'
                SET timescaledb.disable_load = on;
                BEGIN;
                DROP EXTENSION timescaledb;
                CREATE EXTENSION timescaledb WITH SCHEMA "public" VERSION '2.13.1';
                COMMIT;
                SQL
                """), tried.out());
        assertEquals("2.22.1", version(target, to));
        String pasted = database(target, "2.22.1");
        PastedScript.between(tried, source.uri(from), target.uri(pasted));
        assertEquals("2.13.1", version(target, pasted));
        CommandRun run = align(source.uri(from), target.uri(to));
        assertEquals("", run.err());
        assertEquals("""
                extension                source       target       result
                timescaledb              2.13.1       2.22.1       created anew: 2.13.1
                """, run.out());
        assertEquals("2.13.1", version(target, to));
        target.sql(to, "CREATE TABLE m (at timestamptz NOT NULL)", "SELECT create_hypertable('m', 'at')",
                "INSERT INTO m VALUES (now())");
        assertEquals("1", target.query(to, "SELECT count(*) FROM timescaledb_information.chunks"));
    }

    @Test
    void an_update_of_the_source_has_to_be_allowed_and_keeps_aggregates_jobs_and_compression() {
        PgServer source = server("2.13.1", "2.22.1");
        PgServer target = server("2.22.1");
        String from = source.newDatabase();
        source.sql(from, "CREATE EXTENSION timescaledb VERSION '2.13.1'");
        Timescale.plant(source, from);
        String to = database(target, "2.22.1");
        String before = source.query(from, CONTENTS);
        assertTrue(before.contains("policy_refresh_continuous_aggregate"), before);
        assertRefused(align(source.uri(from), target.uri(to)), """
                error: timescaledb is 2.13.1 on the source and 2.22.1 on the target
                detail: the source (PostgreSQL 15) offers 2.13.1, 2.22.1; the target (PostgreSQL 15) offers 2.22.1; \
                both offer 2.22.1
                hint: align-version --on source, which updates the source to 2.22.1
                """);
        assertEquals("2.13.1", version(source, from));
        CommandRun preflight = CommandRun.preflight(source.uri(from), target.uri(to));
        assertTrue(preflight.out().contains("""
                stop     timescaledb        timescaledb is 2.13.1 on the source and 2.22.1 on the target (the source \
                (PostgreSQL 15) offers 2.13.1, 2.22.1; \
                the target (PostgreSQL 15) offers 2.22.1; both offer 2.22.1)
                                              fix: align-version --on source, which updates the source to 2.22.1
                """), preflight.out());

        CommandRun run = align(source.uri(from), target.uri(to), "--on", "source");
        assertEquals("", run.err());
        assertEquals("""
                extension                source       target       result
                timescaledb              2.13.1       2.22.1       source updated: 2.22.1
                """, run.out());
        assertEquals("2.22.1", version(source, from));
        assertEquals(before, source.query(from, CONTENTS));
        assertEquals(0, align(source.uri(from), target.uri(target.newDatabase())).code());
        preflight = CommandRun.preflight(source.uri(from), target.uri(to));
        assertTrue(preflight.out().contains("ok       extensions         timescaledb 2.22.1\n"), preflight.out());
    }

    @Test
    void what_fails_after_one_side_was_updated_is_no_refusal() {
        PgServer source = server("2.13.1", "2.22.1");
        PgServer target = server("2.22.1");
        String from = database(source, "2.13.1");
        source.sql(from, "CREATE EXTENSION cube");
        String to = database(target, "2.22.1");
        target.sql(to,
                "CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''not today''; END'",
                "CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION no()",
                "ALTER EVENT TRIGGER no ENABLE ALWAYS");
        CommandRun run = align(source.uri(from), target.uri(to), "--on", "source");
        assertEquals("2.22.1", version(source, from));
        assertEquals(1, run.code(), run.err());
        assertTrue(run.failure().contains("not today"), run.failure());
        assertTrue(
                run.failure()
                        .endsWith("timescaledb stays as it is now (source updated: 2.22.1); run align-version again"),
                run.failure());
    }

    @Test
    void a_target_that_holds_something_keeps_its_extension_unless_it_may_be_updated() {
        PgServer server = server("2.13.1", "2.22.1");
        String older = database(server, "2.13.1");
        String newer = database(server, "2.22.1");
        server.sql(older, "CREATE TABLE kept (id int)");
        assertRefused(align(server.uri(newer), server.uri(older)), """
                error: timescaledb is 2.22.1 on the source and 2.13.1 on the target
                detail: the source (PostgreSQL 15) offers 2.13.1, 2.22.1; the target (PostgreSQL 15) offers 2.13.1, \
                2.22.1; both offer 2.13.1, 2.22.1; \
                the target is not empty: table public.kept
                hint: align-version --on target, which updates the target to 2.22.1
                """);
        CommandRun run = align(server.uri(newer), server.uri(older), "--on", "target");
        assertEquals(0, run.code(), run.err());
        assertEquals("2.22.1", version(server, older));
        String back = database(server, "2.13.1");
        assertRefused(align(server.uri(back), server.uri(older), "--on", "target"), """
                error: timescaledb is 2.13.1 on the source and 2.22.1 on the target
                detail: the source (PostgreSQL 15) offers 2.13.1, 2.22.1; the target (PostgreSQL 15) offers 2.13.1, \
                2.22.1; both offer 2.13.1, 2.22.1; \
                the target is not empty: table public.kept
                hint: align-version --on source, which updates the source to 2.22.1
                """);
        assertEquals(2, align(server.uri(back), server.uri(older), "--on", "both").code());
    }

    @Test
    void the_owner_on_cloud_changes_the_version_where_cloud_lets_it_and_is_refused_where_not() {
        PgServer server = server("2.13.1", "2.22.1");
        String from = database(server, "2.13.1");
        String locked = CloudDouble.make(server, "2.22.1");
        assertRefused(align(server.uri(from), CloudDouble.uri(server, locked)), """
                error: user "tsdbadmin" may not change the version of timescaledb on the target: must be owner of \
                extension timescaledb
                hint: as a superuser of the target, first in a session such as psql -X: \
                SET timescaledb.disable_load = on; BEGIN; DROP EXTENSION timescaledb; \
                CREATE EXTENSION timescaledb WITH SCHEMA "public" VERSION '2.13.1'; COMMIT;
                """);
        assertEquals("2.22.1", version(server, locked));
        String open = CloudDouble.makeWithExtensionRights(server, "2.22.1");
        CommandRun run = align(server.uri(from), CloudDouble.uri(server, open));
        assertEquals(0, run.code(), run.err());
        assertEquals("2.13.1", version(server, open));
        assertEquals("t", server.query(open,
                "SELECT has_function_privilege('tsdbadmin', 'timescaledb_pre_restore()', 'EXECUTE')"));

        server.sql(from, "CREATE EXTENSION pg_buffercache");
        assertEquals("error: extension pg_buffercache can be created on the target by a superuser only",
                align(server.uri(from), CloudDouble.uri(server, open)).failure().replaceFirst("(?s)\nhint.*", ""));
        server.sql("postgres", "ALTER DATABASE " + open + " SET extwlist.extensions = 'timescaledb,pg_buffercache'");
        assertEquals(0, align(server.uri(from), CloudDouble.uri(server, open)).code());
        assertEquals("1", server.query(open, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_buffercache'"));

        String elsewhere = server.newDatabase();
        server.sql(elsewhere, "CREATE SCHEMA ts", "CREATE EXTENSION timescaledb SCHEMA ts VERSION '2.13.1'");
        assertRefused(align(server.uri(elsewhere), CloudDouble.uri(server, open)), """
                error: timescaledb is in schema "ts" on the source; Timescale Cloud has it in schema "public" only
                hint: move to another server, or rebuild the source's database with timescaledb in schema public
                """);
    }

    @Test
    void the_schema_of_the_source_is_carried_to_an_empty_target_only() {
        PgServer server = server("2.22.1");
        String from = server.newDatabase();
        server.sql(from, "CREATE SCHEMA ts", "CREATE EXTENSION timescaledb SCHEMA ts");
        String without = server.newDatabase();
        String with = database(server, "2.22.1");
        assertTrue(align(server.uri(from), server.uri(without)).out()
                .endsWith("timescaledb              2.22.1       -            created: 2.22.1\n"));
        assertEquals(0, align(server.uri(from), server.uri(with)).code());
        String schema = "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'timescaledb'";
        assertEquals("ts ts", server.query(without, schema) + " " + server.query(with, schema));
        String full = database(server, "2.22.1");
        server.sql(full, "CREATE TABLE kept (id int)");
        assertRefused(align(server.uri(from), server.uri(full)), """
                error: timescaledb is in schema "ts" on the source and in schema "public" on the target
                detail: the source (PostgreSQL 15) offers 2.22.1; the target (PostgreSQL 15) offers 2.22.1; both offer \
                2.22.1; the target is not empty: \
                table public.kept
                hint: empty the target and run align-version again
                """);
        server.sql(full, "DROP TABLE kept");
        assertEquals(0, align(server.uri(from), server.uri(full)).code());
        assertEquals("ts", server.query(full, schema));
    }

    @Test
    void a_target_of_the_apache_edition_is_refused_by_what_the_source_uses() {
        PgServer source = server("2.22.1");
        String from = Timescale.plant(source);
        PgServer target = apache();
        String lacking = """
                error: the target has timescaledb's Apache edition, which lacks what the source uses: compression \
                (plant.counter, plant.power), \
                continuous aggregates (plant.forgotten_daily, plant.power_daily, plant.reading_daily, \
                plant.reading_hourly), \
                jobs (plant.beat), policies (policy_compression on plant.power, policy_compression on \
                plant.power_daily, \
                policy_refresh_continuous_aggregate on plant.power_daily, policy_refresh_continuous_aggregate on \
                plant.reading_hourly, \
                policy_reorder on plant.moved, policy_retention on plant.counter, policy_retention on plant.forgotten)
                hint: install TimescaleDB's community edition on the target's server, or, where it is installed, set \
                timescaledb.license = \
                'timescale' in postgresql.conf
                """;
        assertRefused(align(source.uri(from), target.uri(target.newDatabase())), lacking);
        assertRefused(align(source.uri(from), target.uri(database(target, "2.19.3"))), lacking);
    }

    @Test
    void whoever_cannot_know_the_edition_beforehand_is_refused_once_it_is_known() {
        PgServer server = apache();
        String from = database(server, "2.19.3");
        // Only its use would be refused here.
        server.sql(from, "CREATE TABLE m (at timestamptz NOT NULL)",
                "CREATE VIEW filled AS SELECT time_bucket_gapfill('1 day', at) FROM m GROUP BY 1");
        String to = server.newDatabase();
        server.sql(to, "CREATE ROLE owner LOGIN PASSWORD 'owner'", "ALTER DATABASE " + to + " OWNER TO owner");
        CommandRun preflight = CommandRun.preflight(server.uri(from), server.uri(to, "owner", "owner"));
        assertTrue(preflight.out().contains("""
                warning  timescaledb        whether the target has the community edition of timescaledb can be seen \
                only once it is created; the source needs it \
                for gap filling (public.filled)
                                              fix: run align-version, which creates the extension and checks its edition
                """), preflight.out());
        CommandRun run = align(server.uri(from), server.uri(to, "owner", "owner"));
        assertEquals("""
                error: the target has timescaledb's Apache edition, which lacks what the source uses: gap filling \
                (public.filled)
                hint: install TimescaleDB's community edition on the target's server, or, where it is installed, set \
                timescaledb.license = \
                'timescale' in postgresql.conf""", run.failure());
        assertEquals(3, run.code());
        assertEquals(null, version(server, to));
    }

    @Test
    void a_server_that_does_not_preload_the_library_is_refused() {
        PgServer source = server("2.22.1");
        String from = database(source, "2.22.1");
        try (PgServer target =
                Timescale.community("2.22.1").with("shared_preload_libraries=pg_stat_statements").start()) {
            String to = target.newDatabase();
            assertRefused(align(source.uri(from), target.uri(to)), """
                    error: the target's server does not preload timescaledb
                    hint: if there is no superuser, choose a service that offers TimescaleDB; otherwise, as a \
                    superuser of the target: \
                    ALTER SYSTEM SET shared_preload_libraries = 'timescaledb', 'pg_stat_statements'; \
                    then restart its server
                    """);
            target.sql("postgres", "ALTER SYSTEM SET shared_preload_libraries = 'timescaledb', 'pg_stat_statements'");
            target.restart();
            assertEquals(0, align(source.uri(from), target.uri(to)).code());
        }
    }

    private static synchronized PgServer server(String... versions) {
        return SERVERS.computeIfAbsent(Arrays.asList(versions), offered -> Timescale.community(versions).start());
    }

    private static synchronized PgServer apache() {
        return SERVERS.computeIfAbsent(List.of("Apache"), edition -> TrixieRoot.timescale());
    }

    private static String database(PgServer server, String version) {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb VERSION '" + version + "'");
        return database;
    }

    private static String version(PgServer server, String database) {
        return server.query(database, "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'");
    }

    private static CommandRun align(String source, String target, String... options) {
        return CommandRun.of("AlignVersion", Map.of("SOURCE", source, "TARGET", target), options);
    }

    private static void assertRefused(CommandRun run, String failure) {
        assertEquals(failure.strip(), run.failure(), run.err());
        assertEquals(3, run.code());
        assertEquals("", run.out());
    }
}

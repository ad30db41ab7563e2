//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Pooler;
import testbed.Sides;
import testbed.Timescale;
import testbed.TimescaleShop;

/**
 * What users of TimescaleDB have reported of dumps and restores that stop, or had better stopped, each under what they
 * saw.
 */
class TimescaleDefectsRefusalsTest {
    private static final String VERSION = "2.22.1";

    @TempDir
    Path folder;
    private static PgServer server;
    private static Sides sides;

    @BeforeAll
    static void start() {
        server = Timescale.community(VERSION).start();
        sides = new Sides(server, server);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static CommandRun restore(String target, Path dump, String... options) {
        return CommandRun.of("RestoreTimescale", Map.of("TARGET", target),
                Stream.concat(Stream.of(options), Stream.of(dump.toString())).toArray(String[]::new));
    }

    /**
     * timescale/timescaledb#7137, timescale/docs#1886: restoring mode was not on in the session that loaded, as behind
     * a pooler.
     */
    @Test
    void invalid_insert_on_the_root_table_of_hypertable() {
        String from = TimescaleShop.make(server, VERSION);
        String to = CloudDouble.make(server, VERSION);
        Path dump = Dumps.dumped(server, from, folder.resolve("m"));
        try (Pooler pooler = Pooler.before(server, "session")) {
            String lines = """
                    error: the target is behind a connection pooler, which preserves neither snapshots nor session \
                    settings
                    hint: connect to the server itself, which listens on another host or port than its pooler""";
            sides.refuses(3, lines, from, to, () -> CommandRun.migrate(server.uri(from), pooler.uri(to)));
            sides.refuses(3, lines, from, to, () -> restore(pooler.uri(to), dump));
        }
        // Whatever else keeps new sessions from it.
        server.sql("postgres", "ALTER ROLE tsdbadmin IN DATABASE " + to + " SET timescaledb.restoring = off");
        CommandRun run = CommandRun.migrate(server.uri(from), CloudDouble.uri(server, to));
        assertEquals("""
                error: a new session on the target has timescaledb.restoring off, not on
                hint: connect to the server itself: a connection pooler in between hands out sessions that are older \
                than the setting
                hint: then run the same command again with --resume: it keeps what has arrived; or with --restart: it \
                removes what this run made""", run.failure());
        assertEquals(1, run.code());
        assertEquals("off", server.query(to, "SHOW timescaledb.restoring"));
        assertEquals("0", server.query(to, "SELECT count(*) FROM pg_class WHERE relname IN ('m', '_hyper_1_1_chunk')"));
        server.sql("postgres", "ALTER ROLE tsdbadmin IN DATABASE " + to + " RESET timescaledb.restoring");
        CommandRun again = CommandRun.migrate(server.uri(from), CloudDouble.uri(server, to), "--restart");
        assertEquals(0, again.code(), again.err());
        assertEquals(TimescaleShop.WHOLE, TimescaleShop.contents(server, to));
    }

    /** timescale/timescaledb#4292, #1927, #605, #720: one table after another, in the middle of the dump. */
    @Test
    void permission_denied_for_compressed_hypertable_and_schema_timescaledb_cache() {
        String from = TimescaleShop.make(server, VERSION);
        server.sql(from, "CREATE ROLE clerk LOGIN PASSWORD 'clerk'",
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO clerk",
                "GRANT SELECT ON ALL TABLES IN SCHEMA _timescaledb_internal TO clerk",
                "REVOKE SELECT ON _timescaledb_internal._compressed_hypertable_2, "
                        + "_timescaledb_internal._hyper_1_1_chunk FROM clerk",
                "REVOKE USAGE ON SCHEMA _timescaledb_cache FROM PUBLIC");
        Path dump = folder.resolve("m");
        CommandRun refused = Dumps.dump(server.uri(from, "clerk", "clerk"), dump);
        assertEquals("""
                error: schema _timescaledb_cache of the source cannot be used
                hint: GRANT USAGE ON SCHEMA _timescaledb_cache TO "clerk";
                error: table _timescaledb_internal._compressed_hypertable_2 of the source cannot be read
                hint: GRANT SELECT ON TABLE _timescaledb_internal._compressed_hypertable_2 TO "clerk";
                error: table _timescaledb_internal._hyper_1_1_chunk of the source cannot be read
                hint: GRANT SELECT ON TABLE _timescaledb_internal._hyper_1_1_chunk TO "clerk";
                error: preflight found 3 reasons not to start; nothing was changed""", refused.failure());
        assertEquals(3, refused.code());
        mend(from, refused);
        CommandRun run = Dumps.dump(server.uri(from, "clerk", "clerk"), dump);
        assertEquals(0, run.code(), run.err());
    }

    /** timescale/timescaledb#4291, #2686. */
    @Test
    void pre_restore_needs_a_superuser() {
        String from = TimescaleShop.make(server, VERSION);
        server.sql("postgres", "CREATE ROLE keeper LOGIN PASSWORD 'keeper' CREATEROLE");
        String to = server.newDatabase("OWNER keeper");
        server.sql(to, "CREATE EXTENSION timescaledb");
        // The role tsdbadmin of the source is one of this cluster, and would make it one of Timescale Cloud.
        CommandRun refused = sides.unchanged(from, to, () -> CommandRun.migrate(server.uri(from),
                server.uri(to, "keeper", "keeper"), "--target-kind", "postgres"));
        assertEquals(3, refused.code(), refused.err());
        assertTrue(
                refused.failure().contains(
                        """
                error: user "keeper" may not switch restoring mode of TimescaleDB on the target: \
                public.timescaledb_pre_restore() would have to run as its owner, a superuser
                hint: if there is no superuser, choose a service of Timescale Cloud or MST, whose users have these \
                rights; otherwise, as a superuser of the target: ALTER FUNCTION public.timescaledb_pre_restore() \
                SECURITY DEFINER"""),
                refused.failure());
        mend(to, refused);
        CommandRun run =
                CommandRun.migrate(server.uri(from), server.uri(to, "keeper", "keeper"), "--target-kind", "postgres");
        assertEquals(0, run.code(), run.err());
        assertEquals(TimescaleShop.WHOLE, TimescaleShop.contents(server, to));
    }

    /** timescale/timescaledb#2556: pg_restore --clean. */
    @Test
    void restoring_over_a_timescaledb_database_destroys_it() {
        String from = TimescaleShop.make(server, VERSION);
        String to = TimescaleShop.make(server, VERSION);
        Path dump = Dumps.dumped(server, from, folder.resolve("m"));
        String lines = """
                error: the target is not empty: routine public.mind(integer), table public.m, table \
                _timescaledb_internal._hyper_1_1_chunk, \
                table _timescaledb_internal._hyper_1_2_chunk, table _timescaledb_internal._hyper_1_3_chunk and 10 more
                hint: name an empty database, or create one with --create-database""";
        for (String option : List.of("--jobs=1", "--restart")) {
            sides.refuses(3, lines, from, to, () -> restore(server.uri(to), dump, option));
            sides.refuses(3, lines, from, to, () -> CommandRun.migrate(server.uri(from), server.uri(to), option));
        }
        assertEquals(TimescaleShop.WHOLE, TimescaleShop.contents(server, to));
    }

    /** timescale/timescaledb#1797, timescale/timescaledb-backup#46: the extension is not in schema public. */
    @Test
    void function_time_bucket_does_not_exist() {
        String from = server.newDatabase();
        server.sql(from, "CREATE SCHEMA ts", "CREATE EXTENSION timescaledb SCHEMA ts", "SET search_path = public, ts",
                "CREATE TABLE m (time timestamptz NOT NULL, v int)",
                "SELECT create_hypertable('m', 'time')", "INSERT INTO m VALUES ('2024-01-01', 1)",
                "CREATE MATERIALIZED VIEW daily WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', time) "
                        + "AS day, sum(v) FROM m GROUP BY 1");
        String cloud = CloudDouble.make(server, VERSION);
        sides.refuses(3, """
                error: timescaledb is in schema "ts" on the source; Timescale Cloud has it in schema "public" only
                hint: move to another server, or rebuild the source's database with timescaledb in schema public""",
                from, cloud,
                () -> CommandRun.migrate(server.uri(from), CloudDouble.uri(server, cloud)));
        String to = server.newDatabase();
        CommandRun run = CommandRun.migrate(server.uri(from), server.uri(to));
        assertEquals(0, run.code(), run.err());
        server.sql(to, "INSERT INTO m VALUES ('2030-01-01', 2)",
                "CALL ts.refresh_continuous_aggregate('daily', NULL, NULL)");
        assertEquals("2", server.query(to, "SELECT count(*) FROM daily"));
    }

    /** timescale/timescaledb-backup#35. */
    @Test
    void only_the_schema_is_restored_and_the_exit_code_is_zero() {
        String from = TimescaleShop.make(server, VERSION);
        Path dump = Dumps.dumped(server, from, folder.resolve("m"));
        String to = CloudDouble.make(server, VERSION);
        server.sql("postgres", "ALTER DATABASE " + to + " SET shop.mood = 'bad'");
        CommandRun run = restore(CloudDouble.uri(server, to), dump);
        assertEquals(1, run.code(), run.err());
        assertTrue(
                run.failure().startsWith("error: loading table _timescaledb_internal._hyper_1_"),
                run.failure());
        assertEquals("off", server.query(to, "SHOW timescaledb.restoring"));

        // It is created last, when restoring mode is off again and nothing has been compared yet.
        server.sql(from, "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER watch ON sql_drop EXECUTE FUNCTION watch()");
        String other = TimescaleShop.empty(server, VERSION);
        try (HeldLock hold = HeldLock.on(server, other, "LOCK TABLE pg_catalog.pg_event_trigger IN SHARE MODE")) {
            CompletableFuture<CommandRun> running =
                    BackgroundWork.run(() -> CommandRun.migrate(server.uri(from), server.uri(other)));
            hold.awaitWaiter();
            server.sql(other, "DELETE FROM m WHERE time >= '2024-01-05'");
            hold.release();
            CommandRun differs = running.join();
            assertTrue(differs.failure().contains(
                    "detail: rows                                public.m [2024-01-05, 2024-01-06)  24 rows  0 rows\n"),
                    differs.failure());
            assertEquals(4, differs.code());
        }
    }

    /** timescale/timescaledb-backup#19: a compression job hits a chunk. */
    @Test
    void a_parallel_dump_dies_when_a_chunk_is_compressed() {
        String from = TimescaleShop.make(server, VERSION);
        String to = CloudDouble.make(server, VERSION);
        String wanted = "SELECT count(*) > 0 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted";
        CompletableFuture<Boolean> compressed;
        try (HeldLock hold = HeldLock.on(server, to, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> running = BackgroundWork
                    .run(() -> CommandRun.migrate(server.uri(from), CloudDouble.uri(server, to), "--jobs", "4"));
            hold.awaitWaiter();
            compressed = compress(from, 4);
            BackgroundWork.until("it waits", () -> server.query(from, wanted).equals("t"));
            hold.release();
            CommandRun run = running.join();
            assertEquals(0, run.code(), run.err());
        }
        assertTrue(compressed.join());
        assertEquals(TimescaleShop.WHOLE, TimescaleShop.contents(server, to));

        CompletableFuture<CommandRun> dumping = BackgroundWork
                .run(() -> Dumps.dump(server.uri(from), folder.resolve("m"), "--format", "directory", "--jobs", "4"));
        String locked =
                "SELECT count(DISTINCT pid) > 1 FROM pg_locks WHERE mode = 'AccessShareLock' AND granted AND "
                        + "relation = "
                        + "'_timescaledb_internal._hyper_1_5_chunk'::regclass";
        BackgroundWork.until("the chunk is locked by the holder of the snapshot and by pg_dump",
                () -> dumping.isDone() || server.query(from, locked).equals("t"));
        assertTrue(compress(from, 5).join());
        assertEquals(0, dumping.join().code(), dumping.join().err());
    }

    private static CompletableFuture<Boolean> compress(String database, int chunk) {
        return BackgroundWork.run(() -> server.sql(database,
                "SELECT compress_chunk('_timescaledb_internal._hyper_1_" + chunk + "_chunk')"));
    }

    /** Runs what the hints of a refusal say, as superuser. */
    private static void mend(String database, CommandRun refused) {
        refused.failure().lines().filter(line -> line.startsWith("hint: ")).forEach(
                line -> server.sql(database, line.replaceFirst("hint: (.*as a superuser of the target: )?", "")));
    }
}

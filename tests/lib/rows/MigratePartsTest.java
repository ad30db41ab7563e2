//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.Terminal;
import testbed.Timescale;

/**
 * In how many transactions rows land: a table that dominates in several, most tables in one each, many small ones
 * together.
 */
class MigratePartsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /** More than 64 MB in a file of its own, which compresses to nothing elsewhere. */
    private static final String LARGE = "INSERT INTO large SELECT i, repeat('x', 7000) FROM generate_series(1, 9500) i";
    private static final String FROZEN =
            "SELECT count(*) FROM heap_page_items(get_raw_page('%s', 0)) WHERE t_infomask & 768 = 768";

    /** Each of its values fills most of a page. */
    private static void large(PgServer server, String database, String... more) {
        server.sql(database, "CREATE TABLE large (id int, v text)", "ALTER TABLE large ALTER v SET STORAGE PLAIN",
                LARGE);
        server.sql(database, more);
    }

    private static CommandRun migrate(PgServer source, String from, String to, String... options) {
        CommandRun run = CommandRun.migrate(source.uri(from), TARGET.uri(to), options);
        assertEquals(0, run.code(), run.err());
        return run;
    }

    private static List<String> copied(CommandRun run, String table) {
        return run.err().lines().filter(line -> line.startsWith("migrate: copying " + table)).sorted().toList();
    }

    @Test
    void a_table_that_dominates_lands_in_parts_side_by_side_and_the_others_frozen() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        // Rows at the end of a page, beyond the pages that the statistics know, and dead ones.
        large(SOURCE, source, "CREATE TABLE other AS SELECT i FROM generate_series(1, 40000) i", "ANALYZE",
                "DELETE FROM large WHERE id % 97 = 0",
                "INSERT INTO large SELECT -i, repeat('y', 100) FROM generate_series(1, 500) i");
        CommandRun run = migrate(SOURCE, source, target, "-v", "--jobs", "3", "--verify", "checksums");

        assertEquals(
                List.of("migrate: copying public.large (part 1 of 2) in binary",
                        "migrate: copying public.large (part 2 of 2) in binary"),
                copied(run, "public.large"));
        assertEquals(List.of("migrate: copying public.other in binary"), copied(run, "public.other"));
        assertEquals("2", TARGET.query(target, "SELECT count(DISTINCT xmin::text) FROM large"));
        assertTrue(run.err().contains("migrate: data: 49903 rows in 2 tables, "), run.err());
        TARGET.sql(target, "CREATE EXTENSION pageinspect");
        assertEquals("0", TARGET.query(target, FROZEN.formatted("large")));
        assertEquals(TARGET.query(target, "SELECT count(*) FROM other WHERE (ctid::text::point)[0] = 0"),
                TARGET.query(target, FROZEN.formatted("other")));
    }

    @Test
    void one_worker_takes_a_large_table_as_a_whole() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        large(SOURCE, source);
        CommandRun run = migrate(SOURCE, source, target, "-v", "--jobs", "1");
        assertEquals(List.of("migrate: copying public.large in binary"), copied(run, "public.large"));
    }

    @Test
    void where_both_servers_share_few_processors_a_table_arrives_whole_and_frozen() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        large(SOURCE, source);
        CommandRun run = migrate(SOURCE, source, target, "-v");
        // One COPY keeps two of them busy.
        boolean whole = Runtime.getRuntime().availableProcessors() < 4;
        assertEquals(whole, copied(run, "public.large").equals(List.of("migrate: copying public.large in binary")),
                run.err());
        assertTrue(run.err().contains(" cores for both servers, too, "), run.err());
    }

    @Test
    void small_tables_land_together() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, IntStream.rangeClosed(1, 120)
                .mapToObj(i -> "CREATE TABLE t" + i + " AS SELECT " + i + " AS id").toArray(String[]::new));
        migrate(SOURCE, source, target, "--jobs", "1", "--verify", "checksums");
        String each = String.join(" UNION ALL ",
                IntStream.rangeClosed(1, 120).mapToObj(i -> "SELECT xmin::text, id FROM t" + i).toList());
        assertEquals(List.of(List.of("3", "7260")),
                TARGET.rows(target, "SELECT count(DISTINCT xmin), sum(id) FROM (" + each + ") e"));
    }

    @Test
    void all_workers_together_keep_to_the_rate_that_is_allowed() {
        String source = SOURCE.newDatabase();
        for (String table : List.of("a", "b", "c")) {
            SOURCE.sql(source,
                    "CREATE TABLE " + table + " AS SELECT repeat('x', 1000) AS v FROM generate_series(1, 2000)");
        }
        String seconds = migrate(SOURCE, source, TARGET.newDatabase(), "--max-rate", "2MB", "--jobs", "3").err()
                .replaceFirst("(?s).*\nmigrate: data: 6000 rows in 3 tables, 5.8 MB \\((.*?) s\\).*", "$1");
        assertTrue(Double.parseDouble(seconds) > 2.7, seconds);
    }

    @Test
    void the_progress_line_knows_the_rate_and_learns_how_much_there_is() {
        String source = SOURCE.newDatabase();
        for (String table : List.of("a", "b")) {
            SOURCE.sql(source,
                    "CREATE TABLE " + table + " AS SELECT repeat('x', 1000) AS v FROM generate_series(1, 2000)");
        }
        Map<String, String> sides =
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(TARGET.newDatabase()), "TERM", "xterm");
        try (Terminal terminal =
                Terminal.start(ChildCommand.java("Migrate", "--max-rate", "1MB", "--jobs", "1"), sides)) {
            Run run = terminal.end();
            assertEquals(0, run.code(), run.out());
            // Its pages are not quite full, which is known when the first table is done; from PostgreSQL 16 on a file
            // grows by more of them at once.
            assertTrue(run.out().matches(
                    "(?s).*data: [01]\\.\\d MB of about 4\\.[58] MB, \\d+\\.\\d [kM]B/s, [2-5] s left: public\\.a\r.*"
                            + "data: [23]\\.\\d MB of about 3\\.8 MB, \\d+\\.\\d [kM]B/s, [0-2] s left: "
                            + "public\\.b\r.*"),
                    run.out());
        }
    }

    @Test
    void parts_of_a_table_that_somebody_wants_to_empty_arrive_whole() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        large(SOURCE, source, "CREATE FUNCTION seen() RETURNS int RETURN 1");
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = BackgroundWork
                    .run(() -> migrate(SOURCE, source, target, "-v", "--jobs", "3", "--verify", "checksums"));
            hold.awaitWaiter();
            CompletableFuture<Boolean> emptied = BackgroundWork.run(() -> SOURCE.sql(source, "TRUNCATE large"));
            BackgroundWork.until("it waits",
                    () -> SOURCE.query(source, "SELECT count(*) FROM pg_locks WHERE NOT granted").equals("1"));
            hold.release();
            CommandRun run = migration.join();
            assertTrue(run.err().contains("table public.large (part 2 of 2) is waited for by another session"),
                    run.err());
            emptied.join();
        }
        assertEquals("9500", TARGET.query(target, "SELECT count(*) FROM large"));
    }

    @Test
    void before_version_14_a_table_is_cut_by_a_key_that_its_rows_stand_in_the_order_of() {
        try (PgServer old = PgServer.embedded(13)) {
            String source = old.newDatabase();
            large(old, source, "ALTER TABLE large ADD PRIMARY KEY (id)", "ANALYZE large");
            CommandRun run = migrate(old, source, TARGET.newDatabase(), "-v", "--jobs", "3", "--verify", "checksums");
            assertEquals(2, copied(run, "public.large (part ").size(), run.err());

            old.sql(source, "CREATE TABLE shuffled AS SELECT * FROM large ORDER BY md5(id::text)", "DROP TABLE large",
                    "ALTER TABLE shuffled ADD PRIMARY KEY (id)",
                    "ANALYZE shuffled");
            assertEquals(1,
                    copied(migrate(old, source, TARGET.newDatabase(), "-v", "--jobs", "3"), "public.shuffled in binary")
                            .size());
        }
    }

    @Test
    void a_chunk_is_cut_unless_it_is_compressed() {
        try (PgServer plant = Timescale.community("2.22.1").start()) {
            String source = plant.newDatabase();
            String target = plant.newDatabase();
            plant.sql(source, "CREATE EXTENSION timescaledb", "CREATE TABLE large (id int NOT NULL, v text)",
                    "ALTER TABLE large ALTER v SET STORAGE PLAIN",
                    "SELECT create_hypertable('large', 'id', chunk_time_interval => 100000)", LARGE);
            assertEquals(2,
                    copied(within(plant, source, target), "_timescaledb_internal._hyper_1_1_chunk (part ").size());

            plant.sql(source, "ALTER TABLE large SET (timescaledb.compress)",
                    "SELECT compress_chunk(c) FROM show_chunks('large') c", LARGE);
            String again = plant.newDatabase();
            assertEquals(1,
                    copied(within(plant, source, again), "_timescaledb_internal._hyper_1_1_chunk in binary").size());
            assertEquals("19000", plant.query(again, "SELECT count(*) FROM large"));
        }
    }

    private static CommandRun within(PgServer server, String from, String to) {
        CommandRun run = CommandRun.migrate(server.uri(from), server.uri(to), "-v", "--jobs", "3");
        assertEquals(0, run.code(), run.err());
        return run;
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import testbed.BackgroundWork;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;
import testbed.Timescale;

/** Passes before the downtime, while the application writes, and the last one. */
class MigratePrepareTest {
    private static final Sides SIDES = Sides.installed();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /** The large table has several parts of 8 MB. */
    private static final int ROWS = 9000;
    private static final List<String> WRITES = List.of(
            "INSERT INTO large SELECT %1$d + i, repeat('n', 3000) FROM generate_series(1, 20) i ON CONFLICT DO NOTHING",
            "UPDATE large SET v = v || 'u' WHERE id %% 1000 = %1$d %% 1000", "DELETE FROM large WHERE id = %1$d",
            "INSERT INTO entry SELECT id FROM large ORDER BY id LIMIT 3 OFFSET %1$d %% 500",
            "UPDATE entry SET of = of WHERE of %% 7 = %1$d %% 7",
            "DO $$ BEGIN FOR i IN 1..5 LOOP INSERT INTO noted VALUES (%1$d, 'step ' || i); COMMIT; END LOOP; END $$",
            "SET track_counts = off; UPDATE noted SET v = 'uncounted' WHERE n = %1$d; RESET track_counts");

    @AfterAll
    static void takeDown() {
        SIDES.close();
    }

    private static String shop() {
        String shop = SOURCE.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE large (id int PRIMARY KEY, v text)",
                "ALTER TABLE large ALTER v SET STORAGE PLAIN",
                "INSERT INTO large SELECT i, repeat('x', 7000) FROM generate_series(1, " + ROWS + ") i",
                "CREATE TABLE entry (of int REFERENCES large ON DELETE CASCADE)",
                "INSERT INTO entry SELECT generate_series(1, 500)", "CREATE INDEX ON entry (of)",
                "CREATE TABLE noted (n int, v text)",
                "INSERT INTO noted SELECT i, 'first' FROM generate_series(1, 99) i",
                "CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                "CREATE SEQUENCE ticket", "SELECT lo_from_bytea(815, 'large')",
                "CREATE MATERIALIZED VIEW total AS SELECT count(*) FROM noted");
        return shop;
    }

    /** Writes until it is told to stop, in transactions of its own. */
    private static CompletableFuture<Integer> writer(String shop, long seed, AtomicBoolean stop) {
        return BackgroundWork.run(() -> {
            Random random = new Random(seed);
            int written = 0;
            try (Connection session = DriverManager.getConnection("jdbc:" + SOURCE.uri(shop).replaceAll("//.*@", "//"),
                    SOURCE.user(), SOURCE.password()); Statement statement = session.createStatement()) {
                for (; !stop.get(); written++) {
                    statement.execute(WRITES.get(random.nextInt(WRITES.size())).formatted(random.nextInt(ROWS)));
                    Thread.sleep(20);
                }
            } catch (SQLException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return written;
        });
    }

    private static CommandRun migrate(String shop, String target, String option) {
        return CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), option);
    }

    @Test
    void the_last_pass_brings_what_was_written_and_nothing_else() {
        String shop = shop();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE TRIGGER refuses BEFORE INSERT ON noted FOR EACH ROW WHEN (new.v = 'never') EXECUTE "
                + "FUNCTION refuses()");
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Integer> writer = writer(shop, 15, stop);
        try {
            for (int pass = 0; pass < 2; pass++) {
                CommandRun run = migrate(shop, target, "--prepare");
                assertEquals(0, run.code(), run.err());
                assertTrue(
                        run.out().contains("prepared: ") && run.out().contains("with --resume in place of --prepare"),
                        run.out());
                assertEquals("large", TARGET.query(target, "SELECT convert_from(lo_get(815), 'UTF8')"));
                assertEquals("0", SOURCE.query(shop, "SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                        + "'tsmigrate'"));
                assertEquals("2 0 0", TARGET.query(target, """
                        SELECT concat_ws(' ', (SELECT count(*) FROM pg_index WHERE indrelid IN ('large'::regclass, \
                        'entry'::regclass)), (SELECT count(*) FROM pg_constraint WHERE contype = 'f'),
                          (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal))"""));
            }
        } finally {
            stop.set(true);
        }
        assertTrue(writer.join() > 0);
        SOURCE.sql(shop, "SELECT nextval('ticket')", "SELECT lo_put(815, 0, 'L')");
        SOURCE.sql(shop, "REFRESH MATERIALIZED VIEW total");
        CommandRun last = migrate(shop, target, "--resume");
        assertEquals(0, last.code(), last.err());
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
        assertEquals(Oracle.schema(SOURCE, shop), Oracle.schema(TARGET, target));
        assertTrue(last.err().lines().anyMatch(line -> line.matches("migrate: earlier rows: \\d+ parts? kept.*")),
                last.err());
    }

    @Test
    void parts_that_did_not_change_are_not_brought_again() {
        String shop = shop();
        String target = TARGET.newDatabase();
        assertEquals(0, migrate(shop, target, "--prepare").code());
        String transactions = "SELECT string_agg(DISTINCT xmin::text, ' ') FROM large";
        List<String> before = List.of(TARGET.query(target, transactions).split(" "));
        assertTrue(before.size() >= 4, before.toString());
        SOURCE.sql(shop, "UPDATE large SET v = 'one' WHERE id = 1");
        CommandRun last = migrate(shop, target, "--resume");
        assertEquals(0, last.code(), last.err());
        List<String> after = List.of(TARGET.query(target, transactions).split(" "));
        assertTrue(after.stream().filter(before::contains).count() >= before.size() - 2, before + " " + after);
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
    }

    /** Who asks for such a table waits behind them, and they wait for the run. */
    @Test
    void tables_that_somebody_wants_to_empty_or_alter_meanwhile_are_compared_all_the_same() {
        String shop = shop();
        String target = TARGET.newDatabase();
        assertEquals(0, migrate(shop, target, "--prepare").code());
        SOURCE.sql(shop, "CREATE FUNCTION seen() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "UPDATE large SET v = 'one' WHERE id = 1");
        Map<String, String> expected = Oracle.data(SOURCE, shop);
        List<CompletableFuture<Boolean>> done;
        CommandRun run;
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = BackgroundWork.run(() -> migrate(shop, target, "--resume"));
            hold.awaitWaiter();
            done = Stream.of("TRUNCATE noted", "ALTER TABLE large ADD more int")
                    .map(wish -> BackgroundWork.run(() -> SOURCE.sql(shop, wish))).toList();
            BackgroundWork.until("both wait", () -> SOURCE.query(shop,
                    "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted").equals("2"));
            hold.release();
            run = migration.join();
        }
        assertEquals(0, run.code(), run.err());
        assertEquals(expected, Oracle.data(TARGET, target));
        done.forEach(CompletableFuture::join);
    }

    /** Each worker compares slices of it; on each page there is one row, with room for more. */
    @Test
    void of_a_large_table_only_parts_that_differ_are_brought_again() {
        String shop = SOURCE.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE wide (id int, v text) WITH (fillfactor = 10, autovacuum_enabled = off)",
                "INSERT INTO wide SELECT i, repeat('x', 700) FROM generate_series(1, 18000) i");
        String target = TARGET.newDatabase();
        assertEquals(0, migrate(shop, target, "--prepare").code());
        List<String> first = transactions(target);
        assertTrue(first.size() > 10, first.toString());
        SOURCE.sql(shop, "UPDATE wide SET v = 'y' || substr(v, 2) WHERE id = 9000",
                "UPDATE wide SET v = v || '' WHERE id = 4000");
        TARGET.sql(target, "DELETE FROM wide WHERE id = 17000");
        CommandRun second = migrate(shop, target, "--prepare");
        assertEquals(0, second.code(), second.err());
        List<String> kept = transactions(target);
        assertEquals(first.size(), kept.size());
        kept.retainAll(first);
        assertEquals(first.size() - 2, kept.size(), second.err());
        List<String> before = transactions(target);
        TARGET.sql(target, "INSERT INTO wide VALUES (0, 'of somebody else')", "UPDATE wide SET v = v WHERE id = 12000");
        CommandRun last = migrate(shop, target, "--resume");
        assertEquals(0, last.code(), last.err());
        List<String> after = transactions(target);
        assertEquals(before.size(), after.size());
        after.retainAll(before);
        assertEquals(before.size() - 1, after.size(), last.err());
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
    }

    private static List<String> transactions(String target) {
        return new ArrayList<>(List.of(TARGET.query(target,
                "SELECT string_agg(DISTINCT xmin::text, ' ') FROM wide").split(" ")));
    }

    @Test
    void a_condition_that_somebody_has_written_into_the_journal_does_not_run_on_the_source() {
        String shop = shop();
        String target = TARGET.newDatabase();
        assertEquals(0, migrate(shop, target, "--prepare").code());
        SOURCE.sql(shop, "CREATE SEQUENCE called");
        TARGET.sql(target,
                "UPDATE tsmigrate.part SET range = range || ' AND nextval(''public.called'') > 0' WHERE range "
                        + "<> ''");
        CommandRun run = migrate(shop, target, "--resume");
        assertTrue(run.failure().startsWith("""
                error: the journal on the target divides table public.large by a condition that no run writes
                hint: somebody has changed the journal; begin anew: run the same command with --restart, in place \
                of --resume if that was given
                """), run.failure());
        assertEquals("f", SOURCE.query(shop, "SELECT is_called FROM called"));
        assertEquals(0, migrate(shop, target, "--restart").code());
    }

    @Test
    void chunks_come_and_go_between_passes() {
        try (Timescale.Pair sides = Timescale.Pair.start("2.22.1")) {
            PgServer source = sides.source();
            String plant = sides.plant();
            String target = sides.target().newDatabase();
            source.sql(plant, "SELECT alter_job(1007, scheduled => false)");
            String[] changes = {"SELECT true",
                    "INSERT INTO plant.power SELECT '2025-05-01'::timestamptz + i * interval '1 hour', 3, i FROM "
                            + "generate_series(0, 30) i",
                    "SELECT count(compress_chunk(c, true)) FROM show_chunks('plant.power') c",
                    "SELECT drop_chunks('plant.counter', older_than => 1500)",
                    "SELECT decompress_chunk(c, true) FROM show_chunks('plant.power') c ORDER BY c LIMIT 3",
                    "CALL refresh_continuous_aggregate('plant.power_daily', NULL, NULL)"};
            for (int i = 0; i < changes.length; i++) {
                source.sql(plant, changes[i]);
                CommandRun run = CommandRun.migrate(source.uri(plant), sides.target().uri(target),
                        i == changes.length - 1 ? "--resume" : "--prepare");
                assertEquals(0, run.code(), run.err());
                assertEquals("off", sides.target().query(target, "SHOW timescaledb.restoring"));
            }
            assertEquals(Oracle.schema(source, plant), Oracle.schema(sides.target(), target));
            for (String view : Timescale.VIEWS) {
                assertEquals(source.rows(plant, view), sides.target().rows(target, view));
            }
            assertEquals(Oracle.data(source, plant), Oracle.data(sides.target(), target));
        }
    }

    /** @return which statistics of tables were written by which transaction */
    private static Map<String, String> statistics(String target) {
        return TARGET.rows(target, "SELECT starelid::regclass, string_agg(xmin::text, ' ' ORDER BY staattnum) FROM "
                + "pg_statistic WHERE starelid >= 16384 GROUP BY 1").stream()
                .collect(Collectors.toMap(row -> row.get(0), row -> row.get(1)));
    }

    /** The statistics of the first pass do, where autovacuum would collect none. */
    @Test
    void the_last_pass_analyzes_no_table_of_which_little_has_changed() {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE large (id int, v text) WITH (autovacuum_enabled = off)",
                "ALTER TABLE large ALTER v SET STORAGE PLAIN",
                "INSERT INTO large SELECT i, repeat('x', 7000) FROM generate_series(1, 14000) i",
                "CREATE TABLE small (id int, v text) WITH (autovacuum_enabled = off)",
                "CREATE TABLE parted (id int, v text) PARTITION BY LIST (v)",
                "CREATE TABLE old PARTITION OF parted FOR VALUES IN ('old') WITH (autovacuum_enabled = off)",
                "CREATE TABLE new PARTITION OF parted FOR VALUES IN ('new') WITH (autovacuum_enabled = off)",
                "INSERT INTO small SELECT i, 'small' FROM generate_series(1, 100) i",
                "INSERT INTO parted SELECT i, 'old' FROM generate_series(1, 9000) i",
                "INSERT INTO parted SELECT i, 'new' FROM generate_series(1, 100) i");
        assertEquals(Set.of("large", "small", "parted", "old", "new"), analyzed(shop, target, Map.of(), "--prepare"));
        Map<String, String> then = statistics(target);
        SOURCE.sql(shop, "UPDATE large SET v = 'changed' WHERE id = 7", "UPDATE small SET v = 'changed' WHERE id = 7");
        assertEquals(Set.of("small"), analyzed(shop, target, then, "--prepare"));
        then = statistics(target);
        // One part more, and the one before counts as well.
        SOURCE.sql(shop, "UPDATE large SET v = 'changed' WHERE id = 7000", "DELETE FROM new WHERE id = 8");
        assertEquals(Set.of("large", "parted", "old", "new"), analyzed(shop, target, then, "--prepare"));
        then = statistics(target);
        SOURCE.sql(shop, "CREATE INDEX ON small ((id % 3))", "CREATE STATISTICS of_old ON id, v FROM old");
        assertEquals(Set.of("small", "small_expr_idx"), analyzed(shop, target, then, "--resume"));
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
    }

    /** @return the tables and indexes whose statistics are others after a pass */
    private static Set<String> analyzed(String shop, String target, Map<String, String> before, String option) {
        assertEquals(0, migrate(shop, target, option).code());
        Map<String, String> now = statistics(target);
        now.entrySet().removeAll(before.entrySet());
        return now.keySet();
    }
}

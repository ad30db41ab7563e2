//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import testbed.BackgroundWork;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Sides;

/**
 * When what stands after the rows is made, and that sessions which make it beside each other do not get into each
 * other's way.
 */
class MigrateIndexesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /**
     * In a CHECK constraint it keeps rows from being loaded, on the target alone, as long as somebody holds the lock.
     */
    private static final String SLOW = """
            CREATE FUNCTION slow(int) RETURNS bool LANGUAGE plpgsql AS $$
            BEGIN
              IF current_setting('shop.slow', true) = 'on' THEN
                PERFORM pg_advisory_xact_lock_shared(815);
              END IF;
              RETURN true;
            END $$""";

    @Test
    void a_table_has_its_indexes_and_statistics_while_another_one_is_loaded() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.slow = 'on'");
        SOURCE.sql(source, SLOW,
                "CREATE TABLE zone (id int PRIMARY KEY CHECK (slow(id)))", "INSERT INTO zone VALUES (0), (1), (2)", """
                CREATE FUNCTION zone_of(place int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                DECLARE
                  zone int;
                BEGIN
                  SELECT id INTO STRICT zone FROM public.zone WHERE id = place % 3;
                  RETURN zone;
                END $$""",
                "CREATE TABLE place (id int PRIMARY KEY, name text)",
                "INSERT INTO place SELECT i, 'place ' || i FROM generate_series(1, 2000) i",
                "CREATE INDEX place_name ON place (name)", "CREATE TABLE spot AS SELECT id FROM place",
                "CREATE INDEX spot_zone ON spot (zone_of(id))");
        String made =
                """
                SELECT (SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes
                  WHERE schemaname = 'public'),
                       (SELECT string_agg(tablename || '.' || attname, ' ' ORDER BY tablename, attname) FROM pg_stats
                         WHERE schemaname = 'public')""";
        try (HeldLock hold = HeldLock.on(TARGET, target, "SELECT pg_advisory_lock(815)")) {
            CompletableFuture<CommandRun> migration = BackgroundWork.run(() -> SIDES.migrate(source, target));
            hold.awaitWaiter();
            // The index of the third one reads what is being loaded.
            BackgroundWork.until("the other table is ready",
                    () -> TARGET.rows(target, made)
                            .equals(List.of(List.of("place_name place_pkey", "place.id place.name"))));
            hold.release();
            CommandRun run = migration.join();
            assertEquals(0, run.code(), run.err());
        }
        assertEquals(
                List.of(List.of("place_name place_pkey spot_zone zone_pkey",
                        "place.id place.name spot.id spot_zone.zone_of zone.id")),
                TARGET.rows(target, made));
    }

    @Test
    void an_index_that_cannot_be_made_ends_the_loading_of_other_tables() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.slow = 'on'");
        SOURCE.sql(source, SLOW,
                "CREATE TABLE endless AS SELECT i FROM generate_series(1, 100000) i",
                "ALTER TABLE endless ADD CHECK (slow(i))",
                // As an upgrade of the operating system leaves it behind, after which texts sort otherwise.
                "CREATE TABLE place (name text)", "CREATE UNIQUE INDEX place_name ON place (name)",
                "UPDATE pg_index SET indisready = false WHERE indexrelid = 'place_name'::regclass",
                "INSERT INTO place VALUES ('Köln'), ('Köln')",
                "UPDATE pg_index SET indisready = true WHERE indexrelid = 'place_name'::regclass");
        try (HeldLock hold = HeldLock.on(TARGET, target, "SELECT pg_advisory_lock(815)")) {
            CommandRun run =
                    BackgroundWork.run(() -> SIDES.migrate(source, target)).orTimeout(1, TimeUnit.MINUTES).join();
            assertEquals(1, run.code(), run.err());
            assertTrue(run.err().contains("""
                    migrate: error: creating index public.place_name failed on the target: could not create unique \
                    index "place_name"
                    """), run.err());
            assertTrue(run.err().contains("Key (name)=(Köln) is duplicated."), run.err());
            hold.release();
        }
    }

    @Test
    void a_foreign_key_is_as_valid_as_on_the_source() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source,
                "CREATE TABLE item (id int PRIMARY KEY, part_of int REFERENCES item DEFERRABLE INITIALLY DEFERRED)",
                "INSERT INTO item VALUES (1, 1)",
                "CREATE TABLE year (id int PRIMARY KEY) PARTITION BY RANGE (id)",
                "CREATE TABLE year_20 PARTITION OF year FOR VALUES FROM (2000) TO (2100)",
                "INSERT INTO year VALUES (2024)",
                "CREATE TABLE \"odd \"\".name\" (item int CONSTRAINT \"it; FOREIGN KEY\" REFERENCES item, year int "
                        + "REFERENCES year)",
                "INSERT INTO \"odd \"\".name\" VALUES (1, 2024)",
                "CREATE TABLE price (item int, year int REFERENCES year) PARTITION BY LIST (item)",
                "CREATE TABLE price_1 PARTITION OF price FOR VALUES IN (1)",
                "INSERT INTO price VALUES (1, 2024)", "ALTER TABLE price ADD FOREIGN KEY (item) REFERENCES item",
                "CREATE TABLE later (item int)", "INSERT INTO later VALUES (7)",
                "ALTER TABLE later ADD FOREIGN KEY (item) REFERENCES item NOT VALID");
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(0, run.code(), run.err());
        String keys = """
                SELECT conrelid::regclass::text, confrelid::regclass::text, conname, convalidated,
                  pg_get_constraintdef(oid)
                  FROM pg_constraint WHERE contype = 'f' ORDER BY 1, 2, 3""";
        assertEquals(SOURCE.rows(source, keys), TARGET.rows(target, keys));
    }

    @Test
    void many_tables_are_made_beside_each_other_but_for_those_that_have_to_do_with_each_other() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE mother (a int)", "CREATE TABLE father (b int)", """
                DO $$ BEGIN
                  FOR i IN 100..180 LOOP
                    EXECUTE format('CREATE TABLE child_%s () INHERITS (%s)', i, CASE WHEN i % 2 = 0 THEN 'mother, \
                father' ELSE 'father, mother' END);
                    EXECUTE format('CREATE TABLE single_%s (id serial PRIMARY KEY, v text DEFAULT ''%1$s'')', i);
                    EXECUTE format('CREATE VIEW both_%s AS SELECT s.id, c.a FROM single_%1$s s, child_%1$s c', i);
                    EXECUTE format('INSERT INTO single_%s DEFAULT VALUES', i);
                  END LOOP;
                END $$""");
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(0, run.code(), run.err());
        assertEquals("243",
                TARGET.query(target, "SELECT count(*) FROM pg_class WHERE relname ~ '^(child|single|both)_\\d+$'"));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.BackgroundWork;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.ServerAccess;
import testbed.Sides;

/**
 * Between two passes rows become others though they are as many and their transactions have the same numbers, and
 * tables are defined as before.
 */
class SameNumbersTest {
    private static final Sides SIDES = Sides.installed();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @AfterAll
    static void takeDown() {
        SIDES.close();
    }

    private static CommandRun migrate(ServerAccess source, String shop, String target, String option) {
        // With one worker, small tables come in one transaction.
        CommandRun run = option.equals("--prepare")
                ? CommandRun.migrate(source.uri(shop), TARGET.uri(target), option, "--jobs", "1")
                : CommandRun.migrate(source.uri(shop), TARGET.uri(target), option, "--verify", "none");
        assertEquals(0, run.code(), run.err());
        return run;
    }

    private static void assertSame(ServerAccess source, String shop, String target) {
        assertEquals(Oracle.data(source, shop), Oracle.data(TARGET, target));
        assertEquals(Oracle.schema(SOURCE, shop), Oracle.schema(TARGET, target));
    }

    /** A few rows, which one transaction brings with others, and several parts. */
    @ParameterizedTest
    @ValueSource(ints = {500, 60_000})
    void a_column_was_dropped_and_made_again(int rows) {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE flag (id int PRIMARY KEY, v text, done boolean DEFAULT false)",
                "INSERT INTO flag SELECT i, repeat('v', 300), i % 7 = 0 FROM generate_series(1, " + rows + ") i",
                "CREATE TYPE extent AS (width int, height int)",
                "CREATE TABLE box (id int, one extent, many extent[])",
                "INSERT INTO box SELECT i, ROW(i, i)::extent, ARRAY[ROW(i, i)::extent] FROM generate_series(1, 100) i");
        migrate(SOURCE, shop, target, "--prepare");
        SOURCE.sql(shop, "ALTER TABLE flag DROP done", "ALTER TABLE flag ADD done boolean DEFAULT false",
                "ALTER TYPE extent DROP ATTRIBUTE height", "ALTER TYPE extent ADD ATTRIBUTE height int");
        CommandRun last = migrate(SOURCE, shop, target, "--resume");
        assertSame(SOURCE, shop, target);
        assertTrue(last.err().contains("changed since: public."), last.err());
    }

    @Test
    void tables_have_exchanged_their_names() {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE blue (id int, v text)", "CREATE TABLE green (id int, v text)",
                "INSERT INTO blue SELECT i, 'blue' FROM generate_series(1, 500) i",
                "INSERT INTO green SELECT i, 'green' FROM generate_series(1, 500) i");
        migrate(SOURCE, shop, target, "--prepare");
        SOURCE.sql(shop, "ALTER TABLE blue RENAME TO other", "ALTER TABLE green RENAME TO blue",
                "ALTER TABLE other RENAME TO green");
        migrate(SOURCE, shop, target, "--resume");
        assertSame(SOURCE, shop, target);
    }

    /** It is behind, as a database is that was put back to an earlier state. */
    @Test
    void the_source_is_older_than_what_was_copied() {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE item (id int PRIMARY KEY, amount int)",
                "INSERT INTO item SELECT i, i FROM generate_series(1, 5000) i");
        try (PgServer behind = PgServer.plan(SIDES.source().major()).start()) {
            behind.follow(SOURCE);
            behind.sql("postgres", "SELECT pg_wal_replay_pause()");
            SOURCE.sql(shop, "UPDATE item SET amount = -5 WHERE id IN (4, 4000)");
            migrate(SOURCE, shop, target, "--prepare");
            CommandRun last = migrate(behind, shop, target, "--resume");
            assertTrue(last.err().contains("warning: the source is not what it was when rows were copied "),
                    last.err());
            assertEquals(Oracle.data(behind, shop), Oracle.data(TARGET, target));
            assertEquals("4", TARGET.query(target, "SELECT amount FROM item WHERE id = 4"));
        }
    }

    /** It lacks what was committed last, and has given the numbers of those transactions to others since. */
    @Test
    void a_standby_has_taken_over() {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE item (id int PRIMARY KEY, amount int)",
                "INSERT INTO item SELECT i, i FROM generate_series(1, 5000) i");
        try (PgServer standby = PgServer.plan(SIDES.source().major()).start()) {
            standby.follow(SOURCE);
            standby.sql("postgres", "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()");
            BackgroundWork.until("it hears no more of the source",
                    () -> standby.query("postgres", "SELECT count(*) FROM pg_stat_wal_receiver").equals("0"));
            SOURCE.sql(shop, "UPDATE item SET amount = -5 WHERE id IN (4, 4000)");
            migrate(SOURCE, shop, target, "--prepare");
            standby.sql("postgres", "SELECT pg_promote()");
            standby.sql(shop, "DO $$ BEGIN FOR i IN 1..1000 LOOP PERFORM txid_current(); COMMIT; END LOOP; END $$");
            CommandRun pass = migrate(standby, shop, target, "--prepare");
            assertTrue(pass.err().contains("warning: the source is not what it was when rows were copied "),
                    pass.err());
            CommandRun last = migrate(standby, shop, target, "--resume");
            assertFalse(last.err().contains("warning: the source is not"), last.err());
            assertEquals(Oracle.data(standby, shop), Oracle.data(TARGET, target));
            assertEquals("4", TARGET.query(target, "SELECT amount FROM item WHERE id = 4"));
        }
    }

    @Test
    void a_table_was_dropped_on_the_target() {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE TABLE item AS SELECT 1 AS id");
        migrate(SOURCE, shop, target, "--prepare");
        TARGET.sql(target, "DROP TABLE item");
        CommandRun last = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--resume");
        assertTrue(last.failure().startsWith("""
                error: somebody has dropped what the interrupted run had made on the target: public.item
                hint: begin anew: run the same command with --restart, in place of --resume if that was given
                """.strip()), last.failure());
        migrate(SOURCE, shop, target, "--restart");
        assertSame(SOURCE, shop, target);
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Sides;

/**
 * What somebody changes on the source's schema during a run, past the locks of the snapshot, is named as the cause of
 * the differences.
 */
class MigrateSchemaChangesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @Test
    void changes_past_the_locks_are_named() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT generate_series(1, 10) AS id",
                "CREATE FUNCTION seen() RETURNS int RETURN 1",
                "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE VIEW items AS SELECT id FROM item",
                "CREATE SEQUENCE counter");
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = BackgroundWork.run(() -> SIDES.migrate(source, target));
            hold.awaitWaiter();
            SOURCE.sql(source, "CREATE INDEX later ON item (id)",
                    "CREATE TRIGGER noted BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION noted()",
                    "CREATE OR REPLACE FUNCTION seen() RETURNS int RETURN 2",
                    "CREATE OR REPLACE VIEW items AS SELECT id, id + 1 AS next FROM item",
                    "ALTER SEQUENCE counter INCREMENT 7");
            hold.release();
            CommandRun run = migration.join();
            assertEquals(4, run.code(), run.err());
            assertTrue(run.failure().startsWith(
                    "error: 1 difference between source and target; the schema of the source was changed during "
                            + "the run: "
                            + "function public.seen was changed, index public.later was created, sequence "
                            + "public.counter was changed, "),
                    run.err());
            assertTrue(run.failure().endsWith(
                    "\nhint: make these changes on the target too, or empty it and run again while nobody changes "
                            + "the schema\n"
                            + "hint: see all of them: verify --level sample"),
                    run.err());
        }
    }

    /**
     * A change while pg_dump reads, or while the target is loaded, and what names it; the deparsing of the server does
     * not keep to the snapshot.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "dump | ALTER TYPE mood RENAME TO temper | 1 | type public.mood is now type public.temper",
            "dump | DROP FUNCTION free() | 1 | function public.free was dropped",
            "dump | DROP VIEW v | 3 | view public.v was dropped",
            "load | ALTER TYPE mood RENAME TO temper | 4 | type public.mood is now type public.temper",
            "load | ALTER SCHEMA aside RENAME TO beside | 1 | schema aside is now schema beside",
            "load | DROP VIEW v | 1 | view public.v was dropped",
            "load | ALTER ROLE owning_one RENAME TO owning_two | 4 | role owning_one is now role owning_two"})
    void a_change_is_named_whatever_fails_for_it(String during, String change, int code, String cause) {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "DROP ROLE IF EXISTS owning_one, owning_two", "CREATE ROLE owning_one",
                "CREATE TYPE mood AS ENUM ('ok', 'bad')", "CREATE SCHEMA aside",
                "CREATE TABLE item AS SELECT 1 AS id, 'ok'::mood AS m", "CREATE TABLE aside.note (id int)",
                "CREATE FUNCTION g(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'",
                "CREATE FUNCTION free() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE VIEW v AS SELECT f(id) AS id FROM item", "ALTER TABLE item OWNER TO owning_one");
        try (HeldLock hold = during.equals("dump")
                ? HeldLock.on(SOURCE, source, "LOCK TABLE pg_catalog.pg_ts_dict IN ACCESS EXCLUSIVE MODE")
                : HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = BackgroundWork.run(() -> SIDES.migrate(source, target));
            hold.awaitWaiter(migration);
            // Who waits first may be preflight, and then nothing would change during the run that follows.
            BackgroundWork.until("the source is frozen", () -> migration.isDone() || SOURCE.query(source, """
                    SELECT count(*) > 0 FROM pg_locks
                     WHERE relation = 'public.item'::regclass AND mode = 'AccessShareLock'""").equals("t"));
            SOURCE.sql(source, change);
            hold.release();
            CommandRun run = migration.join();
            assertEquals(code, run.code(), run.err());
            String named = "; the schema of the source was changed during the run: ";
            String first = run.failure().lines().findFirst().orElse("");
            assertTrue(first.contains(named) && first.substring(first.indexOf(named)).contains(cause), run.err());
            assertTrue(
                    code == 4 || run.failure()
                            .contains("\nhint: stop what changes the schema of the source"
                                    + (code == 3 ? ", then run again" : "\nhint: then run ")),
                    run.err());
        } finally {
            SOURCE.sql("postgres", "DROP DATABASE " + source + " WITH (FORCE)",
                    "DROP ROLE IF EXISTS owning_one, owning_two");
            TARGET.sql("postgres", "DROP DATABASE " + target + " WITH (FORCE)",
                    "DROP ROLE IF EXISTS owning_one, owning_two");
        }
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.Hold;
import testbed.Meanwhile;
import testbed.PgServer;
import testbed.Sides;

/** What somebody changes on the source's schema during a run, past the locks of the snapshot, is named as the cause of the differences. */
class MigrateSchemaChangesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @Test
    void changes_past_the_locks_are_named() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT generate_series(1, 10) AS id", "CREATE FUNCTION seen() RETURNS int RETURN 1",
                "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", "CREATE VIEW items AS SELECT id FROM item",
                "CREATE SEQUENCE counter");
        try (Hold hold = Hold.on(TARGET, target, "LOCK TABLE pg_catalog.pg_proc IN SHARE MODE")) {
            CompletableFuture<CommandRun> migration = Meanwhile.run(() -> SIDES.migrate(source, target));
            hold.awaitWaiter();
            SOURCE.sql(source, "CREATE INDEX later ON item (id)", "CREATE TRIGGER noted BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION noted()",
                    "CREATE OR REPLACE FUNCTION seen() RETURNS int RETURN 2", "CREATE OR REPLACE VIEW items AS SELECT id, id + 1 AS next FROM item",
                    "ALTER SEQUENCE counter INCREMENT 7");
            hold.release();
            CommandRun run = migration.join();
            assertEquals(4, run.code(), run.err());
            assertTrue(run.failure().startsWith("error: 1 difference between source and target; the schema of the source was changed during the run: "
                    + "function public.seen was changed, index public.later was created, sequence public.counter was changed, "), run.err());
            assertTrue(run.failure().endsWith("\nhint: make these changes on the target too, or empty it and run again while nobody changes the schema\n"
                    + "hint: see all of them: verify --level counts"), run.err());
        }
    }
}

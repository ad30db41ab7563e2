//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/**
 * What watches a database stands on the target when a run dies as late as can be: event triggers, which would see what
 * the next one does, and publications, which refuse to update what has no key.
 */
class ResumeWatchedTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    private final String source = SOURCE.newDatabase();
    private final String target = TARGET.newDatabase();
    @TempDir
    Path folder;

    /** Kills a run once this is on the target, while it compares both sides. */
    private void killWhenThereIs(String question) {
        try (ChildCommand run = ChildCommand.start(ChildCommand.java("Migrate", "--verify", "checksums"), folder,
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target)))) {
            run.await(question, () -> TARGET.query(target, question) != null);
            run.signalAll("KILL");
            run.handle().onExit().join();
        }
    }

    private void goesOn() {
        CommandRun run = SIDES.migrate(source, target, "--resume");
        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(SOURCE, source), Oracle.schema(TARGET, target));
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
    }

    @Test
    void event_triggers_see_nothing_of_the_next_run() {
        SOURCE.sql("postgres", "CREATE ROLE watched");
        SOURCE.sql(source, "CREATE TABLE seen (tag text)", "INSERT INTO seen VALUES ('first')",
                "CREATE SCHEMA others AUTHORIZATION watched",
                "CREATE FUNCTION see() RETURNS event_trigger LANGUAGE plpgsql AS "
                        + "'BEGIN INSERT INTO seen VALUES (tg_tag); END'",
                "CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION see()");
        killWhenThereIs("SELECT 1 FROM pg_event_trigger WHERE evtname = 'watch'");
        String brought = "SELECT xmin FROM seen";
        String before = TARGET.query(target, brought);
        goesOn();
        assertEquals(before, TARGET.query(target, brought), "the table was copied again");
        SOURCE.sql("postgres", "DROP DATABASE " + source, "DROP ROLE watched");
        TARGET.sql("postgres", "DROP DATABASE " + target, "DROP ROLE watched");
    }

    @Test
    void publications_refuse_nothing_to_the_next_run() {
        SOURCE.sql(source, "CREATE TABLE line (said text)", "CREATE TABLE published (id int PRIMARY KEY)",
                "ALTER TABLE line REPLICA IDENTITY FULL", "INSERT INTO line VALUES ('first'), ('second')",
                "CREATE PUBLICATION everything FOR ALL TABLES", "CREATE PUBLICATION one FOR TABLE published",
                "COMMENT ON PUBLICATION one IS 'of one table'");
        killWhenThereIs("SELECT 1 FROM pg_publication HAVING count(*) = 2");
        SOURCE.sql(source, "DELETE FROM line WHERE said = 'first'");
        goesOn();
        SOURCE.sql("postgres", "DROP DATABASE " + source);
        TARGET.sql("postgres", "DROP DATABASE " + target);
    }
}

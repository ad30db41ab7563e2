//DEPS org.junit.jupiter:junit-jupiter:6.1.3

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Meanwhile;
import testbed.PgServer;
import testbed.Sides;
import testbed.Soak;

/** kill -9 while client programs create what they create: the next run with --restart knows what of it is the first one's, and drops nothing else. */
class FilesKilledTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final int TABLES = 400;
    @TempDir
    static Path folder;
    private static Path dump;
    private static String source;

    @BeforeAll
    static void dump() {
        source = SOURCE.newDatabase();
        SOURCE.sql(source, "DO $$ BEGIN FOR i IN 1.." + TABLES + " LOOP EXECUTE format('CREATE TABLE killed_%s (id int PRIMARY KEY, word text)', i); END LOOP; END $$",
                "CREATE FUNCTION killed() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SELECT lo_from_bytea(4000 + i, 'large') FROM generate_series(1, 30) i");
        dump = Dumps.dumped(SOURCE, source, folder.resolve("killed.sql"), "--format", "plain");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + source);
    }

    private static int made(String target) {
        return Integer.parseInt(TARGET.query(target, "SELECT count(*) FROM pg_class WHERE relname ~ '^killed_[0-9]+$'"));
    }

    /** @param all whether psql dies at once, too; else it works on until --restart ends it */
    private static void kill(String target, int tables, boolean all) {
        try (ChildCommand child = ChildCommand.start(ChildCommand.java("RestorePostgres", dump.toString()), folder, Map.of("TARGET", TARGET.uri(target)))) {
            child.await("there are " + tables + " tables", () -> made(target) >= tables);
            if (all) {
                child.signalAll("KILL");
            } else {
                child.signal("KILL");
            }
            child.handle().onExit().join();
        }
    }

    @Test
    void what_psql_has_created_until_its_end_is_known() {
        Random random = new Random(12);
        for (int i = 0; i < Soak.rounds(2, 60); i++) {
            String target = TARGET.newDatabase();
            int tables = 1 + random.nextInt(TABLES - 50);
            kill(target, tables, i % 2 == 0);
            CommandRun again = Dumps.restore(TARGET.uri(target), dump, "--restart");
            assertEquals(0, again.code(), "killed at " + tables + " tables: " + again.err());
            assertEquals(TABLES, made(target));
            assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
            TARGET.sql("postgres", "DROP DATABASE " + target);
        }
    }

    /** The same name and the same owner do not make it ours: the table is made when the run and its programs are gone. */
    @Test
    void what_somebody_makes_after_that_is_named_and_stays() {
        String target = TARGET.newDatabase();
        kill(target, 20, true);
        Meanwhile.until("the recorder ends", () -> TARGET.query(target, "SELECT count(*) FROM pg_stat_activity a JOIN tsmigrate.recorder r USING (pid)").equals("0"));
        // The last one by name, which the dump makes last.
        TARGET.sql(target, "CREATE TABLE killed_99 AS SELECT generate_series(1, 777) AS id");
        CommandRun again = Dumps.restore(TARGET.uri(target), dump, "--restart");
        assertEquals(3, again.code(), again.err());
        assertFalse(again.err().contains("removed"), again.err());
        assertEquals("777", TARGET.query(target, "SELECT count(*) FROM killed_99"));
        TARGET.sql("postgres", "DROP DATABASE " + target);
    }
}

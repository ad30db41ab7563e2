//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;
import testbed.Soak;

/**
 * kill -9 while client programs create what they create: the next run with --restart knows what of it is the first
 * one's, and drops nothing else.
 */
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
        SOURCE.sql(source, "DO $$ BEGIN FOR i IN 1.." + TABLES
                + " LOOP EXECUTE format('CREATE TABLE killed_%s (id int PRIMARY KEY, word text)', i); END LOOP; END $$",
                "CREATE FUNCTION killed() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "SELECT lo_from_bytea(4000 + i, 'large') FROM generate_series(1, 30) i");
        dump = Dumps.dumped(SOURCE, source, folder.resolve("killed.sql"), "--format", "plain");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + source);
    }

    private static int made(String target) {
        return Integer
                .parseInt(TARGET.query(target, "SELECT count(*) FROM pg_class WHERE relname ~ '^killed_[0-9]+$'"));
    }

    /** @param all whether psql dies at once, too; else it works on until --restart ends it */
    private static void kill(String target, int tables, boolean all) {
        try (ChildCommand child = ChildCommand.start(ChildCommand.java("RestorePostgres", dump.toString()), folder,
                Map.of("TARGET", TARGET.uri(target)))) {
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

    /** Where else client programs create what they create. */
    enum Way {
        VIA_FILES("", "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
                TABLES),
        LARGE_OBJECTS("", "SELECT count(*) FROM pg_largeobject_metadata",
                3000),
        NOT_UTF8("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'", VIA_FILES.made, 40);

        private final String database;
        private final String made;
        private final int all;

        Way(String database, String made, int all) {
            this.database = database;
            this.made = made;
            this.all = all;
        }

        private String source() {
            String from = SOURCE.newDatabase(database);
            SOURCE.sql(from,
                    this == LARGE_OBJECTS ? "SELECT lo_from_bytea(0, 'large') FROM generate_series(1, " + all + ")"
                            : "DO $$ BEGIN FOR i IN 1.." + all
                                    + " LOOP EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY)', 'way_' || i"
                                    + (this == NOT_UTF8 ? " || chr(228)" : "") + "); END LOOP; END $$");
            return from;
        }

        private String[] command(int round) {
            return this == VIA_FILES ? new String[]{"--via-files", "--dir", folder.resolve("via " + round).toString()}
                    : new String[]{};
        }

        private CommandRun again(String from, String target, int round) {
            return this == VIA_FILES ? CommandRun.migrate(SOURCE.uri(from), TARGET.uri(target), "--via-files", "--dir",
                    folder.resolve("again " + round).toString(), "--restart")
                    : this == LARGE_OBJECTS ? Dumps.restore(TARGET.uri(target), folder.resolve("large"), "--restart")
                    : CommandRun.migrate(SOURCE.uri(from), TARGET.uri(target), "--restart");
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_others_have_created_until_their_end_is_known(Way way) {
        String from = way.source();
        Random random = new Random(13);
        if (way == Way.LARGE_OBJECTS) {
            Dumps.dumped(SOURCE, from, folder.resolve("large"), "--format", "custom");
        }
        for (int i = 0; i < Soak.rounds(1, 20); i++) {
            String target = TARGET.newDatabase();
            int least = 1 + random.nextInt(way.all / 2);
            List<String> command =
                    way == Way.LARGE_OBJECTS ? ChildCommand.java("RestorePostgres", folder.resolve("large").toString())
                            : ChildCommand.java("Migrate", way.command(i));
            try (ChildCommand child = ChildCommand.start(command, folder,
                    Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(target)))) {
                child.await("there are " + least, () -> Integer.parseInt(TARGET.query(target, way.made)) >= least);
                if (i % 2 == 0) {
                    child.signalAll("KILL");
                } else {
                    child.signal("KILL");
                }
                child.handle().onExit().join();
            }
            CommandRun again = way.again(from, target, i);
            assertEquals(0, again.code(), "killed at " + least + ": " + again.err());
            assertEquals(String.valueOf(way.all), TARGET.query(target, way.made));
            assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
            TARGET.sql("postgres", "DROP DATABASE " + target);
        }
        SOURCE.sql("postgres", "DROP DATABASE " + from);
    }

    /**
     * The same name and the same owner do not make it ours: the table is made when the run and its programs are gone.
     */
    @Test
    void what_somebody_makes_after_that_is_named_and_stays() {
        String target = TARGET.newDatabase();
        kill(target, 20, true);
        BackgroundWork.until("the recorder ends",
                () -> TARGET
                        .query(target, "SELECT count(*) FROM pg_stat_activity a JOIN tsmigrate.recorder r USING (pid)")
                        .equals("0"));
        // The last one by name, which the dump makes last.
        TARGET.sql(target, "CREATE TABLE killed_99 AS SELECT generate_series(1, 777) AS id");
        CommandRun again = Dumps.restore(TARGET.uri(target), dump, "--restart");
        assertEquals(3, again.code(), again.err());
        assertFalse(again.err().contains("removed"), again.err());
        assertEquals("777", TARGET.query(target, "SELECT count(*) FROM killed_99"));
        TARGET.sql("postgres", "DROP DATABASE " + target);
    }
}

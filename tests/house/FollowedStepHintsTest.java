//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Run;
import testbed.Runbook;
import testbed.Sides;
import testbed.Soak;

/**
 * A single step of the runbook that is refused gets through by what its command and make say to do, given to make as it
 * says.
 */
class FollowedStepHintsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    @TempDir
    static Path folder;
    private static String source;

    @BeforeAll
    static void fill() {
        source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE ROLE stepped_owner", "CREATE TABLE item AS SELECT 1 AS id",
                "ALTER TABLE item OWNER TO stepped_owner");
        TARGET.sql("postgres", "CREATE ROLE stepped_loader LOGIN CREATEROLE PASSWORD 'l'");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + source, "DROP ROLE stepped_owner");
        TARGET.sql("postgres", "DROP ROLE stepped_owner", "DROP ROLE stepped_loader");
    }

    /** @return what make says when the command of this step fails */
    private static String make(String goal) throws IOException {
        Path launcher = Files.createDirectories(folder.resolve("make")).resolve("jbang");
        Files.writeString(launcher, "#!/bin/sh\ncase $1 in restore*) exit 3;; esac\n");
        assertTrue(launcher.toFile().setExecutable(true));
        Files.writeString(launcher.resolveSibling("Makefile"), Files.readString(Path.of("Makefile")));
        Run run = Run.of(List.of("make", "--no-print-directory", goal),
                Map.of("MAKEFLAGS", "", "MFLAGS", "", "MAKELEVEL", ""), null, launcher.getParent());
        return run.err().lines().filter(line -> line.startsWith("make: hint: ")).findFirst().orElseThrow();
    }

    private static CommandRun last(Map<String, CommandRun> runs) {
        return runs.getOrDefault("restore-postgres", runs.values().iterator().next());
    }

    /** What was dumped is kept in its folder, so that another dump needs another one. */
    @ParameterizedTest
    @CsvSource({"1, always", "2, soak"})
    void a_dump_that_this_user_cannot_restore(int way, String run) throws IOException {
        Soak.assumeIn(run);
        Matcher elsewhere = Pattern.compile("a dump that has to be made anew goes into another folder: (DIR)=FOLDER$")
                .matcher(make("restore"));
        assertTrue(elsewhere.find());
        String to = TARGET.newDatabase("OWNER stepped_loader");
        Map<String, String> ends =
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(to, "stepped_loader", "l"));
        CommandRun refused = last(Runbook.run("restore", folder.resolve("first" + way), ends, "FORMAT=plain"));
        assertEquals(3, refused.code(), refused.err());
        Matcher hint = Pattern.compile("hint: use --format (directory) or (--no-owner) for the dump$")
                .matcher(refused.failure());
        assertTrue(hint.find(), refused.failure());
        CommandRun through = last(Runbook.run("restore", folder.resolve("first" + way), ends,
                elsewhere.group(1) + "=" + folder.resolve("other" + way),
                way == 1 ? "FORMAT=" + hint.group(1) : "FORMAT=plain",
                way == 1 ? "JOBS=2" : "DUMP_OPTIONS=" + hint.group(2)));
        assertEquals(0, through.code(), through.err());
        assertFalse(through.err().contains("done before"), through.err());
        assertEquals(way == 1 ? "stepped_owner" : "stepped_loader",
                TARGET.query(to, "SELECT relowner::regrole FROM pg_class WHERE relname = 'item'"));
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }

    /**
     * The same make again, once the cause is mended: after a failure in the middle too, where the command says to add
     * --resume, which make has.
     */
    @Test
    void a_restore_that_failed() throws IOException {
        String from = Dumps.shop(SOURCE);
        String to = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + to + " SET shop.broken = 'yes'");
        Map<String, String> ends = Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to));
        Path steps = folder.resolve("failed");
        CommandRun failed = last(Runbook.run("restore", steps, ends));
        assertEquals(1, failed.code(), failed.err());
        assertTrue(failed.failure().contains("run the same command again with --resume"), failed.failure());
        assertTrue(make("restore").contains("once that is mended, run the same make again"));
        TARGET.sql("postgres", "ALTER DATABASE " + to + " RESET shop.broken");
        Map<String, CommandRun> runs = Runbook.run("from-postgres", steps, ends);
        runs.values().forEach(run -> assertEquals(0, run.code(), run.err()));
        assertTrue(runs.get("dump").err().contains("already done for these databases"), runs.get("dump").err());
        assertEquals("1000", TARGET.query(to, "SELECT count(*) FROM item"));
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }
}

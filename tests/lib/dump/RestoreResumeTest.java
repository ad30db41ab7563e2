//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.GatedShop;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Runbook;
import testbed.Sides;

/**
 * A restore that is killed with kill -9: the next one with --resume keeps what the journal knows to have arrived out of
 * the same dump, and both sides are equal in the end.
 */
class RestoreResumeTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @TempDir
    static Path folder;
    private static String shop;
    private static final Map<String, Path> DUMPS = new HashMap<>();

    @BeforeAll
    static void dump() {
        shop = GatedShop.make(SOURCE);
        for (String format : List.of("custom", "directory", "plain")) {
            DUMPS.put(format, Dumps.dumped(SOURCE, shop, folder.resolve(format), "--format", format));
        }
    }

    private static String killed(Path dump, String part) {
        String target = TARGET.newDatabase();
        GatedShop.kill(TARGET, target, part, ChildCommand.java("RestorePostgres", "-j2", dump.toString()), folder,
                Map.of("TARGET", TARGET.uri(target)));
        return target;
    }

    private static void arrived(CommandRun run, String target) {
        assertEquals(0, run.code(), run.err());
        List<String> wanted = Oracle.schema(SOURCE, shop).orElseThrow().lines().toList();
        List<String> made = Oracle.schema(TARGET, target).orElseThrow().lines().toList();
        assertEquals(wanted.stream().filter(line -> !made.contains(line)).toList(),
                made.stream().filter(line -> !wanted.contains(line)).toList());
        assertEquals(wanted, made);
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
        assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
        TARGET.sql("postgres", "DROP DATABASE " + target);
    }

    @ParameterizedTest
    @CsvSource({"custom, data", "custom, index", "custom, view", "directory, data", "directory, index",
            "directory, view",
            "plain, data", "plain, index", "plain, view"})
    void what_has_arrived_stays_wherever_the_run_was_killed(String format, String part) {
        Path dump = DUMPS.get(format);
        String target = killed(dump, part);
        Map<String, String> before = GatedShop.brought(TARGET, target);
        assertTrue(before.size() >= GatedShop.TABLES + 3, before.toString());
        assertEquals("error: the target holds objects of an interrupted run\nhint: restore-postgres " + dump
                + " --resume, which goes on, or restore-postgres " + dump + " --restart, which begins anew",
                Dumps.restore(TARGET.uri(target), dump).failure());
        CommandRun run = Dumps.restore(TARGET.uri(target), dump, "--resume", "-j3");
        Map<String, String> after = GatedShop.brought(TARGET, target);
        after.keySet().retainAll(before.keySet());
        assertEquals(before, after, run.err());
        assertTrue(run.err().contains("earlier rows: " + before.size() + " tables kept"), run.err());
        arrived(run, target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"custom", "plain"})
    void it_may_be_killed_again_and_again(String format) {
        Path dump = DUMPS.get(format);
        String target = TARGET.newDatabase();
        Map<String, String> before = Map.of();
        for (String part : List.of("data", "index", "view")) {
            GatedShop.kill(TARGET, target, part,
                    ChildCommand.java("RestorePostgres", "-j2", "--resume", dump.toString()), folder,
                    Map.of("TARGET", TARGET.uri(target)));
            Map<String, String> now = GatedShop.brought(TARGET, target);
            before.forEach((table, rows) -> assertEquals(rows, now.get(table), table));
            before = now;
        }
        CommandRun run = Dumps.restore(TARGET.uri(target), dump, "--resume");
        assertEquals(before, GatedShop.brought(TARGET, target));
        arrived(run, target);
    }

    @Test
    void what_somebody_has_changed_on_the_target_since_is_named_and_loaded_again() {
        String target = killed(DUMPS.get("directory"), "index");
        Map<String, String> before = GatedShop.brought(TARGET, target);
        TARGET.sql(target, "UPDATE t_1 SET word = 'changed' WHERE id = 1", "DELETE FROM t_2 WHERE id = 2",
                "INSERT INTO t_3 VALUES (101, 'more')", "TRUNCATE t_4", "DELETE FROM large WHERE id < 3");
        CommandRun run = Dumps.restore(TARGET.uri(target), DUMPS.get("directory"), "--resume");
        Map<String, String> after = GatedShop.brought(TARGET, target);
        assertEquals(List.of("large", "named", "t_1", "t_2", "t_3", "t_4"), after.keySet().stream()
                .filter(table -> !after.get(table).equals(before.get(table))).toList(), run.err());
        assertTrue(run.err().contains(", changed since: public.large, public.t_1, public.t_2, public.t_3, public.t_4 "),
                run.err());
        arrived(run, target);
    }

    @Test
    void another_dump_another_source_and_other_options_are_refused_with_what_differs() {
        Path dump = DUMPS.get("custom");
        String target = killed(dump, "index");
        String anew = "to begin anew, run with --restart in place of --resume";
        CommandRun other = Dumps.restore(TARGET.uri(target), DUMPS.get("directory"), "--resume");
        assertTrue(other.failure().matches("error: the interrupted run on the target has another source: dump "
                + "[0-9a-f]{16} of \\S+Z, and this one is dump [0-9a-f]{16} of \\S+Z\nhint: check the dump and "
                + "--target; " + anew), other.failure());
        assertEquals(3, other.code());
        CommandRun streamed = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--resume");
        assertTrue(streamed.failure().matches("error: the interrupted run on the target loaded dump [0-9a-f]{16} of "
                + "\\S+Z, and this one copies rows from a server, database \\d+ of server \\d+\nhint: go on with it: "
                + "restore-postgres --resume, or migrate --via-files --resume if that was the command; " + anew),
                streamed.failure());
        assertEquals(3, streamed.code());
        assertEquals(
                "error: the target holds objects of an interrupted run\nhint: restore-postgres --resume, or migrate "
                        + "--via-files --resume if that was the command, which goes on, or migrate --restart, which "
                        + "begins anew",
                CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target)).failure());
        CommandRun options = Dumps.restore(TARGET.uri(target), dump, "--resume", "--no-owner");
        assertEquals("error: the interrupted run had other options: --no-owner is new\nhint: give the options of that "
                + "run; " + anew, options.failure());
        assertEquals(2, Dumps.restore(TARGET.uri(target), dump, "--resume", "--restart").code());
        CommandRun status = CommandRun.of("StatusCommand", Map.of("TARGET", TARGET.uri(target)));
        assertTrue(status.out().contains(", from dump "), status.out());
        assertTrue(status.out().contains("the same command with --resume goes on"), status.out());
        String json = CommandRun.of("StatusCommand", Map.of("TARGET", TARGET.uri(target)), "--json").out();
        assertTrue(json.contains("\"restore-postgres --resume\""), json);
        CommandRun discard = CommandRun.of("RepairCommand", Map.of("TARGET", TARGET.uri(target)), "--discard");
        assertEquals(0, discard.code(), discard.err());
        assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_class WHERE relnamespace = "
                + "'public'::regnamespace"));
        arrived(Dumps.restore(TARGET.uri(target), dump, "--resume"), target);
    }

    /** The same make again, whatever has died. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "directory"})
    void the_runbook_goes_on_by_itself(String format) throws IOException {
        String target = TARGET.newDatabase();
        Path steps = folder.resolve("steps-" + format);
        Map<String, String> ends = Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(target));
        assertEquals(0, Runbook.run("dump", steps, ends, "FORMAT=" + format).get("dump").code());
        // A kill between the end of the dump and that of its step.
        Files.delete(steps.resolve("dump.done"));
        String manifest = Files.readString(Manifest.beside(steps.resolve("dump")));
        GatedShop.kill(TARGET, target, "index", ChildCommand.java("RestorePostgres", "--resume", "-j2",
                steps.resolve("dump").toString()), folder, Map.of("TARGET", TARGET.uri(target)));
        Map<String, String> before = GatedShop.brought(TARGET, target);
        Map<String, CommandRun> runs = Runbook.run("from-postgres", steps, ends, "FORMAT=" + format);
        runs.values().forEach(run -> assertEquals(0, run.code(), run.err()));
        assertTrue(runs.get("dump").err().contains("dump: dump: finished already, of "), runs.get("dump").err());
        assertEquals(manifest, Files.readString(Manifest.beside(steps.resolve("dump"))));
        Map<String, String> after = GatedShop.brought(TARGET, target);
        after.keySet().retainAll(before.keySet());
        assertEquals(before, after);
        arrived(runs.get("restore-postgres"), target);
    }

    @ParameterizedTest
    @CsvSource({"custom, data, .dump", "directory, index, ''", "plain, view, .sql"})
    void a_migration_via_files_goes_on_with_its_dump(String format, String part, String ending) throws IOException {
        String target = TARGET.newDatabase();
        Path dir = folder.resolve(format + " files");
        List<String> options = List.of("--via-files", "--dir", dir.toString(), "--format", format, "-j2");
        GatedShop.kill(TARGET, target, part, ChildCommand.java("Migrate", options.toArray(String[]::new)), folder,
                Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(target)));
        Map<String, String> before = GatedShop.brought(TARGET, target);
        Path dump = dir.resolve(shop + ending);
        String manifest = Files.readString(Manifest.beside(dump));
        Path elsewhere = folder.resolve("elsewhere");
        CommandRun without = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--via-files", "--dir",
                elsewhere.toString(), "--format", format, "--resume");
        assertEquals("error: the dump that the interrupted run has loaded is not in \""
                + elsewhere.resolve(dump.getFileName()) + "\"", without.failure().lines().findFirst().orElseThrow());
        assertEquals(3, without.code());
        CommandRun run = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--via-files", "--dir",
                dir.toString(), "--format", format, "--resume", "--verify", "checksums");
        Map<String, String> after = GatedShop.brought(TARGET, target);
        after.keySet().retainAll(before.keySet());
        assertEquals(before, after, run.err());
        assertEquals(manifest, Files.readString(Manifest.beside(dump)));
        assertTrue(run.err().contains("migrate: dump: finished already, of "), run.err());
        assertTrue(run.out().contains("what was written to the source after "), run.out());
        // The source's counters tell of the time since this run's own snapshot.
        assertFalse(run.out().contains("no rows were written"), run.out());
        arrived(run, target);
    }
}

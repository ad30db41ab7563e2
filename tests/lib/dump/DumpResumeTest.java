//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.Account;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Run;
import testbed.WrappedClients;

/** What an interrupted dump has left: half of one is replaced, all of one is used, and nobody else's is touched. */
class DumpResumeTest {
    private static final PgServer SERVER = PgServer.shared(ClientBinaries.clientMajor());
    private static String shop;

    @TempDir
    Path folder;
    @TempDir
    Path programs;

    @BeforeAll
    static void fill() {
        shop = Dumps.shop(SERVER);
    }

    private CommandRun resume(String... options) {
        String[] all = new String[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = "--resume";
        return Dumps.dump(SERVER.uri(shop), folder.resolve("shop"), all);
    }

    private void isFinished() {
        assertEquals(Set.of("shop", "shop.manifest.json"), Dumps.names(folder));
        String to = SERVER.newDatabase();
        CommandRun restored = Dumps.restore(SERVER.uri(to), folder.resolve("shop"));
        assertEquals(0, restored.code(), restored.err());
        assertEquals("1000", SERVER.query(to, "SELECT count(*) FROM price"));
        SERVER.sql("postgres", "DROP DATABASE " + to);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "custom", "directory"})
    void half_a_dump_of_a_killed_run_is_never_restored_and_replaced(String format) throws IOException {
        Path pid = programs.resolve("pid");
        String half = ("case $out in *.partial-*) '%s' \"$@\" >&2; echo $$ >'%s'; exec sleep 60;; esac")
                .formatted(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("pg_dump"), pid);
        Map<String, String> environment = new LinkedHashMap<>(WrappedClients.in(programs, "pg_dump", half));
        environment.put("SOURCE", SERVER.uri(shop));
        Path out = folder.resolve("shop");
        try (ChildCommand child = ChildCommand
                .start(ChildCommand.java("Dump", "-o", out.toString(), "--format", format), programs, environment)) {
            child.await("half a dump", () -> Files.exists(pid));
            child.signalAll("KILL");
            child.handle().onExit().join();
        }
        Path partial = folder.resolve(Dumps.names(folder).iterator().next());
        assertTrue(partial.getFileName().toString().startsWith("shop.partial-"), partial.toString());
        CommandRun refused = Dumps.restore(SERVER.uri("nowhere"), partial);
        assertEquals(
                "error: the dump \"%s\" has no manifest (\"%s.manifest.json\")\n".formatted(partial,
                        partial.getFileName())
                        + "hint: an interrupted dump has none: dump again with --resume; restore dumps of other tools "
                        + "with pg_restore or psql",
                refused.failure());
        assertEquals(3, refused.code());
        CommandRun run = resume("--format", format);
        assertEquals(0, run.code(), run.err());
        assertFalse(run.err().contains("finished already"), run.err());
        isFinished();
    }

    @Test
    void a_finished_dump_is_used_as_it_is() throws IOException {
        assertEquals(0, resume().code());
        String manifest = Files.readString(Manifest.beside(folder.resolve("shop")));
        SERVER.sql(shop, "CREATE TABLE later (n int)");
        CommandRun run = resume("--jobs", "1");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("dump: dump: finished already, of "), run.err());
        assertEquals(manifest, Files.readString(Manifest.beside(folder.resolve("shop"))));
        SERVER.sql(shop, "DROP TABLE later");
        assertEquals(2, resume("--overwrite").code());
    }

    @Test
    void one_of_another_source_or_with_other_options_is_refused_and_stays() throws IOException {
        Path out = folder.resolve("shop");
        assertEquals(0, resume("--no-owner", "--compress", "none").code());
        String manifest = Files.readString(Manifest.beside(out));
        String remedy = "name another place, or replace it with --overwrite in place of --resume";
        CommandRun options = resume("--exclude-table", "price");
        assertEquals("error: the dump \"" + out + "\" was made with other options: --compress none, --no-owner, no "
                + "--exclude-table=price\nhint: give the options that it was made with; else " + remedy,
                options.failure());
        assertEquals(3, options.code());
        String other = SERVER.newDatabase();
        CommandRun source = Dumps.dump(SERVER.uri(other), out, "--resume", "--no-owner", "--compress", "none");
        assertTrue(source.failure().matches("error: the dump \"" + out + "\" is of another source: database \\d+ of "
                + "server \\d+, and this one is database \\d+ of server \\d+\nhint: check --source; else " + remedy),
                source.failure());
        assertEquals(3, source.code());
        assertEquals(manifest, Files.readString(Manifest.beside(out)));
        Path mine = Files.createDirectory(folder.resolve("mine"));
        Files.writeString(mine.resolve("1.dat"), "not ours");
        assertEquals(2, Dumps.dump(SERVER.uri(shop), mine, "--resume").code());
        assertEquals("not ours", Files.readString(mine.resolve("1.dat")));
    }

    @Test
    void a_damaged_one_is_made_again() throws IOException {
        assertEquals(0, resume().code());
        Path file = folder.resolve("shop/toc.dat");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        CommandRun run = resume();
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("dump: warning: the dump is damaged: \"" + file
                + "\" does not have the checksum that its manifest says; it is made again\n"), run.err());
        isFinished();
    }

    /** What stands there when a run is killed between two renames, the last thing that it does. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void one_that_was_written_whole_is_finished(boolean renamed) throws IOException {
        Path out = folder.resolve("shop");
        assertEquals(0, resume().code());
        String manifest = Files.readString(Manifest.beside(out));
        long gone = new ProcessBuilder("true").start().onExit().join().pid();
        Files.move(Manifest.beside(out), folder.resolve("shop.manifest.json.partial-" + gone));
        if (!renamed) {
            Files.move(out, folder.resolve("shop.partial-" + gone));
            // The one that it was to replace.
            assertEquals(0, Dumps.dump(SERVER.uri(shop), folder.resolve("other")).code());
            Files.move(folder.resolve("other"), out);
            Files.delete(folder.resolve("other.manifest.json"));
        }
        CommandRun run = resume();
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("finished already"), run.err());
        assertEquals(manifest, Files.readString(Manifest.beside(out)));
        isFinished();
    }

    @Test
    void after_a_full_disk_the_same_goes_on() {
        assumeTrue(Account.isRoot(), "needs root to mount a small disk; run: sudo make test");
        Run mount = Run.of(List.of("mount", "-t", "tmpfs", "-o", "size=20k", "tmpfs", folder.toString()));
        assumeTrue(mount.code() == 0, "a small disk cannot be mounted here: " + mount.err().strip());
        try {
            CommandRun full = resume("-Z0");
            assertEquals(1, full.code(), full.err());
            Run.of(List.of("mount", "-o", "remount,size=20m", folder.toString())).orFail();
            CommandRun run = resume("-Z0");
            assertEquals(0, run.code(), run.err());
            isFinished();
        } finally {
            Run.of(List.of("umount", folder.toString())).orFail();
        }
    }
}

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
import java.util.stream.Collectors;
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

/** What stands where a dump is written: nothing of anybody else's is lost, and nothing looks finished that is not. */
class DumpPlaceTest {
    private static final PgServer SERVER = PgServer.shared(ClientBinaries.clientMajor());
    private static String shop;

    @TempDir
    Path folder;

    @BeforeAll
    static void fill() {
        shop = Dumps.shop(SERVER);
    }

    @Test
    void what_is_there_already_is_refused_or_replaced() throws IOException {
        Path out = folder.resolve("shop");
        assertEquals(0, Dumps.dump(SERVER.uri(shop), out).code());
        String before = Files.readString(Manifest.beside(out));

        CommandRun refused = Dumps.dump(SERVER.uri(shop), out);
        assertEquals("error: \"" + out + "\" exists already\nhint: name another place, or use "
                + "it with --resume, or replace it with --overwrite",
                refused.failure());
        assertEquals(2, refused.code());

        // One that fails leaves the old dump as it was.
        CommandRun failed = Dumps.dump(WrappedClients.in(folder, "pg_dump", "case $out in *.partial-*) exit 1;; esac"),
                SERVER.uri(shop), out, "--overwrite");
        assertEquals(1, failed.code(), failed.err());
        assertEquals(before, Files.readString(Manifest.beside(out)));

        assertEquals(0, Dumps.dump(SERVER.uri(shop), out, "--overwrite", "-Fc").code());
        assertTrue(Files.isRegularFile(out));
        assertEquals(List.of("shop"), Manifest.read(out).files().stream().map(Manifest.File::name).toList());
    }

    @Test
    void a_folder_that_holds_something_else_is_not_replaced() throws IOException {
        Path mine = Files.createDirectory(folder.resolve("mine"));
        Files.writeString(mine.resolve("letter"), "keep me");
        CommandRun run = Dumps.dump(SERVER.uri(shop), mine, "--overwrite");
        assertEquals("error: \"" + mine + "\" is not a dump and is not overwritten\nhint: name another place",
                run.failure());
        assertEquals(2, run.code());
        assertEquals("keep me", Files.readString(mine.resolve("letter")));
    }

    @Test
    void a_truncate_in_the_middle_waits_and_takes_nothing_away() throws IOException {
        // Between the snapshot and pg_dump's own locks is where the rows would go.
        String psql = ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString();
        String truncate =
                ("case $out in *.partial-*) '%s' -Xqc \"SET lock_timeout = '1s'\" -c 'TRUNCATE price' '%s' "
                        + "2>/dev/null;; esac")
                        .formatted(psql, SERVER.uri(shop));
        Path out = folder.resolve("shop.sql");
        CommandRun run = Dumps.dump(WrappedClients.in(folder, "pg_dump", truncate), SERVER.uri(shop), out, "-Fp");
        assertEquals(0, run.code(), run.err());
        assertEquals("1000", SERVER.query(shop, "SELECT count(*) FROM price"));
        String copied = Files.readString(out).replaceFirst("(?s).*\nCOPY public.price [^\n]*\n", "")
                .replaceFirst("(?s)\\\\\\.\n.*", "");
        assertEquals(1000, copied.lines().count());
    }

    @Test
    void what_is_written_is_private_from_its_first_moment() throws IOException {
        Path seen = folder.resolve("seen");
        String look = "umask >>'%1$s'; case $out in *.partial-*) ls -ld \"$out\" >>'%1$s';; esac".formatted(seen);
        assertEquals(0, Dumps.dump(WrappedClients.in(folder, "pg_dump", look), SERVER.uri(shop), folder.resolve("shop"))
                .code());
        List<String> lines = Files.readAllLines(seen);
        assertEquals(Set.of("0077"), lines.stream().filter(line -> line.length() == 4).collect(Collectors.toSet()));
        assertTrue(lines.get(lines.size() - 1).startsWith("drwx------"), lines.toString());
    }

    @Test
    void a_full_disk_is_said_in_one_line() {
        assumeTrue(Account.isRoot(), "needs root to mount a small disk; run: sudo make test");
        Run mount = Run.of(List.of("mount", "-t", "tmpfs", "-o", "size=20k", "tmpfs", folder.toString()));
        assumeTrue(mount.code() == 0, "a small disk cannot be mounted here: " + mount.err().strip());
        try {
            Path out = folder.resolve("shop");
            for (List<String> format : List.of(List.of("-Fp"), List.of("-Fc", "-Z0"), List.of("-Fd", "-Z0"),
                    List.of("-Fd", "-Z0", "-j1"))) {
                CommandRun run = Dumps.dump(SERVER.uri(shop), out, format.toArray(String[]::new));
                assertEquals("error: no space is left where \"" + out + "\" was to be written\n"
                        + "hint: make room, or name a place on another disk; what was written is removed",
                        run.failure());
                assertEquals(1, run.code());
                assertTrue(
                        run.err()
                                .matches("(?s).*dump: warning: disk: \"" + folder
                                        + "\" has 20\\.0 kB free, and the source's tables take [\\d.]+ kB: "
                                        + "a dump of them may not fit, unless compression makes it smaller\n.*"),
                        run.err());
                assertEquals(Set.of(), Dumps.names(folder));
            }
            CommandRun migrate = CommandRun.migrate(SERVER.uri(shop), SERVER.uri("no room"), "--create-database",
                    "--via-files", "--dir", folder.toString());
            assertTrue(migrate.err().contains("migrate: warning: disk: \"" + folder + "\" has 20.0 kB free, "),
                    migrate.err());
            assertEquals("0", SERVER.query("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'no room'"));
            CommandRun without = Dumps.dump(SERVER.uri(shop), out, "--exclude-table-data", "*");
            assertFalse(without.err().contains("disk:"), without.err());
        } finally {
            Run.of(List.of("umount", folder.toString())).orFail();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "KILL"})
    void an_interrupted_dump_leaves_nothing_that_looks_finished(String signal) throws IOException {
        Path place = Files.createDirectory(folder.resolve("place"));
        Path pid = folder.resolve("pid");
        String half =
                ("case $out in *.partial-*) echo half >\"$out/1.dat\"; echo $$ >'%1$s.new'; mv '%1$s.new' '%1$s'; "
                        + "exec sleep 60;; esac")
                        .formatted(pid);
        Map<String, String> environment = new LinkedHashMap<>(WrappedClients.in(folder, "pg_dump", half));
        environment.put("SOURCE", SERVER.uri(shop));
        try (ChildCommand child = ChildCommand.start(ChildCommand.java("Dump", "-o", place.resolve("shop").toString()),
                folder, environment)) {
            child.await("half a dump", () -> Files.exists(pid));
            child.signal(signal);
            CommandRun run = child.end();
            assertEquals(Map.of("INT", 130, "TERM", 143, "KILL", 137).get(signal), run.code(), run.err());
            if (signal.equals("KILL")) {
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
                        .ifPresent(ProcessHandle::destroyForcibly);
                assertEquals(List.of("1.dat"),
                        Dumps.files(place).stream().map(file -> file.getFileName().toString()).toList());
                assertTrue(Dumps.names(place).stream().allMatch(name -> name.matches("shop\\.partial-\\d+")),
                        Dumps.names(place).toString());
                // The next run takes it away.
                assertEquals(0, Dumps.dump(SERVER.uri(shop), place.resolve("shop")).code());
                assertEquals(Set.of("shop", "shop.manifest.json"), Dumps.names(place));
            } else {
                assertTrue(run.err().endsWith("dump: warning: interrupted: nothing of the dump is left\n"), run.err());
                assertTrue(ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).isEmpty());
                assertEquals(Set.of(), Dumps.names(place));
            }
        }
    }

    @Test
    void the_archive_that_a_plain_dump_is_made_from_goes_also_where_a_killed_run_left_it() throws IOException {
        String names = SERVER.newDatabase();
        SERVER.sql(names, "CREATE TABLE names (c regclass)");
        Files.writeString(folder.resolve("names.sql.partial-999999999-archive"), "left");
        assertEquals(0, Dumps.dump(SERVER.uri(names), folder.resolve("names.sql"), "-Fp").code());
        assertEquals(Set.of("names.sql", "names.sql.manifest.json"), Dumps.names(folder));
        Map<String, String> failing =
                WrappedClients.in(folder, "pg_restore", "case $out in *.partial-*) exit 1;; esac");
        assertEquals(1, Dumps.dump(failing, SERVER.uri(names), folder.resolve("again.sql"), "-Fp").code());
        assertEquals(Set.of("names.sql", "names.sql.manifest.json"), Dumps.names(folder));
    }
}

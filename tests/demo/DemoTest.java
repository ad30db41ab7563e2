//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Account;
import testbed.ClientBinaries;
import testbed.Run;
import testbed.Soak;
import testbed.TrixieRoot;

/** The demonstration as `make demo` runs it, in a process of its own. */
class DemoTest {
    @TempDir
    private static Path temporary;

    @Test
    void it_moves_a_database_and_takes_its_servers_away() throws IOException {
        Path report = temporary.resolve("report");
        Run run = demo(report, Map.of());
        assertEquals(0, run.code(), run.out() + run.err());
        assertTrue(
                run.out().contains(
                        "$ ./jbang migrate --create-database --verify checksums --out " + report + " --overwrite\n"),
                run.out());
        assertTrue(run.err().matches(
                "(?s).*\\nverify: \\d+ rows in \\d+ tables and \\d+ rows in \\d+ materialized views compared: no "
                        + "differences\\n.*"),
                run.err());
        assertEquals(2, run.out().lines()
                .filter(line -> line.equals("    35000 | 38579050.00 | 2025-12-28 06:40:00+01")).count(), run.out());
        assertTrue(run.out().contains("\nBoth servers are gone. The summary of the migration is in " + report + ". "),
                run.out());
        assertTrue(Files.readString(report).contains("no differences (checksums)"));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(report)));
        assertSaid(run.out() + run.err());
        assertNothingIsLeft(run);
    }

    /** What the README shows of it is what it says, but for sizes and times. */
    private static void assertSaid(String output) throws IOException {
        Set<String> said = output.lines().map(DemoTest::withoutNumbers).collect(Collectors.toSet());
        Matcher shown =
                Pattern.compile("(?s)\\n```\\n(migrate: .*?)```\\n").matcher(Files.readString(Path.of("README.md")));
        assertTrue(shown.find());
        assertEquals(List.of(), shown.group(1).lines().filter(line -> !said.contains(withoutNumbers(line))).toList(),
                output);
    }

    private static String withoutNumbers(String line) {
        return line.replaceAll("\\d+(\\.\\d+)?", "0");
    }

    @Test
    void it_moves_hypertables_too() throws IOException {
        Soak.assumeIn("soak");
        TrixieRoot.folder();
        Path report = temporary.resolve("report-timescale");
        Run run = demo(report, Map.of(), "timescale");
        assertEquals(0, run.code(), run.out() + run.err());
        assertEquals(2,
                run.out().lines().filter(line -> line.equals("   438000 |   400 | 2025-12-31 23:00:00+00")).count(),
                run.out());
        assertTrue(Files.readString(report).contains("no differences (checksums)"));
        assertNothingIsLeft(run);
    }

    @Test
    void a_command_that_fails_fails_the_demonstration() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("bin"));
        Path broken = Files.createFile(folder.resolve("pg_dump"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Files.writeString(broken, """
                #!/bin/sh
                [ "$1" = --version ] || exit 1
                echo 'pg_dump (PostgreSQL) %d.999'
                """.formatted(ClientBinaries.clientMajor()));
        Run run = demo(temporary.resolve("none"), Map.of("TSMIGRATE_PG_BINDIRS", folder.toString()));
        assertEquals(1, run.code(), run.out() + run.err());
        assertTrue(
                run.out().matches(
                        "(?s).*\\ndemo: error: exit code 3 from: \\./jbang migrate .*\\nNo server is left\\.\\n"),
                run.out());
        assertFalse(run.out().contains("jbang verify"), run.out());
        assertNothingIsLeft(run);
    }

    @Test
    void what_is_missing_is_said_in_one_line_with_the_command_that_brings_it() {
        List<String> command = withoutPostgres();
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Demo.class.getName()));
        Run run = Run.of(command);
        assertEquals(1, run.code());
        assertEquals(
                "\ndemo: error: needs PostgreSQL's client programs; run: sudo apt-get install -y postgresql-client\n",
                run.out());
        assertEquals("", run.err());
    }

    @Test
    void a_hint_is_for_the_target_that_was_run(@TempDir Path folder) throws IOException {
        List<String> nothing = withoutPostgres();
        // A machine with nothing, and a user who is not root.
        Path bin = Files.createDirectory(folder.resolve("programs"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        for (String program : List.of("sh", "id", "uname", "ls", "setpriv")) {
            Files.createSymbolicLink(bin.resolve(program),
                    Path.of(Run.output(List.of("sh", "-c", "command -v " + program)).strip()));
        }
        Files.createSymbolicLink(bin.resolve("apt-get"), Path.of("/bin/false"));
        Path script = Files.copy(Path.of("tests/testbed/packages.sh"), folder.resolve("packages.sh"));
        Map<String, String> said = new TreeMap<>();
        for (String target : List.of("demo", "demo-timescale", "trixie-root", "bench", "test")) {
            List<String> command = new ArrayList<>(nothing);
            command.addAll(List.of("env", "PATH=" + bin));
            command.addAll(Account.ofServers()
                    .running(List.of("sh", script.toString(), folder.resolve("build").toString(), target)));
            Run run = Run.of(command);
            said.put(target, run.code() + " " + run.out() + run.err());
        }
        assertEquals(
                "1 make: error: make demo needs postgresql-client; run: sudo apt-get install -y postgresql-client\n",
                said.get("demo"));
        for (String target : List.of("demo-timescale", "trixie-root")) {
            assertEquals(
                    "1 make: error: make " + target
                            + " needs root, because it uses a Debian root folder; run: sudo make " + target + "\n",
                    said.get(target));
        }
        assertEquals(
                "0 make: some ways to move a database are left out for want of packages; to try them too: sudo "
                        + "apt-get install -y postgresql-client\n",
                said.get("bench"));
        assertTrue(said.get("test").matches(
                "0 make: some tests are skipped for want of packages; to run them too: sudo apt-get install -y "
                        + "postgresql postgresql-client .*\n"),
                said.get("test"));
    }

    /** The beginning of a command line that finds no program of PostgreSQL. */
    private static List<String> withoutPostgres() {
        List<String> hidden = List.of("unshare", "-m", "sh", "-c",
                "mount -t tmpfs none /usr/lib/postgresql && PATH=/usr/bin:/bin exec \"$@\"", "sh");
        List<String> tried = new ArrayList<>(hidden);
        tried.add("true");
        assumeTrue(Account.isRoot() && Run.of(tried).code() == 0,
                "needs Linux, root and the right to mount; run: sudo make test");
        return new ArrayList<>(hidden);
    }

    private static Run demo(Path report, Map<String, String> variables, String... show) {
        Map<String, String> environment = new HashMap<>(variables);
        environment.put("JBANG_DIR", temporary.resolve("jbang-dir").toString());
        // It is meant for a terminal whose user has settings for other servers.
        environment.put("PGHOST", "db.example.invalid");
        environment.put("PGOPTIONS", "-c default_transaction_read_only=on");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command =
                new ArrayList<>(List.of(java, "-cp", System.getProperty("java.class.path"), Demo.class.getName()));
        command.addAll(List.of(show));
        command.add(report.toString());
        return Run.of(command, environment, null);
    }

    private static void assertNothingIsLeft(Run run) throws IOException {
        Matcher ports = Pattern.compile("@127\\.0\\.0\\.1:(\\d+)/(?:shop|plant)\n").matcher(run.out());
        for (int side = 0; side < 2; side++) {
            assertTrue(ports.find(), run.out());
            int port = Integer.parseInt(ports.group(1));
            assertThrows(ConnectException.class, () -> new Socket("127.0.0.1", port).close());
        }
        Matcher passFile = Pattern.compile("export PGPASSFILE=(.*)\n").matcher(run.out());
        assertTrue(passFile.find(), run.out());
        assertFalse(Files.exists(Path.of(passFile.group(1)).getParent()));
        // Where the passwords of test servers begin.
        assertFalse((run.out() + run.err()).matches("(?s).*[0-9a-f]{24}(/:|%2F).*"), "a password was shown");
    }
}

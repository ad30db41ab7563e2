//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Launcher;
import testbed.Run;

/** How ./jbang comes by a JBang: the installed one, else one of its own out of Maven Central. */
class LauncherSetUpTest {
    private static final String JBANG = "jbang-0.132.1";
    private static final String TELLS = "#!/bin/sh\necho \"installed: $*\"\necho \"repository: $JBANG_REPO\"\n";
    /** What the launcher is made of beside Java and Maven. */
    private static final List<String> TOOLS =
            List.of("bash", "cat", "chmod", "dirname", "find", "grep", "head", "mkdir", "mktemp",
                    "mv", "readlink", "rm", "sed", "uname");

    @TempDir
    private Path temporary;
    private Path programs;
    private Path cache;

    @BeforeEach
    void make_folders() throws IOException {
        programs = Files.createDirectory(temporary.resolve("programs"));
        cache = Files.createDirectory(temporary.resolve("a cache"));
    }

    @Test
    void an_installed_jbang_is_preferred_and_nothing_is_fetched() throws IOException {
        program("jbang", TELLS);
        Run run = launcher().first(programs).run("--verbose", "version");
        assertEquals("installed: --verbose version", run.orFail().out().lines().findFirst().orElseThrow());
        assertEquals("", run.err());
        assertEquals(List.of(), list(cache));
    }

    @Test
    void a_command_of_this_catalog_becomes_its_file_so_that_it_works_from_any_folder_and_offline() throws IOException {
        program("jbang", TELLS);
        Path copy = Files.createDirectories(temporary.resolve("a copy/scripts"));
        Files.writeString(copy.resolve("move.java"), "");
        Path here = Files.copy(Launcher.FILE, copy.resolveSibling("jbang"));
        String file = copy.toRealPath().resolve("move.java").toString();
        Launcher launcher = launcher().first(programs).in(temporary);
        assertEquals("installed: " + file + " --source x",
                firstLine(launcher.run(here, null, "move", "--source", "x")));
        assertEquals("installed: --quiet run " + file + " move",
                firstLine(launcher.run(here, null, "--quiet", "run", "move", "move")));
        assertEquals("installed: other move", firstLine(launcher.run(here, null, "other", "move")));
        assertEquals("installed: move@elsewhere", firstLine(launcher.run(here, null, "move@elsewhere")));
    }

    @Test
    void the_repository_that_maven_is_told_to_use_is_used_by_jbang_too() throws IOException {
        program("jbang", TELLS);
        Launcher launcher = launcher().first(programs).with("MAVEN_ARGS", "").with("MAVEN_OPTS",
                "-Xmx1g -Dmaven.repo.local=/some/where -Dx=y");
        assertTrue(launcher.run("version").out().contains("repository: /some/where\n"));
        assertTrue(launcher.with("JBANG_REPO", "/own").run("version").out().contains("repository: /own\n"));
        assertTrue(launcher.with("JBANG_REPO", "").with("MAVEN_OPTS", "-Dx=-Dmaven.repo.local=/not").run("version")
                .out().contains("repository: \n"));
    }

    @Test
    void the_launcher_does_not_take_itself_or_its_copies_for_an_installed_jbang() throws IOException {
        Path second = Files.createDirectory(temporary.resolve("second"));
        Files.copy(Launcher.FILE, second.resolve("jbang"));
        Path link = Files.createDirectory(temporary.resolve("link"));
        Files.createSymbolicLink(link.resolve("jbang"), Launcher.FILE);
        Path real = Files.createDirectory(temporary.resolve("real"));
        Files.move(program("jbang", TELLS), real.resolve("jbang"));
        Files.copy(Launcher.FILE, programs.resolve("jbang"));
        assertEquals("0.132.1", new Launcher(temporary).first(programs).first(second).first(link).run("version")
                .orFail().out().strip());
        assertEquals("installed: version", firstLine(
                new Launcher(temporary).first(real).first(programs).first(second).first(link).run("version")));
    }

    @Test
    void the_first_run_fetches_jbang_with_one_line_and_the_second_is_quiet() throws IOException {
        Run first = launcher().run("version");
        assertEquals("0.132.1", first.orFail().out().strip());
        assertEquals("jbang: fetching JBang 0.132.1 from Maven Central, once\n", first.err());
        Run second = launcher().run("version");
        assertEquals("0.132.1", second.orFail().out().strip());
        assertEquals("", second.err());
        assertEquals(List.of(JBANG), list(cache.resolve("tsmigrate")));
    }

    @Test
    void two_that_fetch_at_once_both_work() throws Exception {
        Process one = launcher().start(temporary.resolve("one"), "version");
        Process other = launcher().start(temporary.resolve("other"), "version");
        assertEquals(0, one.waitFor());
        assertEquals(0, other.waitFor());
        assertEquals(List.of(JBANG), list(cache.resolve("tsmigrate")));
        assertFalse(list(cache.resolve("tsmigrate/" + JBANG)).stream().anyMatch(name -> name.startsWith(JBANG + ".")),
                "one is inside the other");
    }

    @Test
    void an_interrupted_download_leaves_nothing_that_looks_finished() throws Exception {
        Path half = temporary.resolve("half");
        program("mvn",
                "#!/bin/sh\nfor last; do :; done\ntouch \"${last#*=}/half.jar\" '" + half + "'\nexec sleep 60\n");
        Process killed = launcher().first(programs).start(temporary.resolve("messages"), "version");
        while (!Files.exists(half)) {
            Thread.sleep(20);
        }
        List<ProcessHandle> children = killed.descendants().toList();
        killed.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        children.forEach(ProcessHandle::destroyForcibly);
        assertFalse(Files.exists(cache.resolve("tsmigrate").resolve(JBANG)));
        assertEquals("0.132.1", launcher().run("version").orFail().out().strip());
    }

    @Test
    void mavens_own_words_explain_a_download_that_failed() throws IOException {
        // Maven puts colours back before its first error even if its output is no terminal.
        for (String before : List.of("", "\\033[0m\\033[0m")) {
            program("mvn", "#!/bin/sh\nprintf '" + before
                    + "[ERROR] no route to the repository\\n[ERROR] more\\n'\nexit 1\n");
            Run run = launcher().first(programs).run("version");
            assertEquals(1, run.code());
            assertEquals("jbang: error: Maven could not fetch JBang: no route to the repository", lastLine(run));
            assertEquals(List.of(), list(cache.resolve("tsmigrate")));
        }
    }

    @Test
    void whatever_maven_says_explains_a_download_that_failed_before_it_began() throws IOException {
        program("mvn", "#!/bin/sh\necho\necho 'Unable to find a JVM' >&2\necho 'more'\nexit 1\n");
        assertEquals("jbang: error: Maven could not fetch JBang: Unable to find a JVM",
                lastLine(launcher().first(programs).run("version")));
        program("mvn", "#!/bin/sh\nexit 1\n");
        assertEquals("jbang: error: Maven could not fetch JBang: it ended without a word; try: mvn --version",
                lastLine(launcher().first(programs).run("version")));
    }

    @Test
    void a_wrong_java_home_is_named() throws IOException {
        Run run = launcher().with("JAVA_HOME", "/no/such java").run("version");
        assertEquals(1, run.code());
        assertEquals("jbang: error: JAVA_HOME is \"/no/such java\", where there is no bin/java; "
                + "run again with that of a Java development kit, or after: unset JAVA_HOME\n", run.err());
        assertEquals(List.of(), list(cache));
    }

    @Test
    void a_missing_maven_is_named_with_the_command_that_installs_it() throws IOException {
        Run run = bare().run("version");
        assertEquals(1, run.code());
        assertTrue(run.err().matches(
                "jbang: error: Maven is needed once, to fetch JBang; run: (sudo apt-get|brew) install .*maven\n"),
                run.err());
    }

    @Test
    void a_missing_or_old_java_is_named_with_the_command_that_installs_it() throws IOException {
        Run missing = bare().with("JAVA_HOME", "").run("version");
        assertEquals(1, missing.code());
        assertTrue(missing.err().matches(
                "jbang: error: a Java development kit of version 17 or newer is needed; run: .* install .*jdk.*\n"),
                missing.err());
        program("javac", "#!/bin/sh\necho javac 11.0.2\n");
        program("java", "#!/bin/sh\nexit 1\n");
        Run old = bare().with("JAVA_HOME", "").run("version");
        assertTrue(
                old.err().startsWith(
                        "jbang: error: a Java development kit of version 17 or newer is needed, found 11; run: "),
                old.err());
    }

    private Launcher launcher() {
        return new Launcher(temporary).with("XDG_CACHE_HOME", cache.toString()).with("JBANG_REPO", "");
    }

    /** With nothing on PATH but what every system has. */
    private Launcher bare() throws IOException {
        for (String tool : TOOLS) {
            if (!Files.exists(programs.resolve(tool))) {
                Path found = Stream.of("/usr/bin", "/bin").map(bin -> Path.of(bin, tool)).filter(Files::isExecutable)
                        .findFirst().orElseThrow();
                Files.createSymbolicLink(programs.resolve(tool), found);
            }
        }
        return launcher().with("PATH", programs.toString());
    }

    private Path program(String name, String text) throws IOException {
        return Files.setPosixFilePermissions(Files.writeString(programs.resolve(name), text),
                PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static List<String> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().collect(Collectors.toList());
        }
    }

    private static String firstLine(Run run) {
        return run.orFail().out().lines().findFirst().orElseThrow();
    }

    private static String lastLine(Run run) {
        return run.err().lines().reduce((first, last) -> last).orElse("");
    }
}

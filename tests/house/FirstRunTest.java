//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Launcher;
import testbed.Run;
import testbed.Soak;

/** The first runs of a command through ./jbang: whatever comes between them, they succeed, and so does the next one. */
class FirstRunTest {
    @TempDir
    private Path temporary;
    private Path copy;
    private Path cache;
    private Launcher launcher;

    /** A catalog with one command, which is built within two seconds. */
    @BeforeEach
    void make_a_catalog() throws IOException {
        Path catalog = Files.createDirectories(temporary.resolve("a catalog"));
        Files.createDirectory(catalog.resolve("lib"));
        Files.createDirectory(catalog.resolve("scripts"));
        Files.writeString(catalog.resolve("jbang-catalog.json"), "{}");
        Files.writeString(catalog.resolve("lib/Word.java"),
                "package lib;\npublic class Word {\n    public static String word() {\n        return \"hello\";\n "
                        + "   }\n}\n");
        Files.writeString(catalog.resolve("scripts/hello.java"), """
                //JAVAC_OPTIONS -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
                //SOURCES ../lib/Word.java
                class Hello {
                    public static void main(String[] args) {
                        System.out.println(lib.Word.word() + " " + String.join("|", args));
                    }
                }
                """);
        copy = Files.copy(Launcher.FILE, catalog.resolve("jbang"), StandardCopyOption.COPY_ATTRIBUTES);
        launcher = new Launcher(temporary).with("JBANG_REPO", "");
        cache = temporary.resolve("cache/tsmigrate");
    }

    @Test
    void two_at_once_succeed_and_so_does_the_next() throws Exception {
        for (int round = 0; round < Soak.rounds(1, 10); round++) {
            launcher.with("JBANG_OTHER", "round " + round);
            assertTwoAtOnceSucceed();
        }
        Run run = launcher.in(copy.getParent()).run(copy, null, "scripts/hello.java", "by its file");
        assertEquals("hello by its file\n", run.orFail().out());
        assertEquals("", run.err());
    }

    @Test
    void two_at_once_succeed_with_an_installed_jbang_too() throws Exception {
        install();
        assertTwoAtOnceSucceed();
        assertEquals("hello it's|$HOME\n", run("it's", "$HOME"));
        Files.writeString(jar(), "");
        assertEquals("hello again\n", run("again"));
    }

    @Test
    void two_at_once_of_the_largest_command_succeed() throws Exception {
        Soak.assumeIn("soak");
        for (int round = 0; round < 3; round++) {
            Launcher fresh = new Launcher(Files.createDirectory(temporary.resolve("round " + round)));
            Process one = fresh.start(temporary.resolve("one"), "migrate", "--version");
            Process other = fresh.start(temporary.resolve("other"), "migrate", "--version");
            assertEquals(0, one.waitFor(), () -> said("one"));
            assertEquals(0, other.waitFor(), () -> said("other"));
            assertEquals("", fresh.run("migrate", "--version").orFail().err());
        }
    }

    @Test
    void a_damaged_jar_is_built_again() throws IOException {
        run("first");
        byte[] whole = Files.readAllBytes(jar());
        byte[] changed = whole.clone();
        changed[whole.length / 2] ^= 1;
        for (byte[] damaged : List.of(Arrays.copyOf(whole, whole.length / 2), changed)) {
            Files.write(jar(), damaged);
            assertEquals("hello again\n", run("again"));
        }
        assertEquals("", launcher.run(copy, null, "hello").orFail().err());
    }

    @Test
    void a_library_that_was_cut_off_is_fetched_again() throws IOException {
        Path library = library();
        assertEquals("hello first\n", run("first"));
        byte[] whole = Files.readAllBytes(library);
        for (byte[] cut : List.of(Arrays.copyOf(whole, whole.length / 2), new byte[0])) {
            // After a first run, and before one.
            for (String setting : List.of("", "setting " + cut.length)) {
                launcher.with("JBANG_OTHER", setting);
                Files.write(library, cut);
                Run run = launcher.run(copy, null, "hello", "again");
                assertEquals("hello again\n", run.orFail().out());
                assertTrue(run.err().contains("jbang: " + library + " is cut off; fetching it again\n"), run.err());
                assertArrayEquals(whole, Files.readAllBytes(library));
                assertEquals("", launcher.run(copy, null, "hello").orFail().err());
            }
        }
        Files.delete(library);
        assertEquals("hello again\n", run("again"));
    }

    @Test
    void a_library_that_was_cut_off_is_fetched_again_with_an_installed_jbang_too() throws IOException {
        install();
        Path library = library();
        assertEquals("hello first\n", run("first"));
        byte[] whole = Files.readAllBytes(library);
        for (String setting : List.of("", "setting")) {
            launcher.with("JBANG_OTHER", setting);
            Files.write(library, Arrays.copyOf(whole, whole.length / 2));
            assertEquals("hello again\n", run("again"));
            assertArrayEquals(whole, Files.readAllBytes(library));
        }
        assertEquals("", launcher.run(copy, null, "hello").orFail().err());
    }

    /** One that the command needs, in a repository of its own, whose name JBang does not write down as it is. */
    private Path library() throws IOException {
        Path script = copy.resolveSibling("scripts/hello.java");
        Files.writeString(script, "//DEPS org.slf4j:slf4j-api:1.7.36\n" + Files.readString(script)
                .replace("        System", "        org.slf4j.event.Level.valueOf(\"INFO\");\n        System"));
        Path repository = temporary.toRealPath().resolve("the user's = repository");
        launcher.with("JBANG_REPO", repository.toString());
        return repository.resolve("org/slf4j/slf4j-api/1.7.36/slf4j-api-1.7.36.jar");
    }

    @Test
    void a_run_that_was_killed_while_it_built_is_not_seen_by_the_next() throws Exception {
        Process killed = launcher.start(copy, temporary.resolve("messages"), "hello", "killed");
        Path begun = cache.resolve("builds");
        while (!Files.isDirectory(begun) || list(begun).isEmpty() || jars(list(begun).get(0)).isEmpty()) {
            Thread.sleep(5);
        }
        List<ProcessHandle> children = killed.descendants().toList();
        killed.destroyForcibly().waitFor();
        children.forEach(ProcessHandle::destroyForcibly);
        assertEquals("hello next\n", run("next"));
        assertEquals("", launcher.run(copy, null, "hello").orFail().err());
    }

    @Test
    void a_run_that_is_ended_while_it_builds_leaves_nothing() throws Exception {
        Process ended = launcher.start(copy, temporary.resolve("messages"), "hello");
        Path begun = cache.resolve("builds");
        while (!Files.isDirectory(begun) || list(begun).isEmpty() || list(list(begun).get(0)).isEmpty()) {
            Thread.sleep(5);
        }
        ended.descendants().forEach(ProcessHandle::destroy);
        ended.destroy();
        assertEquals(143, ended.waitFor());
        assertEquals(List.of(), list(begun));
    }

    @Test
    void what_nobody_needs_any_more_is_removed_and_what_is_in_use_is_not() throws IOException {
        run("first");
        Path used = list(cache.resolve("builds")).get(0);
        Path unfinished = Files.createDirectories(cache.resolve("builds/hello.java.killed"));
        FileTime before = FileTime.from(Instant.now().minus(Duration.ofDays(9)));
        Files.setLastModifiedTime(used, before);
        Files.setLastModifiedTime(unfinished, before);
        Path recent = Files.createDirectories(cache.resolve("builds/hello.java.builds"));
        launcher.with("JBANG_OTHER", "setting").run(copy, null, "hello").orFail();
        assertTrue(Files.exists(used) && Files.exists(recent));
        assertFalse(Files.exists(unfinished));
        assertEquals("", launcher.with("JBANG_OTHER", "").run(copy, null, "hello").orFail().err());
    }

    @Test
    void a_jbang_that_was_cut_off_is_fetched_again() throws IOException {
        Soak.assumeIn("soak");
        Path jbang = list(cache).stream().filter(Files::isSymbolicLink).findFirst().orElseThrow();
        Path fetched = jbang.toRealPath();
        Files.delete(jbang);
        Files.createDirectory(jbang);
        for (Path file : list(fetched)) {
            Files.copy(file, jbang.resolve(file.getFileName()));
        }
        Path jar = list(jbang).stream().filter(file -> file.getFileName().toString().startsWith("gson-")).findFirst()
                .orElseThrow();
        Files.write(jar, Arrays.copyOf(Files.readAllBytes(jar), 100_000));
        assertEquals("hello again\n",
                launcher.with("JBANG_OTHER", "setting").run(copy, null, "hello", "again").orFail().out());
        assertEquals(-1, Files.mismatch(jar, fetched.resolve(jar.getFileName())));
    }

    private void assertTwoAtOnceSucceed() throws Exception {
        Process one = launcher.start(copy, temporary.resolve("one"), "hello", "one");
        Process other = launcher.start(copy, temporary.resolve("other"), "hello", "other");
        assertEquals(0, one.waitFor(), () -> said("one"));
        assertEquals(0, other.waitFor(), () -> said("other"));
        assertEquals("hello one\n", new String(one.getInputStream().readAllBytes()));
        assertEquals("hello other\n", new String(other.getInputStream().readAllBytes()));
        Run next = launcher.run(copy, null, "hello", "next");
        assertEquals("hello next\n", next.orFail().out());
        assertEquals("", next.err());
    }

    /** A start script as JBang's releases carry it. */
    private void install() throws IOException {
        Path programs = Files.createDirectory(temporary.resolve("programs"));
        Path script = Files.writeString(programs.resolve("jbang"), """
                #!/usr/bin/env bash
                export JBANG_RUNTIME_SHELL=bash
                output=$(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -classpath '%s/*' dev.jbang.Main "$@")
                code=$?
                [ $code -ne 255 ] || eval "exec $output"
                printf '%%s' "$output"
                exit $code
                """.formatted(list(cache).stream().filter(Files::isSymbolicLink).findFirst().orElseThrow()));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        launcher.first(programs);
    }

    private String run(String... arguments) {
        return launcher.run(copy, null, Stream.concat(Stream.of("hello"), Stream.of(arguments)).toArray(String[]::new))
                .orFail().out();
    }

    /** The jar that the answer names. */
    private Path jar() throws IOException {
        Path answer = list(cache.resolve("answers")).get(0);
        return jars(Path.of(Files.readAllLines(answer).get(1))).get(0);
    }

    private static List<Path> jars(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private String said(String name) {
        try {
            return Files.readString(temporary.resolve(name));
        } catch (IOException e) {
            return e.toString();
        }
    }
}

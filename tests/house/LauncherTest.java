//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Catalog;
import testbed.Launcher;
import testbed.Run;

/** What a script started by ./jbang can count on. */
class LauncherTest {
    private static final String SCRIPT = """
            //JAVA 17+
            class Probe {
                public static void main(String[] args) throws Exception {
                    System.out.println("arguments " + String.join("|", args));
                    System.out.println("folder " + System.getProperty("user.dir"));
                    System.out.println("options " + \
            java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
                    if (args.length > 0 && args[0].equals("wait")) {
                        Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
                        System.out.println("ready");
                        Thread.sleep(60_000);
                    }
                    System.out.println("input " + new String(System.in.readAllBytes()));
                    System.exit(7);
                }
            }
            """;

    // A blank in every path: nothing may take it for the end of one.
    @TempDir
    private static Path temporary;
    private static Path folder;
    private static Path script;

    @BeforeAll
    static void write_and_build_a_script() throws IOException {
        folder = Files.createDirectory(temporary.toRealPath().resolve("a folder"));
        script = Files.writeString(folder.resolve("probe.java"), SCRIPT);
        launcher().run("build", script.toString()).orFail();
    }

    @Test
    void exit_code_arguments_and_input_pass_through() throws IOException {
        Path input = Files.writeString(folder.resolve("input"), "typed");
        Run run =
                launcher().run(Launcher.FILE, input, script.toString(), "two words", "it's", "$HOME", "--flag=1", "*");
        assertEquals(7, run.code());
        assertTrue(run.out().contains("arguments two words|it's|$HOME|--flag=1|*\n"), run.out());
        assertTrue(run.out().contains("input typed\n"), run.out());
    }

    @Test
    void a_warm_run_says_nothing_of_its_own() {
        Run run = launcher().run(script.toString());
        assertEquals("", run.err());
        assertTrue(run.out().startsWith("arguments "), run.out());
    }

    @Test
    void the_current_folder_stays_the_users() {
        assertTrue(launcher().in(folder).run(script.toString()).out().contains("folder " + folder + "\n"));
        assertTrue(launcher().in(folder).run("probe.java").out().contains("folder " + folder + "\n"));
    }

    @Test
    void options_for_a_quick_start_do_not_reach_the_scripts_own_jvm() {
        assertTrue(launcher().run(script.toString()).out().contains("options []\n"));
    }

    @Test
    void what_jbang_answers_is_kept_until_a_file_changes() throws IOException {
        Path catalog = Files.createDirectory(folder.resolve("catalog"));
        Path lib = Files.createDirectory(catalog.resolve("lib"));
        Files.createDirectory(catalog.resolve("scripts"));
        Files.writeString(catalog.resolve("jbang-catalog.json"), "{}");
        Files.writeString(catalog.resolve("scripts/hello.java"), """
                //SOURCES ../lib/Word.java
                class Hello {
                    public static void main(String[] args) {
                        System.out.println(lib.Word.WORD + " " + String.join("|", args));
                    }
                }
                """);
        Files.writeString(lib.resolve("Word.java"),
                "package lib;\npublic class Word {\n    public static final String WORD = \"one\";\n}\n");
        Path copy = Files.copy(Launcher.FILE, catalog.resolve("jbang"), StandardCopyOption.COPY_ATTRIBUTES);
        Path jbang = jbangIn(Files.createDirectories(folder.resolve("cache/tsmigrate")));
        // As on systems whose find is of another make.
        Path find = Files.writeString(Files.createDirectory(folder.resolve("posix")).resolve("find"), """
                #!/bin/sh
                case " $* " in *" -cnewer "*) echo "find: unrecognized: -cnewer" >&2; exit 1 ;; esac
                PATH=${PATH#*:} exec find "$@"
                """);
        Files.setPosixFilePermissions(find, PosixFilePermissions.fromString("rwxr-xr-x"));
        Launcher launcher =
                launcher().with("XDG_CACHE_HOME", folder.resolve("cache").toString()).first(find.getParent());
        assertEquals("one a b|$c\n", launcher.run(copy, null, "hello", "a b", "$c").orFail().out());
        // Only who takes the kept answer sees this.
        Path answer;
        try (Stream<Path> answers = Files.list(folder.resolve("cache/tsmigrate/answers"))) {
            answer = answers.findFirst().orElseThrow();
        }
        Files.writeString(answer, Files.readString(answer).stripTrailing() + " kept\n");
        assertEquals("one kept|a b|$c\n", launcher.run(copy, null, "hello", "a b", "$c").orFail().out());
        assertEquals("one kept\n", launcher.run(copy, null, "hello").orFail().out());

        Files.writeString(lib.resolve("Word.java"),
                "package lib;\npublic class Word {\n    public static final String WORD = \"two\";\n}\n");
        Files.setLastModifiedTime(lib.resolve("Word.java"), FileTime.fromMillis(0));
        assertEquals("two a\n", launcher.run(copy, null, "hello", "a").orFail().out());
        Path jar =
                Path.of(Files.readString(answer).replaceFirst("(?s).* -classpath '?([^:']*hello[^:]*?\\.jar).*", "$1"));
        Files.delete(jar);
        assertEquals("two a\n", launcher.run(copy, null, "hello", "a").orFail().out());
        Files.delete(jbang);
    }

    /** A link to the JBang that the first run has fetched. */
    private static Path jbangIn(Path cache) throws IOException {
        String standard = Path.of(System.getProperty("user.home"), ".cache").toString();
        String version = Files.readString(Launcher.FILE).replaceFirst("(?s).*\nversion=(\\S+)\n.*", "jbang-$1");
        Path fetched = Path.of(System.getenv().getOrDefault("XDG_CACHE_HOME", standard), "tsmigrate", version);
        return Files.createSymbolicLink(cache.resolve(version), fetched);
    }

    @Test
    void sigterm_runs_the_scripts_hooks_and_gives_143() throws Exception {
        Process process = launcher().start(folder.resolve("messages"), script.toString(), "wait");
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
            reader.lines().takeWhile(line -> !line.equals("ready")).forEach(line -> {});
            // Unlike Process.destroy, this leaves the output open.
            process.toHandle().destroy();
            assertTrue(process.waitFor(20, TimeUnit.SECONDS));
            assertEquals("hook", reader.lines().collect(Collectors.joining(",")));
            assertEquals(143, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void it_works_through_symbolic_links() throws IOException {
        Path absolute = Files.createSymbolicLink(folder.resolve("absolute"), Launcher.FILE);
        Path relative = Files.createSymbolicLink(Files.createDirectory(folder.resolve("bin")).resolve("relative"),
                Path.of("../absolute"));
        assertTrue(launcher().in(folder).run(relative, null, "probe.java", "x").out().contains("arguments x\n"));
        assertTrue(launcher().in(folder).run(absolute, null, "probe.java", "y").out().contains("arguments y\n"));
    }

    @Test
    void without_a_command_it_says_which_there_are() {
        Run run = launcher().with("PATH", "/usr/bin:/bin").in(folder).run();
        assertEquals("", run.orFail().err());
        Catalog.aliases().forEach(alias -> assertTrue(
                run.out().contains("  %-18s %s\n".formatted(alias.name(), alias.description())), run.out()));
        assertTrue(run.out().startsWith("Usage: ./jbang COMMAND [OPTION]...\n"), run.out());
    }

    @Test
    void a_name_that_is_no_command_is_jbangs_own_error() {
        Run run = launcher().run("no-such-command");
        assertEquals(2, run.code());
        assertTrue(run.err().contains("Script or alias could not be found or read: 'no-such-command'"), run.err());
    }

    private static Launcher launcher() {
        return new Launcher(temporary).with("JBANG_REPO", "");
    }
}

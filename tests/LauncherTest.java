//DEPS org.junit.jupiter:junit-jupiter:6.1.3

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
                    System.out.println("options " + java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
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
        Run run = launcher().run(Launcher.FILE, input, script.toString(), "two words", "it's", "$HOME", "--flag=1", "*");
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
    void sigterm_runs_the_scripts_hooks_and_gives_143() throws Exception {
        Process process = launcher().start(folder.resolve("messages"), script.toString(), "wait");
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
            reader.lines().takeWhile(line -> !line.equals("ready")).forEach(line -> { });
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
        Path relative = Files.createSymbolicLink(Files.createDirectory(folder.resolve("bin")).resolve("relative"), Path.of("../absolute"));
        assertTrue(launcher().in(folder).run(relative, null, "probe.java", "x").out().contains("arguments x\n"));
        assertTrue(launcher().in(folder).run(absolute, null, "probe.java", "y").out().contains("arguments y\n"));
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

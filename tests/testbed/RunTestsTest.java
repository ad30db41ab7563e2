//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What `make test` says of tests that hang, that take their time, and that lack something; in a JVM of its own, with
 * tests made for it.
 */
class RunTestsTest {
    @TempDir
    Path folder;

    @Test
    void a_test_that_hangs_ends_the_run_which_names_it_and_counts() throws IOException {
        Run run = run("""
                class Hangs {
                    @Test void forever() { while (true) { try { Thread.sleep(1000); } catch (InterruptedException e) { \
                continue; } } }
                }
                """);
        assertEquals(1, run.code());
        assertTrue(run.out().contains("FAILED: no test has begun or ended for 6 seconds; running: Hangs.forever()\n"),
                run.out());
        assertTrue(run.out().contains("    at Hangs.forever("), run.out());
        assertTrue(run.out().endsWith("\n0 passed, 1 failed, 0 skipped\n"), run.out());
    }

    @Test
    void the_sum_of_all_is_no_matter_and_what_static_fields_lack_skips_the_class() throws IOException {
        Run run = run("""
                class Slow {
                    @RepeatedTest(8) void a_second() throws Exception { Thread.sleep(1000); }
                }
                class Lacks {
                    static final Object SERVER = Abort.now();
                    @Test void one() { }
                    @Test void two() { }
                }
                class LacksBefore {
                    static final Object SERVER = Abort.now();
                    @BeforeAll static void fill() { }
                    @AfterAll static void drop() { }
                    @Test void one() { }
                    @Test void two() { }
                }
                class Broken {
                    static final Object SERVER = Integer.valueOf("x");
                    @Test void one() { }
                }
                class Abort {
                    static Object now() { throw new org.opentest4j.TestAbortedException("needs a moon"); }
                }
                """);
        assertTrue(run.out().contains("\n8 passed, 1 failed, 4 skipped\n"), run.out());
        assertEquals(
                3, run.out().lines()
                        .filter(line -> line.startsWith("skipped: Lacks") && line.endsWith(": needs a moon")).count(),
                run.out());
        assertTrue(run.out().contains("FAILED: Broken.one()"), run.out());
    }

    @Test
    void what_runs_beside_the_others_is_there() {
        Set<String> files = SourceFile.below("tests").stream().map(SourceFile::name).collect(Collectors.toSet());
        assertEquals(List.of(), SecondRun.CLASSES.stream().filter(name -> !files.contains(name)).toList());
    }

    @Test
    void what_runs_beside_the_others_counts_too() throws IOException {
        String beside = SecondRun.CLASSES.stream()
                .map(name -> "class " + name + " { @Test void one() { Assertions.assertEquals(\"" + name
                        + "\", \"BenchTest\"); } }\n")
                .collect(Collectors.joining());
        Run run = run(beside + "class Mine { @Test void two() { } @Test @Disabled(\"of no use\") void three() { } }");
        assertEquals(1, run.code());
        assertTrue(run.out().contains("\nbeside them:\n"), run.out());
        assertTrue(run.out().contains("FAILED: DemoTest.one()\n"), run.out());
        assertTrue(run.out().endsWith("\n2 passed, " + (SecondRun.CLASSES.size() - 1) + " failed, 1 skipped\n"),
                run.out());
    }

    @Test
    void named_classes_can_run_beside_others() throws IOException {
        Run run = run("class One { @Test void one() { } } class Two { @Test void two() { Assertions.fail(); } } class "
                + "Three { @Test void three() { } }", "One", "+", "Two");
        assertTrue(run.out().contains("\nbeside them:\nFAILED: Two.two()\n"), run.out());
        assertTrue(run.out().endsWith("\n1 passed, 1 failed, 0 skipped\n"), run.out());
    }

    /** Six seconds without a word are too long here. */
    private Run run(String tests, String... named) throws IOException {
        Path source = Files.writeString(folder.resolve("Tests.java"), "import org.junit.jupiter.api.*;\n" + tests);
        Path classes = Files.createDirectory(folder.resolve("classes"));
        Path bin = Path.of(System.getProperty("java.home"), "bin");
        String path = System.getProperty("java.class.path");
        Run.of(List.of(bin.resolve("javac").toString(), "-J-XX:TieredStopAtLevel=1", "-d", classes.toString(), "-cp",
                path, source.toString())).orFail();
        List<String> command = new ArrayList<>(List.of(bin.resolve("java").toString(), "-Dtests.silence.seconds=6",
                "-cp", classes + ":" + path, RunTests.class.getName(),
                classes.toString()));
        command.addAll(List.of(named));
        return Run.of(command, Map.of(), null);
    }
}

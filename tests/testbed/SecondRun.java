package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Some classes of the whole suite in another JVM beside the others, which take about as long: each waits for programs
 * and servers much of its time. A JVM has shared servers of its own. What this one says is kept until it is asked for,
 * so that the lines of both stay apart. It ends with this JVM.
 */
public final class SecondRun {
    public static final Set<String> CLASSES = Set.of("RdsViaEc2Test", "RdsViaEc2FailuresTest", "RdsViaEc2WholeTest",
            "RdsViaEc2RunTest", "RdsViaEc2InstallTest",
            "DemoTest", "CatalogRunTest", "LauncherTest", "LauncherSetUpTest", "RunTestsTest", "BenchTest",
            "RestorePostgresTest", "LargeValuesTest", "TortureTest",
            "MembershipsTest", "RoutesTest", "AnnouncedDifferencesTest", "VerificationTest", "FilesKilledTest",
            "TimescaleTest", "TimescaleDryRunTest", "TimescaleVersionsTest", "TimescaleFaultsTest",
            "FaultsTest", "HistoriesTest", "TimescaleHistoriesTest",
            "TimescaleAbortTest", "FirstRunTest", "DistTest", "FormatTest", "MatrixTest");
    private static final Pattern COUNTS =
            Pattern.compile("^(\\d+) passed, (\\d+) failed, (\\d+) skipped$", Pattern.MULTILINE);

    private final Process process;
    private final Path output;

    /**
     * How it ended.
     *
     * @param text what it said, without its last line
     */
    public record Result(String text, int passed, int failed, int skipped) {
    }

    private SecondRun(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /** @return whether the classes of that folder are those of the suite, whatever their packages */
    public static boolean isIn(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(file -> file.getFileName().toString().replaceFirst("\\.class$", ""))
                    .collect(Collectors.toSet()).containsAll(CLASSES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts it with the options of this JVM.
     *
     * @param main the class that runs tests
     * @param folder where their classes are
     * @param classes which of them it runs
     */
    public static SecondRun start(Class<?> main, Path folder, Collection<String> classes) {
        try {
            Path output = Files.createTempFile("tests", ".log");
            output.toFile().deleteOnExit();
            List<String> command =
                    new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
            command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName(), folder.toString()));
            command.addAll(classes);
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
            return new SecondRun(process, output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for its end. What ends without counting has failed. */
    public Result end() {
        try {
            process.waitFor();
            String text = Files.readString(output);
            List<MatchResult> counts = COUNTS.matcher(text).results().toList();
            if (counts.isEmpty()) {
                return new Result(text + "FAILED: the tests beside these ended with exit code " + process.exitValue()
                        + " and did not count\n", 0, 1, 0);
            }
            MatchResult last = counts.get(counts.size() - 1);
            return new Result(text.substring(0, last.start()), Integer.parseInt(last.group(1)),
                    Integer.parseInt(last.group(2)), Integer.parseInt(last.group(3)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}

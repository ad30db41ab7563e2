//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A command that was run in a JVM of its own, with the options that its script asks for, and how much memory it took.
 *
 * @param peak the largest resident size of the JVM in kB, without the programs that it starts
 */
public record MeasuredRun(CommandRun run, long peak) {
    private static final String OPTIONS = "//JAVA_OPTIONS ";

    /**
     * Runs a command to its end; skips the test where the system does not tell sizes.
     *
     * @param script the name of its file, such as {@code migrate}
     * @param jvm options of the JVM beyond those of the script
     * @param temporary its current folder
     */
    public static MeasuredRun of(String main, String script, List<String> jvm, Path temporary,
            Map<String, String> environment, String... arguments) {
        assumeTrue(Files.isReadable(Path.of("/proc/self/status")),
                "the size of a process is read from /proc, which is not here");
        List<String> command = new ArrayList<>(ChildCommand.java(main, arguments));
        command.addAll(1, options(script));
        command.addAll(1, jvm);
        try (ChildCommand child = ChildCommand.start(command, temporary, environment)) {
            long peak = 0;
            while (child.handle().isAlive()) {
                peak = Math.max(peak, resident(child.handle().pid()));
                Thread.sleep(20);
            }
            return new MeasuredRun(child.end(), peak);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** As JBang would give them. */
    private static List<String> options(String script) {
        try (Stream<String> lines = Files.lines(Path.of("scripts", script + ".java"))) {
            return lines.filter(line -> line.startsWith(OPTIONS))
                    .flatMap(line -> Stream.of(line.substring(OPTIONS.length()).split(" "))).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** 0 when the process has just ended. */
    private static long resident(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).max().orElse(0);
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }
}

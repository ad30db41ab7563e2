package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A script that was run to its end, with what it took, including all programs that it started.
 *
 * @param code its exit code
 * @param cpu seconds, of the user and of the system
 * @param peak the largest sum of the memory of its processes, in bytes, pages that several share counted once; 0 where
 * there is no /proc
 * @param written bytes that its processes gave to file systems; 0 where there is no /proc
 * @param messages what it said
 */
public record Measured(int code, double seconds, double cpu, long peak, long written, String messages) {
    /** The exit code of a script that did not end in time and was killed. */
    static final int ENDLESS = 124;
    /** A shell has the times of those it has waited for, and so the kernel counts what they wrote. */
    private static final String SHELL = """
            bash -eo pipefail -c "$1" >"$2" 2>&1 </dev/null
            code=$?
            { times; cat /proc/$$/io; } >"$2.taken" 2>/dev/null
            exit $code
            """;
    private static final Pattern TIME = Pattern.compile("(\\d+)m(\\d+)[.,](\\d+)s");
    private static final Pattern WRITTEN = Pattern.compile("(?m)^write_bytes: (\\d+)$");
    private static final int MILLISECONDS = 200;

    /** Runs a script in bash, which ends at its first error, and kills it after a while. */
    static Measured of(String script, Map<String, String> environment, Path messages, Duration limit) {
        ProcessBuilder builder =
                new ProcessBuilder("bash", "-c", SHELL, "bash", script, messages.toString()).redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        try {
            long start = System.nanoTime();
            Process process = builder.start();
            Thread interrupted = new Thread(() -> kill(process));
            Runtime.getRuntime().addShutdownHook(interrupted);
            process.getOutputStream().close();
            long peak = 0;
            boolean ended = false;
            while (!ended && System.nanoTime() - start < limit.toNanos()) {
                ended = process.waitFor(MILLISECONDS, TimeUnit.MILLISECONDS);
                peak = Math.max(peak, process.descendants().mapToLong(Measured::size).sum());
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            kill(process);
            Runtime.getRuntime().removeShutdownHook(interrupted);
            Path taken = Path.of(messages + ".taken");
            String sums = Files.exists(taken) ? Files.readString(taken) : "";
            return new Measured(ended ? process.waitFor() : ENDLESS, seconds, cpu(sums), peak, written(sums),
                    Files.readString(messages));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The last of its messages, for a failure to be told in one line. */
    String lastMessage() {
        List<String> lines = messages.lines().filter(line -> !line.isBlank()).toList();
        return lines.stream().filter(line -> line.matches("(?i).*\\b(error|fatal)\\b.*")).findFirst()
                .orElse(lines.isEmpty() ? "" : lines.get(lines.size() - 1));
    }

    private static void kill(Process process) {
        List<ProcessHandle> family = process.descendants().toList();
        process.destroyForcibly();
        family.forEach(ProcessHandle::destroyForcibly);
    }

    /** The first line of `times` is of the shell itself, the second of what it has started. */
    private static double cpu(String taken) {
        return TIME.matcher(taken).results().mapToDouble(Measured::seconds).sum();
    }

    private static double seconds(MatchResult time) {
        return Integer.parseInt(time.group(1)) * 60 + Double.parseDouble(time.group(2) + "." + time.group(3));
    }

    private static long written(String taken) {
        return WRITTEN.matcher(taken).results().mapToLong(line -> Long.parseLong(line.group(1))).findFirst().orElse(0);
    }

    /** 0 when the process has just ended. */
    private static long size(ProcessHandle process) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(process.pid()), "smaps_rollup"))) {
            return 1024 * lines.filter(line -> line.startsWith("Pss:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum();
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }
}

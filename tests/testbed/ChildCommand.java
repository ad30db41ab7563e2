package testbed;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A command in a JVM of its own, to be watched and to be sent signals. Closing it kills what is left of it. */
public final class ChildCommand implements AutoCloseable {
    private static final int SECONDS = 60;

    private final Process process;
    private final StringBuffer out = new StringBuffer();
    private final StringBuffer err = new StringBuffer();
    private final List<Thread> readers;
    private long signalled;
    private long ended;

    private ChildCommand(Process process) {
        this.process = process;
        readers = List.of(reader(process.getInputStream(), out), reader(process.getErrorStream(), err));
    }

    /** The command line that runs a script's class in another JVM. */
    public static List<String> java(String main, String... arguments) {
        String classPath = Stream.of(System.getProperty("java.class.path").split(":"))
                .map(part -> Path.of(part).toAbsolutePath().toString())
                .collect(Collectors.joining(":"));
        List<String> command =
                new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath, main));
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * Starts a program.
     *
     * @param temporary its TMPDIR, its current folder and its HOME
     * @param environment what is set beyond this process's own environment
     */
    public static ChildCommand start(List<String> command, Path temporary, Map<String, String> environment) {
        List<String> all = new ArrayList<>(interruptible());
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all).directory(temporary.toFile());
        builder.environment().put("TMPDIR", temporary.toString());
        builder.environment().put("HOME", temporary.toString());
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            return new ChildCommand(process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A shell makes what it starts in the background ignore SIGINT, and what that starts ignores it too. */
    private static List<String> interruptible() {
        Path status = Path.of("/proc/self/status");
        try {
            boolean ignored = Files.isReadable(status)
                    && Files.readAllLines(status).stream().filter(line -> line.startsWith("SigIgn:"))
                            .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
            return ignored ? List.of("env", "--default-signal=INT") : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until something is so, as long as the command runs. */
    public void await(String what, BooleanSupplier condition) {
        BackgroundWork.until(what, () -> !process.isAlive() || condition.getAsBoolean());
        if (!condition.getAsBoolean()) {
            throw new IllegalStateException("the command ended before: " + what + "\n" + err);
        }
    }

    /** Sends a signal such as {@code TERM} to the command alone. */
    public void signal(String name) {
        Run.of(kill(name, List.of(handle()))).orFail();
        signalled = System.nanoTime();
    }

    /** Sends a signal such as {@code INT} to all processes of the command, as a terminal does for Ctrl-C. */
    public void signalAll(String name) {
        List<ProcessHandle> all = new ArrayList<>(family());
        all.add(handle());
        Run run = Run.of(kill(name, all));
        signalled = System.nanoTime();
        // What it had started may have ended since it was listed.
        if (run.code() != 0 && !run.err().lines().allMatch(line -> line.endsWith("No such process"))) {
            run.orFail();
        }
    }

    private static List<String> kill(String name, List<ProcessHandle> processes) {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        processes.forEach(process -> command.add(String.valueOf(process.pid())));
        return command;
    }

    /** @return the processes that the command has started, and those that these have started */
    public List<ProcessHandle> family() {
        return handle().descendants().toList();
    }

    /** Waits for the end. */
    public CommandRun end() {
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the command did not end within " + SECONDS + " s\n" + err);
            }
            ended = System.nanoTime();
            for (Thread reader : readers) {
                reader.join(TimeUnit.SECONDS.toMillis(SECONDS));
            }
            return new CommandRun(process.exitValue(), out.toString(), err.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** @return from the last signal to the end of the process, in milliseconds, once {@link #end} has returned */
    public long millisToEnd() {
        return TimeUnit.NANOSECONDS.toMillis(ended - signalled);
    }

    /** @return what it has said on stderr so far */
    public String err() {
        return err.toString();
    }

    public ProcessHandle handle() {
        return process.toHandle();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static Thread reader(InputStream stream, StringBuffer text) {
        Thread thread = new Thread(() -> {
            try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    text.append(line).append('\n');
                }
            } catch (IOException e) {
                text.append("(").append(e.getMessage()).append(")\n");
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}

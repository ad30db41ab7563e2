package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lib.talk.ShellScript;

/**
 * A command at a terminal of its own, which shows what is typed unless the command forbids it. Closing it kills what is
 * left of it.
 */
public final class Terminal implements AutoCloseable {
    private static final int SECONDS = 60;

    private final Process process;
    private final StringBuffer shown = new StringBuffer();
    private final Thread reader;
    private int seen;

    private Terminal(Process process) {
        this.process = process;
        reader = new Thread(this::read, "terminal");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a command; a test is skipped where no terminal can be made, as with the {@code script} of macOS. */
    public static Terminal start(List<String> command, Map<String, String> environment) {
        Run version = Run.of(List.of("sh", "-c", "script --version"));
        if (!version.out().contains("util-linux")) {
            throw Requirement.missing("needs script of util-linux; run: sudo apt-get install -y bsdutils");
        }
        String line = command.stream().map(ShellScript::quoted).collect(Collectors.joining(" "));
        ProcessBuilder builder = new ProcessBuilder(
                new ArrayList<>(List.of("script", "-q", "-e", "-E", "always", "-c", line, "/dev/null")));
        builder.environment().putAll(environment);
        builder.environment().put("SHELL", "/bin/sh");
        try {
            return new Terminal(builder.redirectErrorStream(true).start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until something is asked that was not asked before, and answers it. */
    public Terminal answer(String question, String answer) {
        BackgroundWork.until("asked: " + question, () -> !process.isAlive() || shown.indexOf(question, seen) >= 0);
        int place = shown.indexOf(question, seen);
        if (place < 0) {
            throw new IllegalStateException("it ended without asking " + question + "\n" + shown);
        }
        seen = place + question.length();
        try {
            process.getOutputStream().write((answer + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the end. */
    public Run end() {
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("it did not end within " + SECONDS + " s\n" + shown);
            }
            reader.join(TimeUnit.SECONDS.toMillis(SECONDS));
            return new Run(List.of(), process.exitValue(), shown.toString().replace("\r\n", "\n"), "");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private void read() {
        byte[] some = new byte[1024];
        try (InputStream stream = process.getInputStream()) {
            for (int length = stream.read(some); length >= 0; length = stream.read(some)) {
                shown.append(new String(some, 0, length, StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            shown.append("(").append(e.getMessage()).append(")");
        }
    }
}

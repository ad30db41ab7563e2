package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A program that was run to its end: its exit code and everything it said, as UTF-8. */
public record Run(List<String> command, int code, String out, String err) {
    private static final int MINUTES = 20;

    /** Runs a program without input; {@link #code} tells how it ended. */
    public static Run of(List<String> command) {
        return of(command, Map.of(), null);
    }

    /**
     * Runs a program and waits for it, twenty minutes at most.
     *
     * @param environment what is set beyond this process's own environment; an empty value removes the variable
     * @param input the file it reads, or null for none
     */
    public static Run of(List<String> command, Map<String, String> environment, Path input) {
        return of(command, environment, input, Path.of(""));
    }

    /**
     * Runs a program in a folder and waits for it, twenty minutes at most.
     *
     * @param environment what is set beyond this process's own environment; an empty value removes the variable
     * @param input the file it reads, or null for none
     */
    public static Run of(List<String> command, Map<String, String> environment, Path input, Path folder) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toAbsolutePath().toFile());
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        if (input != null) {
            builder.redirectInput(input.toFile());
        }
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
            CompletableFuture<String> out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new IllegalStateException(
                        command.get(0) + " did not end within " + MINUTES + " minutes: " + command);
            }
            return new Run(command, process.exitValue(), out.join(), err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command, e);
        }
    }

    /** @throws IllegalStateException with what the program said, unless it ended with exit code 0 */
    public Run orFail() {
        if (code != 0) {
            throw new IllegalStateException(
                    command + " ended with exit code " + code + ": " + err.strip() + out.strip());
        }
        return this;
    }

    /** The output of a program that must succeed. */
    public static String output(List<String> command) {
        return of(command).orFail().out();
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

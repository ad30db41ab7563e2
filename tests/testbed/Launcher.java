package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** This repository's ./jbang as a user runs it, with JBang's own files in a folder of the test's. */
public final class Launcher {
    /** The repository; tests run in it. */
    public static final Path REPOSITORY = Path.of("").toAbsolutePath();
    public static final Path FILE = REPOSITORY.resolve("jbang");

    private final Map<String, String> environment = new LinkedHashMap<>();
    private Path folder = REPOSITORY;

    /**
     * @param own where JBang and the launcher keep what they compile, and the launcher a link to the JBang that it has
     * fetched once for all tests
     */
    public Launcher(Path own) {
        environment.put("JBANG_DIR", own.resolve("jbang-dir").toString());
        environment.put("XDG_CACHE_HOME", own.resolve("cache").toString());
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        // A JBang that happens to be installed here would be run instead.
        environment.put("PATH",
                Stream.of(System.getenv("PATH").split(":")).filter(part -> !Files.isExecutable(Path.of(part, "jbang")))
                        .collect(Collectors.joining(":")));
        link(own.resolve("cache/tsmigrate"));
    }

    private void link(Path cache) {
        try {
            String version = Files.readString(FILE).replaceFirst("(?s).*\nversion=(\\S+)\n.*", "jbang-$1");
            String home = System.getProperty("user.home");
            Path fetched =
                    Path.of(System.getenv().getOrDefault("XDG_CACHE_HOME", home + "/.cache"), "tsmigrate", version);
            if (!Files.isDirectory(fetched)) {
                Map<String, String> shared = new LinkedHashMap<>(environment);
                shared.put("XDG_CACHE_HOME", fetched.getParent().getParent().toString());
                Run.of(command(FILE, "version"), shared, null).orFail();
            }
            if (!Files.exists(Files.createDirectories(cache).resolve(version))) {
                Files.createSymbolicLink(cache.resolve(version), fetched);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sets a variable, or removes it if the value is empty. */
    public Launcher with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Puts a folder in front of PATH. */
    public Launcher first(Path programs) {
        return with("PATH", programs + ":" + environment.get("PATH"));
    }

    /** Sets the current folder. */
    public Launcher in(Path current) {
        folder = current;
        return this;
    }

    public Run run(String... arguments) {
        return run(FILE, null, arguments);
    }

    /** Runs a copy of the launcher, or a link to it. */
    public Run run(Path launcher, Path input, String... arguments) {
        return Run.of(command(launcher, arguments), environment, input, folder);
    }

    /** Starts the launcher with its output readable and its messages in a file. */
    public Process start(Path messages, String... arguments) {
        return start(FILE, messages, arguments);
    }

    /** Starts a copy of the launcher. */
    public Process start(Path launcher, Path messages, String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(command(launcher, arguments)).directory(folder.toFile())
                .redirectError(messages.toFile());
        environment.forEach((name, value) -> {
            if (value.isEmpty()) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> command(Path launcher, String... arguments) {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        return command;
    }
}

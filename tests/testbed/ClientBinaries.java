package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where PostgreSQL's own clients are on this machine; found without the code under test, since they are what it is
 * judged by.
 */
public final class ClientBinaries {
    private static final Pattern MAJOR = Pattern.compile("\\(PostgreSQL\\) (\\d+)");
    /** Folders that hold one folder for each major version: Debian, Red Hat, Homebrew on either kind of Mac. */
    private static final List<String> PARENTS =
            List.of("/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt");
    private static final SortedMap<Integer, Path> FOUND = find();

    private ClientBinaries() {
    }

    /**
     * The folder of psql, pg_dump, pg_dumpall and vacuumdb of a major version; a test that asks for one that is not
     * here is skipped.
     */
    public static Path bin(int major) {
        return find(major).orElseThrow(
                () -> Requirement.missing("needs the PostgreSQL " + major + " clients, found only " + FOUND.keySet()));
    }

    /** Skips the running test unless there are clients that the product may use between servers of these versions. */
    public static void between(int source, int target) {
        if (FOUND.subMap(source, target + 1).isEmpty()) {
            throw Requirement.missing("needs PostgreSQL's client programs of a version from " + source + " to " + target
                    + ", found only " + FOUND.keySet());
        }
    }

    public static Optional<Path> find(int major) {
        return Optional.ofNullable(FOUND.get(major));
    }

    /** The newest installed major version. */
    public static int clientMajor() {
        if (FOUND.isEmpty()) {
            throw Requirement
                    .missing("needs PostgreSQL's client programs; run: sudo apt-get install -y postgresql-client");
        }
        return FOUND.lastKey();
    }

    private static SortedMap<Integer, Path> find() {
        List<Path> folders = new ArrayList<>();
        Stream.of(System.getenv("PATH").split(":")).filter(text -> text.startsWith("/")).map(Path::of)
                .forEach(folders::add);
        for (String parent : PARENTS) {
            try (Stream<Path> children = Files.exists(Path.of(parent)) ? Files.list(Path.of(parent)) : Stream.of()) {
                children.filter(child -> child.getFileName().toString().matches("(postgresql@|pgsql-)?\\d+"))
                        .map(child -> child.resolve("bin"))
                        .forEach(folders::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        SortedMap<Integer, Path> found = new TreeMap<>();
        for (Path folder : folders) {
            if (Stream.of("psql", "pg_dump", "pg_dumpall").allMatch(name -> Files.isExecutable(folder.resolve(name)))) {
                Matcher version =
                        MAJOR.matcher(Run.of(Arrays.asList(folder.resolve("pg_dump").toString(), "--version")).out());
                if (version.find()) {
                    // A folder of one version comes after PATH and wins: Debian's programs on PATH choose a version by
                    // themselves.
                    found.put(Integer.valueOf(version.group(1)), folder);
                }
            }
        }
        return found;
    }
}

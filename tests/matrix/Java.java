package matrix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A Java of this machine.
 *
 * @param version as the file {@code release} of its folder has it
 */
public record Java(int major, String version, Path home) {
    /** Folders that hold one Java each: Debian, Red Hat, macOS. */
    private static final List<String> PARENTS = List.of("/usr/lib/jvm", "/Library/Java/JavaVirtualMachines");
    private static final int OLDEST = 17;

    /**
     * @return one of each major version that tsmigrate runs with; the one that runs this comes before others of its
     * version
     */
    static List<Java> found() {
        List<Path> homes = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"))));
        if (System.getenv("JAVA_HOME") != null) {
            homes.add(Path.of(System.getenv("JAVA_HOME")));
        }
        for (String parent : PARENTS) {
            try (Stream<Path> children =
                    Files.isDirectory(Path.of(parent)) ? Files.list(Path.of(parent)) : Stream.of()) {
                children.sorted().flatMap(child -> Stream.of(child, child.resolve("Contents/Home")))
                        .forEach(homes::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        SortedMap<Integer, Java> found = new TreeMap<>();
        homes.stream()
                .filter(home -> Files.isExecutable(home.resolve("bin/java"))
                        && Files.isReadable(home.resolve("release")))
                .map(Java::of)
                .filter(java -> java.major >= OLDEST).forEach(java -> found.putIfAbsent(java.major, java));
        return List.copyOf(found.values());
    }

    /** The one that runs this. */
    public static Java running() {
        return of(Path.of(System.getProperty("java.home")));
    }

    private static Java of(Path home) {
        Properties release = new Properties();
        try (var reader = Files.newBufferedReader(home.resolve("release"))) {
            release.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String version = release.getProperty("JAVA_VERSION", "0").replace("\"", "");
        // Java 8 calls itself 1.8.
        return new Java(Integer.parseInt(version.replaceFirst("\\D.*", "")), version, home);
    }

    String program() {
        return home.resolve("bin/java").toString();
    }
}

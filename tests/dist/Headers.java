package dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What JBang reads in the headers of a script and of the files that it names as its sources.
 *
 * @param script the lines of the script
 * @param libraries as {@code group:artifact:version}, in the order in which they are named
 */
record Headers(List<String> script, List<String> libraries) {
    static Headers of(Path script) {
        Set<Path> files = new LinkedHashSet<>();
        Set<String> libraries = new LinkedHashSet<>();
        collect(script.normalize(), files, libraries);
        return new Headers(lines(script), List.copyOf(libraries));
    }

    /** @return the words of a directive of the script, none where it has none */
    List<String> options(String directive) {
        return words(script, directive);
    }

    /** @return the one word of a directive of the script */
    String option(String directive) {
        List<String> words = options(directive);
        if (words.size() != 1) {
            throw new IllegalStateException(directive + " has no one value: " + words);
        }
        return words.get(0);
    }

    private static void collect(Path file, Set<Path> files, Set<String> libraries) {
        if (files.add(file)) {
            List<String> lines = lines(file);
            libraries.addAll(words(lines, "//DEPS"));
            words(lines, "//SOURCES").forEach(each -> collect(file.resolveSibling(each).normalize(), files, libraries));
        }
    }

    private static List<String> words(List<String> lines, String directive) {
        List<String> words = new ArrayList<>();
        lines.stream().filter(line -> line.startsWith(directive + " "))
                .flatMap(line -> Stream.of(line.substring(directive.length()).strip().split("\\s+")))
                .forEach(words::add);
        return words;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

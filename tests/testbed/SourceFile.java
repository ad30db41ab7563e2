package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Java file as the house rules look at it.
 *
 * @param text the whole file
 * @param code the file without comments and without what stands in string literals
 */
public record SourceFile(Path path, String text, String code) {
    private static final Pattern NOT_CODE = Pattern.compile(
            "\"\"\"(?:[^\"\\\\]++|\\\\.|\"(?!\"\"))*+\"\"\"|\"(?:[^\"\\\\\n]|\\\\.)*+\""
                    + "|'(?:[^'\\\\]|\\\\.[0-9a-f]*)'|//[^\n]*|/\\*.*?\\*/",
            Pattern.DOTALL);

    /** The files of a folder and of those in it, by their paths. */
    public static List<SourceFile> below(String folder) {
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().map(SourceFile::read).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SourceFile read(Path path) {
        try {
            String text = Files.readString(path);
            return new SourceFile(path, text, NOT_CODE.matcher(text).replaceAll("\"\""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Java's text with those strings in one that stand in several lines, as they are put together or after what takes
     * them.
     */
    public static String joined(String java) {
        return java.replaceAll("\"\\s*\n\\s*\\+\\s*\"", "").replaceAll("\\\\\n\\s*", "")
                .replaceAll("(->|return|=)\\s*\n\\s*\"", "$1 \"");
    }

    /** The file's name without its ending, the name of its class where it has one. */
    public String name() {
        return path.getFileName().toString().replaceFirst("\\.java$", "");
    }

    public long lines() {
        return text.lines().count();
    }

    /** The words of all lines of a directive such as {@code //DEPS}. */
    public List<String> directive(String name) {
        return text.lines().filter(line -> line.startsWith(name + " "))
                .flatMap(line -> Stream.of(line.substring(name.length()).strip().split("\\s+")))
                .toList();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}

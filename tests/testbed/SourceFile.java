package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
            + "|'(?:[^'\\\\]|\\\\.[0-9a-f]*)'|//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);
    private static final Pattern TYPE = Pattern.compile("(?<![\\w$.])[A-Z]\\w*");

    /** The files of a folder, by name. */
    public static List<SourceFile> in(String folder) {
        try (Stream<Path> files = Files.list(Path.of(folder))) {
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

    /** The file's name without its ending, in lib/ the name of its class. */
    public String name() {
        return path.getFileName().toString().replaceFirst("\\.java$", "");
    }

    public long lines() {
        return text.lines().count();
    }

    /** The words of all lines of a directive such as {@code //DEPS}. */
    public List<String> directive(String name) {
        return text.lines().filter(line -> line.startsWith(name + " ")).flatMap(line -> Stream.of(line.substring(name.length()).strip().split("\\s+")))
                .toList();
    }

    /** The lib files that //SOURCES lines name, as class names. */
    public Set<String> sources() {
        return directive("//SOURCES").stream().map(file -> Path.of(file).getFileName().toString().replaceFirst("\\.java$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of types in the code that pass, other than the file's own; {@code Outer.Inner} counts as Outer. */
    public Set<String> mentioned(Predicate<String> wanted) {
        Set<String> names = new TreeSet<>();
        // Seen past the package of an import, which is all that scripts know lib by.
        for (Matcher type = TYPE.matcher(code.replace("lib.", "")); type.find();) {
            if (wanted.test(type.group()) && !type.group().equals(name())) {
                names.add(type.group());
            }
        }
        return names;
    }

    @Override
    public String toString() {
        return path.toString();
    }
}

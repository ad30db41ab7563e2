package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * jbang-catalog.json, read strictly: JBang ignores a key that it does not know, and whoever misspelled one never hears
 * of it.
 */
public final class Catalog {
    public static final Path FILE = Path.of("jbang-catalog.json");

    /** One command of the catalog. */
    public record Alias(String name, Path script, String description) {
        /**
         * The class of the command, by the {@code //MAIN} of its script. It is in the default package, which no named
         * package can import.
         */
        public Class<?> main() {
            try {
                return Class.forName(Files.readAllLines(script).stream().filter(line -> line.startsWith("//MAIN "))
                        .findFirst().orElseThrow().substring(7));
            } catch (IOException | ClassNotFoundException e) {
                throw new IllegalStateException(script + " names no //MAIN that is there", e);
            }
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final String ALIAS = "\"([a-z0-9-]+)\":\\{\"script-ref\":\"([^\"]+)\",\"description\":\"([^\"]+)\"}";
    private static final Pattern WHOLE = Pattern
            .compile("\\{\"catalogs\":\\{},\"aliases\":\\{(" + ALIAS + "(," + ALIAS + ")*)},\"templates\":\\{}}");

    private Catalog() {
    }

    public static List<Alias> aliases() {
        // The blanks inside of descriptions are the only ones that mean something.
        Matcher whole = WHOLE.matcher(text().replaceAll("\\s*\\n\\s*", "").replaceAll("\":\\s+", "\":"));
        if (!whole.matches()) {
            throw new IllegalStateException(
                    FILE + " has another shape than aliases with a script-ref and a description each");
        }
        List<Alias> aliases = new ArrayList<>();
        for (Matcher alias = Pattern.compile(ALIAS).matcher(whole.group(1)); alias.find();) {
            aliases.add(new Alias(alias.group(1), Path.of(alias.group(2)), alias.group(3)));
        }
        return aliases;
    }

    private static String text() {
        try {
            return Files.readString(FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

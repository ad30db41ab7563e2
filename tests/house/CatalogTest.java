//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS info.picocli:picocli:4.7.7

package house;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;
import testbed.Catalog;

/** What the catalog says of each command, the script says too, and so does its help. */
class CatalogTest {
    private static final int LONGEST_DESCRIPTION = 72;
    private static final List<String> ORDER = List.of("///usr/bin/env jbang", "//JAVA", "//JAVAC_OPTIONS",
            "//JAVA_OPTIONS", "//DEPS", "//SOURCES", "//MAIN",
            "//DESCRIPTION");

    static List<Catalog.Alias> aliases() {
        return Catalog.aliases();
    }

    @Test
    void aliases_and_scripts_are_the_same_names() throws IOException {
        try (Stream<Path> scripts = Files.list(Path.of("scripts"))) {
            assertEquals(scripts.map(Path::toString).filter(name -> name.endsWith(".java")).collect(Collectors.toSet()),
                    aliases().stream().map(alias -> "scripts/" + alias.name() + ".java").collect(Collectors.toSet()));
        }
        assertAll(aliases().stream()
                .map(alias -> () -> assertEquals(Path.of("scripts", alias.name() + ".java"), alias.script())));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void the_catalog_the_script_and_its_help_describe_it_alike(Catalog.Alias alias) throws IOException {
        assertEquals(alias.description(), directive(alias, "//DESCRIPTION"));
        assertEquals(alias.description(), command(alias).description()[0]);
        assertEquals(alias.name(), command(alias).name());
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void a_description_is_one_short_line_without_a_full_stop(Catalog.Alias alias) {
        assertTrue(alias.description().length() <= LONGEST_DESCRIPTION, alias.description());
        assertTrue(alias.description().matches("[A-Z].*[^.]"), alias.description());
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void the_header_is_complete_and_in_order(Catalog.Alias alias) throws IOException {
        List<String> header =
                Files.readAllLines(alias.script()).stream().takeWhile(line -> line.startsWith("//")).toList();
        assertEquals("///usr/bin/env jbang \"$0\" \"$@\" ; exit $?", header.get(0));
        List<Integer> places = header.stream().map(line -> place(line)).toList();
        assertEquals(places.stream().sorted().toList(), places, "header lines out of order");
        assertTrue(places.containsAll(List.of(0, 1, 2, 3, 4, 5, 6)), () -> "missing in " + header);
        assertEquals("17+", directive(alias, "//JAVA"));
        // A compiler that runs once needs no optimizing of itself: the first run of a command takes less than half as
        // long (JDK's javac -J).
        assertEquals("-encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1",
                directive(alias, "//JAVAC_OPTIONS"));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void the_command_class_comes_first_and_is_not_public(Catalog.Alias alias) throws Exception {
        Class<?> main = main(alias);
        // A dash-named file cannot hold a public class.
        assertFalse(Modifier.isPublic(main.getModifiers()));
        String first = Files.readString(alias.script()).lines()
                .filter(line -> line.matches("(\\w+ )*(class|record|enum|interface) .*"))
                .findFirst().orElseThrow();
        assertTrue(first.matches(".*\\bclass " + main.getSimpleName() + "\\b.*"), first);
        assertTrue(Modifier.isStatic(main.getDeclaredMethod("main", String[].class).getModifiers()));
    }

    /**
     * Options, mixins, {@code call}, what it calls, commands inside it, and a {@code main} of one line; whoever knows
     * one script knows them all.
     */
    @ParameterizedTest
    @MethodSource("aliases")
    void all_scripts_have_one_shape(Catalog.Alias alias) throws IOException {
        String text = Files.readString(alias.script());
        String name = directive(alias, "//MAIN");
        assertTrue(text.endsWith("""

                    public static void main(String... args) {
                        System.exit(Console.run(new %s(), args));
                    }
                }
                """.formatted(name)), "does not end with main");
        assertEquals(List.of(name), matches(text, "(?m)^\\w*? ?class (\\w+)"), "types beside the command's");
        assertEquals(List.of(), matches(text, "(@Mixin\\s+\\w+ \\w+ =)"), "mixins that picocli need not make");
        for (String body : bodies(text)) {
            List<String> parts =
                    matches(body, "(?m)^    (@Option|@Parameters|@Mixin|@Spec|\\w.* call\\(|\\w.*\\) .*\\{$)");
            List<Integer> ranks = parts.stream().map(CatalogTest::rank).toList();
            assertEquals(ranks.stream().sorted().toList(), ranks, () -> "out of order: " + parts);
        }
    }

    /** The script's command, and each command inside it as if it stood alone. */
    private static List<String> bodies(String text) {
        List<String> bodies = new ArrayList<>(
                matches(text, "(?ms)^class .*?\\{$(.*?)(?=^    @Command|^    public static void main)"));
        matches(text, "(?ms)^    static class .*?\\{$(.*?)^    \\}$")
                .forEach(body -> bodies.add(body.replaceAll("(?m)^    ", "")));
        return bodies;
    }

    private static int rank(String part) {
        List<String> annotations = List.of("@Option", "@Mixin", "@Spec");
        int place = annotations.indexOf(part.replace("@Parameters", "@Option"));
        return place >= 0 ? place : part.contains(" call(") ? annotations.size() : annotations.size() + 1;
    }

    private static List<String> matches(String text, String pattern) {
        return Pattern.compile(pattern).matcher(text).results().map(found -> found.group(1)).toList();
    }

    private static int place(String line) {
        for (int place = 0; place < ORDER.size(); place++) {
            if (line.equals(ORDER.get(place)) || line.startsWith(ORDER.get(place) + " ")) {
                return place;
            }
        }
        throw new AssertionError("not a header line: " + line);
    }

    private static String directive(Catalog.Alias alias, String name) throws IOException {
        List<String> values = Files.readAllLines(alias.script()).stream().filter(line -> line.startsWith(name + " "))
                .map(line -> line.substring(name.length() + 1)).toList();
        assertEquals(1, values.size(), name + " in " + alias.script());
        return values.get(0);
    }

    private static Command command(Catalog.Alias alias) throws IOException {
        return main(alias).getAnnotation(Command.class);
    }

    private static Class<?> main(Catalog.Alias alias) throws IOException {
        try {
            return Class.forName(directive(alias, "//MAIN"));
        } catch (ClassNotFoundException e) {
            throw new AssertionError(alias.script() + " names a //MAIN that is not there", e);
        }
    }
}

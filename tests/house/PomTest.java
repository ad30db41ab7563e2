//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.talk.Console;
import org.junit.jupiter.api.Test;
import testbed.Pom;
import testbed.SourceFile;

/**
 * What make and IDEs read of pom.xml, JBang reads in the files themselves: both agree. The version of the commands is a
 * constant of theirs.
 */
class PomTest {
    private static final Pom POM = Pom.read();

    @Test
    void each_library_of_a_file_has_the_version_of_the_pom() {
        Map<String, Set<String>> named = new TreeMap<>();
        dependencies("lib", "scripts", "tests").forEach(each -> {
            int end = each.lastIndexOf(':');
            named.computeIfAbsent(each.substring(0, end), library -> new TreeSet<>()).add(each.substring(end + 1));
        });
        Map<String, Set<String>> versions = new TreeMap<>();
        POM.libraries().forEach((name, library) -> versions.put(name, Set.of(library.version())));
        assertEquals(versions, named);
    }

    @Test
    void what_commands_need_is_not_for_tests_only() {
        assertEquals(List.of(),
                dependencies("lib", "scripts").map(each -> each.substring(0, each.lastIndexOf(':'))).distinct()
                        .filter(each -> POM.libraries().get(each).forTests()).toList());
    }

    @Test
    void the_version_of_the_commands_is_not_repeated() throws IOException {
        assertEquals("0", POM.version());
        List<SourceFile> files = Stream.of("lib", "scripts").flatMap(folder -> SourceFile.below(folder).stream())
                .filter(file -> file.text().contains('"' + Console.VERSION + '"')).toList();
        assertEquals(List.of("lib/talk/Console.java"), files.stream().map(SourceFile::toString).toList());
        for (String file : List.of("jbang", "Makefile", "jbang-catalog.json")) {
            assertFalse(Files.readString(Path.of(file)).matches("(?s).*\\b" + Pattern.quote(Console.VERSION) + "\\b.*"),
                    file);
        }
    }

    /** Who calls it needs no project, or has none yet. */
    @Test
    void the_plugin_of_maven_that_fetches_has_one_version_everywhere() throws IOException {
        Set<String> versions = new TreeSet<>();
        for (String file : List.of("jbang", "tests/testbed/class-path.sh", "tests/testbed/ServerBinaries.java")) {
            List<String> named = Pattern.compile("maven-dependency-plugin:([\\d.]+):")
                    .matcher(Files.readString(Path.of(file))).results().map(found -> found.group(1)).toList();
            assertEquals(1, named.size(), file);
            versions.addAll(named);
        }
        assertEquals(1, versions.size(), versions::toString);
    }

    @Test
    void the_changes_begin_with_those_of_this_version() throws IOException {
        String heading = Files.readAllLines(Path.of("CHANGELOG.md")).stream().filter(line -> line.startsWith("## "))
                .findFirst().orElseThrow();
        assertEquals("## " + Console.VERSION, heading.replaceFirst(", .*", ""));
    }

    private static Stream<String> dependencies(String... folders) {
        return Stream.of(folders).flatMap(folder -> SourceFile.below(folder).stream())
                .flatMap(file -> file.directive("//DEPS").stream());
    }
}

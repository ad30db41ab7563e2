//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS com.tngtech.archunit:archunit:1.4.1
//DEPS org.slf4j:slf4j-api:1.7.36

package house;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import testbed.SourceFile;

/**
 * What keeps the house in order and the files loadable by JBang from anywhere. Every rule reports all that break it at
 * once.
 */
class HouseRulesTest {
    private static final int LONGEST_FILE = 300;
    private static final int LONGEST_TEST = 400;
    private static final int WIDTH = 120;
    private static final int LARGEST_ROOM = 40;

    /**
     * The rooms of lib/, lowest first: a room uses those before it, never one after it. docs/architecture.md says what
     * each is for.
     */
    private static final List<String> ROOMS = List.of("talk", "dsn", "server", "tools", "settings", "timescale",
            "rebuild", "nodes", "roles", "passwords", "catalog", "convert", "code", "source",
            "journal", "facts", "compare", "rows", "load", "preflight", "verify", "dump", "migrate", "aws", "ssh");

    /** The library that holds a package, for what a file imports. */
    private static final Map<String, String> LIBRARIES = Map.ofEntries(Map.entry("picocli.", "info.picocli:picocli"),
            Map.entry("de.siegmar.fastcsv.", "de.siegmar:fastcsv"),
            Map.entry("com.google.gson.", "com.google.code.gson:gson"),
            Map.entry("com.tngtech.archunit.", "com.tngtech.archunit:archunit"),
            Map.entry("org.postgresql.", "org.postgresql:postgresql"),
            Map.entry("org.snakeyaml.", "org.snakeyaml:snakeyaml-engine"),
            Map.entry("org.zeroturnaround.", "org.zeroturnaround:zt-exec"),
            Map.entry("software.amazon.awssdk.services.ec2.", "software.amazon.awssdk:ec2"),
            Map.entry("software.amazon.awssdk.services.rds.", "software.amazon.awssdk:rds"),
            Map.entry("software.amazon.awssdk.http.urlconnection.", "software.amazon.awssdk:url-connection-client"),
            Map.entry("org.junit.jupiter.", "org.junit.jupiter:junit-jupiter"),
            Map.entry("org.junit.platform.", "org.junit.platform:junit-platform-launcher"));
    private static final Pattern EXACT = Pattern.compile("([\\w.-]+:[\\w.-]+):(\\d[\\w.-]*)");

    private static final List<SourceFile> LIB = SourceFile.below("lib");
    private static final List<SourceFile> SCRIPTS = SourceFile.below("scripts");
    private static final List<SourceFile> TESTS = SourceFile.below("tests");

    /** Tests are in the packages of their rooms. */
    private static final Pattern TEST = Pattern.compile(".*Test(\\$.*)?\\.class");

    private final List<String> broken = new ArrayList<>();

    /** The compiled classes of lib alone: what they use of others need not be read, and takes much memory. */
    private static JavaClasses classes() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter().withImportOption(place -> !place.matches(TEST)).importPackages("lib");
    }

    @Test
    void files_are_small() {
        all().filter(file -> file.lines() > (TESTS.contains(file) ? LONGEST_TEST : LONGEST_FILE))
                .forEach(file -> broken.add(file + " has " + file.lines() + " lines"));
        assertNoneBroken();
    }

    /**
     * What a formatter breaks, and what it does not: strings and text blocks. JBang's directives are lines of their
     * own.
     */
    @Test
    void lines_are_not_too_wide() {
        all().forEach(file -> file.text().lines()
                .filter(line -> line.length() > WIDTH && !line.matches("//[A-Z_]+ .*"))
                .forEach(line -> broken.add(file + " has a line of " + line.length() + " columns: " + line.strip())));
        assertNoneBroken();
    }

    @Test
    void lib_holds_rooms_of_which_none_is_too_large() throws IOException {
        try (Stream<Path> inside = Files.list(Path.of("lib"))) {
            assertEquals(new TreeSet<>(ROOMS),
                    inside.map(path -> path.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new)));
        }
        LIB.stream().collect(Collectors.groupingBy(HouseRulesTest::room, Collectors.counting())).entrySet().stream()
                .filter(room -> room.getValue() > LARGEST_ROOM + 1)
                .forEach(room -> broken.add(room + " files"));
        assertNoneBroken();
    }

    @Test
    void a_file_is_in_the_package_of_its_room_and_a_script_in_none() {
        LIB.stream().filter(file -> !file.code().matches("(?s)(.*\n)?package lib\\." + room(file) + ";\n.*"))
                .forEach(file -> broken.add(file + " is not in package lib." + room(file)));
        TESTS.stream()
                .filter(file -> !file.code().contains("package "
                        + Path.of("tests").relativize(file.path().getParent()).toString().replace('/', '.') + ";\n"))
                .forEach(file -> broken.add(file + " is not in the package of its folder"));
        SCRIPTS.stream().filter(file -> file.code().matches("(?s).*(^|\n)package .*"))
                .forEach(file -> broken.add(file + " is in a package"));
        assertNoneBroken();
    }

    @Test
    void the_indexes_of_the_rooms_are_whole() {
        broken.addAll(RoomIndexes.broken());
        assertNoneBroken();
    }

    @Test
    void a_room_uses_rooms_above_it_and_of_those_only_what_it_may() throws IOException {
        Map<String, Set<String>> allowed = allowed();
        JavaClasses classes = classes();
        for (JavaClass type : classes) {
            type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(used -> used.getPackageName().startsWith("lib.") && !room(used).equals(room(type))
                            && !allowed.get(room(type)).contains(room(used)))
                    .forEach(used -> broken.add(type.getName() + " uses " + used.getName()));
        }
        assertNoneBroken();
        slices().matching("lib.(*)..").should().beFreeOfCycles().check(classes);
    }

    /** What each room may use, by the table of docs/architecture.md. */
    private static Map<String, Set<String>> allowed() throws IOException {
        Map<String, Set<String>> allowed = new TreeMap<>();
        Pattern.compile("(?m)^\\| `(\\w+)` \\| [^|]* \\| ([^|]*) \\|$")
                .matcher(Files.readString(Path.of("docs/architecture.md"))).results().forEach(row -> {
                    Set<String> above = new TreeSet<>(allowed.keySet());
                    Set<String> named =
                            new TreeSet<>(List.of(row.group(2).replaceAll("[–,]", " ").strip().split(" +")));
                    if (row.group(2).startsWith("all above but ")) {
                        above.removeAll(named);
                    } else {
                        above.retainAll(named);
                    }
                    allowed.put(row.group(1), above);
                });
        assertEquals(new TreeSet<>(ROOMS), allowed.keySet());
        return allowed;
    }

    @Test
    void no_file_uses_itself_through_others() {
        slices().assignedFrom(new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass type) {
                return SliceIdentifier.of(type.getName().replaceFirst("\\$.*", ""));
            }

            @Override
            public String getDescription() {
                return "files";
            }
        }).should().beFreeOfCycles().check(classes());
    }

    @Test
    void the_rooms_are_described_as_their_indexes_do() throws IOException {
        String table = ROOMS.stream()
                .map(room -> "| `" + room + "` | "
                        + RoomIndexes.index(room).text().replaceFirst("(?s).*/\\*\\*\\s+(?:\\* )?", "")
                                .replaceFirst("(?s)\\.\\s+\\*/.*", "")
                                .replaceAll("\n \\* ", " ")
                        + " |\n")
                .collect(Collectors.joining());
        String page = Files.readString(Path.of("docs/architecture.md")).replaceAll("(?m)^(\\| `.*\\|)[^|]+\\|$", "$1");
        assertTrue(page.contains("\n| --- | --- | --- |\n" + table + "\n"), table);
    }

    /**
     * A constant leaves no trace in what uses it but its import; what a method gives may be used without one; and a
     * library may make by its name what it is given.
     */
    @Test
    void what_no_other_room_needs_is_not_public() {
        Set<String> needed = all()
                .flatMap(file -> Pattern.compile("lib\\.\\w+\\.[A-Z]\\w*").matcher(file.code()).results()
                        .map(found -> found.group()))
                .collect(Collectors.toSet());
        for (JavaClass type : classes()) {
            type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(used -> !room(used).equals(room(type)))
                    .forEach(used -> needed.add(used.getName().replaceFirst("\\$.*", "")));
        }
        LIB.forEach(file -> Pattern.compile("(\\w+)\\.class\\.getName\\(\\)").matcher(file.code()).results()
                .forEach(found -> needed.add("lib." + room(file) + "." + found.group(1))));
        LIB.stream().filter(file -> !needed.contains("lib." + room(file) + "." + file.name())
                && file.code()
                        .matches("(?s).*\npublic (?:\\w+ )*(?:class|record|interface|enum) " + file.name() + "\\b.*"))
                .forEach(file -> broken.add(file + " need not be public"));
        assertNoneBroken();
    }

    /** The tool that sorts them in lib and tests would move a script's first lines. */
    @Test
    void the_imports_of_a_script_are_sorted() {
        SCRIPTS.forEach(file -> {
            List<String> imports = file.code().lines().filter(line -> line.startsWith("import ")).toList();
            if (!imports.equals(imports.stream().sorted().toList())) {
                broken.add(file + " has imports that are not sorted");
            }
        });
        assertNoneBroken();
    }

    @Test
    void libraries_have_one_exact_version_everywhere() {
        Map<String, Set<String>> versions = new TreeMap<>();
        all().forEach(file -> file.directive("//DEPS").forEach(dependency -> {
            var exact = EXACT.matcher(dependency);
            if (exact.matches()) {
                versions.computeIfAbsent(exact.group(1), artifact -> new TreeSet<>()).add(exact.group(2));
            } else {
                broken.add(file + " names " + dependency + " without an exact version");
            }
        }));
        versions.entrySet().stream().filter(entry -> entry.getValue().size() > 1)
                .forEach(entry -> broken.add(entry.toString()));
        assertNoneBroken();
    }

    @Test
    void a_file_names_the_libraries_it_imports() {
        all().forEach(file -> {
            List<String> imports = file.code().lines().filter(line -> line.startsWith("import "))
                    .map(line -> line.replaceFirst("import (static )?", "")).toList();
            LIBRARIES.forEach((prefix, artifact) -> {
                if (imports.stream().anyMatch(name -> name.startsWith(prefix)) && file.directive("//DEPS").stream()
                        .noneMatch(dependency -> dependency.startsWith(artifact + ":"))) {
                    broken.add(file + " imports " + prefix + "* without //DEPS " + artifact);
                }
            });
        });
        assertNoneBroken();
    }

    @Test
    void only_scripts_have_a_main_and_end_the_process() {
        LIB.stream().filter(file -> file.code().matches("(?s).*\\bstatic\\s+void\\s+main\\b.*"))
                .forEach(file -> broken.add(file + " has a main"));
        LIB.stream()
                .filter(file -> file.code().matches("(?s).*\\b(System\\.exit|Runtime\\.getRuntime\\(\\)\\.halt)\\b.*"))
                .filter(file -> !file.name().equals("Console")).forEach(file -> broken.add(file + " ends the process"));
        SCRIPTS.stream().filter(file -> file.code().split("System\\.exit", -1).length > 2)
                .forEach(file -> broken.add(file + " ends the process twice"));
        assertNoneBroken();
    }

    private void assertNoneBroken() {
        assertEquals("", String.join("\n", broken));
    }

    private static Stream<SourceFile> all() {
        return Stream.of(LIB, SCRIPTS, TESTS).flatMap(List::stream);
    }

    private static String room(SourceFile file) {
        return file.path().getParent().getFileName().toString();
    }

    private static String room(JavaClass type) {
        return type.getPackageName().replaceFirst("^lib\\.", "");
    }
}

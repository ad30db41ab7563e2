//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS info.picocli:picocli:4.7.7

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.roles.RoleRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;
import testbed.Catalog;
import testbed.CommandRun;

/** What the README says of commands, options, exit codes and targets, held against the things themselves. */
class ReadmeTest {
    private static final String README = read("README.md");
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]+");

    static List<Catalog.Alias> aliases() {
        return Catalog.aliases();
    }

    @Test
    void each_command_has_a_section_headed_by_its_description_in_the_catalog() {
        assertEquals(aliases().stream().map(alias -> "## `" + alias.name() + "`: " + alias.description()).toList(),
                README.lines().filter(line -> line.startsWith("## `")).toList());
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void the_exit_codes_of_a_command_are_those_of_its_help(Catalog.Alias alias) {
        List<String> table = section(alias).lines().filter(line -> line.matches("\\| \\d+ \\|.*")).toList();
        assertEquals(Arrays.stream(main(alias).getAnnotation(Command.class).exitCodeList())
                .map(line -> "| " + line.replaceFirst(":", " | ") + " |").toList(), table);
    }

    @Test
    void every_option_that_is_mentioned_exists() {
        Set<String> existing = aliases().stream().flatMap(alias -> options(alias).stream()).collect(Collectors.toSet());
        assertEquals(Set.of(), without(mentioned(README), existing));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void a_command_line_has_options_of_that_command_only(Catalog.Alias alias) {
        List<String> lines = README.lines().filter(line -> line.matches("(\\./)?jbang " + alias.name() + "\\b.*")).toList();
        assertFalse(lines.isEmpty(), "no example of " + alias);
        assertEquals(Set.of(), without(mentioned(String.join("\n", lines)), options(alias)));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void a_table_of_options_lists_options_of_that_command_only(Catalog.Alias alias) {
        String cells = section(alias).lines().filter(line -> line.startsWith("| `-")).map(line -> line.split("\\|")[1])
                .collect(Collectors.joining("\n"));
        assertEquals(Set.of(), without(mentioned(cells), options(alias)));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void every_command_has_a_dry_run_that_prints_a_script(Catalog.Alias alias) {
        assertEquals(Set.of(), without(Set.of("--dry-run"), options(alias)));
        assertTrue(section(alias).contains("[shell script](#dry-run)"), alias.name());
    }

    @Test
    void no_option_of_migrate_is_forgotten() {
        Catalog.Alias migrate = aliases().stream().filter(alias -> alias.name().equals("migrate")).findFirst().orElseThrow();
        assertEquals(Set.of(), without(options(migrate), mentioned(section(migrate))));
    }

    @Test
    void everything_that_can_be_left_out_is_explained() {
        Set<String> classes = found("(?:SELECT '|KIND = \")([a-z-]+)['\"]", read("lib/source/Uncarried.java") + read("lib/catalog/ReservedSchemas.java")
                + read("lib/catalog/SelfReferences.java") + read("lib/source/UnreadableOnStandby.java") + read("lib/source/ExtensionRows.java") + read("lib/source/PathNeeds.java")
                + read("lib/catalog/PutIn.java"));
        String tables = README.substring(README.indexOf("### What stays behind"), README.indexOf("### What it does not do"));
        assertEquals(classes, tables.lines().filter(line -> line.startsWith("| `")).map(line -> line.split("\\|")[1])
                .flatMap(cell -> found("`([a-z-]+)`", cell).stream()).collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void every_check_of_preflight_is_explained() throws IOException {
        Set<String> checks = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("lib"))) {
            // These look at dumps, not at servers.
            Set<String> ofDumps = Set.of("Dumping.java", "ManifestCheck.java", "PlainDump.java");
            files.filter(Files::isRegularFile).filter(file -> !ofDumps.contains(file.getFileName().toString())).forEach(file -> checks.addAll(found("(?:Finding\\.(?:ok|warning|stop)\\(|CHECK = )\"([a-z ]+)\"", read(file.toString()))));
        }
        Catalog.Alias preflight = aliases().stream().filter(alias -> alias.name().equals("preflight")).findFirst().orElseThrow();
        String rows = section(preflight).lines().filter(line -> line.startsWith("| `")).collect(Collectors.joining("\n"));
        assertEquals(Set.of(), without(checks, found("`([a-z ]+)`", rows)));
        assertEquals(Set.of(), without(found("(?m)^\\| `([a-z ]+)`", rows), checks));
    }

    @Test
    void the_rules_for_roles_are_those_that_are_followed() {
        assertTrue(README.contains("\n\n" + RoleRules.TABLE + "\n"), RoleRules.TABLE);
    }

    @Test
    void make_targets_exist_and_the_two_main_ones_are_shown() {
        Set<String> targets = found("(?m)^([a-z-]+):.* ## ", read("Makefile"));
        Set<String> shown = found("\\bmake ([a-z-]+)", README.lines().filter(line -> line.matches("make .*|.*`make .*"))
                .collect(Collectors.joining("\n")));
        assertEquals(Set.of(), without(shown, targets));
        assertEquals(Set.of(), without(Set.of("demo", "test"), shown));
    }

    /** The pages of this project: those at the top, such as the README, and those of docs/. */
    static List<Path> pages() throws IOException {
        try (Stream<Path> top = Files.list(Path.of("")); Stream<Path> docs = Files.walk(Path.of("docs"))) {
            return Stream.concat(top, docs).filter(file -> file.toString().endsWith(".md")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void links_lead_to_headings_and_files(Path page) {
        List<String> broken = found("(?m)(?:\\]\\(|^\\[[^\\]]+]:\\s+)([^)\\s]+)", read(page.toString())).stream()
                .filter(link -> !link.startsWith("https://") && !leads(page, link)).toList();
        assertEquals(List.of(), broken);
    }

    /** Whether the file that a link names is there, by its place beside the page, and has the heading that the link names. */
    private static boolean leads(Path page, String link) {
        String[] parts = link.split("#", 2);
        Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        return Files.exists(file) && (parts.length == 1 || anchors(file).contains(parts[1]));
    }

    /** The anchors that GitHub makes of a page's headings. One that comes again gets a number; what looks like a heading in a block of code is none. */
    private static Set<String> anchors(Path page) {
        Set<String> anchors = new TreeSet<>();
        read(page.toString()).replaceAll("(?ms)^ *```.*?^ *```$", "").lines().filter(line -> line.matches("#{1,6} .*")).forEach(line -> {
            String anchor = line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-');
            String free = anchor;
            for (int again = 1; !anchors.add(free); again++) {
                free = anchor + "-" + again;
            }
        });
        return anchors;
    }

    private static String section(Catalog.Alias alias) {
        String rest = README.substring(README.indexOf("\n## `" + alias.name() + "`") + 1);
        return rest.substring(0, rest.indexOf("\n## "));
    }

    /** The options of a text without the command lines of other programs. */
    private static Set<String> mentioned(String text) {
        return text.lines().filter(line -> !line.strip().matches("(pg_dump|pg_restore|sudo apt-get) .*"))
                .flatMap(line -> OPTION.matcher(line).results().map(MatchResult::group)).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Those of the command and of its subcommands. */
    private static Set<String> options(Catalog.Alias alias) {
        String main = main(alias).getSimpleName();
        String help = CommandRun.of(main, Map.of(), "--help").out() + Arrays.stream(main(alias).getAnnotation(Command.class).subcommands())
                .map(command -> CommandRun.of(main, Map.of(), command.getAnnotation(Command.class).name(), "--help").out()).collect(Collectors.joining());
        return found("(?m)^ +(?:-., )?(--[a-z-]+)", help);
    }

    private static Class<?> main(Catalog.Alias alias) {
        try {
            return Class.forName(found("(?m)^//MAIN (\\w+)$", read(alias.script().toString())).iterator().next());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Set<String> found(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(result -> result.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> without(Set<String> all, Set<String> those) {
        Set<String> rest = new TreeSet<>(all);
        rest.removeAll(those);
        return rest;
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS info.picocli:picocli:4.7.7

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

/**
 * What the README and the pages of docs/ say of commands, options, exit codes and targets, held against the things
 * themselves.
 */
class ReadmeTest {
    private static final String README = read("README.md");
    private static final int LONGEST_README = 10_240;
    private static final Catalog.Alias MIGRATE = alias("migrate");
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])--[a-z][a-z-]+");

    static List<Catalog.Alias> aliases() {
        return Catalog.aliases();
    }

    @Test
    void the_readme_is_short() throws IOException {
        assertTrue(Files.size(Path.of("README.md")) <= LONGEST_README, Files.size(Path.of("README.md")) + " bytes");
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void each_command_has_a_page_headed_by_its_description_in_the_catalog(Catalog.Alias alias) {
        assertEquals("# `" + alias.name() + "`: " + alias.description(), page(alias).lines().findFirst().orElseThrow());
    }

    @Test
    void the_readme_lists_each_command_by_its_description_with_a_link_to_its_page() {
        assertEquals(
                aliases().stream()
                        .map(alias -> "- [`" + alias.name() + "`](docs/" + alias.name() + ".md): "
                                + alias.description())
                        .toList(),
                README.lines().filter(line -> line.startsWith("- [`")).toList());
    }

    @Test
    void the_readme_has_a_link_to_each_page() throws IOException {
        Set<String> pages = pages().stream().map(Path::toString).filter(page -> page.startsWith("docs"))
                .collect(Collectors.toSet());
        assertEquals(Set.of(), without(pages, found("\\]\\((docs/[^)#]+)", README)));
    }

    @Test
    void no_page_has_the_heading_of_a_command_that_does_not_exist() throws IOException {
        assertEquals(aliases().stream().map(Catalog.Alias::name).collect(Collectors.toSet()),
                found("(?m)^#+ `([a-z0-9-]+)`:", everything()));
    }

    @Test
    void the_exit_codes_in_the_readme_are_those_of_migrate() {
        List<String> rows = README.lines().filter(line -> line.matches("\\| \\d+ \\|.*"))
                .map(line -> line.replaceFirst("[^|]*\\|$", "")).toList();
        assertEquals(exitCodes(MIGRATE), rows);
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void the_exit_codes_of_a_command_are_those_of_its_help(Catalog.Alias alias) {
        List<String> expected = new ArrayList<>(exitCodes(alias));
        for (Class<?> subcommand : alias.main().getAnnotation(Command.class).subcommands()) {
            List<String> rows = exitCodes(subcommand);
            if (!rows.isEmpty() && !rows.equals(exitCodes(alias))) {
                expected.add("Those of `" + subcommand.getAnnotation(Command.class).name() + "`:");
                expected.addAll(rows);
            }
        }
        assertEquals(expected,
                page(alias).lines().filter(line -> line.matches("\\| \\d+ \\|.*|Those of `.*`:")).toList());
    }

    @Test
    void every_option_that_is_mentioned_exists() throws IOException {
        Set<String> existing = aliases().stream().flatMap(alias -> options(alias).stream()).collect(Collectors.toSet());
        assertEquals(Set.of(), without(mentioned(everything()), existing));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void a_command_line_has_options_of_that_command_only(Catalog.Alias alias) throws IOException {
        String line = "(?m)^ *((?:\\./)?jbang " + alias.name() + "(?![\\w-]).*)";
        assertFalse(found(line, page(alias)).isEmpty(), "no example of " + alias);
        assertEquals(Set.of(), without(mentioned(String.join("\n", found(line, everything()))), options(alias)));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void a_table_of_options_lists_options_of_that_command_only(Catalog.Alias alias) {
        String cells = page(alias).lines().filter(line -> line.startsWith("| `-")).map(line -> line.split("\\|")[1])
                .collect(Collectors.joining("\n"));
        assertEquals(Set.of(), without(mentioned(cells), options(alias)));
    }

    @ParameterizedTest
    @MethodSource("aliases")
    void every_command_has_a_dry_run_that_prints_a_script(Catalog.Alias alias) {
        assertEquals(Set.of(), without(Set.of("--dry-run"), options(alias)));
        assertTrue(page(alias).contains("[shell script](dry-run.md)"), alias.name());
    }

    @Test
    void no_option_of_migrate_is_forgotten() {
        assertEquals(Set.of(), without(options(MIGRATE), mentioned(page(MIGRATE))));
    }

    @Test
    void everything_that_can_be_left_out_is_explained() {
        Set<String> classes = found("(?:SELECT '|KIND = \")([a-z-]+)['\"]",
                read("lib/source/LeftBehindQuery.java") + read("lib/catalog/ReservedSchemas.java")
                        + read("lib/catalog/SelfReferences.java") + read("lib/source/UnreadableOnStandby.java")
                        + read("lib/preflight/NewerTimescale.java")
                        + read("lib/source/ExtensionRows.java") + read("lib/source/PathNeeds.java")
                        + read("lib/catalog/AddedMembers.java") + read("lib/preflight/DataNodeObjects.java"));
        assertEquals(classes, read("docs/stays-behind.md").lines().filter(line -> line.startsWith("| `"))
                .map(line -> line.split("\\|")[1])
                .flatMap(cell -> found("`([a-z-]+)`", cell).stream()).collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void every_check_of_preflight_is_explained() throws IOException {
        Set<String> checks = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("lib"))) {
            // These look at dumps, not at servers.
            Set<String> ofDumps = Set.of("Dumping.java", "ManifestCheck.java", "PlainDump.java");
            files.filter(Files::isRegularFile).filter(file -> !ofDumps.contains(file.getFileName().toString()))
                    .forEach(file -> checks.addAll(found("(?:Finding\\.(?:ok|warning|stop)\\(|CHECK = )\"([a-z ]+)\"",
                            read(file.toString()))));
        }
        String rows = page(alias("preflight")).lines().filter(line -> line.startsWith("| `"))
                .collect(Collectors.joining("\n"));
        assertEquals(Set.of(), without(checks, found("`([a-z ]+)`", rows)));
        assertEquals(Set.of(), without(found("(?m)^\\| `([a-z ]+)`", rows), checks));
    }

    @Test
    void the_rules_for_roles_are_those_that_are_followed() {
        assertTrue(read("docs/managed-roles.md").contains("\n\n" + RoleRules.TABLE + "\n"), RoleRules.TABLE);
    }

    @Test
    void make_targets_exist_and_the_two_main_ones_are_shown() throws IOException {
        Set<String> targets = found("(?m)^([a-z-]+):.* ## ", read("Makefile"));
        assertEquals(Set.of(), without(shownTargets(everything()), targets));
        assertEquals(Set.of(), without(Set.of("demo", "test"), shownTargets(README)));
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

    /**
     * Whether the file that a link names is there, by its place beside the page, and has the heading that the link
     * names.
     */
    private static boolean leads(Path page, String link) {
        String[] parts = link.split("#", 2);
        Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
        return Files.exists(file) && (parts.length == 1 || anchors(file).contains(parts[1]));
    }

    /**
     * The anchors that GitHub makes of a page's headings. One that comes again gets a number; what looks like a heading
     * in a block of code is none.
     */
    private static Set<String> anchors(Path page) {
        Set<String> anchors = new TreeSet<>();
        read(page.toString()).replaceAll("(?ms)^ *```.*?^ *```$", "").lines().filter(line -> line.matches("#{1,6} .*"))
                .forEach(line -> {
                    String anchor = line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT)
                            .replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-');
                    String free = anchor;
                    for (int again = 1; !anchors.add(free); again++) {
                        free = anchor + "-" + again;
                    }
                });
        return anchors;
    }

    private static Catalog.Alias alias(String name) {
        return aliases().stream().filter(alias -> alias.name().equals(name)).findFirst().orElseThrow();
    }

    /** The page of a command. */
    private static String page(Catalog.Alias alias) {
        return read("docs/" + alias.name() + ".md");
    }

    /** All pages, one after another. */
    private static String everything() throws IOException {
        return pages().stream().map(page -> read(page.toString())).collect(Collectors.joining("\n"));
    }

    /** The exit codes of a command as rows of a table. */
    private static List<String> exitCodes(Catalog.Alias alias) {
        return exitCodes(alias.main());
    }

    private static List<String> exitCodes(Class<?> command) {
        return Arrays.stream(command.getAnnotation(Command.class).exitCodeList())
                .map(line -> "| " + line.replaceFirst(":", " | ") + " |").toList();
    }

    private static Set<String> shownTargets(String text) {
        return found("\\bmake ([a-z-]+)",
                text.lines().filter(line -> line.matches("make .*|.*`make .*")).collect(Collectors.joining("\n")));
    }

    /** The options of a text without the command lines of other programs. */
    private static Set<String> mentioned(String text) {
        return text.lines().filter(line -> !line.strip().matches("(pg_dump|pg_restore|sudo apt-get) .*"))
                .map(line -> line.replaceAll("`(pg_dump|pg_dumpall|pg_restore|psql) [^`]*`", ""))
                .flatMap(line -> OPTION.matcher(line).results().map(MatchResult::group))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Those of the command and of its subcommands. */
    private static Set<String> options(Catalog.Alias alias) {
        String main = alias.main().getSimpleName();
        String help = CommandRun.of(main, Map.of(), "--help").out()
                + Arrays.stream(alias.main().getAnnotation(Command.class).subcommands())
                        .map(command -> CommandRun
                                .of(main, Map.of(), command.getAnnotation(Command.class).name(), "--help").out())
                        .collect(Collectors.joining());
        return found("(?m)^ +(?:-., )?(--[a-z-]+)", help);
    }

    private static Set<String> found(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(result -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
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

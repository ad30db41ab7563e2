//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS com.google.code.gson:gson:2.13.1
//DEPS info.picocli:picocli:4.7.7

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import testbed.Catalog;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.MadePages;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/** The pages of docs/ as they are made from the code, and every block in any page that somebody may paste. */
class PagesTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^( *)```(\\w*)\\n(.*?)^ *```$");
    private static final Pattern INLINE = Pattern
            .compile("`((?:make|jbang|\\./jbang) [a-z][^`]*|(?:GRANT|REVOKE|ALTER|CREATE|DROP|SELECT|SET) [^`]*;)`");
    private static final int WIDTH = 120;
    /** What a page shows of what it leaves out. */
    private static final String ELLIPSIS = "…";
    private static final PgServer SERVER = Sides.shared().source();
    private static final Map<String, Set<String>> OPTIONS_OF_CLIENTS = new HashMap<>();

    /** A part of a page that is meant to be pasted, or output where it has no language. */
    private record Block(Path page, String language, String text) {
        @Override
        public String toString() {
            return page + ": " + text.lines().findFirst().orElse("");
        }
    }

    static Set<Path> made() {
        return MadePages.pages().keySet();
    }

    @ParameterizedTest
    @MethodSource("made")
    void a_page_is_as_the_code_says(Path page) throws IOException {
        assertEquals(MadePages.pages().get(page), Files.readString(page), "run: make docs");
    }

    @Test
    void each_block_is_of_a_kind_that_is_looked_at_here() {
        assertEquals(Set.of("", "sh", "sql", "json", "bash", "yaml"),
                blocks().map(Block::language).collect(Collectors.toSet()));
    }

    static Stream<Block> shell() {
        return blocks().filter(block -> block.language.equals("sh"));
    }

    @ParameterizedTest
    @MethodSource("shell")
    void a_shell_reads_it_and_each_of_its_commands_has_what_it_is_given(Block block) {
        Run.of(List.of("sh", "-n", "-c", block.text)).orFail();
        for (String line : block.text.replace("\\\n", " ").lines().map(String::strip).toList()) {
            List<String> words = new ArrayList<>(Run
                    .output(List.of("sh", "-c", "printf '%s\\n' " + line.replaceAll("[<>|&].*", ""))).lines().toList());
            String program = words.remove(0);
            switch (program) {
                case "jbang", "./jbang" -> understands(
                        words.remove(0).replaceFirst("@.*", "").replaceFirst("scripts/(.*)\\.java", "$1"), words);
                case "make" -> makes(words);
                case "psql", "pg_dump", "pg_restore" ->
                    assertTrue(options(program).containsAll(words.stream().filter(word -> word.startsWith("-"))
                            .map(word -> word.replaceFirst("=.*", "")).toList()), line);
                case "export" ->
                    assertTrue(words.stream().allMatch(word -> word.matches("(SOURCE|TARGET)=postgresql://.*")), line);
                default -> assertTrue(line.matches("sudo apt-get install -y [a-z0-9 -]+|sh migrate\\.sh"), line);
            }
        }
    }

    static Stream<Block> launchers() {
        return blocks().filter(block -> Set.of("bash", "yaml").contains(block.language)
                && !block.page.endsWith("hypertables.md"));
    }

    /** What runs on many machines is no single command; its shell reads it, and migrate knows its modes and codes. */
    @ParameterizedTest
    @MethodSource("launchers")
    void a_launcher_can_be_read_and_knows_the_exit_codes(Block block) {
        if (block.language.equals("bash")) {
            Run.of(List.of("bash", "-n", "-c", block.text)).orFail();
        }
        Set<String> codes = Set.of(CommandRun.line("Migrate").getCommandSpec().usageMessage().exitCodeList().keySet()
                .toArray(String[]::new));
        List<String> named = Pattern.compile("(?:values: \\[|(?:\\$\\?|\\$code\") = )([0-9, ]+)").matcher(block.text)
                .results().flatMap(found -> Stream.of(found.group(1).strip().split(", "))).toList();
        assertTrue(!named.isEmpty() && codes.containsAll(named), named.toString());
        Pattern.compile("--[a-z-]+(?=[\\s;])").matcher(block.text.replaceAll("(?m)^#SBATCH.*$", "")).results()
                .map(found -> found.group()).forEach(option -> assertTrue(
                        CommandRun.line("Migrate").getCommandSpec().findOption(option) != null, option));
    }

    /** Throws what a user who pasted it would be told. */
    private static void understands(String command, List<String> arguments) {
        if (command.equals("cache")) {
            // JBang's own.
            assertEquals(List.of("clear"), arguments);
            return;
        }
        String main = Catalog.aliases().stream().filter(alias -> alias.name().equals(command)).findFirst().orElseThrow()
                .main().getName();
        CommandLine.ParseResult result = CommandRun.line(main).parseArgs(arguments.toArray(String[]::new));
        assertEquals(List.of(), result.unmatched());
    }

    private static void makes(List<String> words) {
        String makefile = read(Path.of("Makefile"));
        for (String word : words) {
            String known =
                    word.contains("=") ? "\\b" + word.replaceFirst("=.*", "") + "\\b" : "(?m)^" + word + ":.* ## ";
            assertTrue(Pattern.compile(known).matcher(makefile).find(), word);
        }
    }

    private static Set<String> options(String program) {
        return OPTIONS_OF_CLIENTS.computeIfAbsent(program, name -> Pattern.compile("(?<![\\w-])--?[A-Za-z][\\w-]*")
                .matcher(Run.output(
                        List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve(name).toString(), "--help")))
                .results().map(found -> found.group()).collect(Collectors.toSet()));
    }

    static Stream<Block> statements() {
        return blocks().filter(block -> block.language.equals("sql"));
    }

    /**
     * Each is compiled as a part of a function that is not run; what is left out in it is given a name. Options of a
     * GRANT came with PostgreSQL 16.
     */
    @ParameterizedTest
    @MethodSource("statements")
    void the_server_can_parse_each_statement(Block block) {
        String statements = block.text.replaceAll("(?m)--.*$", "").replaceAll("\\b(BEGIN|COMMIT)\\b[^;]*;", "")
                .replaceAll(";\\s*" + ELLIPSIS, ";")
                .replaceAll("LOGIN " + ELLIPSIS, "LOGIN").replace(ELLIPSIS, "x")
                .replaceAll(SERVER.major() < 16 ? "WITH INHERIT TRUE, SET FALSE" : "$^", "WITH ADMIN OPTION");
        SERVER.sql("postgres",
                "DO $do$ BEGIN RETURN; " + statements.strip().replaceFirst("(?<!;)$", ";") + " END $do$");
    }

    @Test
    void classes_that_are_named_exist() throws IOException {
        try (Stream<Path> lib = Files.walk(Path.of("lib")); Stream<Path> tests = Files.walk(Path.of("tests"))) {
            Set<String> files = Stream.concat(lib, tests).map(Path::toString).filter(file -> file.endsWith(".java"))
                    .collect(Collectors.toSet());
            Pattern named = Pattern.compile("`((?:[a-z]+/)*(?:[A-Z]\\w+Test|(?<=/)[A-Z]\\w+))(?:\\.[A-Z]\\w+)?`");
            assertEquals(List.of(), ReadmeTest.pages().stream()
                    .flatMap(page -> named.matcher(read(page)).results().map(found -> found.group(1)))
                    .filter(name -> files.stream().noneMatch(file -> ("/" + file).endsWith("/" + name + ".java")))
                    .toList());
        }
    }

    @Test
    void json_can_be_read() {
        List<Block> blocks = blocks().filter(block -> block.language.equals("json")).toList();
        blocks.forEach(block -> JsonParser.parseString(block.text));
        assertEquals(1, blocks.size());
    }

    @Test
    void lines_of_text_fit_into_the_width_of_the_house() throws IOException {
        List<String> wide = ReadmeTest.pages().stream().flatMap(page -> BLOCK.matcher(read(page)).replaceAll("").lines()
                .filter(line -> line.length() > WIDTH && !line.startsWith("|")).map(line -> page + ": " + line))
                .toList();
        assertEquals(List.of(), wide);
    }

    /** Those between fences, and commands and statements in the text. */
    private static Stream<Block> blocks() {
        try {
            return ReadmeTest.pages().stream().flatMap(page -> {
                String text = read(page);
                Stream<Block> fenced = BLOCK.matcher(text).results()
                        .map(found -> new Block(page, found.group(2), found.group(3).stripIndent()));
                Stream<Block> inline = INLINE.matcher(BLOCK.matcher(text).replaceAll("")).results()
                        .map(found -> new Block(page, found.group(1).endsWith(";") ? "sql" : "sh", found.group(1)));
                return Stream.concat(fenced, inline);
            });
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

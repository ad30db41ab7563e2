//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import lib.talk.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Run;

/** The file of {@code --hypertables}: what it says, and the line of whatever is wrong in it. */
class ConversionsTest {
    private static final String HEAD = "hypertables:\n  - schema: s\n    table: t\n    time_column: at\n";
    private static final String TABLE = HEAD + "    chunk_interval: 1 day\n";
    private static final String SPANS =
            "allowed: a time, such as 7 days or 12 hours, or an integer for a column of integers";
    @TempDir
    private static Path folder;

    private static Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("h.yaml"), text);
    }

    private static String failure(Path file) {
        Failure failure = assertThrows(Failure.class, () -> Conversions.read(file));
        assertEquals(Failure.USAGE, failure.exitCode());
        assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
        return failure.getMessage().replace(folder.resolve("") + "/", "");
    }

    /**
     * What is added after the line {@code chunk_interval}, the fifth one, or stands for the whole where it begins so.
     */
    static Stream<List<String>> wrong() {
        return Map.ofEntries(
                Map.entry("= ", "1: the file is empty; allowed: the key \"hypertables\""),
                Map.entry("=hypertables: [\n",
                        "2: this is no YAML: expected the node content, but found '<stream end>'"),
                Map.entry("=a: b\n\tc: d\n", "2: this is no YAML: found character '\\t(TAB)' that cannot start any "
                        + "token. (Do not use \\t(TAB) for indentation)"),
                Map.entry("=- a\n", "1: the file is a list; allowed: keys with values, of hypertables"),
                Map.entry("=\n\nhypertable: []", "3: unknown key \"hypertable\" in the file; allowed: hypertables"),
                Map.entry("={}", "1: the file lacks \"hypertables\""),
                Map.entry("=hypertables: all",
                        "1: \"hypertables\" is a text; allowed: a list, each element of which is "
                                + "a hypertable"),
                Map.entry("=hypertables: []", "1: \"hypertables\" names no table; allowed: at least one"),
                Map.entry("=hypertables:\n- s.t", "2: a hypertable is a text; allowed: keys with values, of schema, "
                        + "table, time_column, chunk_interval, chunk_size, integer_now, space_partitions, compression, "
                        + "retention, null_times, changes"),
                Map.entry("    chunk_intervall: 1 day", "6: unknown key \"chunk_intervall\" in a hypertable; allowed: "
                        + "schema, table, time_column, chunk_interval, chunk_size, integer_now, space_partitions, "
                        + "compression, retention, null_times, changes"),
                Map.entry("    table: u", "6: key \"table\" is there twice in a hypertable; allowed: once"),
                Map.entry("  - schema: s\n    time_column: at", "6: a hypertable lacks \"table\""),
                Map.entry("  - schema: s\n    table: [t]", "7: \"table\" is a list; allowed: a text"),
                Map.entry("  - schema: s\n    table:", "7: \"table\" is empty; allowed: a text"),
                Map.entry("  - schema: s\n    table: \"\"", "7: \"table\" is empty; allowed: a text"),
                Map.entry("  - schema: s\n    table: t\n    time_column: b\n    chunk_interval: 1 day",
                        "6: table s.t is there twice, also in line 2; allowed: once"),
                Map.entry("  - schema: s\n    table: u\n    time_column: b",
                        "6: hypertable s.u has no size of a chunk; "
                                + "allowed: one of chunk_interval and chunk_size"),
                Map.entry("    chunk_size: 1GB", "6: hypertable s.t has two sizes of a chunk; allowed: one of "
                        + "chunk_interval and chunk_size"),
                Map.entry("=" + HEAD + "    chunk_size: large", "5: \"chunk_size\" is \"large\"; allowed: a number of "
                        + "bytes with a unit, such as 512MB or 2GB"),
                Map.entry("=" + HEAD + "    chunk_interval: 1 parsec",
                        "5: \"chunk_interval\" is \"1 parsec\"; " + SPANS),
                Map.entry("=" + HEAD + "    chunk_interval: 0 days", "5: \"chunk_interval\" is \"0 days\"; " + SPANS),
                Map.entry("=" + HEAD + "    chunk_interval: -1", "5: \"chunk_interval\" is \"-1\"; " + SPANS),
                Map.entry("=" + HEAD + "    chunk_interval: 9999999999999999999",
                        "5: \"chunk_interval\" is \"9999999999999999999\"; " + SPANS),
                Map.entry("    integer_now: now", "6: \"integer_now\" is a text; allowed: keys with values, of schema, "
                        + "function"),
                Map.entry("    integer_now: {function: now}", "6: \"integer_now\" lacks \"schema\""),
                Map.entry("    space_partitions: {a: 4}",
                        "6: \"space_partitions\" is a group of keys; allowed: a list, "
                                + "each element of which is a column with its number of partitions"),
                Map.entry("    space_partitions:\n    - {column: a, partitions: 0}",
                        "7: \"partitions\" is \"0\"; allowed: a number from 1 to 32767"),
                Map.entry("    space_partitions:\n    - {column: b, partitions: 40000}",
                        "7: \"partitions\" is \"40000\"; allowed: a number from 1 to 32767"),
                Map.entry("    space_partitions:\n    - {column: at, partitions: 2}",
                        "7: column \"at\" divides the hypertable already; allowed: another one"),
                Map.entry("    compression:\n      segmentby: a", "7: \"segmentby\" is a text; allowed: a list, each "
                        + "element of which is the name of a column"),
                Map.entry("    compression:\n      segmentby: [a, b]\n      orderby:\n      - b",
                        "9: column \"b\" is there twice in \"compression\"; allowed: once, either in segmentby or in "
                                + "orderby"),
                Map.entry("    compression:\n      orderby:\n      - {column: a, order: down}",
                        "8: \"order\" is \"down\"; allowed: asc, desc"),
                Map.entry("    compression:\n      orderby:\n      - {column: a, nulls: none}",
                        "8: \"nulls\" is \"none\"; allowed: first, last"),
                Map.entry("    compression: {after: soon}", "6: \"after\" is \"soon\"; " + SPANS),
                Map.entry("    compression: {level: 9}", "6: unknown key \"level\" in \"compression\"; allowed: "
                        + "segmentby, orderby, after"),
                Map.entry("    retention: 1 year", "6: \"retention\" is a text; allowed: keys with values, of "
                        + "drop_after"),
                Map.entry("    null_times: 0", "6: \"null_times\" is \"0\"; allowed: stop, not_converted"),
                Map.entry("    changes:\n    - {key: a, becomes: dropped}",
                        "7: unknown key \"key\" in a change; allowed: "
                                + "constraint, unique_index, rule, trigger, publication, persistence, "
                                + "partitions, of, becomes"),
                Map.entry("    changes:\n    - {constraint: a, rule: b, becomes: dropped}", "7: a change names several "
                        + "things; allowed: one of constraint, unique_index, rule, trigger, publication, persistence, "
                        + "partitions"),
                Map.entry("    changes:\n    - {becomes: dropped}", "7: a change names nothing that changes; allowed: "
                        + "one of constraint, unique_index, rule, trigger, publication, persistence, partitions"),
                Map.entry("    changes:\n    - {constraint: a}", "7: a change lacks \"becomes\""),
                Map.entry("    changes:\n    - {rule: a, becomes: extended}",
                        "7: \"becomes\" is \"extended\"; allowed: dropped, not_converted"),
                Map.entry("    changes:\n    - {constraint: a, becomes: kept}", "7: \"becomes\" is \"kept\"; allowed: "
                        + "extended, index, inherited, dropped, not_converted"),
                Map.entry("    changes:\n    - {persistence: temporary, becomes: logged}",
                        "7: \"persistence\" is \"temporary\"; allowed: unlogged"),
                Map.entry("    changes:\n    - {constraint: a, of: {table: u}, becomes: dropped}",
                        "7: \"of\" lacks \"schema\""),
                Map.entry("    changes:\n    - {rule: a, becomes: dropped}\n    - {rule: a, becomes: dropped}",
                        "8: rule \"a\" is there twice, also in line 7; allowed: once"),
                Map.entry("---\n", "6: this is no YAML: but found another document"))
                .entrySet().stream().map(entry -> List.of(entry.getKey(), entry.getValue()));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void what_is_wrong_is_told_with_its_line_and_what_is_allowed(List<String> wrong) throws IOException {
        String text = wrong.get(0).startsWith("=") ? wrong.get(0).substring(1) : TABLE + wrong.get(0);
        assertEquals("h.yaml:" + wrong.get(1), failure(file(text)));
    }

    @Test
    void a_file_that_cannot_be_read_is_told() throws IOException {
        assertEquals("\"nowhere.yaml\" is not there", failure(Path.of("nowhere.yaml")));
        Path latin = folder.resolve("h.yaml");
        Files.write(latin, "hypertables: é".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals("\"h.yaml\" is not in UTF-8", failure(latin));
        assertTrue(failure(Files.createDirectories(folder.resolve("d"))).startsWith("\"d\" cannot be read: "));
        CommandRun run = CommandRun.preflight("postgresql://a@localhost:1/a", "postgresql://a@localhost:1/b",
                "--hypertables", file("x: 1").toString());
        assertEquals(2, run.code(), run.err());
        assertTrue(run.err().contains("h.yaml:1: unknown key \"x\" in the file; allowed: hypertables"), run.err());
    }

    @Test
    void the_library_that_reads_it_is_loaded_only_then() throws IOException {
        List<String> java = new ArrayList<>(ChildCommand.java("PreflightCheck", "--source",
                "postgresql://a@localhost:1/a", "--target", "postgresql://a@localhost:1/b"));
        java.add(1, "-verbose:class");
        String without = Run.of(java).out();
        assertTrue(without.contains("lib.talk.Console"), without);
        assertFalse(without.contains("org.snakeyaml"), without);
        java.addAll(List.of("--hypertables", file("x: 1").toString()));
        assertTrue(Run.of(java).out().contains("org.snakeyaml"));
    }

    @Test
    void all_of_it_is_understood() throws IOException {
        Conversion table = Conversions.read(file("""
                # comment
                hypertables:
                  - schema: "my\\nschema"
                    table: 'it''s: "x".y'
                    time_column: null_
                    chunk_interval: 1 week 2 days 3 hours
                    space_partitions:
                      - {column: "a b", partitions: 4}
                    compression:
                      segmentby: [device, "#2"]
                      orderby: [seq, {column: t, order: desc}, {column: u, order: desc, nulls: last}, {column: v}]
                      after: 2 months
                    retention:
                      drop_after: 2 years
                    null_times: not_converted
                    changes:
                      - constraint: pk
                        becomes: extended
                      - {constraint: fk, of: {schema: o, table: p}, becomes: dropped}
                      - {partitions: own_objects, becomes: dropped}
                """)).tables().get(0);
        assertEquals(3, table.line());
        assertEquals(new TableName("my\nschema", "it's: \"x\".y"), table.table());
        assertEquals("\"my\nschema\".\"it's: \"\"x\"\".y\"", table.table().toString());
        assertEquals(9 * Span.DAY + 3 * Span.HOUR, table.interval().units());
        assertEquals(List.of("null_", "a b"), table.dimensions());
        assertEquals(4, table.space().get(0).number());
        assertEquals(List.of("device", "#2"), table.compression().segmentBy());
        assertEquals(List.of("\"seq\" ASC NULLS LAST", "\"t\" DESC NULLS FIRST", "\"u\" DESC NULLS LAST",
                "\"v\" ASC NULLS LAST"), table.compression().orderBy().stream().map(Conversion.Sorting::sql).toList());
        assertEquals(60 * Span.DAY, table.compression().after().units());
        assertEquals("interval '2 years'", table.dropAfter().sql());
        assertTrue(table.stayWithNulls());
        assertEquals(List.of(
                new Change(17, Subject.CONSTRAINT, "pk", table.table(), Treatment.EXTENDED),
                new Change(19, Subject.CONSTRAINT, "fk", new TableName("o", "p"), Treatment.DROPPED),
                new Change(20, Subject.PARTITIONS, "own_objects", table.table(), Treatment.DROPPED)), table.changes());
        Conversion other = Conversions.read(file(HEAD + "    chunk_size: 2GB\n    compression: {}\n"
                + "    integer_now: {schema: s, function: f}\n    null_times: stop\n")).tables().get(0);
        assertEquals(2L << 30, other.chunkBytes());
        assertEquals(List.of("\"at\" DESC NULLS FIRST"),
                other.compression().orderBy().stream().map(Conversion.Sorting::sql).toList());
        assertEquals(new TableName("s", "f"), other.integerNow());
        assertFalse(other.stayWithNulls());
    }

    @Test
    void names_are_read_as_they_are_written() throws IOException {
        for (String name : List.of("a.b", "a: b", "#a", "- a", "a\nb", "a\tb", "\"", "'", "\\", "null", "Yes", "~",
                "[a",
                "{a}", "a, b", "*a", "&a", "!a", "%a", "@a", "`a", " a ", "1e3", "é\u00a0\u0085\u2028😀", "\u0007", "|",
                ">", "?", "...")) {
            Path file = file(HEAD.replace("table: t", "table: " + YamlText.of(name)) + "    chunk_interval: 1 day\n"
                    + "    changes: [{rule: " + YamlText.of(name) + ", becomes: dropped}]");
            Conversion table = Conversions.read(file).tables().get(0);
            assertEquals(name, table.table().table());
            assertEquals(name, table.changes().get(0).name());
        }
    }

    @Test
    void the_example_of_the_page_can_be_read() throws IOException {
        List<String> examples = Pattern.compile("(?ms)^```yaml\\n(.*?)^```$")
                .matcher(Files.readString(Path.of("docs/hypertables.md"))).results().map(found -> found.group(1))
                .toList();
        assertEquals(1, examples.size());
        assertTrue(Conversions.read(file(examples.get(0))).tables().size() > 1);
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import testbed.SourceFile;

/** What is known of TimescaleDB's catalog stands in lib/timescale and lib/rebuild: a new version changes these. */
class TimescaleKnowledgeTest {
    /** A comment, a text block or a string; the strings alone are captured. */
    private static final Pattern STRINGS = Pattern.compile(
            "/\\*.*?\\*/|//[^\n]*|'(?:[^'\\\\]|\\\\.)'|(\"\"\".*?(?<!\\\\)\"\"\"|\"(?:[^\"\\\\\n]|\\\\.)*\")",
            Pattern.DOTALL);

    /**
     * Its schemas, the tables and functions that have its names, its parameters, the names of chunks, the columns of
     * compressed chunks, and the extension itself in SQL or compared with another name.
     */
    private static final Pattern KNOWLEDGE = Pattern.compile(
            "_timescaledb|timescaledb_\\w|timescaledb\\.[a-z]|bgw_job|_hyper_|'timescaledb'|^\"timescaledb\"\\)"
                    + "|compressed_data|_ts_meta_|^\"metadata\"");

    @Test
    void no_other_room_names_what_belongs_to_the_extension() {
        List<String> found = new ArrayList<>();
        Stream.of("lib", "scripts").flatMap(folder -> SourceFile.below(folder).stream())
                .filter(file -> !file.path().startsWith("lib/timescale") && !file.path().startsWith("lib/rebuild"))
                .forEach(file -> strings(file.text()).stream().filter(KNOWLEDGE.asPredicate())
                        .forEach(text -> found.add(file + " has " + text)));
        assertEquals("", String.join("\n", found));
    }

    @Test
    void what_it_looks_for_is_in_that_room() {
        List<String> all = SourceFile.below("lib/timescale").stream().flatMap(file -> strings(file.text()).stream())
                .toList();
        Stream.of("_timescaledb_catalog.hypertable", "_timescaledb_internal", "timescaledb_information.chunks",
                "bgw_job_stat", "timescaledb.restoring", "timescaledb_pre_restore", "_hyper_",
                "x.extname = 'timescaledb'").forEach(
                        name -> assertTrue(all.stream()
                                .anyMatch(text -> text.contains(name) && KNOWLEDGE.matcher(text).find()), name));
    }

    private static List<String> strings(String java) {
        return STRINGS.matcher(java).results().filter(found -> found.group(1) != null)
                // With what closes a call: a name that something is compared with.
                .map(found -> found.group(1) + java.substring(found.end(), Math.min(found.end() + 1, java.length())))
                .toList();
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.Works;

/**
 * Whether verify, which takes for granted that versions keep hypertables each in its own way, finds everything else
 * that is not the same in a database that was made anew.
 */
class RebuiltVerificationTest {
    private static final Path CHANGES = Path.of("tests", "sql", "rebuild-differences.sql");

    @TempDir
    private static Path folder;
    private static Works works;

    @BeforeAll
    static void prepare() {
        works = new Works(folder);
    }

    @AfterAll
    static void stop() {
        works.close();
    }

    /**
     * Each block changes something else, which a target of 2.13 could not be read after, so that one comparison shows
     * whether every one of them is found.
     */
    @ParameterizedTest
    @CsvSource("2.13.1, 2.22.1")
    void each_of_many_differences_is_found_and_nothing_else(String from, String to) throws IOException {
        Works.Side source = works.plant(from);
        Works.Side target = Works.empty(works.server(to));
        CommandRun run = CommandRun.migrate(source.uri(), target.uri(), "--rebuild", "--verify", "none");
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of(), differences(source, target));
        String changes = Files.readString(CHANGES);
        for (String block : changes.split("\n\n")) {
            target.server().sql(target.database(), block.lines().filter(line -> !line.startsWith("--"))
                    .collect(Collectors.joining("\n")));
        }
        assertEquals(changes.lines().filter(line -> line.startsWith("--> ")).map(line -> line.substring(4)).sorted()
                .collect(Collectors.joining("\n")), String.join("\n", differences(source, target)));
    }

    /** What stands below the heading, a vertical bar between the columns, without checksums and queries. */
    private static List<String> differences(Works.Side source, Works.Side target) {
        CommandRun run = CommandRun.of("Verify", Map.of("SOURCE", source.uri(), "TARGET", target.uri()), "--level",
                "checksums", "-v");
        List<String> found = run.out().lines().skip(1)
                .map(line -> line.replaceAll(" {2,}", " | ").replaceAll("checksum [0-9a-f]+", "checksum ?")
                        .replaceFirst("(view definition \\| [^|]*\\| ).*", "$1?"))
                .sorted().toList();
        assertEquals(found.isEmpty() ? 0 : 4, run.code(), run.err());
        return found;
    }
}

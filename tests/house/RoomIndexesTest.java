//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Run;

/** That {@code make check} finds indexes from which JBang would build for minutes. */
class RoomIndexesTest {
    @TempDir
    private Path folder;

    @Test
    void a_cycle_of_two_indexes_is_named() throws IOException {
        write("lib/low/package-info.java", "//SOURCES Low.java\npackage lib.low;\n");
        write("lib/low/Low.java", "package lib.low;\n");
        write("lib/high/package-info.java",
                "//SOURCES ../low/package-info.java\n//SOURCES High.java\npackage lib.high;\n");
        write("lib/high/High.java", "package lib.high;\nimport lib.low.Low;\n");
        write("scripts/run.java", "//SOURCES ../lib/high/package-info.java\nimport lib.high.High;\n");
        Run run = check();
        assertEquals("", run.orFail().err());
        write("lib/low/package-info.java",
                "//SOURCES ../high/package-info.java\n//SOURCES Low.java\npackage lib.low;\n");
        run = check();
        assertEquals(1, run.code());
        assertEquals("""
                make: error: lib/high/package-info.java names low, which leads back to high
                make: error: lib/low/package-info.java names high, which leads back to low
                make: hint: mend the //SOURCES lines, and run the same make again
                """, run.err());
    }

    @Test
    void make_check_asks_before_a_test_starts() {
        String commands =
                Run.of(List.of("make", "--dry-run", "--assume-new=build/classes/compiled", "test")).orFail().out();
        int asked = commands.indexOf(" " + RoomIndexes.class.getName() + "\n");
        assertTrue(asked > 0 && asked < commands.indexOf(" testbed.RunTests "), commands);
    }

    private Run check() {
        return Run.of(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                RoomIndexes.class.getProtectionDomain().getCodeSource().getLocation().getPath(),
                RoomIndexes.class.getName()), Map.of(), null, folder);
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(folder.resolve(file).getParent());
        Files.writeString(folder.resolve(file), text);
    }
}

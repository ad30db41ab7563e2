//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import testbed.BackgroundWork;

/** What a short command sees and says, and when it ends. */
class ShortCommandTest {
    @Test
    void it_sees_no_variable_but_those_it_is_given() throws IOException {
        ShortCommand run = ShortCommand.run(List.of("/bin/sh", "-c", "env; echo said >&2; exit 3"),
                Map.of("ONLY", "this"), 10);
        assertEquals(3, run.code());
        assertEquals("said\n", run.err());
        assertTrue(run.out().contains("ONLY=this\n"), run.out());
        // A shell may set some of its own.
        assertTrue(run.out().lines().allMatch(line -> line.matches("(ONLY|PWD|OLDPWD|SHLVL|_)=.*")), run.out());
    }

    @Test
    void it_reads_nothing_and_is_ended_in_time() throws IOException {
        assertEquals("", ShortCommand.run(List.of("cat"), Map.of(), 10).out());
        long begun = System.nanoTime();
        IOException late =
                assertThrows(IOException.class, () -> ShortCommand.run(List.of("sleep", "77"), Map.of(), 1));
        assertEquals("sleep did not end within 1 s", late.getMessage());
        assertTrue(System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(30));
        // What was killed is a child until the system has taken it away.
        BackgroundWork.until("the program has ended", () -> ProcessHandle.current().descendants()
                .noneMatch(process -> process.info().commandLine().orElse("").endsWith("sleep 77")));
    }

    @Test
    void one_that_cannot_be_started_does_not_repeat_its_variables() {
        IOException missing = assertThrows(IOException.class,
                () -> ShortCommand.run(List.of("/nowhere/at-all"), Map.of("PGPASSWORD", "s3cret"), 10));
        assertTrue(missing.getMessage().contains("/nowhere/at-all"), missing.getMessage());
        assertFalse(missing.toString().contains("s3cret"), missing.toString());
    }
}

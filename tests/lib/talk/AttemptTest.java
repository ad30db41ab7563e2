//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an attempt makes of a failure, before and after it has changed something. */
class AttemptTest {
    @ParameterizedTest
    @CsvSource({"false, 3", "true, 1"})
    void a_session_that_cannot_be_ended_fails_only_what_has_begun(boolean begun, int code) {
        Attempt attempt = new Attempt(new Console(), "the source is unchanged");
        assertEquals(code, assertThrows(Failure.class, () -> attempt.run(() -> {
            if (begun) {
                attempt.begin();
            }
            throw new SQLException("lost");
        })).exitCode());
    }

    @ParameterizedTest
    @CsvSource({"false, 2, 3, 4", "true, 1, 1, 4"})
    void only_differences_are_what_they_are_whether_or_not_it_has_begun(boolean begun, int usage, int other,
            int differences) {
        assertEquals(usage, code(begun, Failure.usage("wrong")));
        assertEquals(other, code(begun, Failure.of("wrong")));
        assertEquals(differences, code(begun, Failure.differences("1 difference")));
    }

    @Test
    void what_was_changed_elsewhere_is_not_removed_with_restart() {
        Console console = new Console();
        Attempt attempt = new Attempt(console, "the source is unchanged");
        Failure failure = assertThrows(Failure.class, () -> attempt.run(() -> {
            console.begin();
            throw Failure.of("wrong").hint("mend it");
        }));
        assertEquals("mend it\nthen run the same command again: the target is unchanged", failure.hint());
        assertEquals(1, failure.exitCode());
        Failure later = assertThrows(Failure.class, () -> attempt.run(() -> {
            attempt.begin();
            throw Failure.of("wrong");
        }));
        assertEquals("fix the cause, then run the same command again with --restart: it removes what this run made",
                later.hint());
    }

    private static int code(boolean begun, Failure failure) {
        Attempt attempt = new Attempt(new Console(), "the source is unchanged");
        return assertThrows(Failure.class, () -> attempt.run(() -> {
            if (begun) {
                attempt.begin();
            }
            throw failure;
        })).exitCode();
    }
}

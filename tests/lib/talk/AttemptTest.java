//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.SQLException;
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

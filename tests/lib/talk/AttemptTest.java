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
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import lib.talk.Failure;
import org.junit.jupiter.api.Test;

/** The order of the versions of extensions, and the oldest one of PostgreSQL. */
class VersionsTest {
    @Test
    void versions_are_compared_number_by_number() {
        List<String> ordered = List.of("0.9", "1.0-dev", "1.0beta1", "1.0beta2", "1.0", "1.0.0", "1.2", "1.9", "1.10",
                "2.22.1-dev", "2.22.1", "10",
                "20240101000000000000000");
        List<String> shuffled = new ArrayList<>(ordered);
        Collections.shuffle(shuffled, new Random(1));
        shuffled.sort(Versions.ORDER.thenComparing(version -> ordered.indexOf(version)));
        assertEquals(List.of("0.9", "1.0beta1", "1.0beta2", "1.0-dev", "1.0"), shuffled.subList(0, 5));
        assertEquals(ordered.subList(5, ordered.size()), shuffled.subList(5, ordered.size()));
    }

    /** Of servers that nobody packages any more: what they say of themselves is all that counts. */
    @Test
    void an_older_server_is_refused() {
        OldestVersion.require("source", facts(120000));
        Failure refused = assertThrows(Failure.class, () -> OldestVersion.require("source", facts(110022)));
        assertEquals("the source is PostgreSQL 11.22, older than 12", refused.getMessage());
        assertEquals("upgrade it to PostgreSQL 12 or newer", refused.hint());
        assertEquals(Failure.REFUSED, refused.exitCode());
    }

    private static Server.Facts facts(int number) {
        return new Server.Facts(number, number / 10000 + "." + number % 10000, "app", "app", false, false, false, false,
                "UTF8", "C", "C", "C", false);
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import java.util.List;
import org.opentest4j.TestAbortedException;

/**
 * What a test needs beyond Java and Maven. Where the machine lacks it, the test is skipped and counted, with the
 * reason.
 */
public final class Requirement {
    private static String target = "test";

    private Requirement() {
    }

    /** @param name the target that make was called with, for a hint that names it */
    public static void madeBy(String name) {
        target = name;
    }

    /** @return a reason that names the command which would have it */
    static String root(String what) {
        return "needs root for " + what + "; run: sudo make " + target;
    }

    /** Skips the running test unless this program is on PATH. */
    public static void program(String name, String debianPackage) {
        if (Run.of(List.of("sh", "-c", "command -v \"$1\"", "sh", name)).code() != 0) {
            throw missing("needs " + name + "; run: sudo apt-get install -y " + debianPackage);
        }
    }

    /** What ends the running test as skipped; as an exception of its own in whatever is no test. */
    static RuntimeException missing(String reason) {
        return new TestAbortedException(reason);
    }
}

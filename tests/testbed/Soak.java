//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import org.junit.jupiter.api.Assumptions;

/**
 * How long tests go on: a little with {@code make test}, thoroughly with {@code make soak}, which sets TSMIGRATE_SOAK.
 */
public final class Soak {
    private Soak() {
    }

    /** @return whether everything is to be tried */
    public static boolean thorough() {
        return !System.getenv().getOrDefault("TSMIGRATE_SOAK", "").isEmpty();
    }

    /**
     * Skips a case that is one of several of its kind.
     *
     * @param run {@code always}, or {@code soak} for a thorough run only
     */
    public static void assumeIn(String run) {
        Assumptions.assumeTrue(run.equals("always") || thorough(), "only in a thorough run: make soak");
    }

    /** @return how many rounds of a test with random moments are to be run */
    public static int rounds(int quick, int thorough) {
        return thorough() ? thorough : quick;
    }
}

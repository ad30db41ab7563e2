package testbed;

/** How long tests go on: a little with {@code make test}, thoroughly with {@code make soak}, which sets TSMIGRATE_SOAK. */
public final class Soak {
    private Soak() {
    }

    /** @return whether everything is to be tried */
    public static boolean thorough() {
        return !System.getenv().getOrDefault("TSMIGRATE_SOAK", "").isEmpty();
    }

    /** @return how many rounds of a test with random moments are to be run */
    public static int rounds(int quick, int thorough) {
        return thorough() ? thorough : quick;
    }
}

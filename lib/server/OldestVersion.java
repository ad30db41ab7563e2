package lib.server;

import lib.talk.Failure;

/** The oldest version of PostgreSQL that this toolkit reads and writes. */
public final class OldestVersion {
    /** Its major version. */
    public static final int MAJOR = 12;

    private OldestVersion() {
    }

    /**
     * @param side as messages name it
     * @throws Failure if the server is older
     */
    public static void require(String side, Server.Facts facts) {
        if (facts.major() < MAJOR) {
            throw Failure.of("the %s is PostgreSQL %s, older than %d", side, facts.version(), MAJOR)
                    .hint("upgrade it to PostgreSQL %d or newer", MAJOR);
        }
    }
}

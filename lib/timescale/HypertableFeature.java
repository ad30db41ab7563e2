package lib.timescale;

import lib.server.Versions;

/**
 * What a hypertable can have only from some version of TimescaleDB on (CHANGELOG.md of its sources; tried on 2.11.2,
 * 2.13.1, 2.22.1 and 2.28.3).
 */
public enum HypertableFeature {
    /** To be published, and to have a replica identity (#5515). */
    LOGICAL_REPLICATION("2.12"),
    /** To be referenced by a foreign key of an ordinary table (#6989). */
    REFERENCED("2.16"),
    /** With compression, foreign keys of columns that it is not segmented by (#7134). */
    UNSEGMENTED_FOREIGN_KEYS("2.16"),
    /** Triggers FOR EACH STATEMENT with transition tables (#6901). */
    TRANSITION_TABLES("2.18"),
    /** To be unlogged (#8741). */
    UNLOGGED("2.23");

    private final String since;

    HypertableFeature(String since) {
        this.since = since;
    }

    /** @return the first version that has it */
    public String since() {
        return since;
    }

    /** @param version of the extension */
    public boolean isIn(String version) {
        return Versions.ORDER.compare(version, since) >= 0;
    }
}

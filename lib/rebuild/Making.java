package lib.rebuild;

import java.util.Set;

/**
 * One thing that is made on the target, in a transaction of its own or with others.
 *
 * @param kind of it, as the journal has it, in capitals
 * @param name of it, quoted and qualified
 * @param sql the statements, each ended by a semicolon
 */
public record Making(String kind, String name, String sql) {
    public static final String HYPERTABLE = "HYPERTABLE";
    public static final String CHUNK = "CHUNK";
    public static final String FROZEN = "FROZEN CHUNK";
    /** All kinds; the archive has entries of none of these. */
    public static final Set<String> KINDS = Set.of(HYPERTABLE, CHUNK, Chunk.COMPRESSED, "NUMBERS", "AGGREGATE INDEX",
            "AGGREGATE STATE", "COMPRESSION", "COMPRESSED INTERVAL", FROZEN, "CHUNK SKIPPING", "JOBS");

}

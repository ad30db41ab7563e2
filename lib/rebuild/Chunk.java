package lib.rebuild;

import lib.talk.Sql;

/**
 * A chunk of a hypertable on the source.
 *
 * @param slices its range in each dimension, as TimescaleDB's create_chunk takes them: a JSON object of arrays of two
 * numbers
 * @param compressed whether it has compressed rows
 * @param settings those that it was compressed with, or null where they are those of its hypertable
 * @param frozen whether it takes no changes
 * @param tablespace or null for the default one
 */
public record Chunk(long oid, String schema, String name, String slices, boolean compressed,
        CompressionSettings settings, boolean frozen, String tablespace) {
    /** The kind that the journal has of one that is compressed. */
    public static final String COMPRESSED = "COMPRESSED CHUNK";

    /** @return the quoted, qualified name, which is the same on both sides */
    public String sql() {
        return Sql.name(schema, name);
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}

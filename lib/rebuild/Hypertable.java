package lib.rebuild;

import java.util.List;
import lib.talk.Sql;

/**
 * A hypertable on the source, or the one that holds the rows of a continuous aggregate.
 *
 * @param id TimescaleDB's number of it, which is part of the names of its chunks
 * @param aggregate whether it holds the rows of a continuous aggregate
 * @param chunkSchema where its chunks are made
 * @param chunkPrefix what their names begin with
 * @param compression its settings where compression is turned on, else null
 * @param tablespaces those that new chunks go to
 * @param skipping columns whose ranges are kept for each chunk
 */
public record Hypertable(long oid, int id, String schema, String name, boolean aggregate, String chunkSchema,
        String chunkPrefix, List<Dimension> dimensions, CompressionSettings compression, List<String> tablespaces,
        List<String> skipping, List<Chunk> chunks) {
    /** @return the quoted, qualified name, which is the same on both sides */
    public String sql() {
        return Sql.name(schema, name);
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}

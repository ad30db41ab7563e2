package lib.rebuild;

import java.util.List;
import lib.talk.Sql;

/**
 * A continuous aggregate on the source.
 *
 * @param oid of its view
 * @param id TimescaleDB's number of the hypertable that holds its rows
 * @param query what it computes
 * @param materializedOnly whether queries see only the rows that it holds
 * @param indexes the statements that make the indexes on its rows
 */
public record Aggregate(long oid, int id, String schema, String name, String query, boolean materializedOnly,
        List<String> indexes) {
    /** @return the quoted, qualified name */
    public String sql() {
        return Sql.name(schema, name);
    }

    @Override
    public String toString() {
        return schema + "." + name;
    }
}

//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Connecting.java Rows.java Selection.java Server.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;

/**
 * How many rows the source's own statistics have counted as written (PostgreSQL manual, 28.2, pg_stat_all_tables). Sessions report with
 * a delay of up to some seconds, and rows of transactions that rolled back are counted too.
 */
public record Counters(long inserted, long updated, long deleted, Map<Long, Long> files) {
    /** Reads the counters, and where each table's rows are stored. */
    public static Counters read(Server source, Selection selection) {
        try (Connection session = source.session()) {
            long[] rows = new long[3];
            Map<Long, Long> files = new TreeMap<>();
            Rows.list(session, "source", "reading the statistics", """
                    SELECT c.oid, pg_catalog.pg_stat_get_tuples_inserted(c.oid), pg_catalog.pg_stat_get_tuples_updated(c.oid),
                           pg_catalog.pg_stat_get_tuples_deleted(c.oid), c.relfilenode
                      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.relkind = 'r' AND %s""".formatted(selection.relation("c", "n")),
                    row -> {
                        rows[0] += row.getLong(2);
                        rows[1] += row.getLong(3);
                        rows[2] += row.getLong(4);
                        return files.put(row.getLong(1), row.getLong(5));
                    });
            return new Counters(rows[0], rows[1], rows[2], files);
        } catch (SQLException e) {
            throw Connecting.statement("source", "reading the statistics", e);
        }
    }

    /** @return what was counted since */
    public Counters since(Counters before) {
        return new Counters(inserted - before.inserted, updated - before.updated, deleted - before.deleted, files);
    }

    /** @return all rows written */
    public long written() {
        return inserted + updated + deleted;
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.source.Snapshot;

/**
 * When the columns of the source's tables were changed last. A column that was dropped and made again has other values
 * in the same rows, in a table whose definition reads as before; so have attributes of composite types.
 */
final class ColumnChanges {
    /**
     * Types that users have made, of which some may be composite, and the row types of tables count for every table
     * that has a column of such a type. What seems to come is so old that its number has come round again (PostgreSQL
     * manual, 25.1.5).
     */
    private static final String QUERY = """
            WITH own AS (SELECT DISTINCT pg_catalog.unnest(ARRAY[y.oid, y.typelem, y.typbasetype]) AS type
                FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
               WHERE a.atttypid >= 16384),
              composite AS (SELECT pg_catalog.min(pg_catalog.age(a.xmin)) FILTER (WHERE pg_catalog.age(a.xmin) >= 0)
                  AS age
                FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
               WHERE a.attnum > 0 AND (c.relkind = 'c' OR c.reltype IN (SELECT type FROM own WHERE type <> 0)))
            SELECT a.attrelid, coalesce(least(
              pg_catalog.min(pg_catalog.age(a.xmin)) FILTER (WHERE pg_catalog.age(a.xmin) >= 0), CASE
              WHEN pg_catalog.bool_or(a.atttypid >= 16384) THEN (SELECT age FROM composite) END), 2147483647)::int8
                - pg_catalog.age('%d'::pg_catalog.xid)
              FROM pg_catalog.pg_attribute a
             WHERE a.attnum > 0 AND a.attrelid = ANY ('{%s}'::pg_catalog.oid[]) GROUP BY a.attrelid""";

    private final long firstUnseen;
    /** How many transactions before the first unseen one, by the table's OID. */
    private final Map<Long, Long> before;

    private ColumnChanges(long firstUnseen, Map<Long, Long> before) {
        this.firstUnseen = firstUnseen;
        this.before = before;
    }

    /** @param tables by OID */
    static ColumnChanges of(Snapshot source, Collection<Long> tables, String doing) {
        Map<Long, Long> before = new HashMap<>();
        synchronized (source.holder()) {
            Session holder = source.holder();
            holder.list(doing,
                    QUERY.formatted(source.firstUnseen() & 0xFFFFFFFFL,
                            tables.stream().map(String::valueOf).collect(Collectors.joining(","))),
                    row -> before.put(row.getLong(1), row.getLong(2)));
        }
        return new ColumnChanges(source.firstUnseen(), before);
    }

    /**
     * @param snapshot the oldest transaction that was not over when the rows of a table were read
     * @return whether its columns may have been changed since
     */
    boolean since(long snapshot, long table) {
        return before.getOrDefault(table, Long.MAX_VALUE) <= firstUnseen - snapshot;
    }
}

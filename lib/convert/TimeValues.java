//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import lib.server.Session;
import lib.talk.Sql;

/**
 * The rows of a table that no chunk can hold.
 *
 * @param nulls those without a time
 * @param beyond those whose time is -infinity, or beyond what TimescaleDB can count in microseconds
 */
record TimeValues(long nulls, long beyond) {
    /** The end of the timestamps that TimescaleDB takes; infinity is in a chunk of its own. */
    private static final String END = "294247-01-01";

    /** A column that is NOT NULL is asked in a way that an index can answer. */
    static TimeValues of(Session session, SourceTable table, SourceTable.Column column, TimeType type) {
        String name = Sql.ident(column.name());
        String beyond = type.isInteger() ? "false"
                : "(%1$s = '-infinity' OR %1$s >= '%2$s' AND %1$s < 'infinity')".formatted(name, END);
        if (column.required()) {
            return type.isInteger() ? new TimeValues(0, 0) : session.list(doing(table),
                    "SELECT pg_catalog.count(*) FROM %s WHERE %s".formatted(table.name().sql(), beyond),
                    row -> new TimeValues(0, row.getLong(1))).get(0);
        }
        return session.list(doing(table), """
                SELECT pg_catalog.count(*) FILTER (WHERE %2$s IS NULL), pg_catalog.count(*) FILTER (WHERE %3$s)
                  FROM %1$s""".formatted(table.name().sql(), name, beyond),
                row -> new TimeValues(row.getLong(1), row.getLong(2))).get(0);
    }

    private static String doing(SourceTable table) {
        return "looking for rows of " + table.name() + " without a time";
    }
}

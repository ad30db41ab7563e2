//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Sql;

/**
 * What ANALYZE knows of a column.
 *
 * @param correlation how far the rows lie in its order on disk, from 0 to 1
 * @param distinct how many values it has
 * @param nulls the fraction of rows where it is NULL
 */
record ColumnStatistics(double correlation, double distinct, double nulls) {
    /** A number of values below 0 is a fraction of the rows. */
    private static final String QUERY = """
            SELECT s.attname, pg_catalog.avg(pg_catalog.abs(coalesce(s.correlation, 0))),
              CASE WHEN pg_catalog.min(s.n_distinct) < 0 THEN pg_catalog.min(s.n_distinct)
                ELSE pg_catalog.max(s.n_distinct) END, pg_catalog.max(s.null_frac)
              FROM pg_catalog.pg_stats s WHERE (s.schemaname, s.tablename) IN (%s) AND s.inherited = %s GROUP BY 1""";

    /** @return by the names of columns; nothing where the table was never analyzed */
    static Map<String, ColumnStatistics> of(Session session, SourceTable table) {
        Map<String, ColumnStatistics> found = read(session, table, List.of(table.name()), table.partitioned());
        return !found.isEmpty() || !table.partitioned() ? found
                : read(session, table, table.partitions().stream().map(SourceTable.Partition::name).toList(), false);
    }

    private static Map<String, ColumnStatistics> read(Session session, SourceTable table, List<TableName> tables,
            boolean inherited) {
        Map<String, ColumnStatistics> found = new HashMap<>();
        String names = tables.stream()
                .map(name -> "(" + Sql.literal(name.schema()) + ", " + Sql.literal(name.table()) + ")")
                .collect(Collectors.joining(", "));
        if (!tables.isEmpty()) {
            session.list("reading the statistics of columns", QUERY.formatted(names, inherited),
                    row -> found.put(row.getString(1), new ColumnStatistics(row.getDouble(2),
                            row.getDouble(3) < 0 ? -row.getDouble(3) * table.rows() : row.getDouble(3),
                            row.getDouble(4))));
        }
        return found;
    }
}

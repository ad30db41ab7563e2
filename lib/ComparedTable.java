//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Checksums.java FactTemplate.java Rows.java Selection.java Sql.java
package lib;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;

/**
 * A relation of the source whose rows are compared: an ordinary table, a partition, a populated materialized view, or a configuration table
 * of an extension, of which only those rows are the user's that the extension says.
 *
 * @param identity the name as differences show it
 * @param bytes the size on the source's disk
 * @param list the columns as the query gives them, which is the shortest form to keep for a hundred thousand tables, or null for none
 * @param condition a WHERE clause, or empty
 */
record ComparedTable(long oid, String schema, String name, String identity, boolean materialized, long bytes, String list,
        String condition) {
    private static final String QUERY = """
            WITH config(oid, condition) AS (SELECT unnest(x.extconfig), unnest(x.extcondition) FROM pg_extension x)
            SELECT c.oid, n.nspname, c.relname, %s || '.' || %s, c.relkind = 'm', %s,
                   string_agg(a.attname || chr(30) || CASE WHEN a.atttypid IN (17, 18) THEN format_type(a.atttypid, NULL) ELSE '' END, chr(31)
                              ORDER BY a.attname COLLATE "C"), coalesce(f.condition, '')
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN config f ON f.oid = c.oid
              LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND (%s OR f.oid IS NOT NULL AND %s) AND %s
             GROUP BY c.oid, n.nspname, c.relname, c.relkind, f.condition
             ORDER BY 6 DESC, c.oid""";

    /** @return every such relation that is wanted, the largest first */
    static List<ComparedTable> list(Connection session, Selection selection) {
        return Rows.list(session, "source", "listing the tables", QUERY.formatted(FactTemplate.name("n.nspname"), FactTemplate.name("c.relname"),
                Selection.bytes("c.oid"), selection.relation("c", "n"), selection.selective() ? "false" : "true", selection.data("c")),
                row -> new ComparedTable(row.getLong(1), row.getString(2), row.getString(3), row.getString(4), row.getBoolean(5),
                        row.getLong(6), row.getString(7), row.getString(8)));
    }

    /** @return the columns by name, because their order in the table may differ between the sides */
    List<Checksums.Column> columns() {
        List<Checksums.Column> columns = new ArrayList<>();
        for (String entry : list == null ? new String[0] : list.split(FactTemplate.ENTRY)) {
            int end = entry.indexOf(FactTemplate.VALUE);
            columns.add(new Checksums.Column(entry.substring(0, end), entry.substring(end + 1)));
        }
        return columns;
    }

    /** @return the rows in question, as they follow FROM; those of partitions and children are compared with these */
    String rows() {
        return "ONLY " + Sql.name(schema, name) + " " + condition;
    }
}

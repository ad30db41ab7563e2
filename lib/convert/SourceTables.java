//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.server.Session;
import lib.talk.Sql;

/** Looks up relations of the source. */
final class SourceTables {
    private static final String DOING = "looking at the tables that are to become hypertables";

    private static final String TABLES = """
            SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition,
              c.relkind <> 'p' AND NOT c.relispartition
                AND (EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid)
                  OR EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid)),
              NOT %1$s, c.relrowsecurity OR c.relforcerowsecurity,
              CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END,
              CASE WHEN c.relkind = 'p' THEN (SELECT CASE WHEN pg_catalog.bool_or(l.reltuples > 0)
                  THEN pg_catalog.sum(l.reltuples) ELSE -1 END
                  FROM pg_catalog.pg_partition_tree(c.oid) t JOIN pg_catalog.pg_class l ON l.oid = t.relid
                 WHERE l.relkind = 'r')
                WHEN c.relpages = 0 AND c.reltuples = 0 THEN -1 ELSE c.reltuples END,
              %2$s, %3$s
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE %%s ORDER BY n.nspname, c.relname""".formatted(Selection.noExtension("pg_class", "c.oid"),
            size("pg_table_size"), size("pg_indexes_size"));

    private static final String PARTITIONS = """
            SELECT c.oid, l.oid, n.nspname, l.relname, l.relkind FROM pg_catalog.pg_class c
              JOIN LATERAL pg_catalog.pg_partition_tree(c.oid) t ON t.level > 0
              JOIN pg_catalog.pg_class l ON l.oid = t.relid JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace
             WHERE c.oid = ANY (%s) AND c.relkind = 'p' ORDER BY 1, 3, 4""";

    /** Of arrays, enums, ranges and what is stored as another type, the order and the hash are another type's. */
    private static final String COLUMNS = """
            SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, NULL), a.attnotnull,
              a.attgenerated <> '',
              EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum)
                OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'f'
                  AND k.conkey = ARRAY[a.attnum]),
              EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique
                AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum),
              %1$s, %2$s
              FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type d ON d.oid = a.atttypid
              JOIN pg_catalog.pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
             WHERE a.attrelid = ANY (%%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum"""
            .formatted(ordered("hash"), ordered("btree"));

    private SourceTables() {
    }

    /** @return an SQL expression: of a partitioned table what its partitions have together */
    private static String size(String function) {
        return """
                CASE c.relkind WHEN 'p' THEN (SELECT coalesce(pg_catalog.sum(pg_catalog.%1$s(t.relid)), 0)
                     FROM pg_catalog.pg_partition_tree(c.oid) t) WHEN 'r' THEN pg_catalog.%1$s(c.oid) ELSE 0 END"""
                .formatted(function).strip();
    }

    private static String ordered(String method) {
        return """
                (t.typtype IN ('e', 'r', 'm', 'c') OR t.typcategory = 'A'
                 OR EXISTS (SELECT FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
                     WHERE m.amname = '%s' AND o.opcdefault AND (o.opcintype = t.oid OR EXISTS (
                       SELECT FROM pg_catalog.pg_cast k WHERE k.castsource = t.oid AND k.casttarget = o.opcintype
                        AND k.castmethod = 'b'))))""".formatted(method).strip();
    }

    /** @return those of these that there are */
    static Map<TableName, SourceTable> named(Session session, Collection<TableName> names) {
        List<SourceTable> found = tables(session, "(n.nspname::text, c.relname::text) IN (" + names.stream()
                .map(name -> "(" + Sql.literal(name.schema()) + ", " + Sql.literal(name.table()) + ")")
                .collect(Collectors.joining(", ")) + ")", 0);
        return found.stream().collect(Collectors.toMap(SourceTable::name, table -> table));
    }

    /** @return the user's tables that are no partitions, of at least so many bytes with their indexes */
    static List<SourceTable> ofSize(Session session, Selection selection, long bytes) {
        return tables(session,
                selection.relation("c", "n") + " AND c.relkind IN ('r', 'p') AND NOT c.relispartition", bytes);
    }

    private static List<SourceTable> tables(Session session, String condition, long least) {
        List<SourceTable> bare = session.list(DOING, TABLES.formatted(condition),
                row -> new SourceTable(row.getLong(1), new TableName(row.getString(2), row.getString(3)),
                        row.getString(4), row.getString(5), row.getBoolean(6), row.getBoolean(7), row.getBoolean(8),
                        row.getBoolean(9), row.getString(10), row.getDouble(11), row.getLong(12), row.getLong(13),
                        List.of(), List.of()))
                .stream()
                .filter(table -> table.bytes() + table.indexBytes() >= least).toList();
        String oids = oids(bare.stream().map(SourceTable::oid).toList());
        Map<Long, List<SourceTable.Partition>> partitions = new HashMap<>();
        session.list(DOING, PARTITIONS.formatted(oids),
                row -> partitions.computeIfAbsent(row.getLong(1), oid -> new ArrayList<>())
                        .add(new SourceTable.Partition(row.getLong(2),
                                new TableName(row.getString(3), row.getString(4)), row.getString(5))));
        Map<Long, List<SourceTable.Column>> columns = new HashMap<>();
        session.list(DOING, COLUMNS.formatted(oids),
                row -> columns.computeIfAbsent(row.getLong(1), oid -> new ArrayList<>())
                        .add(new SourceTable.Column(row.getString(2), row.getString(3), row.getBoolean(4),
                                row.getBoolean(5), row.getBoolean(6), row.getBoolean(7), row.getBoolean(8),
                                row.getBoolean(9))));
        return bare.stream().map(table -> new SourceTable(table.oid(), table.name(), table.kind(),
                table.persistence(), table.partition(), table.inherits(), table.member(), table.rowSecurity(),
                table.partitionKey(), table.rows(), table.bytes(), table.indexBytes(),
                partitions.getOrDefault(table.oid(), List.of()), columns.getOrDefault(table.oid(), List.of())))
                .toList();
    }

    /** @return an SQL array */
    static String oids(Collection<Long> oids) {
        return "'{" + oids.stream().map(String::valueOf).collect(Collectors.joining(",")) + "}'::pg_catalog.oid[]";
    }
}

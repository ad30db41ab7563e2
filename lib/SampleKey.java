//DEPS org.postgresql:postgresql:42.7.14
//SOURCES ComparedTable.java Rows.java Sql.java
package lib;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The columns by which rows of a large table are found on both sides, through an index: those of a unique one, or the first of any other whose values
 * are in few rows each, as the statistics have it. The physical order of rows is another on each side, so that a sample is drawn on the source and its
 * keys are looked up.
 *
 * @param columns by name
 * @param types of each, qualified, without modifiers
 * @param values how many keys are drawn
 * @param pages on the source's disk
 */
record SampleKey(List<String> columns, List<String> types, long values, long pages) {
    /** Rows of which about so many are compared in each table. */
    private static final long ROWS = 1000;
    /** From so many pages they are taken, for neighbours are alike. */
    private static final long PAGES = 200;
    /** A column with more rows for each of its values is no key. */
    private static final long MOST_ROWS_A_VALUE = 100;

    /** Types whose text means the same on both sides under our sessions' settings, and whose operators are the system's. */
    private static final String TYPES = "'{int2,int4,int8,oid,numeric,float4,float8,text,varchar,bpchar,name,uuid,date,time,timestamp,timestamptz,inet,cidr,macaddr}'";

    /** pg_stats shows a column to those who may read it; a negative n_distinct is a share of the rows (PostgreSQL manual, 54.27). */
    private static final String KEYS = """
            WITH asked(oid) AS (SELECT pg_catalog.unnest(%s::pg_catalog.oid[])),
            usable AS (
              SELECT i.indexrelid, i.indrelid, i.indisunique, k.ordinality AS place, a.attname, t.typname,
                     a.attnotnull AND t.typname = ANY (%s) AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace AND a.attgenerated = '' AS fits,
                     CASE WHEN s.n_distinct > 0 THEN c.reltuples / s.n_distinct WHEN s.n_distinct < 0 THEN -1 / s.n_distinct END AS many,
                     (SELECT p.relpages FROM pg_catalog.pg_class p WHERE p.oid = i.indrelid) AS pages
                FROM asked q JOIN pg_catalog.pg_index i ON i.indrelid = q.oid JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam AND m.amname = 'btree'
                CROSS JOIN LATERAL pg_catalog.unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum, ordinality)
                LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
               WHERE i.indisvalid AND i.indpred IS NULL),
            candidate AS (
              SELECT u.indrelid, u.indexrelid, 1 AS many, pg_catalog.array_agg(u.attname ORDER BY u.place)::text[] AS names,
                     pg_catalog.array_agg(u.typname ORDER BY u.place)::text[] AS types
                FROM usable u WHERE u.indisunique GROUP BY 1, 2 HAVING pg_catalog.bool_and(u.fits) IS TRUE
              UNION ALL
              SELECT u.indrelid, u.indexrelid, pg_catalog.ceil(u.many), ARRAY[u.attname]::text[], ARRAY[u.typname]::text[]
                FROM usable u WHERE u.place = 1 AND u.fits AND u.many <= %d)
            SELECT DISTINCT ON (c.indrelid) c.indrelid, c.names, c.types, c.many::pg_catalog.int8
              FROM candidate c ORDER BY c.indrelid, c.many, pg_catalog.array_length(c.names, 1), c.indexrelid""";

    /**
     * @param session on the source
     * @return the keys of those tables that have any, by the identifier of the table
     */
    static Map<Long, SampleKey> of(Connection session, Collection<ComparedTable> tables) {
        Map<Long, SampleKey> keys = new HashMap<>();
        if (tables.isEmpty()) {
            return keys;
        }
        Map<Long, Long> pages = tables.stream().collect(Collectors.toMap(ComparedTable::oid, table -> Math.max(1, table.bytes() / 8192), Math::max));
        Rows.list(session, "source", "looking for keys", KEYS.formatted(Sql.literal(pages.keySet().toString().replace('[', '{').replace(']', '}')),
                TYPES, MOST_ROWS_A_VALUE), row -> keys.put(row.getLong(1), new SampleKey(texts(row.getArray(2).getArray()), texts(row.getArray(3).getArray()),
                        Math.max(1, ROWS / Math.max(1, row.getLong(4))), pages.get(row.getLong(1)))));
        return keys;
    }

    private static List<String> texts(Object array) {
        return Arrays.stream((Object[]) array).map(String::valueOf).toList();
    }

    /**
     * @param table the source's as it follows FROM
     * @return a query on the source that draws keys, each as a row of SQL literals
     */
    String draw(String table) {
        String names = columns.stream().map(Sql::ident).collect(Collectors.joining(", "));
        String literals = columns.stream().map(name -> "pg_catalog.quote_literal(d." + Sql.ident(name) + "::text)").collect(Collectors.joining(" || ', ' || "));
        // Of a table with few pages all are taken.
        String share = pages <= PAGES ? "" : " TABLESAMPLE SYSTEM (" + 100.0 * PAGES / pages + ")";
        return """
                SELECT DISTINCT %s FROM (SELECT %s, pg_catalog.row_number() OVER () AS "row number", pg_catalog.count(*) OVER () AS "rows" FROM %s%s) d
                 WHERE d."row number" %% GREATEST(1, d."rows" / %d) = 0 LIMIT %d""".formatted(literals, names, table, share, values, values);
    }

    /**
     * @param keys as {@link #draw} gives them
     * @return a WHERE clause for the rows with these keys
     */
    String where(List<String> keys) {
        if (keys.isEmpty()) {
            return "WHERE false";
        }
        if (columns.size() == 1) {
            return "WHERE " + Sql.ident(columns.get(0)) + " = ANY (ARRAY[" + String.join(", ", keys) + "]::" + type(0) + "[])";
        }
        String names = columns.stream().map(Sql::ident).collect(Collectors.joining(", ", "(", ")"));
        String given = IntStream.range(0, columns.size()).mapToObj(i -> "v.c" + i + "::" + type(i)).collect(Collectors.joining(", "));
        String list = IntStream.range(0, columns.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
        List<String> rows = new ArrayList<>();
        keys.forEach(key -> rows.add("(" + key + ")"));
        return "WHERE " + names + " IN (SELECT " + given + " FROM (VALUES " + String.join(", ", rows) + ") v(" + list + "))";
    }

    /** In quotes, for without them "character" has a length of 1. */
    private String type(int place) {
        return "pg_catalog." + Sql.ident(types.get(place));
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.compare;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.CompressedChunk;

/**
 * The columns by which some rows of a large table are found on both sides. The physical order of rows is another on
 * each side, so that keys are drawn on the source and looked up. Of a table that is those of a unique index, or the
 * first of any other whose values are in few rows each, as the statistics have it; of a compressed chunk those by which
 * its batches are segmented.
 *
 * @param columns by name
 * @param types of each, qualified, without modifiers
 * @param draw a query on the source that draws keys, each as a row of SQL literals
 */
record SampleKey(List<String> columns, List<String> types, String draw) {
    /** Rows of which about so many are compared in each table; of a compressed chunk at least one segment. */
    private static final long ROWS = 1000;
    /** From so many pages they are taken, for neighbours are alike. */
    private static final long PAGES = 1000;
    /** A column with more rows for each of its values is no key. */
    private static final long MOST_ROWS_A_VALUE = 100;

    /**
     * Types whose text means the same on both sides under our sessions' settings, and whose operators are the system's.
     */
    private static final String TYPES =
            "'{int2,int4,int8,oid,numeric,float4,float8,text,varchar,bpchar,name,uuid,date,time,timestamp,"
                    + "timestamptz,inet,cidr,macaddr}'";

    /**
     * pg_stats shows a column to those who may read it; a negative n_distinct is a share of the rows (PostgreSQL
     * manual, 54.27).
     */
    private static final String KEYS = """
            WITH asked(oid) AS (SELECT pg_catalog.unnest(%s::pg_catalog.oid[])),
            usable AS (
              SELECT i.indexrelid, i.indrelid, i.indisunique, k.ordinality AS place, a.attname, t.typname,
                     a.attnotnull AND t.typname = ANY (%s) AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
                       AND a.attgenerated = '' AS fits,
                     CASE WHEN s.n_distinct > 0 THEN c.reltuples / s.n_distinct
                       WHEN s.n_distinct < 0 THEN -1 / s.n_distinct END AS many
                FROM asked q JOIN pg_catalog.pg_index i ON i.indrelid = q.oid
                  JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
                  AND m.amname = 'btree'
                CROSS JOIN LATERAL pg_catalog.unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(attnum,
                  ordinality)
                LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
                  AND s.attname = a.attname AND NOT s.inherited
               WHERE i.indisvalid AND i.indpred IS NULL),
            candidate AS (
              SELECT u.indrelid, u.indexrelid, 1 AS many, pg_catalog.array_agg(u.attname
                ORDER BY u.place)::text[] AS names,
                     pg_catalog.array_agg(u.typname ORDER BY u.place)::text[] AS types
                FROM usable u WHERE u.indisunique GROUP BY 1, 2 HAVING pg_catalog.bool_and(u.fits) IS TRUE
              UNION ALL
              SELECT u.indrelid, u.indexrelid, pg_catalog.ceil(u.many), ARRAY[u.attname]::text[],
                ARRAY[u.typname]::text[]
                FROM usable u WHERE u.place = 1 AND u.fits AND u.many <= %d)
            SELECT DISTINCT ON (c.indrelid) c.indrelid, c.names, c.types, c.many::pg_catalog.int8, (%s) / 8192
              FROM candidate c ORDER BY c.indrelid, c.many, pg_catalog.array_length(c.names, 1), c.indexrelid""";

    /** The columns by which a table of compressed batches is segmented. */
    private static final String SEGMENTS =
            """
            SELECT q.packed, pg_catalog.array_agg(a.attname ORDER BY a.attnum)::text[], pg_catalog.array_agg(t.typname
              ORDER BY a.attnum)::text[]
              FROM pg_catalog.unnest(ARRAY[%s]::text[]) q(packed) JOIN pg_catalog.pg_attribute a
                ON a.attrelid = q.packed::pg_catalog.regclass
              JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
             WHERE a.attnum > 0 AND NOT a.attisdropped AND %s
             GROUP BY q.packed HAVING pg_catalog.bool_and(t.typname = ANY (%s)
               AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace)""";

    /**
     * @param session on the source
     * @return the keys of those tables that have any, by the identifier of the table
     */
    static Map<Long, SampleKey> of(Session session, Collection<ComparedTable> tables) {
        Map<Long, SampleKey> keys = new HashMap<>();
        Map<Long, ComparedTable> stored = new HashMap<>();
        Map<String, ComparedTable> packed = new HashMap<>();
        for (ComparedTable table : tables) {
            if (table.packed().isEmpty()) {
                stored.put(table.oid(), table);
            } else {
                packed.put(table.packed().get(0), table);
            }
        }
        if (!stored.isEmpty()) {
            session.list("looking for keys",
                    KEYS.formatted(Sql.literal(stored.keySet().toString().replace('[', '{').replace(']', '}')),
                            TYPES, MOST_ROWS_A_VALUE, "pg_catalog.pg_relation_size(c.indrelid)"),
                    row -> keys.put(row.getLong(1),
                            indexed(stored.get(row.getLong(1)), texts(row.getArray(2).getArray()),
                                    texts(row.getArray(3).getArray()), Math.max(1, ROWS / Math.max(1, row.getLong(4))),
                                    row.getLong(5))));
        }
        if (!packed.isEmpty()) {
            String names = packed.keySet().stream().map(Sql::literal).collect(Collectors.joining(", "));
            session.list("looking for segments", SEGMENTS.formatted(names, CompressedChunk.SEGMENTING, TYPES),
                    row -> keys.put(
                            packed.get(row.getString(1)).oid(),
                            segmented(row.getString(1), texts(row.getArray(2).getArray()),
                                    texts(row.getArray(3).getArray()))));
        }
        return keys;
    }

    private static List<String> texts(Object array) {
        return Arrays.stream((Object[]) array).map(String::valueOf).toList();
    }

    private static SampleKey indexed(ComparedTable table, List<String> columns, List<String> types, long values,
            long pages) {
        // Of a table with few pages all are taken.
        String share = pages <= PAGES ? "" : " TABLESAMPLE SYSTEM (" + 100.0 * PAGES / pages + ")";
        // Of those rows at random: every tenth one would be the same again and again where a fault has a rhythm, too.
        return new SampleKey(columns, types, """
                SELECT DISTINCT %s FROM (SELECT %s FROM %s%s ORDER BY pg_catalog.random() LIMIT %d) d"""
                .formatted(literals(columns), names(columns, ""), table.rows(), share, values));
    }

    private static SampleKey segmented(String packed, List<String> columns, List<String> types) {
        String set =
                columns.stream().map(name -> Sql.ident(name) + " IS NOT NULL").collect(Collectors.joining(" AND "));
        return new SampleKey(columns, types, """
                SELECT %s FROM (
                  SELECT s.*, pg_catalog.sum(s."rows") OVER (ORDER BY s."chance") - s."rows" AS "rows before" FROM (
                    SELECT %s, pg_catalog.sum(%s) AS "rows", pg_catalog.random() AS "chance" FROM %s
                      WHERE %s GROUP BY %s) s) d
                 WHERE d."rows before" < %d""".formatted(literals(columns), names(columns, ""),
                CompressedChunk.BATCH_ROWS, packed, set, names(columns, ""), ROWS));
    }

    private static String names(List<String> columns, String before) {
        return columns.stream().map(name -> before + Sql.ident(name)).collect(Collectors.joining(", "));
    }

    private static String literals(List<String> columns) {
        return columns.stream().map(name -> "pg_catalog.quote_literal(d." + Sql.ident(name) + "::text)")
                .collect(Collectors.joining(" || ', ' || "));
    }

    /**
     * @param keys as {@link #draw} gives them
     * @return a WHERE clause for the rows with these keys
     */
    String where(List<String> keys) {
        if (columns.size() == 1) {
            return "WHERE " + Sql.ident(columns.get(0)) + " = ANY (ARRAY[" + String.join(", ", keys) + "]::" + type(0)
                    + "[])";
        }
        String given = IntStream.range(0, columns.size()).mapToObj(i -> "v.c" + i + "::" + type(i))
                .collect(Collectors.joining(", "));
        String list = IntStream.range(0, columns.size()).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
        String rows = keys.stream().map(key -> "(" + key + ")").collect(Collectors.joining(", "));
        return "WHERE (" + names(columns, "") + ") IN (SELECT " + given + " FROM (VALUES " + rows + ") v(" + list
                + "))";
    }

    /** In quotes, for without them "character" has a length of 1. */
    private String type(int place) {
        return "pg_catalog." + Sql.ident(types.get(place));
    }
}

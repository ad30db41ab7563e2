//DEPS org.postgresql:postgresql:42.7.14
package lib.compare;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lib.catalog.Selection;
import lib.code.PlannedCode;
import lib.facts.FactTemplate;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.CatalogShape;
import lib.timescale.TimescaleExtension;

/**
 * A relation of the source whose rows are compared: an ordinary table, a partition, a populated materialized view, a
 * chunk with all that it holds, compressed or not, or a configuration table of an extension, of which only those rows
 * are the user's that the extension says.
 *
 * @param identity the name as differences show it
 * @param bytes the size on the source's disk, with large values
 * @param list the columns as the query gives them, which is the shortest form to keep for a hundred thousand tables, or
 * null for none
 * @param condition a WHERE clause, or empty
 * @param whole whether everything is meant that a query of it gives, not only what it holds itself
 * @param counterpart the target's relation as SQL, or null where it has the same name
 * @param hypertable the name of the hypertable that a chunk belongs to, or null
 * @param packed the source's tables of compressed rows as SQL
 * @param counterpartPacked the target's of a chunk, or null
 */
public record ComparedTable(long oid, String schema, String name, String identity, boolean materialized, long bytes,
        String list,
        String condition, boolean whole, String counterpart, String hypertable, List<String> packed,
        String counterpartPacked) {
    /**
     * %s is an SQL condition: what a query of column {@code a} gives is computed on each side, or taken from its
     * catalog.
     */
    private static final String COLUMNS = """
            string_agg(a.attname || chr(30) || CASE WHEN a.atttypid IN (17, 18) THEN format_type(a.atttypid, NULL) \
            ELSE '' END
                         || chr(30) || CASE WHEN %s THEN 'computed' ELSE '' END, chr(31)
                       ORDER BY a.attname COLLATE "C")""";

    private static final String STORED = COLUMNS.formatted("a.attgenerated = 's'");
    /** What was compressed before a column was added has no value of it, and its default is in the catalog. */
    private static final String PACKED =
            COLUMNS.formatted("a.attgenerated = 's' OR a.atthasmissing AND k.compressed IS NOT NULL");

    /** What TimescaleDB keeps in tables of its own is compared as what it means. */
    private static final String TABLES = """
            WITH config(oid, condition) AS (SELECT unnest(x.extconfig), unnest(x.extcondition) FROM pg_extension x
              WHERE %s)
            SELECT c.oid, n.nspname, c.relname, %s || '.' || %s, c.relkind = 'm', %s, %s, coalesce(f.condition, '')
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN config f ON f.oid = c.oid
              LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND (%s OR f.oid IS NOT NULL AND %s) AND %s
               AND %s
             GROUP BY c.oid, n.nspname, c.relname, c.relkind, f.condition
             ORDER BY 6 DESC, c.oid""";
    private static final String CHUNKS = """
            SELECT c.oid, n.nspname, c.relname, k.name, %s + coalesce(%s, 0), %s, k.hypertable,
              k.compressed::regclass::text
              FROM {chunks} k JOIN pg_class c ON c.oid = k.relid JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_class p ON p.oid = k.parent
              LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE {data p} GROUP BY c.oid, n.nspname, c.relname, k.name, k.compressed, k.hypertable""";
    private static final String TWINS =
            "SELECT k.name, k.relid::regclass::text, k.compressed::regclass::text FROM {chunks} k";
    private static final Counterpart NO_TWIN = new Counterpart(null, null);

    /** A chunk on the target, and where its compressed rows are, or null. */
    private record Counterpart(String sql, String packed) {
    }

    /** With large values, of which compressed rows consist. */
    private static String bytes(String relation) {
        return Selection.bytes(relation) + " + coalesce((SELECT " + Selection.bytes("z.reltoastrelid")
                + " FROM pg_class z WHERE z.oid = " + relation
                + " AND z.reltoastrelid <> 0), 0)";
    }

    /** @return every such relation that is wanted, the largest first, without chunks */
    public static List<ComparedTable> list(Session session, Selection selection, CatalogShape timescale) {
        return session.list("listing the tables",
                TABLES.formatted(TimescaleExtension.isNot("x"), FactTemplate.name("n.nspname"),
                        FactTemplate.name("c.relname"),
                        bytes("c.oid"), STORED, selection.relation("c", "n"), selection.selective() ? "false" : "true",
                        selection.data("c"),
                        timescale.external("c.oid")),
                row -> new ComparedTable(row.getLong(1), row.getString(2), row.getString(3), row.getString(4),
                        row.getBoolean(5),
                        row.getLong(6), row.getString(7), row.getString(8), false, null, null, List.of(), null));
    }

    /** @return the tables that hold the compressed rows of a hypertable, as SQL */
    public static List<String> packed(Session session, FactTemplate timescale, String hypertable) {
        return session.texts("listing the chunks of " + hypertable, timescale.expand(
                "SELECT k.compressed::regclass FROM {chunks} k WHERE k.compressed IS NOT NULL AND k.hypertable = "
                        + Sql.literal(hypertable)));
    }

    /**
     * @return every chunk that is wanted, whatever it is called on the target; one that the target lacks has no twin
     */
    public static List<ComparedTable> chunks(Session source, FactTemplate ours, Session target,
            FactTemplate theirs) {
        Map<String, Counterpart> counterparts = new HashMap<>();
        target.list("listing the chunks", theirs.expand(TWINS),
                row -> counterparts.put(row.getString(1), new Counterpart(row.getString(2), row.getString(3))));
        return source.list("listing the chunks", ours.expand(CHUNKS.formatted(bytes("c.oid"),
                bytes("k.compressed"), PACKED)),
                row -> new ComparedTable(row.getLong(1), row.getString(2), row.getString(3), row.getString(4), false,
                        row.getLong(5),
                        row.getString(6), "", true, counterparts.getOrDefault(row.getString(4), NO_TWIN).sql,
                        row.getString(7),
                        Stream.ofNullable(row.getString(8)).toList(),
                        counterparts.getOrDefault(row.getString(4), NO_TWIN).packed));
    }

    /**
     * @param timescale of the session's side
     * @return this table with the rows of its chunks, for a target where it is no hypertable
     */
    public ComparedTable withChunks(Session session, FactTemplate timescale) {
        List<String> packed = packed(session, timescale, identity);
        return new ComparedTable(oid, schema, name, identity, materialized, bytes, list, condition, true, counterpart,
                hypertable, packed, null);
    }

    /** @return the columns by name, because their order in the table may differ between the sides */
    public List<Checksums.Column> columns() {
        List<Checksums.Column> columns = new ArrayList<>();
        for (String entry : list == null ? new String[0] : list.split(FactTemplate.ENTRY)) {
            String[] parts = entry.split(FactTemplate.VALUE, -1);
            columns.add(new Checksums.Column(parts[0], parts[1], !parts[2].isEmpty()));
        }
        return columns;
    }

    /**
     * @return whether these rows are all that the relation itself stores, and no others, so that a COPY of it gives
     * them
     */
    public boolean stored() {
        return condition.isEmpty() && !materialized && packed.isEmpty() && (!whole || hypertable != null);
    }

    /** @return whether a sample can be drawn of its rows: of what one table stores itself, or of one chunk */
    boolean sampled() {
        return condition.isEmpty() && (!whole || hypertable != null);
    }

    /**
     * @return the source's rows in question, as they follow FROM; those of partitions and children are compared with
     * these
     */
    String rows() {
        return (whole ? "" : "ONLY ") + source() + " " + condition;
    }

    /** @return the target's */
    String targetRows() {
        return counterpart != null ? counterpart : "ONLY " + target() + " " + condition;
    }

    /** @return the source's relation as SQL */
    public String source() {
        return Sql.name(schema, name);
    }

    /** @return the source's relation as a query asks for it */
    public PlannedCode.Queried queried() {
        return new PlannedCode.Queried(source(), whole, packed, false);
    }

    /** @return the target's */
    public PlannedCode.Queried queriedThere() {
        return new PlannedCode.Queried(target(), counterpart != null, Stream.ofNullable(counterpartPacked).toList(),
                false);
    }

    /** @return the target's relation as SQL */
    public String target() {
        return counterpart != null ? counterpart : Sql.name(schema, name);
    }
}

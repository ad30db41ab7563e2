//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import lib.catalog.CopyTypes;
import lib.catalog.Selection;
import lib.code.LoadOrder;
import lib.code.PlannedCode;
import lib.rebuild.Rebuild;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Batches;
import lib.talk.Sql;
import lib.timescale.CompressedChunk;
import lib.timescale.Timescale;
import lib.timescale.TimescaleCatalog;
import lib.timescale.TimescaleExtension;

/**
 * The relations of the source that a migration has to process, read under one snapshot. Sizes are bytes on the source's
 * disk.
 */
public final class Inventory {
    /**
     * A table with rows of its own.
     *
     * @param columns the quoted names of the columns that are stored and not generated, separated by commas; empty when
     * there are none
     * @param expressions what to read in place of the columns where there is a {@code condition}
     * @param text a column that keeps the table out of binary, with its type, or null
     * @param deferred whether a value can name an object that exists only after post-data, or what is computed for a
     * row may read a hypertable
     * @param condition for a configuration table of an extension, the WHERE clause of the rows that are the user's,
     * else empty
     * @param file the relfilenode, which changes when the table is truncated or rewritten
     * @param catalog for a table of TimescaleDB's catalog, its place in the order of loading, from 1 on; else 0
     * @param turn 0, or when its rows are loaded after those of others, which functions may read that are run for them
     * @param circular whether it and one of these others may read each other
     * @param decompressed whether it is a chunk with compressed rows, which only a query of it shows
     */
    public record Table(long oid, String schema, String name, long bytes, String columns, String expressions,
            String text, boolean deferred, String condition,
            boolean extension, long file, int catalog, int turn, boolean circular, boolean decompressed) {
        /** @return the quoted, qualified name */
        public String sql() {
            return Sql.name(schema, name);
        }

        /** @return this table, with the rows of {@code condition} read through these expressions */
        public Table reading(String read) {
            return new Table(oid, schema, name, bytes, columns, read, text, deferred, condition, extension, file,
                    catalog, turn, circular, decompressed);
        }

        /** @return what stands in FROM for its own rows */
        public String from() {
            return (decompressed ? "" : "ONLY ") + sql();
        }

        /** @return whether its rows are batches of a compressed chunk of TimescaleDB */
        public boolean packed() {
            return CompressedChunk.holdsBatches(schema, name);
        }

        @Override
        public String toString() {
            return schema + "." + name;
        }
    }

    /** A relation, by its name. */
    public record Relation(long oid, String schema, String name) {
        /** @return the quoted, qualified name */
        public String sql() {
            return Sql.name(schema, name);
        }
    }

    /** The position of a sequence: its last value, and whether nextval has returned that already. */
    public record Sequence(long oid, String schema, String name, long value, boolean called) {
        /** @return the quoted, qualified name */
        public String sql() {
            return Sql.name(schema, name);
        }
    }

    private static final int SEQUENCES_A_TRIP = 500;

    private final Session session;
    private final Selection selection;
    private final Collection<String> sameExtensions;
    private final Rebuild rebuild;
    private List<Table> tables;
    private List<Table> unfilled;
    private List<Timescale.Reader> readers;

    /**
     * @param session a session under the snapshot
     * @param sameExtensions the extensions that have the same version on both sides, whose types may travel in binary
     * @param rebuild what of the source is made anew, or null where the rows of TimescaleDB's catalog are moved
     */
    public Inventory(Session session, Server server, Selection selection, Collection<String> sameExtensions,
            Rebuild rebuild) {
        this.session = session;
        this.rebuild = rebuild;
        this.selection = selection;
        this.sameExtensions = sameExtensions;
    }

    /** @return the tables whose rows are to be moved, largest first */
    public List<Table> tables() {
        if (tables == null) {
            tables = readTables();
        }
        return tables;
    }

    /** @return {@link #tables} without those of these identifiers */
    public List<Table> tablesWithout(Set<Long> leftOut) {
        return tables().stream().filter(table -> !leftOut.contains(table.oid())).toList();
    }

    private List<Table> readTables() {
        LoadOrder turns = LoadOrder.of(session, selection);
        readers = turns.readers();
        Set<Long> compressed = rebuild == null ? Set.of() : rebuild.compressed();
        List<Table> found = session.list("listing the tables",
                """
                WITH RECURSIVE %s,
                  %s
                SELECT c.oid, n.nspname, c.relname,
                       pg_catalog.pg_relation_size(c.oid) + CASE WHEN c.reltoastrelid = 0 THEN 0
                         ELSE pg_catalog.pg_relation_size(c.reltoastrelid) END,
                       coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum), ''),
                       pg_catalog.min(
                         pg_catalog.format('column "%%s" of type %%s', a.attname,
                           pg_catalog.format_type(a.atttypid, a.atttypmod)))
                         FILTER (WHERE s.oid IS NULL AND a.attname IS NOT NULL),
                       pg_catalog.bool_or(l.oid IS NOT NULL) AND e.oid IS NULL, coalesce(f.condition, ''),
                       f.oid IS NOT NULL, c.relfilenode, coalesce(e.level, 0)
                  FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  LEFT JOIN config f ON f.oid = c.oid
                  LEFT JOIN depth e ON e.oid = c.oid
                  LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                      AND a.attgenerated = ''
                  LEFT JOIN safe s ON s.oid = a.atttypid
                  LEFT JOIN deferred l ON l.oid = a.atttypid
                 WHERE c.relkind = 'r' AND (%s OR (f.oid IS NOT NULL AND %s)) AND %s
                 GROUP BY c.oid, n.nspname, c.relname, c.reltoastrelid, f.oid, f.condition, c.relfilenode, e.oid,
                   e.level
                 ORDER BY 4 DESC, c.oid""".formatted(CopyTypes.expressions(sameExtensions),
                        TimescaleCatalog.EXPRESSIONS,
                        selection.relation("c", "n"),
                        selection.selective() ? "false" : "true", selection.data("c")),
                row -> new Table(row.getLong(1), row.getString(2), row.getString(3), row.getLong(4), row.getString(5),
                        row.getString(5), row.getString(6),
                        row.getBoolean(7) || turns.readsHypertables(row.getLong(1)), row.getString(8),
                        row.getBoolean(9), row.getLong(10), row.getInt(11), turns.of(row.getLong(1)),
                        turns.circular(row.getLong(1)), compressed.contains(row.getLong(1))));
        found.removeIf(table -> rebuild != null
                && (table.catalog() > 0 || rebuild.hidden().contains(table.oid())));
        // A table of an extension that holds no row of the user needs no right to insert on the target.
        unfilled = found.stream().filter(table -> table.extension() && table.catalog() == 0
                && !any(session, table.sql(), table.condition())).toList();
        return found.stream().filter(table -> !unfilled.contains(table)).toList();
    }

    /** @return what may read hypertables while it is loaded */
    List<Timescale.Reader> readers() {
        tables();
        return readers;
    }

    /** @return the tables of extensions in which the user has no row */
    public List<Table> unfilled() {
        tables();
        return unfilled;
    }

    /**
     * @param condition the WHERE clause of the rows that are the user's, or nothing
     * @return whether a table of an extension has any
     */
    static boolean any(Session session, String table, String condition) {
        String doing = "looking for rows in tables of extensions";
        session.run(doing, PlannedCode.TABLES_ONLY);
        boolean any = "t".equals(session.text(doing,
                "SELECT EXISTS (SELECT FROM ONLY " + table + " " + (condition == null ? "" : condition) + ")"));
        session.run(doing, PlannedCode.ANYTHING);
        return any;
    }

    /**
     * @return the sequences, those of identity columns among them and those that an extension wants dumped, with their
     * current values: a sequence is outside every snapshot
     */
    public List<Sequence> sequences() {
        List<Relation> all = list("listing the sequences",
                """
                c.relkind = 'S' AND %s AND (%s OR %s AND c.oid IN (SELECT pg_catalog.unnest(x.extconfig) FROM \
                pg_catalog.pg_extension x WHERE %s))"""
                        .formatted(Selection.readable("c"), selection.relation("c", "n"),
                                !selection.selective(), rebuild == null ? "true" : TimescaleExtension.isNot("x")),
                "c.oid");
        List<Sequence> sequences = new ArrayList<>();
        // A sequence cannot be locked: by now there may be a view of its name.
        session.run("reading the sequences", PlannedCode.TABLES_ONLY);
        for (List<Relation> batch : Batches.of(all, SEQUENCES_A_TRIP)) {
            List<String> questions = batch.stream()
                    .map(sequence -> "SELECT " + sequence.oid + "::bigint, " + Sql.literal(sequence.schema) + ", "
                            + Sql.literal(sequence.name)
                            + ", last_value, is_called FROM " + sequence.sql())
                    .toList();
            sequences.addAll(session.list("reading the sequences", String.join(" UNION ALL ", questions),
                    row -> new Sequence(row.getLong(1), row.getString(2), row.getString(3), row.getLong(4),
                            row.getBoolean(5))));
        }
        session.run("reading the sequences", PlannedCode.ANYTHING);
        return sequences;
    }

    /**
     * @return the relations to analyze, largest first: plain tables, materialized views, and the roots of partition
     * trees, because ANALYZE of a partitioned table does its partitions too
     */
    List<Relation> analyzed() {
        List<Relation> all =
                relations("listing the tables to analyze", "c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition",
                        "coalesce((SELECT pg_catalog.sum(pg_catalog.pg_relation_size(t.relid)) FROM "
                                + "pg_catalog.pg_partition_tree(c.oid) t),"
                                + Selection.bytes("c.oid") + ") DESC, c.oid");
        // ANALYZE of a hypertable does its chunks too.
        return rebuild == null ? all : all.stream().filter(relation -> !rebuild.isOwnRelation(relation.oid())).toList();
    }

    /** @return the identifiers of the large objects; none when the filters name tables or schemas, as with pg_dump */
    public List<Long> largeObjects() {
        return selection.selective() ? List.of()
                : session.list("listing the large objects",
                        "SELECT oid FROM pg_catalog.pg_largeobject_metadata ORDER BY oid",
                        row -> row.getLong(1));
    }

    /** @return the schemas that are wanted or hold something wanted, with their identifiers */
    List<Relation> schemas() {
        return session.list("listing the schemas", """
                SELECT n.oid, '', n.nspname
                  FROM pg_catalog.pg_namespace n
                 WHERE (%s) OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND %s)
                 ORDER BY n.oid""".formatted(selection.namespace("n"), selection.relation("c", "n")),
                row -> new Relation(row.getLong(1), row.getString(2), row.getString(3)));
    }

    /** @return the tablespaces that the source's database uses beside its default one */
    public List<String> tablespaces() {
        return session.texts("listing the tablespaces", """
                SELECT DISTINCT t.spcname
                  FROM pg_catalog.pg_tablespace t
                  JOIN pg_catalog.pg_class c ON c.reltablespace = t.oid
                 WHERE t.spcname !~ '^pg_'""");
    }

    private List<Relation> relations(String doing, String condition, String order) {
        return list(doing, condition + " AND " + selection.relation("c", "n"), order);
    }

    private List<Relation> list(String doing, String condition, String order) {
        return session.list(doing, """
                SELECT c.oid, n.nspname, c.relname
                  FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE %s
                 ORDER BY %s""".formatted(condition, order),
                row -> new Relation(row.getLong(1), row.getString(2), row.getString(3)));
    }
}

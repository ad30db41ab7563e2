package lib.timescale;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lib.server.Session;

/**
 * What TimescaleDB's own catalog looks like on one side: it changes from version to version (sql/pre_install/tables.sql
 * in TimescaleDB's sources), so that queries ask which columns there are rather than which version it is.
 *
 * @param version of the extension, or null where the database has none
 * @param columns of the tables in {@code _timescaledb_catalog}, as {@code table.column}
 */
public record CatalogShape(String version, Set<String> columns) {
    static final CatalogShape NONE = new CatalogShape(null, Set.of());

    /**
     * An SQL expression for a row {@code s} of compression_settings, where it has sparse indexes (since 2.22): those
     * that somebody has wanted, as the setting has them. A version adds others by itself; where none are wanted, even
     * of these, it is an empty text, else null.
     */
    public static final String SPARSE_INDEXES = """
            CASE WHEN s.index @> pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('source', 'config')) THEN (
              SELECT coalesce(pg_catalog.string_agg(i->>'type' || '(' || pg_catalog.quote_ident(i->>'column') || ')',
                ', '), '') FROM pg_catalog.jsonb_array_elements(s.index) i
               WHERE i->>'source' = 'config' AND i->>'column' IS NOT NULL) END""";

    /**
     * Chunks, what holds their compressed rows, and what continuous aggregates are made of: relations that are named by
     * internal numbers.
     */
    private static final String INTERNAL = """
            SELECT ic.oid FROM (SELECT h.schema_name, h.table_name FROM _timescaledb_catalog.hypertable h
              WHERE h.compression_state = 2
                UNION ALL SELECT h.schema_name, h.table_name FROM _timescaledb_catalog.hypertable h
                            JOIN _timescaledb_catalog.continuous_agg g ON g.mat_hypertable_id = h.id
                UNION ALL SELECT g.partial_view_schema, g.partial_view_name FROM _timescaledb_catalog.continuous_agg g
                UNION ALL SELECT g.direct_view_schema, g.direct_view_name
                  FROM _timescaledb_catalog.continuous_agg g%s) i
              JOIN pg_namespace ni ON ni.nspname = i.schema_name JOIN pg_class ic ON ic.relnamespace = ni.oid
                AND ic.relname = i.table_name
              %s""";
    private static final String BY_NAME =
            " UNION ALL SELECT k.schema_name, k.table_name FROM _timescaledb_catalog.chunk k";
    private static final String BY_IDENTIFIER =
            """
            UNION ALL SELECT k.relid FROM _timescaledb_catalog.chunk k
            UNION ALL SELECT s.compress_relid FROM _timescaledb_catalog.compression_settings s
              WHERE s.compress_relid IS NOT NULL""";

    /**
     * @return what the database of this session has, which may be {@link #NONE}
     * @throws Failure where TimescaleDB's schemas hold objects of other users
     */
    public static CatalogShape read(Session session) {
        TimescaleExtension extension = TimescaleExtension.of(session);
        if (extension == null) {
            return NONE;
        }
        List<String> columns = session.texts("reading TimescaleDB's catalog",
                """
                SELECT c.relname || '.' || a.attname FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
                 WHERE c.relnamespace = '_timescaledb_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
                   AND NOT a.attisdropped""");
        return new CatalogShape(extension.version(), new HashSet<>(columns));
    }

    /**
     * @return a query for the tables that hold compressed rows, and, up to 2.28, the hypertables that they belong to
     */
    public String compressedRows() {
        return has("chunk.relid") ? "SELECT compress_relid::pg_catalog.oid FROM "
                + "_timescaledb_catalog.compression_settings WHERE compress_relid IS NOT NULL" : """
                SELECT c.oid FROM (SELECT h.schema_name, h.table_name FROM _timescaledb_catalog.hypertable h
                    WHERE h.compression_state = 2
                  UNION ALL SELECT k.schema_name, k.table_name FROM _timescaledb_catalog.chunk k
                    JOIN _timescaledb_catalog.hypertable h ON h.id = k.hypertable_id AND h.compression_state = 2) t
                  JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema_name
                  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.table_name""";
    }

    /** @return whether the database has the extension */
    public boolean present() {
        return version != null;
    }

    /**
     * @return the identifiers of what the extension has made for hypertables and continuous aggregates of a database:
     * chunks, tables of compressed rows, and what aggregates are made of
     */
    public static Set<Long> internals(Session session) {
        CatalogShape shape = read(session);
        return !shape.present() ? Set.of() : Set.copyOf(session.list("reading TimescaleDB's catalog",
                "SELECT c.oid FROM pg_catalog.pg_class c WHERE NOT (" + shape.external("c.oid") + ")",
                row -> row.getLong(1)));
    }

    /** @return whether there is this column, given as {@code table.column} */
    public boolean has(String column) {
        return columns.contains(column);
    }

    /**
     * @return an SQL expression: the definition without the internal numbers that it mentions where it is one of
     * TimescaleDB's making
     */
    public String unnumbered(String definition) {
        return !present() ? definition : "regexp_replace(" + definition
                + ", '(_materialized_hypertable_|cagg_watermark\\(|_invalidation_trigger\\('')[0-9]+', '\\1', 'g')";
    }

    /** @return an SQL condition: the relation with this identifier is not TimescaleDB's own making */
    public String external(String relation) {
        if (!present()) {
            return "true";
        }
        String internal = has("chunk.relid") ? INTERNAL.formatted("", BY_IDENTIFIER) : INTERNAL.formatted(BY_NAME, "");
        return "NOT EXISTS (SELECT FROM (" + internal + ") internal WHERE internal.oid = " + relation + ")";
    }
}

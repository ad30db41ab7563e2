//DEPS org.postgresql:postgresql:42.7.14
package lib.rebuild;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.server.Session;
import lib.timescale.CatalogShape;
import lib.timescale.TimescaleExtension;

/** Reads from the source what is to be made anew, in a session under the snapshot. */
public final class RebuildReader {
    /** Compressed rows are kept in hypertables of their own up to 2.28, which are in this state. */
    private static final int HOLDS_COMPRESSED = 2;
    /** Bits of a chunk's status: src/chunk.h in TimescaleDB's sources. */
    private static final int COMPRESSED = 1;
    private static final int FROZEN = 4;

    /** What says which parts of aggregates are out of date; some versions lack some of these. */
    private static final List<String> STATE = List.of("continuous_aggs_watermark",
            "continuous_aggs_invalidation_threshold", "continuous_aggs_hypertable_invalidation_log",
            "continuous_aggs_materialization_invalidation_log", "continuous_aggs_materialization_ranges");
    private static final List<String> NUMBERED = List.of("hypertable", "chunk");

    private final Session source;
    private final CatalogShape shape;
    private final TimescaleExtension extension;

    private RebuildReader(Session source, TimescaleExtension extension) {
        this.source = source;
        this.extension = extension;
        shape = CatalogShape.read(source);
    }

    /** @return what is to be made anew, or null where the source does not have TimescaleDB */
    public static Rebuild read(Session source) {
        TimescaleExtension extension = TimescaleExtension.of(source);
        return extension == null ? null : new RebuildReader(source, extension).read();
    }

    private Rebuild read() {
        List<Hypertable> hypertables = hypertables();
        Set<Long> hidden = new HashSet<>(oids(shape.compressedRows()));
        hypertables.forEach(hypertable -> hidden.add(hypertable.oid()));
        return new Rebuild(extension.version(), hypertables, aggregates(), own(), hidden, state(), sequences(),
                source.text("reading the jobs", """
                        SELECT coalesce(pg_catalog.json_agg(pg_catalog.to_jsonb(j) ORDER BY j.id), '[]')::text
                          FROM %s j WHERE j.id >= 1000""".formatted(extension.jobTable())));
    }

    private List<Long> oids(String sql) {
        return source.list("reading TimescaleDB's catalog", sql, row -> row.getLong(1));
    }

    private List<Hypertable> hypertables() {
        Map<Integer, List<Dimension>> dimensions = dimensions();
        CompressionReader compression = new CompressionReader(source, shape);
        Map<Integer, List<Chunk>> chunks = chunks(compression);
        Map<Integer, List<String>> tablespaces = named("""
                SELECT t.hypertable_id, t.tablespace_name FROM _timescaledb_catalog.tablespace t ORDER BY t.id""");
        Map<Integer, List<String>> skipping = !shape.has("chunk_column_stats.column_name") ? Map.of() : named("""
                SELECT DISTINCT s.hypertable_id, s.column_name FROM _timescaledb_catalog.chunk_column_stats s
                 ORDER BY 2""");
        return source.list("listing the hypertables", """
                SELECT c.oid, h.id, h.schema_name, h.table_name, g.mat_hypertable_id IS NOT NULL,
                       h.associated_schema_name, h.associated_table_prefix,
                       h.compressed_hypertable_id IS NOT NULL%s
                  FROM _timescaledb_catalog.hypertable h
                  JOIN pg_catalog.pg_namespace n ON n.nspname = h.schema_name
                  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = h.table_name
                  LEFT JOIN _timescaledb_catalog.continuous_agg g ON g.mat_hypertable_id = h.id
                 WHERE h.compression_state <> %d ORDER BY h.id"""
                .formatted(shape.has("hypertable.status") ? " OR h.status & 4 = 4" : "", HOLDS_COMPRESSED),
                row -> {
                    int id = row.getInt(2);
                    return new Hypertable(row.getLong(1), id, row.getString(3), row.getString(4), row.getBoolean(5),
                            row.getString(6), row.getString(7), dimensions.getOrDefault(id, List.of()),
                            row.getBoolean(8) ? compression.ofHypertable(id, row.getLong(1)) : null,
                            tablespaces.getOrDefault(id, List.of()), skipping.getOrDefault(id, List.of()),
                            chunks.getOrDefault(id, List.of()));
                });
    }

    private Map<Integer, List<String>> named(String sql) {
        Map<Integer, List<String>> names = new HashMap<>();
        source.list("reading TimescaleDB's catalog", sql,
                row -> names.computeIfAbsent(row.getInt(1), any -> new ArrayList<>()).add(row.getString(2)));
        return names;
    }

    /** TimescaleDB's own hash function has moved from schema to schema. */
    private Map<Integer, List<Dimension>> dimensions() {
        Map<Integer, List<Dimension>> dimensions = new HashMap<>();
        source.list("listing the dimensions", """
                SELECT d.hypertable_id, d.column_name, d.num_slices IS NULL, d.column_type NOT IN
                         ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype),
                       d.interval_length,
                       d.compress_interval_length, d.num_slices,
                       CASE WHEN d.partitioning_func <> 'get_partition_hash'
                         OR d.partitioning_func_schema NOT IN ('_timescaledb_internal', '_timescaledb_functions')
                         THEN (SELECT p.oid::pg_catalog.regprocedure::text FROM pg_catalog.pg_proc p
                           JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                          WHERE n.nspname = d.partitioning_func_schema AND p.proname = d.partitioning_func
                            AND p.pronargs = 1 ORDER BY p.proargtypes[0] <> d.column_type, p.oid LIMIT 1) END,
                       (SELECT p.oid::pg_catalog.regprocedure::text FROM pg_catalog.pg_proc p
                           JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
                          WHERE n.nspname = d.integer_now_func_schema AND p.proname = d.integer_now_func
                            AND p.pronargs = 0)
                  FROM _timescaledb_catalog.dimension d ORDER BY d.hypertable_id, d.id""",
                row -> dimensions.computeIfAbsent(row.getInt(1), any -> new ArrayList<>())
                        .add(new Dimension(row.getString(2), row.getBoolean(3), row.getBoolean(4), number(row, 5),
                                number(row, 6), number(row, 7), row.getString(8), row.getString(9))));
        return dimensions;
    }

    private static Long number(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }

    private Map<Integer, List<Chunk>> chunks(CompressionReader compression) {
        Map<Integer, List<Chunk>> chunks = new HashMap<>();
        source.list("listing the chunks", """
                SELECT k.hypertable_id, c.oid, n.nspname, c.relname, r.slices, k.status, t.spcname
                  FROM _timescaledb_catalog.chunk k
                  JOIN _timescaledb_catalog.hypertable h ON h.id = k.hypertable_id AND h.compression_state <> %d
                  %s
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace
                  CROSS JOIN LATERAL (SELECT pg_catalog.jsonb_object_agg(d.column_name,
                      pg_catalog.jsonb_build_array(s.range_start, s.range_end))::text AS slices
                    FROM %s JOIN _timescaledb_catalog.dimension d ON d.id = s.dimension_id) r
                 WHERE %s AND NOT k.osm_chunk ORDER BY k.hypertable_id, k.id"""
                .formatted(HOLDS_COMPRESSED,
                        shape.has("chunk.relid") ? "JOIN pg_catalog.pg_class c ON c.oid = k.relid"
                                : """
                                        JOIN pg_catalog.pg_namespace m ON m.nspname = k.schema_name
                                        JOIN pg_catalog.pg_class c ON c.relnamespace = m.oid
                                          AND c.relname = k.table_name""",
                        shape.has("dimension_slice.chunk_id")
                                ? "(SELECT * FROM _timescaledb_catalog.dimension_slice WHERE chunk_id = k.id) s"
                                : """
                                        (SELECT s.* FROM _timescaledb_catalog.chunk_constraint p
                                          JOIN _timescaledb_catalog.dimension_slice s ON s.id = p.dimension_slice_id
                                         WHERE p.chunk_id = k.id) s""",
                        shape.has("chunk.dropped") ? "NOT k.dropped" : "true"),
                row -> {
                    boolean compressed = (row.getInt(6) & COMPRESSED) != 0;
                    return chunks.computeIfAbsent(row.getInt(1), any -> new ArrayList<>())
                            .add(new Chunk(row.getLong(2), row.getString(3), row.getString(4), row.getString(5),
                                    compressed, compressed ? compression.ofChunk(row.getLong(2)) : null,
                                    (row.getInt(6) & FROZEN) != 0, row.getString(7)));
                });
        return chunks;
    }

    /** The view is the definition as it was written; the one that users read may have further columns renamed. */
    private List<Aggregate> aggregates() {
        Map<Integer, List<String>> indexes = named("""
                SELECT g.mat_hypertable_id, pg_catalog.pg_get_indexdef(i.indexrelid)
                  FROM _timescaledb_catalog.continuous_agg g
                  JOIN _timescaledb_catalog.hypertable h ON h.id = g.mat_hypertable_id
                  JOIN pg_catalog.pg_namespace n ON n.nspname = h.schema_name
                  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = h.table_name
                  JOIN pg_catalog.pg_index i ON i.indrelid = c.oid ORDER BY i.indexrelid""");
        return source.list("listing the continuous aggregates", """
                WITH RECURSIVE level(id, depth) AS (
                  SELECT g.mat_hypertable_id, 0 FROM _timescaledb_catalog.continuous_agg g
                   WHERE g.parent_mat_hypertable_id IS NULL
                  UNION ALL SELECT g.mat_hypertable_id, l.depth + 1 FROM _timescaledb_catalog.continuous_agg g
                    JOIN level l ON l.id = g.parent_mat_hypertable_id)
                SELECT v.oid, g.mat_hypertable_id, g.user_view_schema, g.user_view_name,
                       pg_catalog.pg_get_viewdef(d.oid), g.materialized_only
                  FROM _timescaledb_catalog.continuous_agg g JOIN level l ON l.id = g.mat_hypertable_id
                  JOIN pg_catalog.pg_namespace vn ON vn.nspname = g.user_view_schema
                  JOIN pg_catalog.pg_class v ON v.relnamespace = vn.oid AND v.relname = g.user_view_name
                  JOIN pg_catalog.pg_namespace dn ON dn.nspname = g.direct_view_schema
                  JOIN pg_catalog.pg_class d ON d.relnamespace = dn.oid AND d.relname = g.direct_view_name
                 ORDER BY l.depth, g.mat_hypertable_id""",
                row -> new Aggregate(row.getLong(1), row.getInt(2), row.getString(3), row.getString(4),
                        row.getString(5).strip().replaceFirst(";$", ""), row.getBoolean(6),
                        indexes.getOrDefault(row.getInt(2), List.of())));
    }

    /** What pg_dump writes of them, although TimescaleDB makes it by itself. */
    private Map<Long, Set<Long>> own() {
        Map<Long, Set<Long>> own = new HashMap<>();
        source.list("listing what TimescaleDB has made", """
                WITH made AS (SELECT c.oid FROM pg_catalog.pg_class c WHERE NOT (%s))
                SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, oid FROM made
                UNION ALL SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid FROM pg_catalog.pg_index i
                  JOIN made ON made.oid = i.indrelid
                UNION ALL SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid FROM pg_catalog.pg_constraint k
                  JOIN made ON made.oid = k.conrelid
                UNION ALL SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, a.oid FROM pg_catalog.pg_attrdef a
                  JOIN made ON made.oid = a.adrelid
                UNION ALL SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid FROM pg_catalog.pg_rewrite r
                  JOIN made ON made.oid = r.ev_class
                UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, x.oid
                  FROM pg_catalog.pg_statistic_ext x JOIN made ON made.oid = x.stxrelid
                UNION ALL SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid FROM pg_catalog.pg_policy p
                  JOIN made ON made.oid = p.polrelid
                UNION ALL SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid FROM pg_catalog.pg_trigger t
                  WHERE t.tgrelid IN (SELECT oid FROM made)
                    OR t.tgname IN ('ts_insert_blocker', 'ts_cagg_invalidation_trigger') AND EXISTS (
                       SELECT FROM _timescaledb_catalog.hypertable h JOIN pg_catalog.pg_namespace n
                         ON n.nspname = h.schema_name JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
                           AND c.relname = h.table_name WHERE c.oid = t.tgrelid)"""
                .formatted(shape.external("c.oid")),
                row -> own.computeIfAbsent(row.getLong(1), any -> new HashSet<>()).add(row.getLong(2)));
        return own;
    }

    private Map<String, String> state() {
        Map<String, String> state = new LinkedHashMap<>();
        for (String table : STATE) {
            if (shape.columns().stream().anyMatch(column -> column.startsWith(table + "."))) {
                state.put(table, source.text("reading the state of continuous aggregates",
                        "SELECT coalesce(pg_catalog.json_agg(pg_catalog.to_jsonb(t)), '[]')::text FROM "
                                + "_timescaledb_catalog." + table + " t"));
            }
        }
        return state;
    }

    private Map<String, Long> sequences() {
        Map<String, Long> sequences = new LinkedHashMap<>();
        NUMBERED.forEach(table -> sequences.put(table, Long.parseLong(source.text("reading TimescaleDB's catalog",
                "SELECT last_value FROM _timescaledb_catalog." + table + "_id_seq"))));
        return sequences;
    }
}

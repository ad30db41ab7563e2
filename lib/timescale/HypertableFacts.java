package lib.timescale;

import java.util.List;
import lib.server.FactQuery;

/**
 * What TimescaleDB's catalog knows about hypertables, their dimensions, and the continuous aggregates whose rows some
 * of them hold.
 */
public final class HypertableFacts {
    /** The direct view is the definition as it was written; the view itself reads a table that is named by a number. */
    private static final FactQuery CONTINUOUS_AGGREGATES = FactQuery.ofTimescale("continuous aggregate", false, """
            SELECT 'continuous aggregate' AS kind, h.name AS identity, 'relation ' || h.name AS parent, 'of ' || CASE
              WHEN p.mat_hypertable_id IS NULL THEN {name o.schema_name} || '.' || {name o.table_name}
                     ELSE {name p.user_view_schema} || '.' || {name p.user_view_name} END AS "is",
                   {same major: pg_get_viewdef(v.oid) else {unknown}} AS "view definition",
                   CASE WHEN g.materialized_only THEN 'yes' ELSE 'no' END AS "materialized only",
                   {has continuous_agg.finalized: CASE WHEN g.finalized THEN 'yes'
                     ELSE 'no' END else 'yes'} AS finalized,
                   {has continuous_aggs_watermark.watermark: {moment w.watermark d} else {unknown}} AS watermark,
                   {same timescaledb: (SELECT string_agg(e.value, ', ' ORDER BY e.key)
                     FROM _timescaledb_catalog.continuous_aggs_bucket_function b,
                      jsonb_each_text(to_jsonb(b) - 'mat_hypertable_id') e
                        WHERE b.mat_hypertable_id = h.id) else {unknown}} AS bucket,
                   l.ranges AS "invalidations"
              FROM _timescaledb_catalog.continuous_agg g JOIN {hypertables} h ON h.id = g.mat_hypertable_id
              JOIN _timescaledb_catalog.hypertable o ON o.id = g.raw_hypertable_id
              LEFT JOIN _timescaledb_catalog.continuous_agg p ON p.mat_hypertable_id = o.id
              LEFT JOIN pg_namespace n ON n.nspname = g.direct_view_schema
              LEFT JOIN pg_class v ON v.relnamespace = n.oid AND v.relname = g.direct_view_name
              LEFT JOIN _timescaledb_catalog.dimension d ON d.hypertable_id = h.id
              {has continuous_aggs_watermark.watermark: LEFT JOIN _timescaledb_catalog.continuous_aggs_watermark w
                ON w.mat_hypertable_id = h.id}
              LEFT JOIN (%s) l ON l.id = h.id"""
            .formatted(invalidations("continuous_aggs_materialization_invalidation_log", "materialization_id")));

    /**
     * How chunks are to be sized by a target size is kept, though no longer used, from 2.28 on. Compression settings of
     * a chunk are its own.
     */
    private static final FactQuery HYPERTABLES = FactQuery.ofTimescale("hypertable", false, """
            SELECT CASE WHEN h.materialized THEN 'continuous aggregate'
              ELSE 'hypertable' END AS kind, h.name AS identity,
                   CASE WHEN h.materialized THEN 'continuous aggregate ' ELSE 'relation ' END || h.name AS parent,
                   (SELECT 'by ' || string_agg({name d.column_name}, ', ' ORDER BY d.id)
                     FROM _timescaledb_catalog.dimension d
                     WHERE d.hypertable_id = h.id) AS "is",
                   coalesce(k.number, 0)::text AS chunks, coalesce(k.compressed, 0)::text AS "compressed chunks",
                   CASE WHEN x.compressed_hypertable_id IS NOT NULL {has hypertable.status:
                     OR x.status & 4 = 4} THEN 'enabled' END AS compression,
                   z.segment AS "compression segment by", z.sort AS "compression order by",
                   {has compression_settings.index: (SELECT {same timescaledb: s.index::text else %s}
                     FROM _timescaledb_catalog.compression_settings s WHERE s.relid = h.relid)
                    else {unknown}} AS "compression sparse indexes",
                   CASE WHEN x.chunk_target_size <> 0 THEN x.chunk_sizing_func_name || ', ' || x.chunk_target_size ||
                     ' bytes' END AS "chunk sizing",
                   {name x.associated_schema_name} AS "chunk schema",
                   (SELECT string_agg({name t.tablespace_name}, ', ' ORDER BY t.id)
                     FROM _timescaledb_catalog.tablespace t
                     WHERE t.hypertable_id = h.id) AS tablespaces,
                   CASE WHEN h.relowner <> h.shown_owner THEN {owner h.relowner} ELSE 'as its view' END AS owner,
                   (SELECT {moment w.watermark d} FROM _timescaledb_catalog.continuous_aggs_invalidation_threshold w,
                     _timescaledb_catalog.dimension d
                     WHERE w.hypertable_id = h.id AND d.hypertable_id = h.id
                       ORDER BY d.id LIMIT 1) AS "invalidation threshold",
                   l.ranges AS "changes to be refreshed"
              FROM {hypertables} h JOIN _timescaledb_catalog.hypertable x ON x.id = h.id
              LEFT JOIN (SELECT k.hypertable_id, count(*) AS number, count(*) FILTER (WHERE k.status & 1 = 1)
                AS compressed
                           FROM {chunks} k GROUP BY 1) k ON k.hypertable_id = h.id
              LEFT JOIN (SELECT s.hypertable_schema, s.hypertable_name,
                                string_agg({name s.attname}, ', ' ORDER BY s.segmentby_column_index)
                                  FILTER (WHERE s.segmentby_column_index IS NOT NULL) AS segment,
                                string_agg({name s.attname} || CASE WHEN s.orderby_asc THEN '' ELSE ' desc' END
                                           || CASE WHEN s.orderby_nullsfirst THEN ' nulls first' ELSE '' END, ', '
                                             ORDER BY s.orderby_column_index)
                                  FILTER (WHERE s.orderby_column_index IS NOT NULL) AS sort
                           FROM timescaledb_information.compression_settings s GROUP BY 1, 2) z
                ON z.hypertable_schema = x.schema_name AND z.hypertable_name = x.table_name
              LEFT JOIN (%s) l ON l.id = h.id"""
            .formatted(CatalogShape.SPARSE_INDEXES,
                    invalidations("continuous_aggs_hypertable_invalidation_log", "hypertable_id")));

    /** TimescaleDB's own functions have moved from schema to schema. */
    private static final FactQuery DIMENSIONS = FactQuery.ofTimescale("dimension", false, """
            SELECT 'dimension' AS kind, h.name || '.' || {name d.column_name} AS identity, 'hypertable ' || h.name
              AS parent,
                   CASE WHEN d.num_slices IS NULL THEN 'range of ' ELSE 'hash of ' END || format_type(d.column_type,
                     NULL) AS "is",
                   CASE WHEN d.column_type IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype,
                     'uuid'::regtype)
                     THEN justify_hours((d.interval_length / 1000000) * interval '1 s' + (d.interval_length %% 1000000)
                       * interval '1 us')::text
                     ELSE d.interval_length::text END AS "chunk interval",
                   CASE WHEN d.column_type IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype,
                     'uuid'::regtype)
                     THEN justify_hours((d.compress_interval_length / 1000000) * interval '1 s')::text
                     ELSE d.compress_interval_length::text END AS "compressed chunk interval",
                   d.num_slices::text AS partitions, d.aligned::text AS aligned,
                   %s AS "partitioning function", %s AS "integer_now function",
                   (SELECT count(*)::text FROM _timescaledb_catalog.dimension e WHERE e.hypertable_id = d.hypertable_id
                     AND e.id <= d.id) AS position
              FROM _timescaledb_catalog.dimension d JOIN {hypertables} h ON h.id = d.hypertable_id""".formatted(
            function("d.partitioning_func_schema", "d.partitioning_func"),
            function("d.integer_now_func_schema", "d.integer_now_func")));

    /** Columns whose range in each chunk is kept, so that queries skip chunks; there since 2.16. */
    private static final FactQuery CHUNK_SKIPPING = FactQuery.ofTimescale("chunk skipping", false, """
            {has chunk_column_stats.column_name: SELECT 'chunk skipping' AS kind, h.name || '.' || {name s.column_name}
              AS identity,
                   'hypertable ' || h.name AS parent, 'enabled' AS "is"
              FROM _timescaledb_catalog.chunk_column_stats s JOIN {hypertables} h ON h.id = s.hypertable_id
                GROUP BY h.name, s.column_name
             else SELECT '' AS kind, '' AS identity, '' AS parent, '' AS "is" WHERE false}""");

    private HypertableFacts() {
    }

    public static List<FactQuery> queries() {
        return List.of(CONTINUOUS_AGGREGATES, HYPERTABLES, DIMENSIONS, CHUNK_SKIPPING);
    }

    /** The ranges that a log holds for each of its hypertables: some in full, of more their number and a hash. */
    private static String invalidations(String log, String key) {
        return """
                SELECT i.id, CASE WHEN count(*) < 4 THEN string_agg(i.range, ', ' ORDER BY i.low, i.high)
                                  ELSE count(*) || ' ranges, ' || left(md5(string_agg(i.range, ', '
                                    ORDER BY i.low, i.high)), 8) END AS ranges
                  FROM (SELECT v.%2$s AS id, v.lowest_modified_value AS low, v.greatest_modified_value AS high,
                               {moment v.lowest_modified_value d} || ' to ' || {moment v.greatest_modified_value d}
                                 AS range
                          FROM _timescaledb_catalog.%1$s v
                          JOIN (SELECT DISTINCT ON (hypertable_id) * FROM _timescaledb_catalog.dimension
                            ORDER BY hypertable_id, id) d
                            ON d.hypertable_id = v.%2$s) i GROUP BY i.id""".formatted(log, key);
    }

    private static String function(String schema, String name) {
        return "CASE WHEN " + schema + " IN ('_timescaledb_internal', '_timescaledb_functions') THEN " + name
                + "::text ELSE {name " + schema
                + "} || '.' || {name " + name + "} END";
    }
}

package lib.timescale;

/**
 * What hypertables and chunks are called whatever their internal numbers: a hypertable by its table, or by its view
 * where it holds the rows of a continuous aggregate, a chunk by its hypertable and its ranges. Templates as
 * {@link lib.server.FactQuery FactQuery} has them.
 */
public final class TimescaleNames {
    /**
     * A table of hypertables: id, relid, name, shown (the relation that the user knows), whether it is materialized,
     * owner and privileges.
     */
    public static final String HYPERTABLES = """
            (SELECT h.id, r.oid AS relid, {name n.nspname} || '.' || {name c.relname} AS name, c.oid AS shown,
                    g.mat_hypertable_id IS NOT NULL AS materialized, r.relowner, r.relacl, c.relowner AS shown_owner
               FROM _timescaledb_catalog.hypertable h LEFT JOIN _timescaledb_catalog.continuous_agg g
                 ON g.mat_hypertable_id = h.id
               JOIN pg_namespace rn ON rn.nspname = h.schema_name JOIN pg_class r ON r.relnamespace = rn.oid
                 AND r.relname = h.table_name
               JOIN pg_namespace n ON n.nspname = coalesce(g.user_view_schema, h.schema_name)
               JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = coalesce(g.user_view_name, h.table_name)
              WHERE h.compression_state <> 2 AND {relation c n})""";

    /**
     * A table of chunks: id, relid, name, hypertable, compressed (where its compressed rows are, or null), and what its
     * hypertable has. The ranges are looked up for each chunk by an index: without statistics of a catalog that has
     * just been loaded, a join with all of them is planned for one chunk and done again for each.
     */
    public static final String CHUNKS = """
            (SELECT k.id, k.status, c.oid AS relid, h.name || ' ' || g.ranges AS name, h.name AS hypertable, h.id
              AS hypertable_id,
                    h.relid AS parent, h.relowner, h.relacl,
                    {has chunk.relid: (SELECT z.compress_relid FROM _timescaledb_catalog.compression_settings z
                      WHERE z.relid = k.relid)
                     else (SELECT zc.oid FROM _timescaledb_catalog.chunk z
                       JOIN pg_namespace zn ON zn.nspname = z.schema_name
                             JOIN pg_class zc ON zc.relnamespace = zn.oid AND zc.relname = z.table_name
                            WHERE z.id = k.compressed_chunk_id)}::oid AS compressed
               FROM _timescaledb_catalog.chunk k JOIN {hypertables} h ON h.id = k.hypertable_id
               {has chunk.relid: JOIN pg_class c ON c.oid = k.relid
                else JOIN pg_namespace n ON n.nspname = k.schema_name JOIN pg_class c ON c.relnamespace = n.oid
                  AND c.relname = k.table_name}
               JOIN LATERAL (SELECT string_agg('[' || {moment s.range_start d} || ', ' || {moment s.range_end d} || ')',
                 ' ' ORDER BY d.id) AS ranges
                       FROM _timescaledb_catalog.dimension_slice s JOIN _timescaledb_catalog.dimension d
                         ON d.id = s.dimension_id
                      {has dimension_slice.chunk_id: WHERE s.chunk_id = k.id
                       else JOIN _timescaledb_catalog.chunk_constraint q ON q.dimension_slice_id = s.id
                         WHERE q.chunk_id = k.id}) g ON g.ranges IS NOT NULL
              WHERE NOT k.osm_chunk {has chunk.dropped: AND NOT k.dropped})""";

    private TimescaleNames() {
    }

    /**
     * @param value an SQL expression for a position on a dimension: of times the microseconds since 1970
     * @param dimension the row of {@code _timescaledb_catalog.dimension}
     * @return an SQL expression for its text; what lies beyond the range of timestamps is infinite
     */
    public static String moment(String value, String dimension) {
        return """
                CASE WHEN %2$s.column_type NOT IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype,
                  'uuid'::regtype)
                       AND %1$s NOT IN (-9223372036854775808, 9223372036854775807) THEN %1$s::text
                     WHEN %1$s < -210866803200000000 THEN '-infinity' WHEN %1$s > 9223371331199999999 THEN 'infinity'
                     ELSE regexp_replace((timestamp '1970-01-01' + (%1$s / 1000000) * interval '1 s' + (%1$s %% 1000000)
                       * interval '1 us')::text,
                                         ' 00:00:00$', '') END""".formatted(value, dimension);
    }
}

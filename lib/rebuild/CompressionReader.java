//DEPS org.postgresql:postgresql:42.7.14
package lib.rebuild;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.server.Session;
import lib.timescale.CatalogShape;

/**
 * How the hypertables and chunks of the source are compressed. Before 2.14 a chunk has no settings of its own; they are
 * kept by the chunk since 2.18, and by the table with its compressed rows in between.
 */
final class CompressionReader {
    private static final String OLD = """
            SELECT hypertable_id, pg_catalog.array_agg(attname::text ORDER BY segmentby_column_index)
                     FILTER (WHERE segmentby_column_index > 0),
                   pg_catalog.array_agg(attname::text ORDER BY orderby_column_index)
                     FILTER (WHERE orderby_column_index > 0),
                   pg_catalog.array_agg(NOT orderby_asc ORDER BY orderby_column_index)
                     FILTER (WHERE orderby_column_index > 0),
                   pg_catalog.array_agg(orderby_nullsfirst ORDER BY orderby_column_index)
                     FILTER (WHERE orderby_column_index > 0), NULL
              FROM _timescaledb_catalog.hypertable_compression GROUP BY 1""";
    private static final CompressionSettings NONE =
            new CompressionSettings(List.of(), null, null, null, null);

    private final boolean old;
    private final Map<Integer, CompressionSettings> byHypertable = new HashMap<>();
    private final Map<Long, CompressionSettings> byTable = new HashMap<>();

    CompressionReader(Session source, CatalogShape shape) {
        old = shape.has("hypertable_compression.attname");
        String doing = "reading how chunks are compressed";
        if (old) {
            source.list(doing, OLD, row -> byHypertable.put(row.getInt(1), settings(row)));
            return;
        }
        // Of a chunk between 2.14 and 2.17, the settings stand with the table of its compressed rows.
        String chunk = shape.has("compression_settings.compress_relid") ? "s.relid" : """
                coalesce((SELECT kc.oid FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  JOIN _timescaledb_catalog.chunk z ON z.schema_name = n.nspname AND z.table_name = c.relname
                  JOIN _timescaledb_catalog.chunk k ON k.compressed_chunk_id = z.id
                  JOIN pg_catalog.pg_namespace kn ON kn.nspname = k.schema_name
                  JOIN pg_catalog.pg_class kc ON kc.relnamespace = kn.oid AND kc.relname = k.table_name
                 WHERE c.oid = s.relid), s.relid)""";
        source.list(doing, "SELECT " + chunk + "::pg_catalog.oid, s.segmentby, s.orderby, s.orderby_desc, "
                + "s.orderby_nullsfirst, " + (shape.has("compression_settings.index") ? CatalogShape.SPARSE_INDEXES
                        : "NULL")
                + " FROM _timescaledb_catalog.compression_settings s",
                row -> byTable.put(row.getLong(1), settings(row)));
    }

    /** Before 2.14, a hypertable without columns to segment by has none; since, it has an empty list or no settings. */
    private CompressionSettings settings(ResultSet row) throws SQLException {
        List<String> segmentBy = list(row, 2, String.class);
        return new CompressionSettings(old && segmentBy == null ? List.of() : segmentBy, list(row, 3, String.class),
                list(row, 4, Boolean.class), list(row, 5, Boolean.class), row.getString(6));
    }

    private static <T> List<T> list(ResultSet row, int column, Class<T> type) throws SQLException {
        Array array = row.getArray(column);
        if (array == null) {
            return null;
        }
        List<T> values = new ArrayList<>();
        for (Object value : (Object[]) array.getArray()) {
            values.add(type.cast(value));
        }
        return values;
    }

    CompressionSettings ofHypertable(int id, long oid) {
        return byHypertable.getOrDefault(id, byTable.getOrDefault(oid, NONE));
    }

    /** @return null where a chunk has those of its hypertable */
    CompressionSettings ofChunk(long oid) {
        return byTable.containsKey(oid) ? byTable.get(oid).ofChunk() : null;
    }
}

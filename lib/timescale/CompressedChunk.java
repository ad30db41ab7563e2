package lib.timescale;

import java.util.List;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Sql;

/**
 * A compressed chunk with columns that were added with a default: a batch that was compressed before has no value of
 * such a column, and is read with the one that PostgreSQL keeps for rows that are older than the column
 * (pg_attribute.attmissingval).
 *
 * @param batches the table of its batches
 * @param columns those that were added
 * @param condition what holds for a batch without a value of one of them
 */
public record CompressedChunk(String hypertable, String name, String batches, String columns, String condition) {
    /** Of more chunks the remedy finds them out by itself, and does some that need it no more. */
    private static final int NAMED = 8;

    /**
     * Asked first, for it costs next to nothing; with the form of the catalog, which names relations by their
     * identifiers since 2.29.
     */
    private static final String ANY =
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute k WHERE k.attrelid =
              pg_catalog.to_regclass('_timescaledb_catalog.chunk')
                              AND k.attname = 'compressed_chunk_id' AND NOT k.attisdropped)
             WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_inherits i
               ON i.inhrelid = a.attrelid WHERE a.atthasmissing AND NOT a.attisdropped)""";
    private static final String BY_NUMBER =
            """
            _timescaledb_catalog.chunk z ON z.id = k.compressed_chunk_id
              JOIN pg_catalog.pg_namespace kn ON kn.nspname = k.schema_name
                JOIN pg_catalog.pg_class c ON c.relnamespace = kn.oid AND c.relname = k.table_name
              JOIN pg_catalog.pg_namespace zn ON zn.nspname = z.schema_name
                JOIN pg_catalog.pg_class p ON p.relnamespace = zn.oid AND p.relname = z.table_name""";
    private static final String BY_IDENTIFIER = """
            _timescaledb_catalog.compression_settings z ON z.relid = k.relid
              JOIN pg_catalog.pg_class c ON c.oid = k.relid JOIN pg_catalog.pg_class p ON p.oid = z.compress_relid""";
    /** What batches are segmented by stands in them as it is. */
    private static final String CHUNKS =
            """
            SELECT pg_catalog.format('%%I.%%I', h.schema_name, h.table_name), pg_catalog.format('%%I.%%I', cn.nspname,
              c.relname),
                   pg_catalog.format('%%I.%%I', pn.nspname, p.relname),
                   pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum),
                   pg_catalog.string_agg(pg_catalog.format('%%I IS NULL', a.attname), ' OR ' ORDER BY a.attnum)
              FROM _timescaledb_catalog.chunk k JOIN _timescaledb_catalog.hypertable h ON h.id = k.hypertable_id JOIN %s
              JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
                JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
              JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.atthasmissing AND NOT a.attisdropped
              JOIN pg_catalog.pg_attribute b ON b.attrelid = p.oid AND b.attname = a.attname
              JOIN pg_catalog.pg_type t ON t.oid = b.atttypid AND t.typname = 'compressed_data'
             GROUP BY h.schema_name, h.table_name, cn.nspname, c.relname, pn.nspname, p.relname, c.oid
               ORDER BY 1, c.oid""";

    /**
     * An SQL condition on a column {@code a} of type {@code t} of a table of batches: it is neither compressed nor what
     * TimescaleDB writes of each batch, so that batches are segmented by it.
     */
    public static final String SEGMENTING = "t.typname <> 'compressed_data' AND a.attname !~ '^_ts_meta_'";

    /** The column of a table of batches that says how many rows a batch has, as SQL. */
    public static final String BATCH_ROWS = "\"_ts_meta_count\"";

    /** @return those of a database that has the extension */
    public static List<CompressedChunk> list(Session session) {
        String doing = "looking for columns that were added to compressed chunks";
        String numbered = session.text(doing, ANY);
        return numbered == null ? List.of()
                : session.list(doing, CHUNKS.formatted(numbered.equals("t") ? BY_NUMBER : BY_IDENTIFIER),
                        row -> new CompressedChunk(row.getString(1), row.getString(2), row.getString(3),
                                row.getString(4), row.getString(5)));
    }

    /**
     * @param schema that of a chunk, {@code name} its name
     * @return a query that returns a row where the chunk is compressed
     */
    public static String query(String schema, String name) {
        return "SELECT 1 FROM timescaledb_information.chunks WHERE is_compressed AND chunk_schema = "
                + Sql.literal(schema) + " AND chunk_name = " + Sql.literal(name);
    }

    /** @return whether the rows of the table of this name are batches of a compressed chunk */
    public static boolean holdsBatches(String schema, String name) {
        return schema.equals("_timescaledb_internal")
                && (name.startsWith("compress_hyper_") || name.startsWith("_compressed_hypertable_"));
    }

    /**
     * @param chunks of one hypertable
     * @return the statements that compress them again, with all values
     */
    public static String compressedAgain(Timescale timescale, List<CompressedChunk> chunks) {
        String again = timescale.function("compress_chunk") + "(" + timescale.function("decompress_chunk") + "(%s))";
        if (chunks.size() <= NAMED) {
            return chunks.stream().map(chunk -> "SELECT " + again.formatted(Sql.literal(chunk.name)) + ";")
                    .collect(Collectors.joining(" "));
        }
        String chunk = "pg_catalog.format('%I.%I', k.chunk_schema, k.chunk_name)::pg_catalog.regclass";
        return "SELECT " + again.formatted(chunk)
                + " FROM timescaledb_information.chunks k WHERE k.is_compressed AND pg_catalog.format('%I.%I', "
                + "k.hypertable_schema, "
                + "k.hypertable_name) = " + Sql.literal(chunks.get(0).hypertable)
                + " AND EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = " + chunk
                + " AND a.atthasmissing AND NOT a.attisdropped);";
    }
}

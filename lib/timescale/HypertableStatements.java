package lib.timescale;

import java.util.List;
import java.util.stream.Collectors;
import lib.talk.Sql;

/**
 * The statements by which a table becomes a hypertable and is given its settings, as every version from 2.9 on takes
 * them.
 *
 * @param schema of the extension's functions
 */
public record HypertableStatements(String schema) {
    /** How the names of columns begin that compressed chunks have of their own, so that no table may have such ones. */
    public static final String RESERVED_COLUMNS = "_ts_meta_";

    /**
     * Makes an empty table a hypertable; no index is created.
     *
     * @param table quoted, with its schema
     * @param interval in microseconds where the column is a time
     */
    public String create(String table, String timeColumn, long interval) {
        return "SELECT %s(%s, %s, chunk_time_interval => %d::bigint, create_default_indexes => false)".formatted(
                function("create_hypertable"), regclass(table), Sql.literal(timeColumn), interval);
    }

    /** Adds a dimension by hash. */
    public String addDimension(String table, String column, int partitions) {
        return "SELECT %s(%s, %s, number_partitions => %d)".formatted(function("add_dimension"), regclass(table),
                Sql.literal(column), partitions);
    }

    /** @param now the function's name, quoted, with its schema */
    public String setIntegerNow(String table, String now) {
        return "SELECT %s(%s, %s::pg_catalog.regproc)".formatted(function("set_integer_now_func"), regclass(table),
                Sql.literal(now));
    }

    /**
     * Sets by what chunks will be compressed; none is.
     *
     * @param segmentBy the names of columns
     * @param orderBy the quoted names of columns, each with its direction
     */
    public String setCompression(String table, List<String> segmentBy, List<String> orderBy) {
        return "ALTER TABLE %s SET (timescaledb.compress, timescaledb.compress_segmentby = %s, ".formatted(table,
                Sql.literal(segmentBy.stream().map(Sql::ident).collect(Collectors.joining(", "))))
                + "timescaledb.compress_orderby = %s)".formatted(Sql.literal(String.join(", ", orderBy)));
    }

    /** @param after an SQL expression for an age */
    public String addCompressionPolicy(String table, String after) {
        return "SELECT %s(%s, compress_after => %s)".formatted(function("add_compression_policy"), regclass(table),
                after);
    }

    /** @param after an SQL expression for an age */
    public String addRetentionPolicy(String table, String after) {
        return "SELECT %s(%s, drop_after => %s)".formatted(function("add_retention_policy"), regclass(table), after);
    }

    private String function(String name) {
        return Sql.name(schema, name);
    }

    private static String regclass(String table) {
        return Sql.literal(table) + "::pg_catalog.regclass";
    }
}

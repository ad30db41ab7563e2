package lib.rebuild;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.talk.Sql;

/**
 * How a hypertable, or a chunk of one, is compressed (TimescaleDB manual, "ALTER TABLE (Compression)").
 *
 * @param segmentBy columns, or null where a version chooses some when it compresses
 * @param orderBy columns, each with the entry of the same place in {@code descending} and {@code nullsFirst}, or null
 * where a version chooses some
 * @param sparse the sparse indexes that somebody has wanted, as the setting of 2.22 and newer has them, or null
 */
record CompressionSettings(List<String> segmentBy, List<String> orderBy, List<Boolean> descending,
        List<Boolean> nullsFirst, String sparse) {
    /**
     * No setting is left to the version's own choice that is none of the source: without a list of columns, newer ones
     * choose some.
     *
     * @param relation its kind, and its quoted and qualified name
     * @param sparseIndexes whether the version has them
     * @return the statement that turns compression on with these settings
     */
    String turnOn(String relation, boolean sparseIndexes) {
        List<String> options = new ArrayList<>(List.of("timescaledb.compress"));
        // What a version would choose to segment by could be among the columns of the order.
        if (segmentBy != null || orderBy != null) {
            options.add("timescaledb.compress_segmentby = "
                    + Sql.literal(Objects.requireNonNullElse(segmentBy, List.<String>of()).stream().map(Sql::ident)
                            .collect(Collectors.joining(", "))));
        }
        if (orderBy != null && !orderBy.isEmpty()) {
            options.add("timescaledb.compress_orderby = " + Sql.literal(IntStream.range(0, orderBy.size())
                    .mapToObj(this::order).collect(Collectors.joining(", "))));
        }
        if (sparse != null && sparseIndexes) {
            options.add("timescaledb.compress_index = " + Sql.literal(sparse));
        }
        return "ALTER " + relation + " SET (" + String.join(", ", options) + ");";
    }

    private String order(int place) {
        return Sql.ident(orderBy.get(place)) + (descending.get(place) ? " DESC" : " ASC")
                + (nullsFirst.get(place) ? " NULLS FIRST" : " NULLS LAST");
    }

    /** @return those of a chunk, of which nothing is open: without columns to segment by, it has none */
    CompressionSettings ofChunk() {
        return segmentBy != null || orderBy == null ? this
                : new CompressionSettings(List.of(), orderBy, descending, nullsFirst, sparse);
    }

    /** @return whether there are settings at all */
    boolean decided() {
        return segmentBy != null || orderBy != null;
    }

    /**
     * @param table an SQL expression for the hypertable
     * @return the statement that leaves to a version what it may choose, after others were set; nothing where all is
     * set
     */
    String leaveOpen(String table) {
        List<String> open = new ArrayList<>();
        if (segmentBy == null) {
            open.add("segmentby = NULL");
        }
        if (orderBy == null) {
            open.add("orderby = NULL, orderby_desc = NULL, orderby_nullsfirst = NULL");
        }
        return open.isEmpty() ? "" : " UPDATE _timescaledb_catalog.compression_settings SET " + String.join(", ", open)
                + " WHERE relid = " + table + ";";
    }
}

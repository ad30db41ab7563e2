package lib.convert;

import java.util.ArrayList;
import java.util.List;
import lib.talk.Sql;

/**
 * How one table becomes a hypertable.
 *
 * @param line of the file
 * @param interval of a chunk, or null where {@code chunkBytes} says how large a chunk is to be
 * @param integerNow the function that says what time it is on a column of integers, or null
 * @param compression null where chunks are not to be compressed
 * @param dropAfter the age at which chunks are dropped, or null
 * @param stayWithNulls whether the table stays a plain one if it has rows without a time, which else stop the move
 */
record Conversion(int line, TableName table, String timeColumn, Span interval, long chunkBytes, TableName integerNow,
        List<SpacePartitions> space, Compression compression, Span dropAfter, boolean stayWithNulls,
        List<Change> changes) {
    /** A dimension by hash. */
    record SpacePartitions(int line, String column, int number) {
    }

    /** A column by which the rows of a compressed chunk are sorted. */
    record Sorting(String column, boolean descending, boolean nullsFirst) {
        String sql() {
            return Sql.ident(column) + (descending ? " DESC" : " ASC") + (nullsFirst ? " NULLS FIRST" : " NULLS LAST");
        }
    }

    /**
     * How chunks are compressed.
     *
     * @param after the age at which a policy does it, or null where there is no policy
     */
    record Compression(int line, List<String> segmentBy, List<Sorting> orderBy, Span after) {
    }

    /** @return the columns that every unique key must hold */
    List<String> dimensions() {
        List<String> columns = new ArrayList<>(List.of(timeColumn));
        space.forEach(each -> columns.add(each.column));
        return columns;
    }
}

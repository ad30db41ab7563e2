//DEPS org.postgresql:postgresql:42.7.14
package lib;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

/**
 * What a table's rows come to.
 *
 * @param checksum null when there are no rows, or when only their number was asked for
 */
record RowSum(long rows, BigDecimal checksum) {
    /** The same question as both sides answer it; what the target refused is kept, for it may be a difference. */
    record Answers(List<RowSum> source, List<RowSum> target, SQLException refused) {
    }

    /** @return the number of rows, in words */
    String number() {
        return rows == 1 ? "1 row" : rows + " rows";
    }

    /** @return the number of rows and the checksum in short, which is enough to tell two apart */
    String contents() {
        return number() + ", checksum " + (checksum == null ? "none" : "%016x".formatted(checksum.toBigInteger().longValue()));
    }

    /**
     * Asks both sides at the same time.
     *
     * @param queries each of which gives the number of rows and a checksum; all are asked in one round trip
     * @param theirs the same questions as the target is asked them
     * @param executor asks the target while this thread asks the source
     * @throws SQLException what the source refused
     */
    static Answers ask(Connection source, Connection target, List<String> queries, List<String> theirs, Executor executor) throws SQLException {
        CompletableFuture<List<RowSum>> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return ask(target, theirs);
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        }, executor);
        List<RowSum> here;
        try {
            here = ask(source, queries);
        } finally {
            answer.handle((sums, failed) -> null).join();
        }
        try {
            return new Answers(here, answer.join(), null);
        } catch (CompletionException e) {
            if (e.getCause() instanceof SQLException refused) {
                return new Answers(here, null, refused);
            }
            throw e;
        }
    }

    /** @return one sum for each query */
    static List<RowSum> ask(Connection session, List<String> queries) throws SQLException {
        RowSum[] sums = new RowSum[queries.size()];
        StringBuilder sql = new StringBuilder();
        for (int i = 0; i < sums.length; i++) {
            sql.append(i == 0 ? "" : " UNION ALL ").append("SELECT ").append(i).append(", s.* FROM (").append(queries.get(i)).append(") s");
        }
        try (Statement statement = session.createStatement(); ResultSet row = statement.executeQuery(sql.toString())) {
            while (row.next()) {
                sums[row.getInt(1)] = new RowSum(row.getLong(2), row.getBigDecimal(3));
            }
        }
        return Arrays.asList(sums);
    }
}

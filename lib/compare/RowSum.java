//DEPS org.postgresql:postgresql:42.7.14
package lib.compare;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import lib.server.Session;

/**
 * What a table's rows come to.
 *
 * @param checksum null when there are no rows, or when only their number was asked for
 * @param looked of how many rows the contents count: of all, of a sample, or of none
 */
public record RowSum(long rows, BigDecimal checksum, long looked) {
    /** The answers of both sides to a question; an error of the target is kept, because it may be a difference. */
    public record Answers(List<RowSum> source, List<RowSum> target, SQLException refused) {
    }

    /** @return the number of rows, in words */
    public String number() {
        return rows == 1 ? "1 row" : rows + " rows";
    }

    /** @return the number of rows and the checksum in short, which is enough to tell two apart */
    public String contents() {
        String sum = checksum == null ? "none" : "%016x".formatted(checksum.toBigInteger().longValue());
        return number() + ", checksum " + sum + (looked < rows ? " with a sample of " + looked : "");
    }

    /**
     * Asks both sides at the same time.
     *
     * @param questions all are asked in one round trip
     * @param executor asks the target while this thread asks the source
     * @throws SQLException what the source refused
     */
    public static Answers ask(Session source, Session target, List<RowQueries.Question> questions,
            Executor executor) throws SQLException {
        CompletableFuture<List<RowSum>> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return ask(target, questions.stream().map(RowQueries.Question::target).toList());
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        }, executor);
        List<RowSum> here;
        try {
            here = ask(source, questions.stream().map(RowQueries.Question::source).toList());
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

    /**
     * @param queries each of which gives the number of rows, a checksum, and of how many rows that is
     * @return one sum for each query
     */
    public static List<RowSum> ask(Session session, List<String> queries) throws SQLException {
        RowSum[] sums = new RowSum[queries.size()];
        StringBuilder sql = new StringBuilder();
        for (int i = 0; i < sums.length; i++) {
            sql.append(i == 0 ? "" : " UNION ALL ").append("SELECT ").append(i).append(", s.* FROM (")
                    .append(queries.get(i)).append(") s");
        }
        try (Statement statement = session.createStatement(); ResultSet row = statement.executeQuery(sql.toString())) {
            while (row.next()) {
                sums[row.getInt(1)] = new RowSum(row.getLong(2), row.getBigDecimal(3), row.getLong(4));
            }
        }
        return Arrays.asList(sums);
    }
}

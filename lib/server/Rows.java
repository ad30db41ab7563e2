//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Questions to a server whose answer is small enough to keep; a failing statement becomes one line that names the side.
 */
public final class Rows {
    /** Makes something of one row. */
    public interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** A question as it was asked. */
    public record Asked(String side, String doing, String sql) {
    }

    private static final ThreadLocal<List<Asked>> ASKED = new ThreadLocal<>();

    private Rows() {
    }

    /** @return what this thread asks while it does the work, in this order */
    public static List<Asked> asked(Runnable work) {
        List<Asked> asked = new ArrayList<>();
        ASKED.set(asked);
        try {
            work.run();
        } finally {
            ASKED.remove();
        }
        return asked;
    }

    private static void remember(String side, String doing, String sql) {
        if (ASKED.get() != null) {
            ASKED.get().add(new Asked(side, doing, sql));
        }
    }

    /**
     * @param doing what the question is for, as the failure names it, such as {@code "listing the roles"}
     * @return one value for each row
     */
    public static <T> List<T> list(Connection session, String side, String doing, String sql, Reader<T> reader) {
        remember(side, doing, sql);
        try (Statement statement = session.createStatement()) {
            List<T> values = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(sql)) {
                while (rows.next()) {
                    values.add(reader.read(rows));
                }
            }
            return values;
        } catch (SQLException e) {
            throw SqlFailures.statement(side, doing, e);
        }
    }

    /** @return the first column of each row */
    public static List<String> texts(Connection session, String side, String doing, String sql) {
        return list(session, side, doing, sql, row -> row.getString(1));
    }

    /** @return the first column of the only row */
    public static String text(Connection session, String side, String doing, String sql) {
        List<String> values = texts(session, side, doing, sql);
        return values.isEmpty() ? null : values.get(0);
    }

    /** Runs statements that return nothing. */
    public static void run(Connection session, String side, String doing, String sql) {
        remember(side, doing, sql);
        try (Statement statement = session.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw SqlFailures.statement(side, doing, e);
        }
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import lib.dsn.SideSockets;
import lib.talk.Failure;
import org.postgresql.PGConnection;

/**
 * A session on one side. A statement that fails in it becomes one line that names the side; answers are small enough to
 * keep, but for those of {@link #createStatement}.
 */
public final class Session implements AutoCloseable {
    /** Reads one row. */
    public interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** A query that was run. */
    public record Asked(String side, String doing, String sql) {
    }

    /** The driver's own. */
    final Connection connection;
    private final String side;
    private final SideSockets.ConnectionSockets sockets;
    private List<Asked> asked;
    private Runnable closed = () -> {};

    /** @param sockets those by which it talks */
    Session(Connection connection, String side, SideSockets.ConnectionSockets sockets) {
        this.connection = connection;
        this.side = side;
        this.sockets = sockets;
    }

    /** @return {@code source} or {@code target} */
    public String side() {
        return side;
    }

    /** @param asked is told every question from now on; it may be that of other sessions, too */
    public void record(List<Asked> asked) {
        this.asked = asked;
    }

    private void remember(String doing, String sql) {
        if (asked != null) {
            asked.add(new Asked(side, doing, sql));
        }
    }

    /**
     * @param doing what the question is for, as the failure names it, such as {@code "listing the roles"}
     * @return one value for each row
     */
    public <T> List<T> list(String doing, String sql, Reader<T> reader) {
        remember(doing, sql);
        try (Statement statement = connection.createStatement()) {
            List<T> values = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(sql)) {
                while (rows.next()) {
                    values.add(reader.read(rows));
                }
            }
            return values;
        } catch (SQLException e) {
            throw failure(doing, e);
        }
    }

    /** @return the first column of each row */
    public List<String> texts(String doing, String sql) {
        return list(doing, sql, row -> row.getString(1));
    }

    /** @return the first column of the first row, or null where there is none */
    public String text(String doing, String sql) {
        List<String> values = texts(doing, sql);
        return values.isEmpty() ? null : values.get(0);
    }

    /** Runs statements that return nothing. */
    public void run(String doing, String sql) {
        remember(doing, sql);
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw failure(doing, e);
        }
    }

    /** @return what failed in this session, with the server's own words */
    public Failure failure(String doing, SQLException e) {
        return SqlFailures.statement(side, doing, e);
    }

    /** For large results, and for statements that the server may refuse. */
    public Statement createStatement() throws SQLException {
        return connection.createStatement();
    }

    public PreparedStatement prepareStatement(String sql) throws SQLException {
        return connection.prepareStatement(sql);
    }

    public Array createArrayOf(String type, Object[] elements) throws SQLException {
        return connection.createArrayOf(type, elements);
    }

    /** @param on whether each statement is a transaction of its own; else one begins with the next statement */
    public void setAutoCommit(boolean on) {
        during("beginning a transaction", () -> connection.setAutoCommit(on));
    }

    public boolean isAutoCommit() throws SQLException {
        return connection.getAutoCommit();
    }

    /** Makes the next transaction and those that follow read-only and repeatable read. */
    public void beginSnapshot() {
        during("beginning a transaction", () -> {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
        });
    }

    public Savepoint setSavepoint() throws SQLException {
        return connection.setSavepoint();
    }

    public void rollback(Savepoint to) throws SQLException {
        connection.rollback(to);
    }

    /** @param doing what the transaction was for, as the failure names it */
    public void commit(String doing) {
        during(doing, connection::commit);
    }

    public void rollback() {
        during("ending a transaction", connection::rollback);
    }

    private interface Call {
        void run() throws SQLException;
    }

    private void during(String doing, Call call) {
        try {
            call.run();
        } catch (SQLException e) {
            throw failure(doing, e);
        }
    }

    /** @return what only PostgreSQL's driver can do, such as COPY */
    public PGConnection driver() throws SQLException {
        return connection.unwrap(PGConnection.class);
    }

    /** @return the server's major version, which is known since the connection's start-up */
    public int major() {
        try {
            return connection.getMetaData().getDatabaseMajorVersion();
        } catch (SQLException e) {
            throw failure("asking for the version", e);
        }
    }

    /** @return whether it is known to have ended */
    public boolean isClosed() {
        try {
            return connection.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    /** @return what the server says when it ends this session */
    public TerminationMessage termination() throws SQLException {
        return TerminationMessage.of(connection);
    }

    void closeSockets() {
        sockets.close();
    }

    /** @param work is done when it is closed, so that nobody need keep it any longer */
    void whenClosed(Runnable work) {
        closed = work;
    }

    /** Closes it; no error if the connection is lost already. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // It is gone, and with it its locks and its transaction.
        } finally {
            closed.run();
        }
    }
}

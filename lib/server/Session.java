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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
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

    private static final int PATIENCE_SECONDS = 5;

    /** The driver's own. */
    volatile Connection connection;
    private final String side;
    private volatile SideSockets.ConnectionSockets sockets;
    private volatile int process;
    private List<Asked> asked;
    private Runnable closed = () -> {};

    /** @param sockets those by which it talks */
    Session(Connection connection, String side, SideSockets.ConnectionSockets sockets) throws SQLException {
        this.connection = connection;
        this.side = side;
        this.sockets = sockets;
        process = driver().getBackendPID();
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

    /** Ends the transaction that questions may have begun. */
    void endTransaction() {
        during("ending a transaction", () -> {
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
        });
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

    /** @return the server's process at its other end; behind a pooler it may be none */
    int process() {
        return process;
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

    /**
     * Goes on as another session if this one has ended, which it need not know yet; not while a statement runs.
     *
     * @param another a new one of the same kind
     */
    public void renewIfLost(Supplier<Session> another) {
        try {
            CompletableFuture.runAsync(() -> run("looking for a session of ours", "SELECT 1"), Session::beside)
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            Session fresh = another.get();
            sockets = fresh.sockets;
            process = fresh.process;
            connection = fresh.connection;
        } catch (TimeoutException e) {
            // It is at work.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void beside(Runnable work) {
        Thread thread = new Thread(work, "asking");
        thread.setDaemon(true);
        thread.start();
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

//DEPS org.postgresql:postgresql:42.7.14

package testbed;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Future;

/** A transaction that holds locks until it is closed, so that whoever else wants them stands still at a known place. */
public final class HeldLock implements AutoCloseable {
    private final ServerAccess server;
    private final Connection session;
    private final String pid;

    private HeldLock(ServerAccess server, Connection session, String pid) {
        this.server = server;
        this.session = session;
        this.pid = pid;
    }

    /** Begins a transaction as superuser, runs the statements and leaves it open. */
    public static HeldLock on(ServerAccess server, String database, String... statements) {
        try {
            Connection session = server.connect(database);
            session.setAutoCommit(false);
            try (Statement statement = session.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
                var pid = statement.executeQuery("SELECT pg_backend_pid()");
                pid.next();
                return new HeldLock(server, session, pid.getString(1));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Waits until another session waits for this one. */
    public void awaitWaiter() {
        BackgroundWork.until("somebody waits for the lock", this::isWaitedFor);
    }

    /** Waits until another session waits for this one, or the run has ended that should have, and can be asked why. */
    public void awaitWaiter(Future<?> run) {
        BackgroundWork.until("somebody waits for the lock", () -> isWaitedFor() || run.isDone());
    }

    public boolean isWaitedFor() {
        return !"0".equals(server.query("postgres",
                "SELECT count(*) FROM pg_stat_activity WHERE " + pid + " = ANY (pg_blocking_pids(pid))"));
    }

    /** The process of the session, as pg_stat_activity has it. */
    public String pid() {
        return pid;
    }

    /** Rolls the transaction back; once is enough. */
    @Override
    public void close() {
        release();
    }

    /** Rolls the transaction back before the lock is closed. */
    public void release() {
        try {
            session.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }
}

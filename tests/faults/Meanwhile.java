package faults;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import testbed.ServerAccess;

/**
 * Somebody who writes to the source for as long as a pass runs: one thing after another, with pauses. What a pass locks
 * is given up after a moment, and so is what no longer fits the schema.
 */
final class Meanwhile implements AutoCloseable {
    private static final int LONGEST_PAUSE = 150;

    private final Thread thread;
    private volatile boolean stop;
    private int written;

    /** Begins. */
    Meanwhile(ServerAccess server, String database, List<? extends Write> writes, Random random) {
        thread = new Thread(() -> write(server, database, writes, random), History.NAME);
        thread.setDaemon(true);
        thread.start();
    }

    private void write(ServerAccess server, String database, List<? extends Write> writes, Random random) {
        try (Connection session = server.connect(database); Statement statement = session.createStatement()) {
            statement.execute("SET application_name = " + History.NAME + "; SET lock_timeout = '400ms'");
            while (!stop) {
                for (String sql : writes.get(random.nextInt(writes.size())).statements(random)) {
                    try {
                        statement.execute(sql);
                        written++;
                    } catch (SQLException e) {
                        if (session.isClosed() || String.valueOf(e.getSQLState()).startsWith("57P")) {
                            throw e;
                        }
                        statement.execute("ROLLBACK");
                    }
                }
                Thread.sleep(random.nextInt(LONGEST_PAUSE));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns when nothing is written any more. */
    @Override
    public void close() {
        stop = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return how many statements have changed something, as far as is known */
    int written() {
        return written;
    }
}

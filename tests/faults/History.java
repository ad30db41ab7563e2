//DEPS org.postgresql:postgresql:42.7.14

package faults;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import testbed.BackgroundWork;
import testbed.ServerAccess;

/**
 * What happens on the source beside a migration: somebody whose transaction began before it and ends after it has
 * failed, a procedure that commits meanwhile and goes on while the next run reads, and a few others that come and go.
 * The same random numbers make the same history.
 */
final class History implements AutoCloseable {
    private static final int MOST = 5;
    /** The name of its sessions, by which they are told from those of a migration. */
    static final String NAME = "meanwhile";

    private static final String NAMED = "SET application_name = " + NAME;

    private final ServerAccess server;
    private final Writers writers;
    private final String database;
    private final List<String> said = new ArrayList<>();
    private final Set<String> tables = new TreeSet<>();
    private final List<List<String>> writes = new ArrayList<>();
    private final boolean commits;
    private final boolean waits;
    private final boolean calls;
    private Connection early;
    private Connection signal;
    private Thread call;

    /**
     * @param lasting whether sessions of it may last as long as the run; they do not outlive their server
     * @param schema whether the schema changes, too
     */
    History(ServerAccess server, Writers writers, String database, Random random, boolean lasting, boolean schema) {
        this.server = server;
        this.writers = writers;
        this.database = database;
        waits = random.nextInt(3) == 0 && lasting;
        commits = random.nextBoolean();
        calls = random.nextInt(3) == 0 && lasting;
        if (waits) {
            note("open transaction that " + (commits ? "commits" : "rolls back"), writers.earlyTables());
        }
        if (calls) {
            note("procedure that commits", writers.calledTables());
        }
        for (int left = 1 + random.nextInt(MOST); left > 0; left--) {
            Write write = writers.writes().get(random.nextInt(writers.writes().size()));
            List<String> statements = write.statements(random);
            writes.add(statements);
            note(write + " " + statements, write.tables());
        }
        for (int left = schema ? 1 + random.nextInt(2) : 0; left > 0; left--) {
            String change = writers.changesOfSchema().get(random.nextInt(writers.changesOfSchema().size()));
            writes.add(List.of(change));
            note(change, writers.changed());
        }
    }

    private void note(String what, Collection<String> touched) {
        said.add(what);
        tables.addAll(touched);
    }

    /** Before the first run: what lasts longer than it. */
    void begin() {
        try {
            if (waits) {
                early = server.connect(database);
                run(early, NAMED);
                early.setAutoCommit(false);
                run(early, writers.early().get(0));
            }
            if (calls) {
                signal = server.connect(database);
                run(signal, NAMED);
                call = new Thread(() -> server.sql(database, NAMED, writers.call()), NAME);
                call.setDaemon(true);
                call.start();
                BackgroundWork.until("the procedure runs", () -> server.query("postgres",
                        "SELECT count(*) FROM pg_stat_activity WHERE query = '" + writers.call() + "'").equals("1"));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Between the runs: what changes the source. */
    void goOn() {
        try {
            if (waits) {
                run(early, writers.early().get(1));
                if (commits) {
                    early.commit();
                } else {
                    early.rollback();
                }
                early.close();
            }
            if (calls) {
                run(signal, "SELECT pg_advisory_lock(71)");
                BackgroundWork.until("the procedure has written",
                        () -> server.query(database, writers.called()).equals("1"));
            }
            for (List<String> statements : writes) {
                write(statements);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** What others have written before can be in the way, such as a table of that name: then it is said. */
    private void write(List<String> statements) {
        try {
            server.sql(database, statements.toArray(String[]::new));
        } catch (IllegalStateException e) {
            said.add("(not " + statements + ": " + e.getMessage().lines().findFirst().orElse("") + ")");
        }
    }

    /** After the last run. */
    @Override
    public void close() {
        try {
            if (call != null) {
                run(signal, "SELECT pg_advisory_lock(71), pg_advisory_lock(72)");
                call.join();
                signal.close();
            }
            if (early != null) {
                early.close();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** @return the tables whose rows it may have changed or moved */
    Set<String> tables() {
        return tables;
    }

    @Override
    public String toString() {
        return String.join("; ", said);
    }
}

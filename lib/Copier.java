//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Bytes.java Connecting.java Console.java Failure.java Inventory.java Server.java SessionPair.java Snapshot.java Workers.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;

/**
 * Moves the rows of tables from source to target through COPY, several tables at once, with nothing in between but a buffer of 64 KiB
 * and the row that is being read. A table is truncated and loaded in one transaction, so its rows arrive frozen, and all or none
 * (PostgreSQL manual, COPY, "FREEZE").
 */
public final class Copier {
    private static final int BATCH = 64 * 1024;
    /** MB; enough for the largest row that COPY takes. */
    private static final int HEAP = 1200;

    private final Snapshot source;
    private final Server target;
    private final Console console;
    private final int jobs;
    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong tablesDone = new AtomicLong();
    private final Map<Long, Long> rowsOf = new ConcurrentHashMap<>();
    private final Map<Thread, String> current = new ConcurrentHashMap<>();

    public Copier(Snapshot source, Server target, Console console, int jobs) {
        this.source = source;
        this.target = target;
        this.console = console;
        this.jobs = jobs;
    }

    /**
     * Copies the tables in the given order.
     *
     * @param landed is told of each table whose rows are all there, committed; by the thread that brought the last of them
     * @throws Failure step, naming the table and the side, when a table cannot be copied or arrives with another number of rows
     */
    public void copy(List<Inventory.Table> tables, Consumer<Inventory.Table> landed) {
        List<Inventory.Table> wantedByOthers = Collections.synchronizedList(new ArrayList<>());
        Workers.run("copying", jobs, tables, () -> new Pair(wantedByOthers, landed));
        if (!wantedByOthers.isEmpty()) {
            copyThroughHolder(wantedByOthers, landed);
        }
    }

    /** Copies tables one after another, because later ones refer to earlier ones. */
    public void copyInOrder(List<Inventory.Table> tables) {
        try (Pair pair = new Pair(new ArrayList<>(), table -> { })) {
            for (Inventory.Table table : tables) {
                pair.work(table);
            }
            copyThroughHolder(pair.wantedByOthers, pair.landed);
        } catch (SQLException e) {
            throw Connecting.statement("target", "ending the session", e);
        }
    }

    /** A TRUNCATE or ALTER TABLE waits for our snapshot; only the session that holds the lock already reads past it. */
    private void copyThroughHolder(List<Inventory.Table> tables, Consumer<Inventory.Table> landed) {
        try (Connection to = target.session()) {
            to.setAutoCommit(false);
            for (Inventory.Table table : tables) {
                console.explain("table %s is waited for by another session, it is read by the session that holds its lock", table);
                synchronized (source.holder()) {
                    copy(source.holder(), to, table);
                }
                landed.accept(table);
            }
        } catch (SQLException e) {
            throw Connecting.statement("target", "ending the session", e);
        }
    }

    private final class Pair implements Workers.Worker<Inventory.Table> {
        private final SessionPair sessions = new SessionPair(source, target);
        private final List<Inventory.Table> wantedByOthers;
        private final Consumer<Inventory.Table> landed;

        Pair(List<Inventory.Table> wantedByOthers, Consumer<Inventory.Table> landed) {
            this.wantedByOthers = wantedByOthers;
            this.landed = landed;
        }

        @Override
        public void work(Inventory.Table table) throws SQLException {
            sessions.target().setAutoCommit(false);
            if (source.tryLock(sessions.source(), table.schema(), table.name())) {
                copy(sessions.source(), sessions.target(), table);
                landed.accept(table);
            } else {
                wantedByOthers.add(table);
            }
        }

        @Override
        public void cancel() {
            sessions.cancel();
        }

        @Override
        public void close() {
            sessions.close();
        }
    }

    private void copy(Connection from, Connection to, Inventory.Table table) {
        current.put(Thread.currentThread(), table.toString());
        boolean binary = binary(table);
        console.explain("copying %s in %s", table, binary ? "binary" : "text (" + reason(table) + ")");
        String format = binary ? "FORMAT binary" : sqlAscii() ? "FORMAT text, ENCODING 'SQL_ASCII'" : "FORMAT text";
        long sent;
        long received;
        try {
            CopyIn in = begin(to, table, format);
            CopyOut out = read(from, table, format);
            sent = pump(out, in, table);
            received = finish(in, table);
        } catch (OutOfMemoryError e) {
            // Thrown for the one row, far too large; there is room for everything else.
            throw Failure.step("a row of table %s does not fit into the memory of Java, which may use %s", table, Bytes.text(Runtime.getRuntime().maxMemory()))
                    .hint("run it with a larger heap, such as JAVA_TOOL_OPTIONS=-Xmx%dm, or with fewer --jobs", HEAP);
        } finally {
            current.remove(Thread.currentThread());
        }
        if (sent != received && !mergesRows(table)) {
            throw Failure.step("table %s: %d rows were sent and %d arrived", table, sent, received);
        }
        try {
            to.commit();
        } catch (SQLException e) {
            throw Connecting.statement("target", "committing table " + table, e);
        }
        rows.addAndGet(received);
        rowsOf.put(table.oid(), received);
        tablesDone.incrementAndGet();
    }

    private boolean binary(Inventory.Table table) {
        return table.text() == null && !sqlAscii();
    }

    /** Since 2.14 a trigger of TimescaleDB updates the rows that are there already, which then do not count as loaded. */
    private static boolean mergesRows(Inventory.Table table) {
        return table.catalog() > 0 && table.name().equals("metadata");
    }

    private String reason(Inventory.Table table) {
        return table.text() == null ? "the source's encoding is SQL_ASCII" : table.text();
    }

    /** In SQL_ASCII any byte may stand in a text, also what the driver's UTF-8 would refuse. */
    private boolean sqlAscii() {
        return source.server().facts().encoding().equals("SQL_ASCII");
    }

    private static String columns(Inventory.Table table) {
        return table.columns().isEmpty() ? "" : " (" + table.columns() + ")";
    }

    private CopyIn begin(Connection to, Inventory.Table table, String format) {
        try (Statement statement = to.createStatement()) {
            // A configuration table came with its extension's own rows.
            boolean ours = !table.extension();
            if (ours) {
                statement.execute("TRUNCATE ONLY " + table.sql());
            }
            return to.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + table.sql() + columns(table) + " FROM STDIN (" + format
                    + (ours ? ", FREEZE)" : ")"));
        } catch (SQLException e) {
            throw Connecting.statement("target", "loading table " + table, e);
        }
    }

    private CopyOut read(Connection from, Inventory.Table table, String format) {
        try {
            String what = table.condition().isEmpty() ? table.sql() + columns(table)
                    : "(SELECT " + table.expressions() + " FROM ONLY " + table.sql() + " " + table.condition() + ")";
            return from.unwrap(PGConnection.class).getCopyAPI().copyOut("COPY " + what + " TO STDOUT (" + format + ")");
        } catch (SQLException e) {
            throw Connecting.statement("source", "reading table " + table, e);
        }
    }

    private long pump(CopyOut out, CopyIn in, Inventory.Table table) {
        byte[] batch = new byte[BATCH];
        int filled = 0;
        for (byte[] row = next(out, table); row != null; row = next(out, table)) {
            if (filled + row.length > BATCH) {
                write(in, batch, filled, table);
                filled = 0;
            }
            if (row.length > BATCH) {
                write(in, row, row.length, table);
            } else {
                System.arraycopy(row, 0, batch, filled, row.length);
                filled += row.length;
            }
        }
        write(in, batch, filled, table);
        return out.getHandledRowCount();
    }

    private static byte[] next(CopyOut out, Inventory.Table table) {
        try {
            return out.readFromCopy();
        } catch (SQLException e) {
            throw Connecting.statement("source", "reading table " + table, e);
        }
    }

    private void write(CopyIn in, byte[] data, int length, Inventory.Table table) {
        try {
            in.writeToCopy(data, 0, length);
            bytes.addAndGet(length);
        } catch (SQLException e) {
            throw Connecting.statement("target", "loading table " + table, e);
        }
    }

    private static long finish(CopyIn in, Inventory.Table table) {
        try {
            return in.endCopy();
        } catch (SQLException e) {
            throw Connecting.statement("target", "loading table " + table, e);
        }
    }

    /** @return rows that have arrived so far */
    public long rows() {
        return rows.get();
    }

    /** @return bytes sent so far, in COPY's format */
    public long bytes() {
        return bytes.get();
    }

    /** @return tables that have arrived so far */
    public long tables() {
        return tablesDone.get();
    }

    /** @return the rows that arrived, by the identifier of the source's table */
    public Map<Long, Long> rowsOf() {
        return rowsOf;
    }

    /** @return the tables that are being copied now */
    public List<String> current() {
        return current.values().stream().sorted().toList();
    }
}

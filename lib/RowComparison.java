//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Checksums.java ComparedTable.java Connecting.java Console.java Difference.java Rows.java Server.java SessionPair.java Snapshot.java Sql.java
//SOURCES Workers.java
package lib;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/** Compares the rows of tables, several tables at once and each on both sides at the same time, by their number and by a checksum. */
final class RowComparison {
    private static final String UNDEFINED_COLUMN = "42703";
    private static final String UNDEFINED_TABLE = "42P01";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String NOT_POPULATED = "55000";

    private record Sum(long rows, BigDecimal checksum) {
        /** @return the checksum in short, which is enough to tell two apart */
        private String contents() {
            return rows + " rows, checksum " + (checksum == null ? "none" : "%016x".formatted(checksum.toBigInteger().longValue()));
        }
    }

    private final Snapshot source;
    private final Server target;
    private final Console console;
    private final boolean contents;
    private final Checksums checksums;
    private final Executor executor;
    private final List<Difference> differences = Collections.synchronizedList(new ArrayList<>());
    private final AtomicLong tables = new AtomicLong();
    private final AtomicLong rows = new AtomicLong();

    /**
     * @param contents whether checksums are compared, else numbers of rows only
     * @param executor runs the target's queries while the workers run the source's
     */
    RowComparison(Snapshot source, Server target, Console console, boolean contents, Executor executor) {
        this.source = source;
        this.target = target;
        this.console = console;
        this.contents = contents;
        this.checksums = new Checksums(source.server().facts(), target.facts());
        this.executor = executor;
    }

    /** @return what differs, in no particular order */
    List<Difference> run(List<ComparedTable> wanted, int jobs) {
        List<ComparedTable> wantedByOthers = Collections.synchronizedList(new ArrayList<>());
        Workers.run("comparing rows", jobs, wanted, () -> new Pair(wantedByOthers));
        if (!wantedByOthers.isEmpty()) {
            compareThroughHolder(wantedByOthers);
        }
        return differences;
    }

    /** @return tables compared so far */
    long tables() {
        return tables.get();
    }

    /** @return rows of the source compared so far */
    long rows() {
        return rows.get();
    }

    /** Whoever waits for a stronger lock on a table waits for our snapshot; only the session that holds the lock reads past it. */
    private void compareThroughHolder(List<ComparedTable> some) {
        try (Connection there = target.session()) {
            for (ComparedTable table : some) {
                console.explain("table %s is waited for by another session, it is read by the session that holds its lock", table.identity());
                synchronized (source.holder()) {
                    compare(source.holder(), there, table);
                }
            }
        } catch (SQLException e) {
            throw Connecting.statement(target.side(), "ending the session", e);
        }
    }

    private final class Pair implements Workers.Worker<ComparedTable> {
        private final SessionPair sessions = new SessionPair(source, target);
        private final List<ComparedTable> wantedByOthers;

        Pair(List<ComparedTable> wantedByOthers) {
            this.wantedByOthers = wantedByOthers;
        }

        @Override
        public void work(ComparedTable table) {
            try {
                // LOCK knows tables only; nothing that reads a materialized view could be made to wait for us.
                if (!table.materialized() && !source.tryLock(sessions.source(), table.schema(), table.name())) {
                    wantedByOthers.add(table);
                    return;
                }
            } catch (SQLException e) {
                throw Connecting.statement(source.side(), "locking table " + table.identity(), e);
            }
            compare(sessions.source(), sessions.target(), table);
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

    private void compare(Connection from, Connection to, ComparedTable table) {
        compare(from, to, table, table.columns());
    }

    private void compare(Connection from, Connection to, ComparedTable table, List<Checksums.Column> columns) {
        String query = query(columns, table.rows());
        CompletableFuture<Sum> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return sum(to, query);
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        }, executor);
        Sum here;
        try {
            here = sum(from, query);
        } catch (SQLException e) {
            Server.abort(to);
            throw Connecting.statement(source.side(), "comparing the rows of " + table.identity(), e);
        } finally {
            answer.handle((sum, failed) -> null).join();
        }
        try {
            judge(from, table, here, answer.join());
        } catch (CompletionException e) {
            if (!(e.getCause() instanceof SQLException refused)) {
                throw e;
            }
            refused(from, to, table, columns, here, refused);
            return;
        }
        tables.incrementAndGet();
        rows.addAndGet(here.rows);
    }

    private String query(List<Checksums.Column> columns, String from) {
        return contents ? checksums.checksum(columns, from) : Checksums.count(from);
    }

    private static Sum sum(Connection session, String sql) throws SQLException {
        try (Statement statement = session.createStatement(); ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return new Sum(row.getLong(1), row.getBigDecimal(2));
        }
    }

    private void judge(Connection from, ComparedTable table, Sum here, Sum there) {
        if (here.equals(there) || table.materialized() && there.equals(fresh(from, table))) {
            return;
        }
        boolean number = here.rows != there.rows;
        differences.add(new Difference(number ? "rows" : "row contents", table.identity(), number ? here.rows + " rows" : here.contents(),
                number ? there.rows + " rows" : there.contents()));
    }

    /** What the source's materialized view would hold after the REFRESH that the target's has had; null when that cannot be asked. */
    private Sum fresh(Connection from, ComparedTable table) {
        try (Statement savepoint = from.createStatement()) {
            savepoint.execute("SAVEPOINT fresh");
            try {
                String view = Rows.text(from, source.side(), "reading a definition", "SELECT pg_get_viewdef(" + table.oid() + "::oid)");
                Sum sum = sum(from, query(table.columns(), "(" + view.replaceFirst(";\\s*$", "") + ") fresh"));
                savepoint.execute("RELEASE fresh");
                return sum;
            } catch (SQLException e) {
                console.explain("%s differs, and its query fails for the connecting user: %s", table.identity(), Connecting.words(e));
                savepoint.execute("ROLLBACK TO fresh");
                return null;
            }
        } catch (SQLException e) {
            throw Connecting.statement(source.side(), "comparing the rows of " + table.identity(), e);
        }
    }

    /** What the target's catalogs do not fit is a difference; anything else that it refuses ends the comparison. */
    private void refused(Connection from, Connection to, ComparedTable table, List<Checksums.Column> columns, Sum here, SQLException refused) {
        String state = String.valueOf(refused.getSQLState());
        if (state.equals(UNDEFINED_COLUMN)) {
            Set<String> there = columns(to, table);
            List<Checksums.Column> shared = columns.stream().filter(column -> there.contains(column.name())).toList();
            if (shared.size() < columns.size()) {
                compare(from, to, table, shared);
                return;
            }
        }
        if (state.equals(NOT_POPULATED) && table.materialized()) {
            // Its state has been reported.
            return;
        }
        if (!state.startsWith("42") || state.equals(INSUFFICIENT_PRIVILEGE)) {
            throw Connecting.statement(target.side(), "comparing the rows of " + table.identity(), refused);
        }
        differences.add(new Difference("rows", table.identity(), here.rows + " rows",
                state.equals(UNDEFINED_TABLE) ? Difference.MISSING : "not comparable: " + Connecting.words(refused)));
    }

    private Set<String> columns(Connection to, ComparedTable table) {
        return new HashSet<>(Rows.texts(to, target.side(), "listing the columns of " + table.identity(), """
                SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped"""
                .formatted(Sql.literal(Sql.name(table.schema(), table.name())))));
    }
}

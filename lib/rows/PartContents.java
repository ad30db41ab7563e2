package lib.rows;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.compare.Checksums;
import lib.compare.RowSum;
import lib.compare.StreamedSum;
import lib.journal.PartRecord;
import lib.journal.PartRecords;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.source.Inventory;
import lib.source.Snapshot;
import lib.timescale.TimescaleSettings;

/** Compares the contents of parts of which both sides have as many rows, where these may have changed. */
final class PartContents implements AutoCloseable {
    private static final String DOING = "comparing what an interrupted run has copied";

    /** Rows of a part on one side, with their contents. */
    private record Sum(long rows, BigDecimal checksum) {
        private static final Sum NONE = new Sum(0, null);
    }

    private final Snapshot source;
    private final Checksums checksums;
    private final StreamedSum streamed;
    private final ComparisonSessions sessions;
    private final boolean ranges;

    PartContents(Snapshot source, Server target) {
        this.source = source;
        checksums = new Checksums(source.server().facts(), target.facts());
        streamed = new StreamedSum(true, source.server().facts(), target.facts());
        sessions = new ComparisonSessions(source, target, DOING);
        ranges = TableRanges.arePages(target);
    }

    /** @return the query's rows of a part on the source */
    static String rowsOf(Inventory.Table table, PartRecord part) {
        return table.from() + " " + (part.range().isEmpty() ? table.condition() : "WHERE " + part.range());
    }

    /**
     * @param some parts of a table
     * @param rows of the table on the target, by what they have in xmin
     * @return those that differ
     */
    List<PartRecord> changed(BegunTable some, Map<Long, BroughtRows> rows) {
        return sessions.ask(List.of(some), (open, coded) -> coded.isEmpty() ? changed(open, some, rows)
                // Since the rows were counted, somebody has written what a query would run.
                : some.parts());
    }

    private List<PartRecord> changed(SessionPair open, BegunTable some, Map<Long, BroughtRows> rows) {
        List<Checksums.Column> columns = StoredColumns.of(open.source(), some.table());
        Map<Long, Sum> there = onTarget(open.target(), columns, some, rows);
        List<PartRecord> same = new ArrayList<>();
        List<PartRecord> changed = new ArrayList<>();
        for (PartRecord part : some.parts()) {
            Sum here = sum(open.source(), !part.range().isEmpty(), columns, rowsOf(some.table(), part));
            (here.equals(there.getOrDefault(part.arrival().xmin(), Sum.NONE)) ? same : changed).add(part);
        }
        if (!same.isEmpty()) {
            PartRecords.confirm(open.target(), same, source.firstUnseen(), some.table().file());
        }
        return changed;
    }

    private Map<Long, Sum> onTarget(Session to, List<Checksums.Column> columns, BegunTable some,
            Map<Long, BroughtRows> rows) {
        Map<Long, Sum> sums = new HashMap<>();
        String table = "ONLY " + some.table().sql();
        if (ranges) {
            some.parts().stream().map(part -> part.arrival().xmin()).distinct().filter(rows::containsKey)
                    .forEach(transaction -> sums.put(transaction, sum(to, true, columns,
                            table + " WHERE " + rows.get(transaction).condition(transaction))));
        } else {
            to.list(DOING, checksums.grouped(columns, "xmin::text::int8", table),
                    row -> sums.put(row.getLong(1), new Sum(row.getLong(2), row.getBigDecimal(3))));
        }
        return sums;
    }

    /** @return whether a table is the same that cannot be queried, and so is compared as a whole */
    boolean isSame(BegunTable begun) {
        return begun.parts().size() == 1 && begun.parts().get(0).range().isEmpty()
                && begun.table().condition().isEmpty() && sessions.ask(List.of(begun), (open, coded) -> {
                    List<String> columns = StoredColumns.of(open.source(), begun.table()).stream()
                            .map(Checksums.Column::name).toList();
                    return streamed(open.source(), begun.table(), columns)
                            .equals(streamed(open.target(), begun.table(), columns));
                });
    }

    /** @return whether a chunk that a query shows as a whole, compressed or not, has the same rows on both sides */
    boolean isSameUnpacked(BegunTable begun) {
        return sessions.ask(List.of(begun), (open, coded) -> {
            List<Checksums.Column> columns = StoredColumns.of(open.source(), begun.table());
            if (!coded.isEmpty()) {
                return false;
            }
            open.source().run(DOING, "SET " + TimescaleSettings.DECOMPRESSION + " = on");
            Sum here = sum(open.source(), false, columns, begun.table().sql());
            open.source().run(DOING, "SET " + TimescaleSettings.DECOMPRESSION + " = off");
            return here.equals(sum(open.target(), false, columns, begun.table().sql()));
        });
    }

    private RowSum streamed(Session session, Inventory.Table table, List<String> columns) {
        try {
            return streamed.of(session, table.sql(), columns);
        } catch (SQLException e) {
            throw session.failure(DOING, e);
        }
    }

    private Sum sum(Session session, boolean range, List<Checksums.Column> columns, String rows) {
        return TableRanges.during(session, range, DOING, () -> session.list(DOING, checksums.checksum(columns, rows),
                row -> new Sum(row.getLong(1), row.getBigDecimal(2))).get(0));
    }

    /** Makes what it asks fail soon; called from another thread. */
    void cancel() {
        sessions.cancel();
    }

    @Override
    public void close() {
        sessions.close();
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.code.LockedTables;
import lib.code.PlannedCode;
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
import lib.talk.Background;
import lib.talk.Batches;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleSettings;

/**
 * Compares the parts of a table that an interrupted run has copied with the source. Each row tells which transaction
 * has brought it (PostgreSQL manual, 5.5 "System Columns"). So on the target the rows of a part are told from others
 * without a key; and on the source, rows have not changed if none is newer than the snapshot that was copied and there
 * are as many. The source's statistics prove less: what is written with track_counts off is never counted. Where there
 * are newer rows, checksums over the contents on both sides decide.
 */
final class PartComparison implements AutoCloseable {
    /** Numbers of transactions stand in a circle of 2³², in which half of the others are older than each. */
    private static final long COMPARABLE = 1L << 30;
    /** Parts that are asked about in one round trip. */
    private static final int TOGETHER = 100;
    private static final String DOING = "comparing what an interrupted run has copied";

    /**
     * Rows of a part on the source.
     *
     * @param proven whether they are those that were copied, as long as there are as many
     */
    private record Rows(long number, boolean proven) {
    }

    /** Rows of a part on one side, with their contents. */
    private record Sum(long rows, BigDecimal checksum) {
        private static final Sum NONE = new Sum(0, null);
    }

    /**
     * What is wrong with what the target has of a table.
     *
     * @param parts those that the source does not have any more
     * @param rows of the table, by what they have in xmin, or null where it could not be queried
     * @param others whether there are rows that no part has brought
     */
    record Outdated(List<PartRecord> parts, Map<Long, BroughtRows> rows, boolean others) {
    }

    /**
     * A table of which something has arrived.
     *
     * @param parts those that have
     */
    record Begun(Inventory.Table table, List<PartRecord> parts) {
    }

    private final Snapshot source;
    private final SessionPair sessions;
    /** Sees what is there now, as the planner does. */
    private final Session now;
    private final Checksums checksums;
    private final StreamedSum streamed;

    PartComparison(Snapshot source, Server target) {
        this.source = source;
        checksums = new Checksums(source.server().facts(), target.facts());
        streamed = new StreamedSum(true, source.server().facts(), target.facts());
        sessions = new SessionPair(source, target);
        try {
            now = source.server().session();
        } catch (RuntimeException e) {
            sessions.close();
            throw e;
        }
        sessions.source().run(DOING, PlannedCode.TABLES_ONLY);
        sessions.target().run(DOING, PlannedCode.TABLES_ONLY);
        if (TimescaleExtension.of(sessions.source()) != null) {
            // Of a chunk, its own rows were copied, and of what belongs to it those that are compressed.
            sessions.source().run(DOING, "SET " + TimescaleSettings.DECOMPRESSION + " = off");
        }
    }

    /**
     * @param some tables, asked about together
     * @return what is outdated of them, by the table's OID on the source; nothing of a table that is as it should be
     */
    Map<Long, Outdated> compare(List<Begun> some) throws SQLException {
        List<PlannedCode.Queried> queried =
                some.stream().map(begun -> new PlannedCode.Queried(begun.table.sql(), false)).toList();
        Map<Long, Outdated> found = new HashMap<>();
        try (LockedTables here = new LockedTables(now, now);
                LockedTables there = new LockedTables(sessions.target(), sessions.target())) {
            Set<Integer> unasked = new HashSet<>(here.runningCode(DOING, queried));
            unasked.addAll(there.runningCode(DOING, queried));
            unasked.addAll(notHeap(some));
            found.putAll(compareQueried(IntStream.range(0, some.size()).filter(i -> !unasked.contains(i))
                    .mapToObj(some::get).toList()));
            for (int place : unasked) {
                Begun begun = some.get(place);
                if (!isSame(begun)) {
                    found.put(begun.table.oid(), new Outdated(begun.parts, null, false));
                }
            }
        }
        return found;
    }

    /** A table that cannot be queried without running what somebody has written is compared as a whole. */
    private boolean isSame(Begun begun) throws SQLException {
        List<Checksums.Column> columns = StoredColumns.of(sessions.source(), begun.table);
        return begun.parts.size() == 1 && begun.parts.get(0).range().isEmpty() && begun.table.condition().isEmpty()
                && streamed(sessions.source(), begun.table, columns)
                        .equals(streamed(sessions.target(), begun.table, columns));
    }

    /**
     * Other ways to store a table need not know which transaction has brought a row.
     *
     * @return the places of those that are stored so
     */
    private Set<Integer> notHeap(List<Begun> some) {
        Set<Long> heaps = new HashSet<>(sessions.source().list(DOING, "SELECT c.oid FROM pg_catalog.pg_class c JOIN "
                + "pg_catalog.pg_am a ON a.oid = c.relam WHERE a.amname = 'heap' AND c.oid IN ("
                + some.stream().map(begun -> String.valueOf(begun.table.oid())).collect(Collectors.joining(", ")) + ")",
                row -> row.getLong(1)));
        return IntStream.range(0, some.size()).filter(i -> !heaps.contains(some.get(i).table.oid())).boxed()
                .collect(Collectors.toSet());
    }

    private RowSum streamed(Session session, Inventory.Table table, List<Checksums.Column> columns)
            throws SQLException {
        try {
            return streamed.of(session, table.sql(), columns.stream().map(Checksums.Column::name).toList());
        } catch (SQLException e) {
            throw session.failure(DOING, e);
        }
    }

    /**
     * Rows that a transaction has brought are the same as long as they have its number, and are all there as long as
     * there are as many. So the contents are looked at only where that proves nothing.
     */
    private Map<Long, Outdated> compareQueried(List<Begun> some) {
        // Both sides read at once.
        Background<Map<Long, Map<Long, BroughtRows>>> counts = Background.begin("comparing",
                () -> BroughtRows.of(sessions.target(), some.stream()
                        .collect(Collectors.toMap(begun -> begun.table.oid(), begun -> begun.table.sql())), DOING));
        Map<PartRecord, Rows> here;
        try {
            here = onSource(some);
        } finally {
            // Not before it is over may the session be used again.
            counts.await();
        }
        Map<Long, Map<Long, BroughtRows>> there = counts.get();
        Map<Long, Outdated> found = new HashMap<>();
        for (Begun begun : some) {
            Map<Long, BroughtRows> rows = there.getOrDefault(begun.table.oid(), Map.of());
            List<PartRecord> different = new ArrayList<>();
            List<PartRecord> unproven = new ArrayList<>();
            for (PartRecord part : begun.parts) {
                long number = part.arrival().rows();
                BroughtRows brought = rows.get(part.arrival().xmin());
                if (number != (brought == null ? 0 : brought.number()) || number != here.get(part).number) {
                    different.add(part);
                } else if (!here.get(part).proven) {
                    unproven.add(part);
                }
            }
            different.addAll(changed(begun.table, unproven));
            Set<Long> transactions =
                    begun.parts.stream().map(part -> part.arrival().xmin()).collect(Collectors.toSet());
            Outdated outdated = new Outdated(different, rows,
                    !begun.table.extension() && !transactions.containsAll(rows.keySet()));
            if (!outdated.parts.isEmpty() || outdated.others) {
                found.put(begun.table.oid(), outdated);
            }
        }
        return found;
    }

    /**
     * @return how many rows of each part the source has, and whether none of them is newer than the snapshot that they
     * were copied under: whatever was not over then has a higher number than the oldest transaction of that kind, its
     * subtransactions too. Where a table has been written anew, a range holds other rows.
     */
    private Map<PartRecord, Rows> onSource(List<Begun> some) {
        Map<PartRecord, Rows> found = new HashMap<>();
        Map<PartRecord, Inventory.Table> tables = new LinkedHashMap<>();
        for (Begun begun : some) {
            if (begun.table.bytes() == 0) {
                // Without a file there are no rows; and not every version of TimescaleDB can query a hypertable alone.
                begun.parts.forEach(part -> found.put(part, new Rows(0, true)));
            } else {
                begun.parts.forEach(part -> tables.put(part, begun.table));
            }
        }
        for (List<PartRecord> parts : Batches.of(List.copyOf(tables.keySet()), TOGETHER)) {
            String query = IntStream.range(0, parts.size()).mapToObj(i -> "SELECT " + i + ", pg_catalog.count(*), "
                    + older(tables.get(parts.get(i)), parts.get(i)) + " FROM "
                    + rowsOf(tables.get(parts.get(i)), parts.get(i))).collect(Collectors.joining(" UNION ALL "));
            reading(parts.get(0), query, row -> found.put(parts.get(row.getInt(1)),
                    new Rows(row.getLong(2), row.getBoolean(3))));
        }
        return found;
    }

    /** @return an aggregate that says whether all rows are older than the snapshot of the part */
    private String older(Inventory.Table table, PartRecord part) {
        PartRecord.Arrival arrival = part.arrival();
        boolean comparable = (part.range().isEmpty() || arrival.file() == table.file())
                && source.firstUnseen() - arrival.snapshot() < COMPARABLE;
        return comparable ? "coalesce(pg_catalog.min(pg_catalog.age(xmin)) > pg_catalog.age('"
                + (arrival.snapshot() & 0xFFFFFFFFL) + "'::pg_catalog.xid), true)" : "false";
    }

    /** @return those whose contents differ */
    private List<PartRecord> changed(Inventory.Table table, List<PartRecord> parts) {
        if (parts.isEmpty()) {
            return parts;
        }
        List<Checksums.Column> columns = StoredColumns.of(sessions.source(), table);
        Map<Long, Sum> there = new HashMap<>();
        sessions.target().list(DOING, checksums.grouped(columns, "xmin::text::int8", "ONLY " + table.sql()),
                row -> there.put(row.getLong(1), new Sum(row.getLong(2), row.getBigDecimal(3))));
        Map<Boolean, List<PartRecord>> same = parts.stream().collect(Collectors.partitioningBy(
                part -> sum(table, part, columns).equals(there.getOrDefault(part.arrival().xmin(), Sum.NONE))));
        if (!same.get(true).isEmpty()) {
            PartRecords.confirm(sessions.target(), same.get(true), source.firstUnseen(), table.file());
        }
        return same.get(false);
    }

    private Sum sum(Inventory.Table table, PartRecord part, List<Checksums.Column> columns) {
        return reading(part, checksums.checksum(columns, rowsOf(table, part)),
                row -> new Sum(row.getLong(1), row.getBigDecimal(2))).get(0);
    }

    private static String rowsOf(Inventory.Table table, PartRecord part) {
        return "ONLY " + table.sql() + " "
                + (part.range().isEmpty() ? table.condition() : "WHERE " + part.range());
    }

    private <T> List<T> reading(PartRecord part, String query, Session.Reader<T> reader) {
        Session from = sessions.source();
        if (part.range().isEmpty()) {
            return from.list(DOING, query, reader);
        }
        from.run(DOING, TableRanges.SETTINGS);
        List<T> read = from.list(DOING, query, reader);
        from.run(DOING, TableRanges.RESETTING);
        return read;
    }

    /** Makes a comparison that runs fail soon; called from another thread. */
    void cancel() {
        sessions.cancel();
    }

    @Override
    public void close() {
        now.close();
        sessions.close();
    }
}

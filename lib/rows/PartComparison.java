//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
     * @param others whether there are rows that no part has brought
     */
    record Outdated(List<PartRecord> parts, boolean others) {
        boolean isEmpty() {
            return parts.isEmpty() && !others;
        }
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

    /** @param parts those that have arrived */
    Outdated compare(Inventory.Table table, List<PartRecord> parts) throws SQLException {
        List<Checksums.Column> columns = columns(table);
        List<PlannedCode.Queried> queried = List.of(new PlannedCode.Queried(table.sql(), false));
        try (LockedTables here = new LockedTables(now, now);
                LockedTables there = new LockedTables(sessions.target(), sessions.target())) {
            if (isHeap(table) && here.runningCode(DOING, queried).isEmpty()
                    && there.runningCode(DOING, queried).isEmpty()) {
                return compare(table, parts, columns);
            }
        }
        boolean same = parts.size() == 1 && parts.get(0).range().isEmpty() && table.condition().isEmpty()
                && streamed(sessions.source(), table, columns).equals(streamed(sessions.target(), table, columns));
        return new Outdated(same ? List.of() : parts, false);
    }

    /** Other ways to store a table need not know which transaction has brought a row. */
    private boolean isHeap(Inventory.Table table) {
        return "heap".equals(sessions.source().text(DOING, "SELECT a.amname FROM pg_catalog.pg_class c JOIN "
                + "pg_catalog.pg_am a ON a.oid = c.relam WHERE c.oid = " + table.oid()));
    }

    private List<Checksums.Column> columns(Inventory.Table table) {
        return sessions.source().list(DOING, """
                SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL) FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = %d AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                 ORDER BY a.attnum""".formatted(table.oid()),
                row -> new Checksums.Column(row.getString(1), row.getString(2), false));
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
    private Outdated compare(Inventory.Table table, List<PartRecord> parts, List<Checksums.Column> columns) {
        Map<Long, Long> there = new HashMap<>();
        sessions.target().list(DOING,
                "SELECT r.x::text::int8, r.n FROM (SELECT xmin AS x, pg_catalog.count(*) AS n FROM "
                        + "ONLY " + table.sql() + " GROUP BY xmin) r",
                row -> there.put(row.getLong(1), row.getLong(2)));
        List<PartRecord> different = new ArrayList<>();
        List<PartRecord> unproven = new ArrayList<>();
        for (List<PartRecord> some : Batches.of(parts, TOGETHER)) {
            List<Rows> here = now(table, some);
            for (int i = 0; i < some.size(); i++) {
                PartRecord part = some.get(i);
                Long arrived = there.remove(part.arrival().xmin());
                if (part.arrival().rows() != (arrived == null ? 0 : arrived)
                        || part.arrival().rows() != here.get(i).number) {
                    different.add(part);
                } else if (!here.get(i).proven) {
                    unproven.add(part);
                }
            }
        }
        if (!unproven.isEmpty()) {
            List<PartRecord> same = same(table, unproven, columns);
            unproven.removeAll(same);
            different.addAll(unproven);
            if (!same.isEmpty()) {
                PartRecords.confirm(sessions.target(), same, source.firstUnseen(), table.file());
            }
        }
        return new Outdated(different, !table.extension() && !there.isEmpty());
    }

    /**
     * @return how many rows of each part the source has, and whether none of them is newer than the snapshot that they
     * were copied under: whatever was not over then has a higher number than the oldest transaction of that kind, its
     * subtransactions too. Where a table has been written anew, a range holds other rows.
     */
    private List<Rows> now(Inventory.Table table, List<PartRecord> parts) {
        Rows[] found = new Rows[parts.size()];
        String query = IntStream.range(0, parts.size()).mapToObj(i -> "SELECT " + i + ", pg_catalog.count(*), "
                + older(table, parts.get(i)) + " FROM " + rowsOf(table, parts.get(i)))
                .collect(Collectors.joining(" UNION ALL "));
        reading(parts.get(0), query,
                row -> found[row.getInt(1)] = new Rows(row.getLong(2), row.getBoolean(3)));
        return List.of(found);
    }

    /** @return an aggregate that says whether all rows are older than the snapshot of the part */
    private String older(Inventory.Table table, PartRecord part) {
        PartRecord.Arrival arrival = part.arrival();
        boolean comparable = (part.range().isEmpty() || arrival.file() == table.file())
                && source.firstUnseen() - arrival.snapshot() < COMPARABLE;
        return comparable ? "coalesce(pg_catalog.bool_and(pg_catalog.age(xmin) > pg_catalog.age('"
                + (arrival.snapshot() & 0xFFFFFFFFL) + "'::pg_catalog.xid)), true)" : "false";
    }

    private List<PartRecord> same(Inventory.Table table, List<PartRecord> parts, List<Checksums.Column> columns) {
        Map<Long, Sum> there = new HashMap<>();
        sessions.target().list(DOING, checksums.grouped(columns, "xmin::text::int8", "ONLY " + table.sql()),
                row -> there.put(row.getLong(1), new Sum(row.getLong(2), row.getBigDecimal(3))));
        return parts.stream().filter(part -> sum(table, part, columns)
                .equals(there.getOrDefault(part.arrival().xmin(), Sum.NONE))).toList();
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

//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.code.LockedTables;
import lib.code.PlannedCode;
import lib.compare.Checksums;
import lib.compare.RowSum;
import lib.compare.StreamedSum;
import lib.journal.PartRecord;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.source.Inventory;
import lib.source.Snapshot;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleSettings;

/**
 * Compares the parts of a table that an interrupted run has copied with the source, by a checksum over the rows of each
 * on both sides. On the target, the rows of a part are told from others by the transaction that has brought them
 * (PostgreSQL manual, 5.5 "System Columns"), so that no table needs a key.
 */
final class PartComparison implements AutoCloseable {
    private static final String DOING = "comparing what an interrupted run has copied";

    /** Rows of a part on one side. */
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

    private final SessionPair sessions;
    /** Sees what is there now, as the planner does. */
    private final Session now;
    private final Checksums checksums;
    private final StreamedSum streamed;

    PartComparison(Snapshot source, Server target) {
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
            if (here.runningCode(DOING, queried).isEmpty() && there.runningCode(DOING, queried).isEmpty()) {
                return compare(table, parts, columns);
            }
        }
        boolean same = parts.size() == 1 && parts.get(0).range().isEmpty() && table.condition().isEmpty()
                && streamed(sessions.source(), table, columns).equals(streamed(sessions.target(), table, columns));
        return new Outdated(same ? List.of() : parts, false);
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

    private Outdated compare(Inventory.Table table, List<PartRecord> parts, List<Checksums.Column> columns) {
        Map<Long, Sum> there = new HashMap<>();
        sessions.target().list(DOING, checksums.grouped(columns, "xmin::text::int8", "ONLY " + table.sql()),
                row -> there.put(row.getLong(1), new Sum(row.getLong(2), row.getBigDecimal(3))));
        List<PartRecord> different = new ArrayList<>();
        for (PartRecord part : parts) {
            Sum arrived = there.getOrDefault(part.xmin(), Sum.NONE);
            there.remove(part.xmin());
            if (!arrived.equals(now(table, part, columns))) {
                different.add(part);
            }
        }
        return new Outdated(different, !table.extension() && !there.isEmpty());
    }

    private Sum now(Inventory.Table table, PartRecord part, List<Checksums.Column> columns) {
        Session from = sessions.source();
        boolean ranged = !part.range().isEmpty();
        String rows = "ONLY " + table.sql() + " " + (ranged ? "WHERE " + part.range() : table.condition());
        if (ranged) {
            from.run(DOING, TableRanges.SETTINGS);
        }
        Sum sum = from.list(DOING, checksums.checksum(columns, rows),
                row -> new Sum(row.getLong(1), row.getBigDecimal(2))).get(0);
        if (ranged) {
            from.run(DOING, TableRanges.RESETTING);
        }
        return sum;
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

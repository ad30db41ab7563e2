//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The parts in which rows are copied: written down before they are, and again in the transaction that brings their
 * rows. Safe for use by several threads.
 */
public final class PartRecords {
    private static final String TABLE = JournalTables.PART.sql();
    /**
     * Of two transactions that bring the same rows, the second one waits for the first at this row, and fails when that
     * one has committed.
     */
    private static final String ONCE = "(CASE WHEN p.rows IS NULL THEN v.rows::text ELSE "
            + "'these rows have arrived already' END)::int8";

    private final Session session;
    /** Those of the interrupted run, by the table's OID on the source. */
    private final Map<Long, List<PartRecord>> earlier = new ConcurrentHashMap<>();

    private PartRecords(Session session) {
        this.session = session;
    }

    static PartRecords none(Session session) {
        return new PartRecords(session);
    }

    static PartRecords read(Session session) {
        PartRecords records = new PartRecords(session);
        records.earlier.putAll(session.list("reading the journal",
                "SELECT source, number, name, range, bytes, rows, transaction, snapshot, file FROM " + TABLE,
                row -> new PartRecord(row.getLong(1), row.getInt(2), row.getString(3), row.getString(4), row.getLong(5),
                        row.getObject(6) == null ? null
                                : new PartRecord.Arrival(row.getLong(6), row.getLong(7), row.getLong(8),
                                        row.getLong(9))))
                .stream().collect(Collectors.groupingBy(PartRecord::source)));
        records.earlier.replaceAll((table, parts) -> parts.stream()
                .sorted(Comparator.comparing(PartRecord::number)).toList());
        return records;
    }

    /**
     * @param source the table's OID on the source
     * @return the parts that the interrupted run has planned, in their order, or none
     */
    public List<PartRecord> earlier(long source) {
        return earlier.getOrDefault(source, List.of());
    }

    /** @return what {@link #earlier} returns, for the last time: what is copied again later begins anew */
    public List<PartRecord> take(long source) {
        List<PartRecord> parts = earlier.remove(source);
        return parts == null ? List.of() : parts;
    }

    /** @return the tables with such parts */
    public Collection<Long> earlierTables() {
        return List.copyOf(earlier.keySet());
    }

    /** Writes down what is going to be copied, in place of what was planned for the same tables before. */
    public void plan(Collection<PartRecord> parts) {
        if (parts.isEmpty()) {
            return;
        }
        parts.forEach(part -> earlier.remove(part.source()));
        try (PreparedStatement insert = session.prepareStatement("WITH planned AS (SELECT p.* FROM ROWS FROM ("
                + "pg_catalog.unnest(?::oid[]), pg_catalog.unnest(?::int4[]), pg_catalog.unnest(?::text[]), "
                + "pg_catalog.unnest(?::text[]), pg_catalog.unnest(?::int8[])) p (source, number, name, range, "
                + "bytes)), "
                + "before AS (DELETE FROM " + TABLE + " b USING planned p WHERE b.source = p.source AND NOT EXISTS "
                + "(SELECT FROM planned n WHERE n.source = b.source AND n.number = b.number)) INSERT INTO " + TABLE
                + " SELECT p.source, p.number, p.name, p.range, p.bytes FROM planned p ON CONFLICT (source, number) "
                + "DO UPDATE SET name = EXCLUDED.name, range = EXCLUDED.range, bytes = EXCLUDED.bytes, rows = NULL, "
                + "transaction = NULL, snapshot = NULL, file = NULL, finished = NULL, joiner = NULL, batch = NULL, "
                + "leads = NULL")) {
            insert.setArray(1, session.createArrayOf("oid", parts.stream().map(PartRecord::source).toArray()));
            insert.setArray(2, session.createArrayOf("int4", parts.stream().map(PartRecord::number).toArray()));
            insert.setArray(3, session.createArrayOf("text", parts.stream().map(PartRecord::name).toArray()));
            insert.setArray(4, session.createArrayOf("text", parts.stream().map(PartRecord::range).toArray()));
            insert.setArray(5, session.createArrayOf("int8", parts.stream().map(PartRecord::bytes).toArray()));
            insert.executeUpdate();
        } catch (SQLException e) {
            throw session.failure("writing the journal", e);
        }
    }

    /**
     * @param arrived parts with their rows, whose transaction does not count here
     * @param joiner the other machine that brings them, or null
     * @return the statement that writes down, in the transaction which brings them, that they have arrived; it fails
     * when another one has
     */
    public static String arrival(Collection<PartRecord> arrived, String joiner) {
        return "UPDATE " + TABLE + " p SET rows = " + ONCE + ", transaction = pg_catalog.txid_current(), snapshot = "
                + "v.snapshot, file = v.file, finished = pg_catalog.clock_timestamp(), joiner = "
                + (joiner == null ? "NULL" : Sql.literal(joiner)) + " FROM (VALUES "
                + arrived.stream()
                        .map(part -> "(" + part.source() + "::oid, " + part.number() + ", " + part.arrival().rows()
                                + "::int8, " + part.arrival().snapshot() + "::int8, " + part.arrival().file()
                                + "::int8)")
                        .collect(Collectors.joining(", "))
                + ") v (source, number, rows, snapshot, file) WHERE p.source = v.source AND p.number = v.number";
    }

    /**
     * Asks whether parts have arrived that were brought in one transaction.
     *
     * @param target a session in which no transaction is open; none is afterwards
     * @return the rows of each, or nothing when they have not
     */
    public static List<Long> arrivedRows(Session target, List<PartRecord> parts) {
        Map<String, Long> rows = new HashMap<>();
        target.list("reading the journal",
                "SELECT source, number, rows FROM " + TABLE + " WHERE rows IS NOT NULL AND " + these(parts),
                row -> rows.put(row.getLong(1) + " " + row.getInt(2), row.getLong(3)));
        target.commit("reading the journal");
        return rows.size() < parts.size() ? List.of()
                : parts.stream().map(part -> rows.get(part.source() + " " + part.number())).toList();
    }

    /** @return the statement that forgets, in the transaction which removes their rows, that these have arrived */
    public static String removal(Collection<PartRecord> removed) {
        return "UPDATE " + TABLE
                + " SET rows = NULL, transaction = NULL, snapshot = NULL, file = NULL, finished = NULL, joiner = NULL "
                + "WHERE "
                + these(removed);
    }

    /**
     * Writes down that parts are the same under a later snapshot.
     *
     * @param snapshot as {@link PartRecord.Arrival#snapshot} has it
     * @param file as {@link PartRecord.Arrival#file} has it
     */
    public static void confirm(Session target, Collection<PartRecord> parts, long snapshot, long file) {
        target.run("writing the journal", "UPDATE " + TABLE + " SET snapshot = " + snapshot + ", file = " + file
                + " WHERE " + these(parts));
    }

    /**
     * Forgets snapshots that the source as it is now may not have had, for good: it gives, or has given, the same
     * numbers to other transactions.
     *
     * @param firstUnseen the oldest transaction that the source's snapshot does not see
     * @param timeline the source's, if it tells one, which is written down for the next time
     * @return whether there were any
     */
    public boolean distrust(Session target, long firstUnseen, OptionalLong timeline) {
        boolean other = timeline.isPresent() && "t".equals(target.text("reading the journal",
                "SELECT timeline <> " + timeline.getAsLong() + " FROM " + JournalTables.RUN.sql()));
        Predicate<PartRecord> distrusted =
                part -> part.finished() && (other || part.arrival().snapshot() > firstUnseen);
        boolean some = earlier.values().stream().flatMap(List::stream).anyMatch(distrusted);
        earlier.replaceAll((table, parts) -> parts.stream()
                .map(part -> distrusted.test(part) ? part.arrived(part.arrival().distrusted()) : part).toList());
        List<String> statements = new ArrayList<>();
        if (some) {
            statements.add("UPDATE " + TABLE + " SET snapshot = 0 WHERE snapshot > " + (other ? 0 : firstUnseen));
        }
        timeline.ifPresent(now -> statements.add("UPDATE " + JournalTables.RUN.sql() + " SET timeline = " + now));
        if (!statements.isEmpty()) {
            target.run("writing the journal", String.join("; ", statements));
        }
        return some;
    }

    private static String these(Collection<PartRecord> parts) {
        return "(source, number) IN (" + parts.stream().map(part -> "(" + part.source() + ", " + part.number() + ")")
                .collect(Collectors.joining(", ")) + ")";
    }

    /** @return the statement that forgets a table */
    public static String deletion(long table) {
        return "DELETE FROM " + TABLE + " WHERE source = " + table;
    }

    /** @param tables that are not there any more, as SQL */
    void forget(Collection<String> tables) {
        earlier.values().removeIf(parts -> parts.isEmpty() || tables.contains(parts.get(0).name()));
    }

    /** Has these be what the interrupted run has left of a table. */
    public void replaceEarlier(long table, List<PartRecord> parts) {
        earlier.put(table, parts);
    }
}

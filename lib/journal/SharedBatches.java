package lib.journal;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.server.JournalTables;
import lib.server.Session;

/**
 * The parts that any machine may copy, those of one transaction together. Who copies them has locked the row of the
 * leading one in that very transaction, so that nobody else takes them, and everybody may when the session ends.
 */
public final class SharedBatches {
    private static final String TABLE = JournalTables.PART.sql();
    private static final String FREE = "SELECT p.batch FROM " + TABLE + " p WHERE p.leads AND p.rows IS NULL%s"
            + " ORDER BY p.batch LIMIT 1 FOR UPDATE SKIP LOCKED";

    private SharedBatches() {
    }

    /**
     * A part of a batch.
     *
     * @param of how many parts its table has
     */
    public record Claimed(int batch, PartRecord part, int of) {
    }

    /**
     * Lets others copy these.
     *
     * @param batches in the order in which they are to be taken
     * @param first the number of the first of them
     */
    public static void offer(Session session, List<List<PartRecord>> batches, int first) {
        session.run("writing the journal", "UPDATE " + TABLE + " p SET batch = v.batch, leads = v.leads FROM (VALUES "
                + IntStream.range(0, batches.size()).boxed().flatMap(i -> IntStream.range(0, batches.get(i).size())
                        .mapToObj(j -> "(" + batches.get(i).get(j).source() + "::oid, " + batches.get(i).get(j).number()
                                + ", " + (first + i) + ", " + (j == 0) + ")"))
                        .collect(Collectors.joining(", "))
                + ") v (source, number, batch, leads) WHERE p.source = v.source AND p.number = v.number");
    }

    /**
     * Takes the first batch that nobody has, in the open transaction.
     *
     * @param only the number of the one that is wanted, or null
     * @return its number, or null
     */
    public static Integer claim(Session session, Integer only) {
        return session.list("taking a part", FREE.formatted(only == null ? "" : " AND p.batch = " + only),
                row -> row.getInt(1)).stream().findFirst().orElse(null);
    }

    /** @return the parts of a batch, in their order */
    public static List<Claimed> parts(Session session, int batch) {
        return session.list("reading the journal", """
                SELECT p.source, p.number, p.name, p.range, p.bytes,
                       (SELECT pg_catalog.count(*) FROM %1$s o WHERE o.source = p.source)
                  FROM %1$s p
                 WHERE p.batch = %2$d
                 ORDER BY p.leads DESC, p.source, p.number""".formatted(TABLE, batch),
                row -> new Claimed(batch, new PartRecord(row.getLong(1), row.getInt(2), row.getString(3),
                        row.getString(4), row.getLong(5), null), row.getInt(6)));
    }

    /**
     * Leaves a batch, which is locked in the open transaction, to the first machine alone, and ends the transaction.
     */
    public static void giveBack(Session session, int batch) {
        session.run("writing the journal",
                "UPDATE " + TABLE + " SET batch = NULL, leads = NULL WHERE batch = " + batch + "; COMMIT");
    }

    /**
     * A part that was offered, and that nobody has given back.
     *
     * @param source the table's OID on the source
     * @param rows that have arrived, or null
     */
    public record Offered(int batch, long source, int number, Long rows) {
    }

    /** @return the parts of these batches */
    public static List<Offered> offered(Session session, Collection<Integer> batches) {
        return session.list("reading the journal", "SELECT batch, source, number, rows FROM " + TABLE
                + " WHERE batch = ANY ('{" + batches.stream().map(String::valueOf).collect(Collectors.joining(","))
                + "}'::int4[])",
                row -> new Offered(row.getInt(1), row.getLong(2), row.getInt(3), (Long) row.getObject(4)));
    }

    /** @return whether nobody is copying one of them; in a transaction of its own */
    public static boolean anyFree(Session session) {
        return claim(session, null) != null;
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.List;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Sql;

/**
 * How far the rows have come, by the parts that the journal lists.
 *
 * @param tables those of which rows are copied, and how many of them have arrived whole
 * @param parts all, and how many have arrived
 * @param bytes on the source's disk, and how many of them have arrived
 * @param rows that have arrived
 */
record CopiedRows(Progress tables, Progress parts, Progress bytes, long rows) {
    /** How much there is of something, and how much of it is done. */
    record Progress(long all, long done) {
        long left() {
            return all - done;
        }
    }

    /**
     * A table of which parts are yet to arrive.
     *
     * @param name as SQL has it
     */
    record Unfinished(String name, long parts, long bytes) {
    }

    /** How long a look back at what has arrived is, for the speed. */
    private static final String WINDOW = "10 minutes";
    /** Seconds; with less since the first part, the speed would be a guess. */
    private static final int SHORTEST = 1;
    private static final String TABLE = JournalTables.PART.sql();

    static CopiedRows ask(Session target) {
        return target.list("reading the journal", """
                SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE t.arrived = t.parts),
                       coalesce(pg_catalog.sum(t.parts), 0), coalesce(pg_catalog.sum(t.arrived), 0),
                       coalesce(pg_catalog.sum(t.bytes), 0), coalesce(pg_catalog.sum(t.there), 0),
                       coalesce(pg_catalog.sum(t.rows), 0)
                  FROM (
                    SELECT pg_catalog.count(*) AS parts, pg_catalog.count(p.rows) AS arrived,
                           pg_catalog.sum(p.bytes) AS bytes,
                           pg_catalog.sum(p.bytes) FILTER (WHERE p.rows IS NOT NULL) AS there,
                           pg_catalog.sum(p.rows) AS rows
                      FROM %s p
                     GROUP BY p.source) t""".formatted(TABLE),
                row -> new CopiedRows(new Progress(row.getLong(1), row.getLong(2)),
                        new Progress(row.getLong(3), row.getLong(4)), new Progress(row.getLong(5), row.getLong(6)),
                        row.getLong(7)))
                .get(0);
    }

    /** @return the first tables of which parts are yet to arrive, those with the most to come first */
    static List<Unfinished> unfinished(Session target, int limit) {
        return target.list("reading the journal", """
                SELECT coalesce(pg_catalog.to_regclass(t.name)::pg_catalog.text, t.name), t.parts, t.bytes
                  FROM (
                    SELECT pg_catalog.min(p.name) AS name, pg_catalog.count(*) AS parts,
                           pg_catalog.sum(p.bytes) AS bytes
                      FROM %s p
                     WHERE p.rows IS NULL
                     GROUP BY p.source
                     ORDER BY 3 DESC, 1
                     LIMIT %d) t""".formatted(TABLE, limit),
                row -> new Unfinished(row.getString(1), row.getLong(2), row.getLong(3)));
    }

    /**
     * How fast they arrive: what has come in the last minutes, and after the first part of that, which was on its way
     * before. A part counts when it is there as a whole.
     *
     * @param since when the run that is at work began
     * @return bytes of the source's disk a second; 0 where nothing has come yet
     */
    static long speed(Session target, String since) {
        return target.list("reading the journal", """
                SELECT pg_catalog.sum(d.bytes), pg_catalog.sum(d.bytes) FILTER (WHERE d.finished > d.first),
                       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - pg_catalog.min(d.began)),
                       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - pg_catalog.min(d.first))
                  FROM (
                    SELECT p.bytes, p.finished, pg_catalog.min(p.finished) OVER () AS first, b.began
                      FROM %s p,
                           (SELECT greatest(%s::timestamptz, pg_catalog.clock_timestamp() - '%s'::interval) AS began) b
                     WHERE p.finished > b.began) d""".formatted(TABLE, Sql.literal(since), WINDOW),
                row -> row.getLong(2) > 0 && row.getDouble(4) >= SHORTEST
                        ? (long) (row.getLong(2) / row.getDouble(4))
                        : row.getDouble(3) > 0 ? (long) (row.getLong(1) / row.getDouble(3)) : 0)
                .get(0);
    }
}

package lib.journal;

import java.util.List;
import lib.server.JournalTables;
import lib.server.Session;

/**
 * Another machine that copies rows of a run, by the journal.
 *
 * @param parts that it has brought since it has joined, and their {@code bytes} on the source's disk; it may have
 * helped an earlier run as well, which this one goes on with
 * @param seconds since it has joined, and {@code silent} since it was last heard of
 */
record JoinedMachine(String name, String joined, long parts, long bytes, long seconds, long silent) {
    /** @return those that are there, or were when their run ended, in the order in which they have joined */
    static List<JoinedMachine> ask(Session target) {
        return target.list("reading the journal", """
                SELECT j.machine, pg_catalog.to_char(j.joined AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                       pg_catalog.count(p.rows), coalesce(pg_catalog.sum(p.bytes), 0),
                       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - j.joined)::int8,
                       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - j.heard)::int8
                  FROM %s j
                  LEFT JOIN %s p ON p.joiner = j.id AND p.rows IS NOT NULL AND p.finished >= j.joined
                 GROUP BY j.id
                 ORDER BY j.joined, j.id""".formatted(JournalTables.JOINER.sql(), JournalTables.PART.sql()),
                row -> new JoinedMachine(row.getString(1), row.getString(2), row.getLong(3), row.getLong(4),
                        row.getLong(5), row.getLong(6)));
    }

    /** @return bytes of the source's disk a second */
    long speed() {
        return bytes / Math.max(1, seconds);
    }

    /** @return whether it has not been heard of for longer than it keeps silent */
    boolean quiet() {
        return silent > Joiners.QUIET;
    }
}

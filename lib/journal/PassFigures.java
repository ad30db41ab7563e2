//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import lib.server.JournalTables;
import lib.server.Session;

/**
 * How much a pass has copied, by the journal.
 *
 * @param all bytes of all tables on the source's disk
 * @param copied bytes of what this pass has copied
 * @param seconds from the first part of this pass to the last one
 */
public record PassFigures(long all, long copied, double seconds) {
    /** @param target a session on the target */
    public static PassFigures read(Session target) {
        return target.list("reading the journal",
                """
                SELECT coalesce(pg_catalog.sum(p.bytes), 0)::int8,
                       coalesce(pg_catalog.sum(p.bytes) FILTER (WHERE p.finished >= r.resumed), 0)::int8,
                       coalesce(extract(epoch FROM pg_catalog.max(p.finished) FILTER (WHERE p.finished >= r.resumed)
                         - pg_catalog.min(r.resumed)), 0)::float8
                  FROM %s p, %s r""".formatted(JournalTables.PART.sql(), JournalTables.RUN.sql()),
                row -> new PassFigures(row.getLong(1), row.getLong(2), row.getDouble(3))).get(0);
    }

    /** @return such as {@code , in about 12 s}, as fast as this pass; nothing where that says nothing */
    public String duration(long bytes) {
        return copied < 1 << 20 || seconds <= 0 ? "" : ", in about %d s".formatted(Math.max(1,
                Math.round(bytes * seconds / copied)));
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.Hypertables;
import lib.timescale.TimescaleExtension;

/** Whether both servers have connection slots and lock table entries enough. */
public final class Capacity {
    /**
     * Besides one session for each worker: the one that asks, the holder of the snapshot, pg_dump, one that reads
     * counters, and the watch.
     */
    private static final int EXTRA_SOURCE = 5;
    /** The journal's session, two that make indexes while rows are loaded, and the watch. */
    private static final int EXTRA_TARGET = 4;

    /** Sessions that further workers need. */
    private static final int ROOM = 8;

    /** How many sessions more each limit lets begin; {@code most} is how many the server takes in all. */
    private record Slots(long ofServer, long ofDatabase, long ofRole, String database, String role, long most) {
        /** @return what the tightest limit lets begin */
        long free() {
            return Math.min(ofServer, Math.min(ofDatabase, ofRole));
        }

        /** Others may be none of those whom a CONNECTION LIMIT counts. */
        String remedy(String side, int extra) {
            return Stream.of(ofServer > extra ? ""
                    : ("end other sessions of the %s, or, as a superuser of it: ALTER SYSTEM SET max_connections = "
                            + "%d; and restart it")
                            .formatted(side, most + extra + ROOM - ofServer),
                    ofDatabase > extra ? ""
                            : "as the database's owner or a superuser of the " + side + ": ALTER DATABASE "
                                    + Sql.ident(database) + " CONNECTION LIMIT -1",
                    ofRole > extra ? ""
                            : "as an administrator of the role (CREATEROLE) or a superuser of the " + side
                                    + ": ALTER ROLE " + Sql.ident(role)
                                    + " CONNECTION LIMIT -1")
                    .filter(part -> !part.isEmpty()).collect(Collectors.joining("; and "))
                    + (Math.min(ofDatabase, ofRole) > extra ? "" : ";");
        }
    }

    private final Server source;
    private final Session from;
    private final Server target;
    private final Session to;
    private boolean empty;
    private final Selection selection;
    private final int workers;
    private final int extraSource;

    /** @param pauseJobs whether one more session keeps the source's jobs from running */
    public Capacity(Server source, Session from, Server target, Session to, Selection selection, int workers,
            boolean pauseJobs) {
        this.source = source;
        this.from = from;
        this.target = target;
        this.to = to;
        this.selection = selection;
        this.workers = workers;
        extraSource = extraSource(pauseJobs);
    }

    public List<Finding> check() {
        return List.of(slots(source, from, workers + extraSource, extraSource),
                slots(target, to, workers + EXTRA_TARGET, EXTRA_TARGET), locks());
    }

    /** @return whether the source has neither tables nor views, as {@link #check} has seen */
    public boolean empty() {
        return empty;
    }

    private static Finding slots(Server server, Session session, int needed, int extra) {
        Slots slots = slots(session);
        long free = slots.free();
        if (free < needed) {
            return Finding.stop("connections",
                    free > extra ? "migrate --jobs " + (free - extra) : slots.remedy(server.side(), extra),
                    "the %s has %d connection slot(s) free and %d are needed", server.side(), free, needed);
        }
        return Finding.ok("connections", "the %s has %d slots free, %d are needed", server.side(), free, needed);
    }

    /** @return how many workers both sides have connection slots for, at least 1 */
    static int workers(Session from, Session to, boolean pauseJobs) {
        return (int) Math.max(1, Math.min(slots(from).free() - extraSource(pauseJobs),
                slots(to).free() - EXTRA_TARGET));
    }

    private static int extraSource(boolean pauseJobs) {
        return EXTRA_SOURCE + (pauseJobs ? 1 : 0);
    }

    /**
     * The limits of the server, the database and the role (PostgreSQL manual, 20.3.1), less those who are connected but
     * for this session.
     */
    private static Slots slots(Session session) {
        return session.list("counting the connection slots", """
                SELECT pg_catalog.current_setting('max_connections')::int
                         - CASE WHEN r.rolsuper THEN 0 ELSE
                           pg_catalog.current_setting('superuser_reserved_connections')::int END - a.clients + 1,
                       CASE WHEN d.datconnlimit < 0 OR r.rolsuper THEN 1000000
                         ELSE d.datconnlimit - a.of_database END + 1,
                       CASE WHEN r.rolconnlimit < 0 OR r.rolsuper THEN 1000000 ELSE r.rolconnlimit - a.of_role END + 1,
                       d.datname, r.rolname, pg_catalog.current_setting('max_connections')::int
                  FROM pg_catalog.pg_roles r, pg_catalog.pg_database d, LATERAL (
                    SELECT pg_catalog.count(*) FILTER (WHERE s.backend_type = 'client backend') AS clients,
                      pg_catalog.count(*) FILTER (WHERE s.datid = d.oid) AS of_database,
                           pg_catalog.count(*) FILTER (WHERE s.usesysid = r.oid) AS of_role
                             FROM pg_catalog.pg_stat_activity s) a
                 WHERE r.rolname = current_user AND d.datname = pg_catalog.current_database()""",
                row -> new Slots(row.getLong(1), row.getLong(2), row.getLong(3), row.getString(4), row.getString(5),
                        row.getLong(6)))
                .get(0);
    }

    /**
     * The holder and pg_dump lock every table once, chunks too; other sessions need some (PostgreSQL manual,
     * max_locks_per_transaction).
     */
    private Finding locks() {
        long[] counts = from.list("counting the tables", """
                SELECT pg_catalog.count(*) FILTER (WHERE c.relkind IN ('r', 'p')), pg_catalog.count(*)
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND %s""".formatted(selection.relation("c", "n")),
                row -> new long[]{row.getLong(1), row.getLong(2)}).get(0);
        empty = counts[1] == 0;
        long tables = counts[0];
        return locks(source, from, tables * 3, tables + " tables");
    }

    /**
     * Reading or refreshing a hypertable locks all of its chunks, their compressed chunks, and the indexes of both.
     * Uses names of the source.
     */
    public Optional<Finding> hypertable() {
        if (TimescaleExtension.of(from) == null) {
            return Optional.empty();
        }
        return Hypertables.mostLocks(from).map(most -> locks(target, to, most.number(), most.what()));
    }

    private static Finding locks(Server server, Session session, long needed, String what) {
        String side = server.side();
        long room = Long.parseLong(session.text("reading the size of the lock table", """
                SELECT pg_catalog.current_setting('max_locks_per_transaction')::bigint *
                  (pg_catalog.current_setting('max_connections')::bigint
                       + pg_catalog.current_setting('max_prepared_transactions')::bigint)"""));
        if (needed > room) {
            long setting = needed / Math.max(1, room / Long.parseLong(session.text("reading a setting",
                    "SELECT pg_catalog.current_setting('max_locks_per_transaction')"))) + 1;
            return Finding.stop("locks",
                    "ALTER SYSTEM SET max_locks_per_transaction = " + setting + "; and restart the " + side,
                    "%s need about %d locks at once and the %s's lock table has room for %d", what, needed, side, room);
        }
        return Finding.ok("locks", "%s need about %d locks at once, the %s has room for %d", what, needed, side, room);
    }
}

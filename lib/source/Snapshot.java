//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import lib.catalog.Selection;
import lib.server.Server;
import lib.server.Session;
import lib.server.Sessions;
import lib.server.SqlFailures;
import lib.talk.Batches;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Heartbeat;
import lib.talk.Sql;

/**
 * One consistent state of the source that any number of sessions read, whatever is written meanwhile. Its holder keeps
 * ACCESS SHARE on every table from before the snapshot to the end: a snapshot alone does not hold against TRUNCATE or a
 * rewriting ALTER TABLE (PostgreSQL manual, 13.6 "Caveats"), and a reader that asks for its lock later would queue
 * behind a TRUNCATE that waits for the holder.
 */
public final class Snapshot implements Sessions, AutoCloseable {
    private static final int ATTEMPTS = 20;
    private static final int LOCKS_A_STATEMENT = 200;
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    /**
     * Errors that another attempt can be without: a lock that is taken, a table or a schema that is no longer there.
     */
    private static final Set<String> PASSING = Set.of(LOCK_NOT_AVAILABLE, "42P01", "3F000");
    /** What the server says of a snapshot whose holder has ended or is about to: from version 16 on, and before. */
    private static final Set<String> GONE = Set.of("42704", "22023", "55000");
    /** The first one only until the operator is told. */
    private static final List<String> LOCK_WAITS = List.of("2s", "60s");

    private final Server server;
    private final Session holder;
    private final String id;
    /** Whether another machine has taken it, and may end at any time. */
    private final boolean others;
    private final String sees;
    private final Heartbeat heartbeat;

    private Snapshot(Server server, Session holder, String id, boolean others) {
        this.others = others;
        this.server = server;
        this.holder = holder;
        this.id = id;
        sees = holder.text("taking the snapshot", "SELECT pg_catalog.txid_current_snapshot()");
        // A holder that says nothing for hours is what firewalls and NAT gateways forget.
        heartbeat = new Heartbeat("snapshot", this::keepAlive);
    }

    /**
     * Locks every wanted table, then takes and exports the snapshot.
     *
     * @throws Failure when a table stays locked by somebody else for a minute, naming it
     */
    public static Snapshot take(Server server, Selection selection, Console console) {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Session holder = server.session();
            try (Session first = server.session()) {
                // The first session waits for the locks, so that the holder gets all of its own at once, after its
                // snapshot is taken.
                first.setAutoCommit(false);
                List<String> locked = tables(first, server, selection);
                waitForLocks(first, server, locked, console);
                holder.beginSnapshot();
                String id = holder.text("taking the snapshot",
                        "SELECT pg_catalog.pg_export_snapshot()");
                if (tables(holder, server, selection).equals(locked)) {
                    lock(holder, locked, " NOWAIT");
                    return new Snapshot(server, holder, id, false);
                }
                console.explain("a table was created or dropped while the snapshot was taken, trying again");
            } catch (SQLException e) {
                if (!PASSING.contains(String.valueOf(e.getSQLState()))) {
                    throw holder.failure("taking the snapshot", e);
                }
                console.explain("a table is wanted in a stronger mode or was dropped, trying again (%s)",
                        SqlFailures.message(e));
            }
            holder.close();
        }
        throw Failure.of("the tables of the source could not be locked together: its schema keeps changing")
                .hint("stop what creates, drops, truncates or alters tables on the source, then run again");
    }

    /**
     * Joins the snapshot of another machine, which holds the locks.
     *
     * @param id the identifier under which it is exported
     * @param sees what it sees
     * @throws Failure when the server does not have it
     */
    public static Snapshot join(Server server, String id, String sees) {
        Snapshot snapshot = new Snapshot(server, joined(server, id, () -> true, true), id, true);
        if (!sees.equals(snapshot.sees)) {
            snapshot.close();
            throw Failure.of("the source has another snapshot than that of the run")
                    .hint("check --source: it must be the very server of the run, not its standby or its primary");
        }
        return snapshot;
    }

    private static void waitForLocks(Session session, Server server, List<String> tables, Console console)
            throws SQLException {
        for (String timeout : LOCK_WAITS) {
            try {
                session.run("preparing the snapshot",
                        "SET LOCAL lock_timeout = '" + timeout + "'");
                lock(session, tables, "");
                return;
            } catch (SQLException e) {
                if (!LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                    throw e;
                }
                session.rollback();
                console.say("waiting, because %s", blocker(session, server).description);
            }
        }
        Blocker blocker = blocker(session, server);
        throw Failure.of("%s and stays so", blocker.description).hint("%s", blocker.remedy);
    }

    private record Blocker(String description, String remedy) {
    }

    /**
     * What another session, or a prepared transaction, holds or waits for in front of us, so that no table of its can
     * be read.
     */
    private static Blocker blocker(Session session, Server server) {
        return session.list("looking for locks", """
                SELECT pg_catalog.format('table %s of the source is locked by ', l.relation::pg_catalog.regclass)
                       || CASE WHEN p.gid IS NULL THEN pg_catalog.format('another session (pid %s)', l.pid)
                         ELSE pg_catalog.format('prepared transaction %L', p.gid) END,
                       CASE WHEN p.gid IS NULL THEN
                         pg_catalog.format('wait for that session, or end it on the source: SELECT \
                pg_terminate_backend(%s);', l.pid)
                            ELSE pg_catalog.format('end it on the source: COMMIT PREPARED %1$L; or ROLLBACK PREPARED \
                %1$L;', p.gid) END
                  FROM pg_catalog.pg_locks l
                  LEFT JOIN pg_catalog.pg_locks t ON l.pid IS NULL AND t.pid IS NULL AND t.locktype = 'transactionid'
                    AND t.virtualtransaction = l.virtualtransaction
                  LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = t.transactionid
                 WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation >= 16384
                   AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
                   AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                     WHERE d.datname = pg_catalog.current_database())
                 ORDER BY l.granted DESC, l.pid, l.relation LIMIT 1""",
                row -> new Blocker(row.getString(1), row.getString(2)))
                .stream().findFirst()
                .orElse(new Blocker("a table of the source is locked by another session", "wait for that session"));
    }

    private static List<String> tables(Session session, Server server, Selection selection) {
        return session.texts("listing the tables", """
                SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname)
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p') AND %s
                 ORDER BY c.oid""".formatted(selection.relation("c", "n")));
    }

    private static void lock(Session session, List<String> tables, String mode) throws SQLException {
        try (Statement statement = session.createStatement()) {
            for (List<String> batch : Batches.of(tables, LOCKS_A_STATEMENT)) {
                List<String> locked = batch.stream().map(table -> "ONLY " + table).toList();
                statement.execute("LOCK TABLE " + String.join(", ", locked) + " IN ACCESS SHARE MODE" + mode);
            }
        }
    }

    /** @return the identifier under which the snapshot is exported, as {@code pg_dump --snapshot} takes it */
    public String id() {
        return id;
    }

    /**
     * @return the oldest transaction that was not over when the snapshot was taken: it sees all before that one which
     * have committed (PostgreSQL manual, 9.27.6)
     */
    public long firstUnseen() {
        return Long.parseLong(sees.substring(0, sees.indexOf(':')));
    }

    /** @return what it sees, as the server writes it, by which it is told from one of the same identifier elsewhere */
    public String sees() {
        return sees;
    }

    /** @return the server of the snapshot */
    public Server server() {
        return server;
    }

    /**
     * @return the session that holds the locks; it can read every table at once, also one that a TRUNCATE waits for.
     * Synchronize on it.
     */
    public Session holder() {
        return holder;
    }

    @Override
    public String side() {
        return server.side();
    }

    @Override
    public Session session() {
        return joined(server, id, this::isHeld, others);
    }

    private static Session joined(Server server, String id, BooleanSupplier held, boolean others) {
        Session session;
        try {
            session = server.session();
        } catch (Failure e) {
            // A server that has ended is not waited for: its snapshot has ended, too.
            throw held.getAsBoolean() ? e : lost(e, others);
        }
        try {
            session.beginSnapshot();
            session.run("joining the snapshot", "SET TRANSACTION SNAPSHOT " + Sql.literal(id));
            return session;
        } catch (Failure e) {
            session.close();
            throw e.getCause() instanceof SQLException cause && GONE.contains(String.valueOf(cause.getSQLState()))
                    ? lost(e, others) : e;
        }
    }

    private static Failure lost(Failure e, boolean others) {
        if (others) {
            return Failure.again("the snapshot of the run is lost: its machine has ended").because(e);
        }
        return Failure.of("the snapshot of the source is lost: the session that held it has ended").because(e)
                .hint("look into the log of the source: somebody has ended the session, or the server has stopped or "
                        + "crashed");
    }

    /**
     * Asks for locks without waiting, in one round trip.
     *
     * @param tables quoted names
     * @return false when somebody waits for a stronger lock on one; that table must then be read through
     * {@link #holder}
     */
    public boolean tryLock(Session session, Collection<String> tables) {
        try (Statement statement = session.createStatement()) {
            try {
                statement.execute("SAVEPOINT locking; LOCK TABLE ONLY " + String.join(", ONLY ", tables)
                        + " IN ACCESS SHARE MODE NOWAIT; RELEASE locking");
            } catch (SQLException e) {
                statement.execute("ROLLBACK TO locking; RELEASE locking");
                if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
                    return false;
                }
                throw e;
            }
            return true;
        } catch (SQLException e) {
            throw session.failure(tables.size() == 1 ? "locking table " + tables.iterator().next()
                    : "locking " + Count.of(tables.size(), "table"), e);
        }
    }

    private void keepAlive() {
        if (!isHeld()) {
            // Sessions that read under the snapshot go on; one that has yet to join it will fail and say so.
            heartbeat.close();
        }
    }

    private boolean isHeld() {
        synchronized (holder) {
            try (Statement statement = holder.createStatement()) {
                statement.execute("SELECT 1");
                return true;
            } catch (SQLException e) {
                return false;
            }
        }
    }

    @Override
    public void close() {
        heartbeat.close();
        holder.close();
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.code;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lib.server.Session;
import org.postgresql.jdbc.AutoSave;

/**
 * Relations that get no index and no statistics while a session queries them: between the look of {@link PlannedCode}
 * and the query, their owner could make one, and have the session run what it calls. SHARE UPDATE EXCLUSIVE keeps out
 * CREATE INDEX, also CONCURRENTLY, and CREATE STATISTICS, but no reader and no writer (PostgreSQL manual, 13.3.1
 * "Table-Level Locks"). What a superuser or the connecting user owns needs no lock, for nobody else can index it.
 */
public final class LockedTables implements AutoCloseable {
    /**
     * So long that the server has autovacuum make way, after deadlock_timeout, which is a second (24.1.6 "The
     * Autovacuum Daemon"), and hardly longer: this session holds other locks, for which somebody may wait. It asks for
     * a lock once, and does without where somebody has it.
     */
    private static final String PATIENCE = "1500ms";
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String WRONG_OBJECT_TYPE = "42809";
    /** Statistics have expressions since then. */
    private static final int STATISTICS_OF_EXPRESSIONS = 14;

    /** Why a query of a relation was not run, as a report says it. */
    public static final String WHY_NOT =
            "its indexes or statistics call functions that no superuser owns or that need a search_path, or this "
                    + "could not be ruled out because the table could not be locked";

    private final Session session;
    private final Session now;
    private boolean begun;

    /**
     * @param session that will query the relations, and holds them until {@link #close}
     * @param now one that sees what is there now, for the planner does so too, whatever the snapshot; may be the same.
     * It is synchronized on.
     */
    public LockedTables(Session session, Session now) {
        this.session = session;
        this.now = now;
    }

    /**
     * @param relations to be queried from now on
     * @return the places in the list of those whose query may run what somebody has written, also because they cannot
     * be held
     */
    public Set<Integer> runningCode(String doing, List<PlannedCode.Queried> relations) {
        Set<Integer> found = look(doing, relations);
        if (found.isEmpty()) {
            return found;
        }
        List<Integer> held = hold(doing, relations, List.copyOf(found));
        List<PlannedCode.Queried> again = held.stream().map(place -> relations.get(place).asHeld()).toList();
        Set<Integer> coded = new HashSet<>(found);
        coded.removeAll(held);
        look(doing, again).forEach(place -> coded.add(held.get(place)));
        return coded;
    }

    private Set<Integer> look(String doing, List<PlannedCode.Queried> relations) {
        synchronized (now) {
            return PlannedCode.among(now, doing, relations);
        }
    }

    /** @return the places of those that are held */
    private List<Integer> hold(String doing, List<PlannedCode.Queried> relations, List<Integer> places) {
        try (Statement statement = session.createStatement()) {
            begin(statement);
            autosave(AutoSave.NEVER);
            String state = lock(statement, places.stream().map(relations::get).toList());
            if (WRONG_OBJECT_TYPE.equals(state) && places.size() == 1) {
                state = lockView(statement, relations.get(places.get(0)));
            }
            if (state == null) {
                return places;
            }
            List<Integer> held = new ArrayList<>();
            if (places.size() > 1 && Set.of(LOCK_NOT_AVAILABLE, INSUFFICIENT_PRIVILEGE).contains(state)) {
                for (int place : places) {
                    if (lock(statement, List.of(relations.get(place))) == null) {
                        held.add(place);
                    }
                }
            }
            return held;
        } catch (SQLException e) {
            throw session.failure(doing, e);
        } finally {
            autosave(AutoSave.ALWAYS);
        }
    }

    /** A statement that fails later must not end a transaction that is only here for the locks. */
    private void autosave(AutoSave when) {
        try {
            if (session.isAutoCommit()) {
                session.driver().setAutosave(when);
            }
        } catch (SQLException e) {
            throw session.failure("holding tables", e);
        }
    }

    private void begin(Statement statement) throws SQLException {
        if (!begun) {
            begun = true;
            statement.execute(session.isAutoCommit() ? "BEGIN" : "SAVEPOINT held");
        }
    }

    /** @return null, or the state with which the server refuses */
    private static String lock(Statement statement, List<PlannedCode.Queried> relations) throws SQLException {
        return attempt(statement,
                "LOCK TABLE "
                        + relations.stream().flatMap(relation -> relation.names().stream())
                                .collect(Collectors.joining(", "))
                        + " IN SHARE UPDATE EXCLUSIVE MODE");
    }

    /**
     * LOCK TABLE takes no materialized view. To read a DELETE takes ROW EXCLUSIVE on one, and asks for no privilege
     * before it is run, which it is not. CREATE INDEX waits for that, and CONCURRENTLY makes no index that a planner
     * looks at. Statistics do not, so nobody gets any in this database. Who may not lock the catalog is no superuser.
     */
    private static String lockView(Statement statement, PlannedCode.Queried view) throws SQLException {
        String state = attempt(statement, "PREPARE held_view AS DELETE FROM " + view.sql() + "; DEALLOCATE held_view");
        if (state != null
                || statement.getConnection().getMetaData().getDatabaseMajorVersion() < STATISTICS_OF_EXPRESSIONS) {
            return state;
        }
        String statistics = attempt(statement, "LOCK TABLE pg_catalog.pg_statistic_ext IN SHARE MODE");
        return INSUFFICIENT_PRIVILEGE.equals(statistics) ? null : statistics;
    }

    private static String attempt(Statement statement, String sql) throws SQLException {
        try {
            statement.execute("SAVEPOINT locking; SET LOCAL lock_timeout = '" + PATIENCE + "'; " + sql
                    + "; SET LOCAL lock_timeout = 0; RELEASE locking");
            return null;
        } catch (SQLException e) {
            statement.execute("ROLLBACK TO locking; RELEASE locking");
            return String.valueOf(e.getSQLState());
        }
    }

    /** Releases the locks. A session that is broken holds none. */
    @Override
    public void close() {
        if (!begun) {
            return;
        }
        begun = false;
        try (Statement statement = session.createStatement()) {
            autosave(AutoSave.NEVER);
            statement.execute(session.isAutoCommit() ? "ROLLBACK" : "ROLLBACK TO held; RELEASE held");
        } catch (SQLException e) {
            // The next statement on this session fails, too, and is reported.
            return;
        }
    }
}

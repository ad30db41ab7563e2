//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import lib.compare.ComparedTable;
import lib.compare.RowSum;
import lib.server.EventTriggers;
import lib.server.Session;
import lib.server.SessionSettings;
import lib.server.SqlFailures;
import lib.settings.ComputingSessions;
import lib.talk.Failure;

/**
 * Whether a materialized view of the target, which differs from the source's, holds what its query gives. The source's
 * query is not for us to run, and what is stored there may be out of date. The target's server runs its own with the
 * rights of the view's owner and in a restricted way (PostgreSQL manual, REFRESH MATERIALIZED VIEW), in a transaction
 * that is rolled back; until then nobody else reads the view. No event trigger sees it.
 */
final class RefreshedView {
    private final ComputingSessions target;
    private final ComparedTable view;
    private final String query;
    private boolean right;
    private UndecidedRelation undecided;

    /** @param query that reduces the view's rows on the target */
    RefreshedView(ComputingSessions target, ComparedTable view, String query) {
        this.target = target;
        this.view = view;
        this.query = query;
    }

    /** Asks the target. */
    RefreshedView compare(RowSum here, RowSum there) {
        try {
            RowSum fresh = sum();
            right = fresh.equals(there);
            if (!right && !fresh.equals(sum())) {
                leave(here, there, "every REFRESH makes other rows");
            }
        } catch (SQLException e) {
            leave(here, there, "REFRESH on the target failed: " + SqlFailures.message(e));
        } catch (Failure e) {
            leave(here, there, "the settings of the target could not be read: " + e.getMessage());
        }
        return this;
    }

    private void leave(RowSum here, RowSum there, String why) {
        boolean number = here.rows() != there.rows();
        undecided = new UndecidedRelation(view.identity(),
                "the target has " + (number ? there.number() : there.contents()) + ", the source "
                        + (number ? here.number() : here.contents()) + ", which may be out of date, and " + why,
                "to decide, run REFRESH MATERIALIZED VIEW " + view.source()
                        + "; on the source as its owner, then verify");
    }

    /** @return whether another REFRESH makes the same rows */
    boolean right() {
        return right;
    }

    /** @return why it cannot be told, or null */
    UndecidedRelation undecided() {
        return undecided;
    }

    private RowSum sum() throws SQLException {
        Session session = target.session();
        try (Statement statement = session.createStatement()) {
            EventTriggers triggers = EventTriggers.of(session);
            if (!triggers.others().isEmpty()) {
                throw Failure.of("it would fire event trigger %s with the rights of this user",
                        String.join(", ", triggers.others()));
            }
            session.setAutoCommit(false);
            statement.execute(
                    "SET LOCAL lock_timeout = '10s'; SET LOCAL constraint_exclusion TO DEFAULT; SET LOCAL jit TO "
                            + "DEFAULT");
            for (String off : triggers.off()) {
                statement.execute(off);
            }
            statement.execute("REFRESH MATERIALIZED VIEW " + view.target());
            statement.execute(SessionSettings.comparing(target.server().facts().major()));
            RowSum sum = RowSum.ask(session, List.of(query)).get(0);
            session.rollback();
            return sum;
        } finally {
            session.close();
        }
    }
}

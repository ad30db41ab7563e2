//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.List;
import java.util.function.Supplier;
import lib.catalog.ObjectKind;
import lib.catalog.OwnedObjects;
import lib.server.Session;
import lib.talk.Failure;

/** Statements of a session that happen together or not at all. */
final class Transaction {
    private Transaction() {
    }

    /** Does the work in a transaction. A failure leaves none behind. */
    static <T> T run(Session session, String doing, Supplier<T> work) {
        session.run(doing, "BEGIN");
        try {
            T done = work.get();
            session.run(doing, "COMMIT");
            return done;
        } catch (RuntimeException e) {
            rollBack(session);
            throw e;
        }
    }

    /**
     * Runs statements, and records what they make.
     *
     * @param made as the run has planned it
     */
    static void make(Session session, String doing, List<String> statements, List<OwnedObjects.Owned> made) {
        run(session, doing, () -> {
            statements.forEach(sql -> session.run(doing, sql));
            session.run(doing, ObjectKind.recording(made));
            return null;
        });
    }

    private static void rollBack(Session session) {
        try {
            session.run("rolling back a transaction", "ROLLBACK");
        } catch (Failure e) {
            // The session has ended, and the transaction with it.
        }
    }
}

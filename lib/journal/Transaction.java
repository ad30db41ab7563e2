//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.function.Supplier;
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

    private static void rollBack(Session session) {
        try {
            session.run("rolling back a transaction", "ROLLBACK");
        } catch (Failure e) {
            // The session has ended, and the transaction with it.
        }
    }
}

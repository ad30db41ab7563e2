//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends sessions from outside, whatever their servers do and whoever waits for them: what they run is cancelled, their
 * sockets are closed.
 */
public final class SessionAbort {
    /** Enough for a server that answers; one that does not must not keep anybody waiting. */
    private static final long CANCEL_MILLIS = 1_000;

    private SessionAbort() {
    }

    /** Ends one; may be called from any thread. */
    public static void abort(Session session) {
        abort(List.of(session));
    }

    /** Ends them, all at once, within about a second; may be called from any thread. */
    static void abort(Collection<Session> sessions) {
        List<Session> open = sessions.stream().filter(session -> !session.isClosed()).toList();
        CountDownLatch cancelled = new CountDownLatch(open.size());
        open.forEach(session -> beside(() -> {
            try {
                // Closing alone would leave a long COPY or CREATE INDEX running on the server.
                session.driver().cancelQuery();
            } catch (SQLException e) {
                // The session has ended by itself, or its server is out of reach: nothing can be cancelled.
            } finally {
                cancelled.countDown();
            }
        }));
        await(cancelled);
        open.forEach(session -> {
            session.closeSockets();
            // The driver's own abort would wait for a thread that is writing through TLS.
            beside(() -> {
                try {
                    session.connection.abort(Runnable::run);
                } catch (SQLException e) {
                    // The session has ended by itself.
                }
            });
        });
    }

    private static void beside(Runnable work) {
        Thread thread = new Thread(work, "aborting");
        thread.setDaemon(true);
        thread.start();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(CANCEL_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import lib.dsn.SideSockets;
import org.postgresql.PGConnection;

/**
 * Ends sessions from outside, whatever their servers do and whoever waits for them: what they run is cancelled, their
 * sockets are closed.
 */
final class SessionAbort {
    /** Enough for a server that answers; one that does not must not keep anybody waiting. */
    private static final long CANCEL_MILLIS = 1_000;
    private static final Map<Connection, SideSockets.Lot> LOTS = Collections.synchronizedMap(new WeakHashMap<>());

    private SessionAbort() {
    }

    /** Notes by which sockets a session talks. */
    static void prepare(Connection session, SideSockets.Lot lot) {
        LOTS.put(session, lot);
    }

    /** Ends them, all at once, within about a second; may be called from any thread. */
    static void abort(Collection<Connection> sessions) {
        List<Connection> open = sessions.stream().filter(session -> !isClosed(session)).toList();
        CountDownLatch cancelled = new CountDownLatch(open.size());
        open.forEach(session -> beside(() -> {
            try {
                // Closing alone would leave a long COPY or CREATE INDEX running on the server.
                session.unwrap(PGConnection.class).cancelQuery();
            } catch (SQLException e) {
                // The session has ended by itself, or its server is out of reach: nothing can be cancelled.
            } finally {
                cancelled.countDown();
            }
        }));
        await(cancelled);
        open.forEach(session -> {
            SideSockets.Lot lot = LOTS.get(session);
            if (lot != null) {
                lot.close();
            }
            // The driver's own way waits for whoever writes through TLS.
            beside(() -> {
                try {
                    session.abort(Runnable::run);
                } catch (SQLException e) {
                    // As above.
                }
            });
        });
    }

    /** @return whether a session is known to have ended */
    static boolean isClosed(Connection session) {
        try {
            return session.isClosed();
        } catch (SQLException e) {
            return true;
        }
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

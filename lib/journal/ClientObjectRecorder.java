//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.sql.SQLException;
import java.sql.Statement;
import lib.catalog.ObjectKind;
import lib.server.JournalTables;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Failure;

/**
 * Writes down what the run's client programs create, on the server itself: a block of PL/pgSQL that goes on for as long
 * as the run's session or one of its programs is there. After {@code kill -9} of the run a program still works on for a
 * while, and what it creates then is the run's as well; the last look is after its end.
 */
final class ClientObjectRecorder implements AutoCloseable {
    /** Milliseconds in which the server begins a statement, unless it is out of reach. */
    private static final int BEGINNING = 5000;
    /** It is not one of the sessions that the next run ends: it has the last word. */
    private static final String REGISTRATION = "DELETE FROM " + JournalTables.SESSION.sql()
            + " s WHERE s.pid = pg_catalog.pg_backend_pid(); INSERT INTO " + JournalTables.RECORDER.sql()
            + " SELECT a.pid, a.backend_start FROM pg_catalog.pg_stat_activity a WHERE a.pid = "
            + "pg_catalog.pg_backend_pid()";
    private static final String BLOCK = """
            DO $recorder$
            DECLARE began timestamptz; over boolean; tries int := 0;
            BEGIN
              LOOP
                began := pg_catalog.clock_timestamp();
                over := NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE %3$s OR a.datname = \
            pg_catalog.current_database()
                                       AND EXISTS (SELECT FROM %1$s s WHERE s.pid = %2$s AND s.pid = a.pid AND \
            s.started = a.backend_start));
                BEGIN
                  %4$s;
                EXCEPTION WHEN OTHERS THEN
                  -- What is dropped in the very moment cannot be named. No look is the last one that has failed, \
            unless all fail.
                  tries := tries + 1;
                  over := over AND tries > 50;
                END;
                COMMIT;
                EXIT WHEN over;
                PERFORM pg_catalog.pg_sleep(least(1, greatest(0.1, 4 * extract(epoch FROM pg_catalog.clock_timestamp() \
            - began))));
              END LOOP;
            END $recorder$""";

    private final Session session;
    private final Statement block;
    private final Thread thread;

    private ClientObjectRecorder(Session session, String sql) throws SQLException {
        this.session = session;
        block = session.createStatement();
        thread = new Thread(() -> {
            try {
                block.execute(sql);
            } catch (SQLException e) {
                // Ended by us, or with the server. The run looks once more itself.
            } finally {
                // Who waits for the last look waits for the end of the session.
                session.close();
            }
        }, "recorder");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Begins, and waits until the server has.
     *
     * @param of the session by which the run has begun the journal
     * @return null where the server cannot do it
     */
    static ClientObjectRecorder begin(Session of, Server target) {
        try {
            Session session = target.session();
            session.run("writing the journal", REGISTRATION);
            String pid = session.text("asking for the process of the session", "SELECT pg_catalog.pg_backend_pid()");
            String parent = of.text("asking for the process of the session", "SELECT pg_catalog.pg_backend_pid()");
            ClientObjectRecorder recorder = new ClientObjectRecorder(session,
                    BLOCK.formatted(JournalTables.SESSION.sql(), parent, JournalTables.OF_PROGRAM,
                            ObjectKind.recordingOfPrograms()));
            long end = System.nanoTime() + BEGINNING * 1_000_000L;
            while (recorder.thread.isAlive() && System.nanoTime() < end) {
                if ("t".equals(of.text("waiting for the journal",
                        "SELECT query LIKE 'DO $recorder$%' AND state = 'active' FROM pg_catalog.pg_stat_activity "
                                + "WHERE pid = "
                                + pid))) {
                    return recorder;
                }
            }
            recorder.close();
        } catch (SQLException | Failure e) {
            // Without room for a session, or without PL/pgSQL, the run writes down by itself what it sees.
        }
        return null;
    }

    boolean isRunning() {
        return thread.isAlive();
    }

    @Override
    public void close() {
        try {
            block.cancel();
            thread.join(BEGINNING);
        } catch (SQLException e) {
            // The session has ended.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        session.close();
    }
}

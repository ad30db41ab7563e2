//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lib.dsn.SideSockets;
import org.postgresql.util.PSQLException;

/**
 * Asks a server every few seconds whether it is there, as long as sessions of ours are: a statement may say nothing for
 * hours, a server may not. Whatever arrives on any socket is an answer, also that there is no connection slot for the
 * question. When nothing comes, the operator is told, and past the bound the server is given up.
 */
final class ServerWatch {
    /** What begins a session with these further properties of the driver. */
    interface SessionOpener {
        Session open(Properties properties) throws SQLException;
    }

    /** Short commands end before the first check. */
    private static final long EVERY_MILLIS = 5_000;
    private static final long LOOK_MILLIS = 250;
    private static final long TELL_MILLIS = 30_000;
    /** Seconds; a question that is not answered is asked anew, for its own connection may be the one that is lost. */
    private static final int QUESTION = 15;
    private static final int QUESTIONS_IN_BOUND = 2;

    /** Behind a pooler a process of that number may be somebody else's. */
    private static final String PROCESSES =
            """
            SELECT a.pid, a.wait_event_type IS NOT DISTINCT FROM 'Client' FROM pg_catalog.pg_stat_activity a
             WHERE a.usename = session_user AND a.datname = pg_catalog.current_database() AND a.pid IN (%s)""";

    private final SideSockets sockets;
    private final SessionOpener opener;
    private final long every;
    private final int question;
    private Session session;
    /** When the first question was asked that has no answer, as {@link System#nanoTime}; 0 for none. */
    private volatile long askedAt;
    private volatile boolean ended;

    private ServerWatch(SideSockets sockets, SessionOpener opener) {
        this.sockets = sockets;
        this.opener = opener;
        long timeout = TimeUnit.SECONDS.toMillis(sockets.timeout());
        every = timeout == 0 ? EVERY_MILLIS : Math.min(EVERY_MILLIS, timeout / 4);
        question = timeout == 0 ? QUESTION
                : Math.max(1, Math.min(QUESTION, sockets.timeout() / QUESTIONS_IN_BOUND));
    }

    /** Starts watching, unless it already does or nobody listens. */
    static void over(SideSockets sockets, SessionOpener opener) {
        if (sockets.console() != null && sockets.beginWatch()) {
            ServerWatch watch = new ServerWatch(sockets, opener);
            watch.thread("asking", watch::ask);
            watch.thread("watching", watch::watch);
        }
    }

    private void thread(String name, Runnable work) {
        Thread thread = new Thread(work, name + "-" + sockets.side());
        thread.setDaemon(true);
        thread.start();
    }

    private void ask() {
        for (long last = System.nanoTime(); !ended; pause()) {
            if (millisSince(last) >= every) {
                if (askedAt == 0) {
                    askedAt = System.nanoTime();
                }
                if (question()) {
                    askedAt = 0;
                }
                last = System.nanoTime();
            }
        }
        close();
    }

    /** @return whether the server has said anything to it */
    private boolean question() {
        try {
            if (session == null) {
                Properties properties = new Properties();
                properties.setProperty(NewSession.ANSWER, String.valueOf(question));
                session = opener.open(properties);
            }
            Set<Integer> awaited = sockets.timeout() == 0 ? Set.of() : sockets.lost().awaited(every);
            Map<Integer, Boolean> answer = new HashMap<>();
            try (Statement statement = session.createStatement();
                    ResultSet rows = statement.executeQuery(awaited.isEmpty() ? "SELECT 1 WHERE false"
                            : PROCESSES.formatted(awaited.stream().map(String::valueOf)
                                    .collect(Collectors.joining(", "))))) {
                while (rows.next()) {
                    answer.put(rows.getInt(1), rows.getBoolean(2));
                }
            }
            sockets.lost().judge(sockets.side(), sockets.timeout(), awaited, answer);
            return true;
        } catch (SQLException e) {
            close();
            return e instanceof PSQLException known && known.getServerErrorMessage() != null;
        }
    }

    private void close() {
        if (session != null) {
            session.close();
            session = null;
        }
    }

    private void watch() {
        boolean reported = false;
        while (!sockets.endWatch()) {
            pause();
            long silent = silentMillis();
            if (reported && silent < TELL_MILLIS) {
                reported = false;
                sockets.console().reportAnswer(sockets.side());
            } else if (!reported && silent >= TELL_MILLIS) {
                reported = true;
                sockets.console().reportSilence(sockets.side(), sockets.lastAnswerTime());
            }
            if (sockets.timeout() > 0 && silent >= TimeUnit.SECONDS.toMillis(sockets.timeout())) {
                sockets.giveUp();
            }
        }
        ended = true;
    }

    /**
     * @return since when there is a question without an answer, and nothing else came either; what had arrived before
     * may still be read for a while after the server has fallen silent
     */
    private long silentMillis() {
        long asked = askedAt;
        long heard = sockets.lastAnswer();
        return asked == 0 ? 0 : millisSince(heard - asked > 0 ? heard : asked);
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

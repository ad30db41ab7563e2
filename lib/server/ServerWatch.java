//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import lib.dsn.SideSockets;

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

    private final SideSockets sockets;
    private final SessionOpener opener;
    private final long every;
    private Session session;
    /** When the first question was asked that has no answer, as {@link System#nanoTime}; 0 for none. */
    private volatile long askedAt;
    private volatile boolean ended;

    private ServerWatch(SideSockets sockets, SessionOpener opener) {
        this.sockets = sockets;
        this.opener = opener;
        long timeout = TimeUnit.SECONDS.toMillis(sockets.timeout());
        every = timeout == 0 ? EVERY_MILLIS : Math.min(EVERY_MILLIS, timeout / 4);
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
                question();
                last = System.nanoTime();
            }
        }
        close();
    }

    private void question() {
        try {
            if (session == null) {
                Properties properties = new Properties();
                properties.setProperty("socketTimeout", String.valueOf(QUESTION));
                session = opener.open(properties);
            }
            try (Statement statement = session.createStatement()) {
                statement.execute("SELECT 1");
            }
        } catch (SQLException e) {
            // If the server has said so itself, that is an answer, and has been heard.
            close();
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
            if (askedAt != 0 && sockets.lastAnswer() - askedAt >= 0) {
                askedAt = 0;
                if (reported) {
                    reported = false;
                    sockets.console().reportAnswer(sockets.side());
                }
            }
            long silent = askedAt == 0 ? 0 : millisSince(askedAt);
            if (!reported && silent >= TELL_MILLIS) {
                reported = true;
                sockets.console().reportSilence(sockets.side(), sockets.lastAnswerTime());
            }
            if (sockets.timeout() > 0 && silent >= TimeUnit.SECONDS.toMillis(sockets.timeout())) {
                sockets.giveUp();
            }
        }
        ended = true;
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

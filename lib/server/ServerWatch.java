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
    interface Opening {
        Session open(Properties properties) throws SQLException;
    }

    /** Short commands end before the first check. */
    private static final long EVERY_MILLIS = 5_000;
    private static final long LOOK_MILLIS = 250;
    private static final long TELL_MILLIS = 30_000;
    /** Seconds; a question that is not answered is asked anew, for its own connection may be the one that is lost. */
    private static final int QUESTION = 15;

    private final SideSockets wire;
    private final Opening opening;
    private final long every;
    private Session session;
    /** When the first question was asked that has no answer, as {@link System#nanoTime}; 0 for none. */
    private volatile long asked;
    private volatile boolean ended;

    private ServerWatch(SideSockets wire, Opening opening) {
        this.wire = wire;
        this.opening = opening;
        long patience = TimeUnit.SECONDS.toMillis(wire.timeout());
        every = patience == 0 ? EVERY_MILLIS : Math.min(EVERY_MILLIS, patience / 4);
    }

    /** Starts watching, unless it already does or nobody listens. */
    static void over(SideSockets wire, Opening opening) {
        if (wire.console() != null && wire.beginWatch()) {
            ServerWatch watch = new ServerWatch(wire, opening);
            watch.thread("asking", watch::ask);
            watch.thread("watching", watch::watch);
        }
    }

    private void thread(String name, Runnable work) {
        Thread thread = new Thread(work, name + "-" + wire.side());
        thread.setDaemon(true);
        thread.start();
    }

    private void ask() {
        for (long last = System.nanoTime(); !ended; pause()) {
            if (millisSince(last) >= every) {
                if (asked == 0) {
                    asked = System.nanoTime();
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
                session = opening.open(properties);
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
        boolean told = false;
        while (!wire.endWatch()) {
            pause();
            if (asked != 0 && wire.lastAnswer() - asked >= 0) {
                asked = 0;
                if (told) {
                    told = false;
                    wire.console().answers(wire.side());
                }
            }
            long silent = asked == 0 ? 0 : millisSince(asked);
            if (!told && silent >= TELL_MILLIS) {
                told = true;
                wire.console().silent(wire.side(), wire.lastAnswerTime());
            }
            if (wire.timeout() > 0 && silent >= TimeUnit.SECONDS.toMillis(wire.timeout())) {
                wire.giveUp();
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

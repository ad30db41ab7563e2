package lib.talk;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A line at the bottom of the terminal that shows the progress, updated twice a second; nothing when stderr is not a
 * terminal.
 */
public final class ProgressLine implements AutoCloseable {
    /** Back to the beginning of the line, which is emptied. */
    public static final String AGAIN = "\r\033[K";
    /** The variable that says that the reader of stderr shows the line although it is not a terminal. */
    private static final String WANTED = "TSMIGRATE_PROGRESS";

    private final PrintWriter err;
    private final Supplier<String> state;
    private final Thread painter;
    private boolean painted;
    private volatile boolean closed;

    ProgressLine(PrintWriter err, Supplier<String> state, boolean shown) {
        this.err = err;
        this.state = state;
        painter = shown ? new Thread(this::paint, "progress") : null;
        if (painter != null) {
            painter.setDaemon(true);
            painter.start();
        }
    }

    /** @return whether the line is shown */
    static boolean isSeen() {
        return System.getenv(WANTED) != null || isTerminal() && !"dumb".equals(System.getenv("TERM"));
    }

    /**
     * {@code System.console()} also asks for stdin, which a pipe may hold; {@code test -t} (POSIX) asks for stderr
     * alone. It has to be our own stderr, which {@link ShortCommand} gives to nobody.
     */
    static boolean isTerminal() {
        try {
            ProcessBuilder builder = new ProcessBuilder("sh", "-c", "test -t 2").inheritIO();
            builder.environment().clear();
            Process test = builder.start();
            return test.waitFor(2, TimeUnit.SECONDS) && test.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void paint() {
        try {
            while (!closed) {
                synchronized (this) {
                    if (!closed) {
                        String text = Printable.alreadyPrintable(state.get()).text();
                        // Longer lines would wrap, and the carriage return would no longer reach their beginning.
                        err.print(AGAIN + (text.length() > 79 ? text.substring(0, 79) : text));
                        err.flush();
                        painted = true;
                    }
                }
                Thread.sleep(500);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Makes room for an ordinary line. */
    synchronized void clear() {
        if (painted) {
            err.print(AGAIN);
            err.flush();
            painted = false;
        }
    }

    @Override
    public void close() {
        closed = true;
        clear();
        if (painter != null) {
            painter.interrupt();
        }
    }
}

package lib.dump;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import lib.tools.Tool;

/**
 * The rows in a script of pg_restore: each COPY with its rows is handed on, in the order of the script, and everything
 * else is passed over. In COPY's text format a row is a line, and no row begins like the line that ends them
 * (PostgreSQL manual, COPY, "Text Format").
 */
final class RowScript implements Tool.Sink {
    /** What the rows are handed to. */
    interface Loader {
        /**
         * A table's rows come next.
         *
         * @param encoding of the statement and of the rows
         * @param statement without its end, one character for each byte
         */
        void begin(String encoding, String statement) throws SQLException;

        void rows(byte[] data, int length) throws SQLException;

        /** @param rows how many there were */
        void end(long rows) throws SQLException;
    }

    private static final int BATCH = 64 * 1024;
    private static final byte[] LAST = {'\\', '.', '\n'};
    private static final String ENCODING = "SET client_encoding = '";
    private static final String COPY = "COPY ";
    private static final String STDIN = " FROM stdin;\n";

    private final Loader loader;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final byte[] batch = new byte[BATCH];
    private int filled;
    private String encoding = "UTF8";
    /** What there is so far of a COPY: a name can hold line breaks. */
    private String begun = "";
    private boolean rows;
    private long count;
    /** How much of the last line has come, or -1 within a row. */
    private int ended;
    private Exception failure;

    RowScript(Loader loader) {
        this.loader = loader;
    }

    /** @return what has ended it too early, or null */
    Exception failure() {
        return failure;
    }

    /** @return whether it has come to an end between two statements */
    boolean whole() {
        return !rows && begun.isEmpty();
    }

    @Override
    public boolean take(byte[] data, int start, int length) {
        try {
            int end = start + length;
            for (int at = start; at < end;) {
                at = rows ? row(data, at, end) : statement(data, at, end);
            }
            return true;
        } catch (SQLException | RuntimeException e) {
            failure = e;
            return false;
        }
    }

    /** @return where the next line begins, or the end of the data */
    private static int afterLine(byte[] data, int start, int end) {
        int at = start;
        while (at < end && data[at] != '\n') {
            at++;
        }
        return Math.min(at + 1, end);
    }

    private int statement(byte[] data, int start, int end) throws SQLException {
        int next = afterLine(data, start, end);
        line.write(data, start, next - start);
        if (data[next - 1] != '\n') {
            return next;
        }
        String text = begun + line.toString(StandardCharsets.ISO_8859_1);
        line.reset();
        begun = "";
        if (text.startsWith(ENCODING)) {
            encoding = text.substring(ENCODING.length(), text.indexOf('\'', ENCODING.length()));
        } else if (text.startsWith(COPY)) {
            if (text.endsWith(STDIN) && text.chars().filter(letter -> letter == '"').count() % 2 == 0) {
                loader.begin(encoding, text.substring(0, text.length() - STDIN.length()));
                rows = true;
                count = 0;
                ended = 0;
            } else {
                begun = text;
            }
        }
        return next;
    }

    private int row(byte[] data, int start, int end) throws SQLException {
        if (ended >= 0 && data[start] == LAST[ended]) {
            if (++ended == LAST.length) {
                flush();
                loader.end(count);
                rows = false;
            }
            return start + 1;
        }
        if (ended > 0) {
            add(LAST, 0, ended);
        }
        ended = -1;
        int next = afterLine(data, start, end);
        add(data, start, next - start);
        if (data[next - 1] == '\n') {
            count++;
            ended = 0;
        }
        return next;
    }

    private void add(byte[] data, int start, int length) throws SQLException {
        for (int at = start, end = start + length; at < end;) {
            int some = Math.min(end - at, BATCH - filled);
            System.arraycopy(data, at, batch, filled, some);
            filled += some;
            at += some;
            if (filled == BATCH) {
                flush();
            }
        }
    }

    private void flush() throws SQLException {
        if (filled > 0) {
            loader.rows(batch, filled);
            filled = 0;
        }
    }
}

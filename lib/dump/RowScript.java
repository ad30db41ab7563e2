package lib.dump;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import lib.tools.Tool;

/**
 * The rows in a script of pg_restore: each COPY with its rows is handed on, in the order of the script, and everything
 * else is passed over.
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
    private static final String ENCODING = "SET client_encoding = '";
    private static final String COPY = "COPY ";
    private static final String STDIN = " FROM stdin;\n";

    private final Loader loader;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final byte[] batch = new byte[BATCH];
    private final CopyRows copied = new CopyRows();
    private int filled;
    private String encoding = "UTF8";
    /** What there is so far of a COPY: a name can hold line breaks. */
    private String begun = "";
    private boolean rows;
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

    private int statement(byte[] data, int start, int end) throws SQLException {
        int next = CopyRows.afterLine(data, start, end);
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
                copied.begin();
            } else {
                begun = text;
            }
        }
        return next;
    }

    private int row(byte[] data, int start, int end) throws SQLException {
        byte[] held = copied.heldBack();
        int length = copied.next(data, start, end);
        if (copied.ended()) {
            flush();
            loader.end(copied.count());
            rows = false;
        } else if (copied.heldBack().length <= held.length) {
            add(held, 0, held.length);
            add(data, start, length);
        }
        return start + length;
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

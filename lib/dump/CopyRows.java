package lib.dump;

import java.util.Arrays;

/**
 * Where the rows of a COPY end. In its text format a row is a line, and no row begins like the line that ends them
 * (PostgreSQL manual, COPY, "Text Format").
 */
final class CopyRows {
    private static final byte[] LAST = {'\\', '.', '\n'};

    private static final byte[] NONE = {};

    private long count;
    /** How much of the last line has come, or -1 within a row. */
    private int ended;

    /** Rows come next. */
    void begin() {
        count = 0;
        ended = 0;
    }

    /** @return whether the last line has come */
    boolean ended() {
        return ended == LAST.length;
    }

    /** @return how many rows there were */
    long count() {
        return count;
    }

    /** @return how much of the data, from {@code start} on, belongs together: a row, or the end of one, or less */
    int next(byte[] data, int start, int end) {
        if (ended >= 0 && data[start] == LAST[ended]) {
            ended++;
            return 1;
        }
        ended = -1;
        int next = afterLine(data, start, end);
        if (data[next - 1] == '\n') {
            count++;
            ended = 0;
        }
        return next - start;
    }

    /**
     * @return what {@link #next} has been given that may yet be the last line: it is a row's when more of that comes
     */
    byte[] heldBack() {
        return ended <= 0 ? NONE : Arrays.copyOf(LAST, ended);
    }

    /** @return where the next line begins, or the end of the data */
    static int afterLine(byte[] data, int start, int end) {
        int at = start;
        while (at < end && data[at] != '\n') {
            at++;
        }
        return Math.min(at + 1, end);
    }
}

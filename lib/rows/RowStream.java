//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.sql.SQLException;
import java.util.function.LongConsumer;
import lib.server.LoadingCopy;
import lib.server.Session;
import lib.server.TerminationMessage;
import lib.talk.Bytes;
import lib.talk.Failure;
import org.postgresql.copy.CopyOut;

/**
 * A COPY of the source that flows into a COPY of the target, with nothing in between but a buffer and the row that is
 * being read. Both servers work at the same time, because several MB fit into the sockets of the operating system;
 * whoever is faster waits there.
 */
final class RowStream {
    private static final int BATCH = 64 * 1024;
    /** MB; enough for the largest row that COPY takes. */
    private static final int HEAP = 1200;

    private final Throttle throttle;
    private final LongConsumer moved;
    private final byte[] batch = new byte[BATCH];
    private Part part;
    private LoadingCopy in;
    private TerminationMessage source;

    /** @param moved is told how many bytes have gone, in COPY's format */
    RowStream(Throttle throttle, LongConsumer moved) {
        this.throttle = throttle;
        this.moved = moved;
    }

    /**
     * @return the rows that were sent, and those that the target says have arrived, which is for the caller to compare
     */
    record Moved(long sent, long arrived) {
    }

    /**
     * Moves a part, within transactions that the caller ends.
     *
     * @param format the options of COPY on both sides
     * @param loading further ones of the target's, such as {@code FREEZE}, or empty
     * @throws Failure naming the table and the side
     */
    Moved move(Part what, Session from, Session to, String format, String loading) {
        part = what;
        try {
            source = from.termination();
            in = new LoadingCopy(to);
            in.begin("COPY " + part.loading() + " FROM STDIN (" + format + loading + ")");
            CopyOut out = read(from, format);
            pump(out, from);
            return new Moved(out.getHandledRowCount(), in.end());
        } catch (SQLException e) {
            throw to.failure("loading table " + part, in == null ? e : in.reasonFor(e));
        } catch (OutOfMemoryError e) {
            // Thrown for the one row, far too large; there is room for everything else.
            throw Failure.of("a row of table %s does not fit into the memory of Java, which may use %s", part.table(),
                    Bytes.text(Runtime.getRuntime().maxMemory()))
                    .hint("run it with a larger heap, such as JAVA_TOOL_OPTIONS=-Xmx%dm, or with fewer --jobs", HEAP);
        }
    }

    private CopyOut read(Session from, String options) {
        try {
            return from.driver().getCopyAPI()
                    .copyOut("COPY " + part.reading() + " TO STDOUT (" + options + ")");
        } catch (SQLException e) {
            throw from.failure("reading table " + part, source.reasonFor(e));
        }
    }

    private void pump(CopyOut out, Session from) throws SQLException {
        int filled = 0;
        for (byte[] row = next(out, from); row != null; row = next(out, from)) {
            if (filled + row.length > BATCH) {
                write(batch, filled);
                filled = 0;
            }
            if (row.length > BATCH) {
                write(row, row.length);
            } else {
                System.arraycopy(row, 0, batch, filled, row.length);
                filled += row.length;
            }
        }
        write(batch, filled);
    }

    private byte[] next(CopyOut out, Session from) {
        try {
            return out.readFromCopy();
        } catch (SQLException e) {
            throw from.failure("reading table " + part, source.reasonFor(e));
        }
    }

    private void write(byte[] data, int length) throws SQLException {
        throttle.pass(length);
        in.write(data, length);
        moved.accept(length);
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.PGStream;
import org.postgresql.core.QueryExecutorBase;
import org.postgresql.core.VisibleBufferedInputStream;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.postgresql.util.ServerErrorMessage;
import org.postgresql.util.internal.PgBufferedOutputStream;

/**
 * What a server has said when it ended a session. The driver loses it where it writes: it does not read meanwhile, and
 * closes the session when a write fails; and what it has read of a fatal error in a COPY it forgets when the end of the
 * stream follows at once. So the end of the stream is kept here, and a write that fails looks for it first.
 *
 * <p>
 * There is no public way to a connection's streams; the names of the driver's fields are those of the one version that
 * we use.
 */
public final class TerminationMessage extends InputStream {
    private static final int KEPT = 8 * 1024;
    /** An end that is on its way is here at once; a server that is gone says nothing. */
    private static final int PATIENCE_MILLIS = 1000;
    /** The driver's own buffer, as large, comes after it. */
    private static final int BUFFER = 8 * 1024;

    /** What a failed write throws instead of "broken pipe". */
    static final class ServerMessageException extends IOException {
        private static final long serialVersionUID = 1;

        private final transient ServerErrorMessage message;

        private ServerMessageException(ServerErrorMessage message, IOException e) {
            super(message.getMessage(), e);
            this.message = message;
        }
    }

    private final InputStream stream;
    private final PGStream session;
    private final byte[] end = new byte[KEPT];
    private int filled;

    private TerminationMessage(InputStream stream, PGStream session) {
        this.stream = stream;
        this.session = session;
    }

    /** Begins to keep the end of what a server says in a session, if that is not done already. */
    static TerminationMessage of(Connection connection) throws SQLException {
        try {
            PGStream session = (PGStream) field(QueryExecutorBase.class, "pgStream")
                    .get(connection.unwrap(BaseConnection.class).getQueryExecutor());
            Object input = field(PGStream.class, "pgInput").get(session);
            Field wrapped = field(VisibleBufferedInputStream.class, "wrapped");
            InputStream stream = (InputStream) wrapped.get(input);
            if (stream instanceof TerminationMessage known) {
                return known;
            }
            TerminationMessage words = new TerminationMessage(stream, session);
            wrapped.set(input, words);
            Field output = field(PGStream.class, "pgOutput");
            output.set(session,
                    new PgBufferedOutputStream(words.new WatchedOutput((OutputStream) output.get(session)), BUFFER));
            return words;
        } catch (ReflectiveOperationException e) {
            throw new SQLException("the JDBC driver is not the one that this was made for", e);
        }
    }

    private static Field field(Class<?> owner, String name) throws ReflectiveOperationException {
        Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /** @return the server's own words, where a write that failed has found them; else what was thrown */
    public static SQLException of(SQLException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ServerMessageException told && told.message != null) {
                SQLException why = new PSQLException(told.message);
                why.initCause(e);
                return why;
            }
        }
        return e;
    }

    /** @return whether the server has said that it failed, and nobody has read it yet */
    public boolean failed() throws IOException {
        return session.hasMessagePending() && session.peekChar() == 'E';
    }

    /**
     * @return why the session has ended, in the server's words where it has said any; what is no end of a session, or
     * one that we have made, is returned as it is
     */
    public SQLException reasonFor(SQLException e) {
        if (e instanceof PSQLException known && known.getServerErrorMessage() != null
                || !String.valueOf(e.getSQLState()).startsWith("08")
                || session.getSocket().isClosed()) {
            return e;
        }
        drain();
        ServerErrorMessage message = message();
        SQLException why = message != null ? new PSQLException(message)
                : new PSQLException("the server closed the connection without a word", PSQLState.CONNECTION_FAILURE);
        why.initCause(e);
        return why;
    }

    private IOException withReason(IOException e) {
        if (session.getSocket().isClosed()) {
            return e;
        }
        drain();
        ServerErrorMessage message = message();
        return message == null ? e : new ServerMessageException(message, e);
    }

    /** Reads what has arrived before the server closed the connection. */
    private void drain() {
        byte[] rest = new byte[KEPT];
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        try {
            session.getSocket().setSoTimeout(PATIENCE_MILLIS);
            while (System.nanoTime() < deadline && read(rest, 0, rest.length) >= 0) {
                // It is kept.
            }
        } catch (IOException e) {
            // Nothing more comes.
        }
    }

    /**
     * The last message of the stream: an error, or the notice that another process of the server has crashed
     * (PostgreSQL manual, 55.7).
     */
    private ServerErrorMessage message() {
        for (int at = Math.max(0, filled - KEPT); at < filled - 5; at++) {
            int length = (end[at + 1] & 0xff) << 24 | (end[at + 2] & 0xff) << 16 | (end[at + 3] & 0xff) << 8
                    | end[at + 4] & 0xff;
            if ((end[at] == 'E' || end[at] == 'N') && at + 1 + length == filled && end[at + 5] == 'S'
                    && end[filled - 1] == 0) {
                return new ServerErrorMessage(new String(end, at + 5, length - 5, StandardCharsets.UTF_8));
            }
        }
        return null;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int count = stream.read(buffer, offset, length);
        if (count > 0) {
            int kept = Math.min(count, KEPT);
            int before = Math.min(filled, KEPT - kept);
            System.arraycopy(end, filled - before, end, 0, before);
            System.arraycopy(buffer, offset + count - kept, end, before, kept);
            filled = before + kept;
        }
        return count;
    }

    @Override
    public int available() throws IOException {
        return stream.available();
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }

    /** What goes to the server. */
    private final class WatchedOutput extends FilterOutputStream {
        WatchedOutput(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[]{(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                out.write(bytes, offset, length);
            } catch (IOException e) {
                throw withReason(e);
            }
        }

        @Override
        public void flush() throws IOException {
            try {
                out.flush();
            } catch (IOException e) {
                throw withReason(e);
            }
        }
    }
}

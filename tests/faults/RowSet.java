//DEPS org.postgresql:postgresql:42.7.14

package faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;

/**
 * The number of rows and the sum of their checksums, which is the same for the same rows in any order, equal ones
 * counted: what sorting them would tell, without the time that it takes.
 */
final class RowSet {
    private final MessageDigest md5;
    private long rows;
    private long high;
    private long low;

    RowSet() {
        try {
            md5 = MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The rows of a query, in the transaction of the connection. */
    static RowSet of(Connection connection, String query) throws SQLException {
        RowSet set = new RowSet();
        try {
            connection.unwrap(PGConnection.class).getCopyAPI().copyOut("COPY (" + query + ") TO STDOUT", set.lines());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return set;
    }

    private OutputStream lines() {
        return new OutputStream() {
            private final ByteArrayOutputStream line = new ByteArrayOutputStream();

            @Override
            public void write(int next) {
                if (next == '\n') {
                    add(line.toByteArray());
                    line.reset();
                } else {
                    line.write(next);
                }
            }
        };
    }

    void add(byte[] row) {
        ByteBuffer sum = ByteBuffer.wrap(md5.digest(row));
        rows++;
        high += sum.getLong();
        low += sum.getLong();
    }

    long rows() {
        return rows;
    }

    @Override
    public String toString() {
        return "%d rows %016x%016x".formatted(rows, high, low);
    }
}

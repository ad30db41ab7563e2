//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.postgresql.copy.CopyIn;

/**
 * COPY FROM STDIN statements of one session, one after another. A server that has failed takes all the rest and drops
 * it (PostgreSQL manual, 55.2.6), which can be hours of reading in vain; so it is looked now and then whether it has
 * said something.
 */
public final class LoadingCopy {
    private static final long EACH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Session to;
    private final TerminationMessage termination;
    private CopyIn in;
    private long asked;

    public LoadingCopy(Session to) throws SQLException {
        this.to = to;
        termination = to.termination();
    }

    /** The first look comes after a second: it takes a millisecond, and many tables take less. */
    public void begin(String statement) throws SQLException {
        asked = System.nanoTime();
        in = to.driver().getCopyAPI().copyIn(statement);
    }

    /** @param length how many of the bytes are sent */
    public void write(byte[] data, int length) throws SQLException {
        in.writeToCopy(data, 0, length);
        if (System.nanoTime() - asked > EACH_NANOS) {
            asked = System.nanoTime();
            endIfRefused();
        }
    }

    private void endIfRefused() throws SQLException {
        boolean failed;
        try {
            failed = termination.failed();
        } catch (IOException e) {
            // The next row that is written will tell.
            return;
        }
        if (failed) {
            in.endCopy();
        }
    }

    /** @return the rows that have arrived, by the server's count */
    public long end() throws SQLException {
        return in.endCopy();
    }

    /** @return what the server has said of an error of the connection, or else the error itself */
    public SQLException reasonFor(SQLException e) {
        return termination.reasonFor(e);
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Set;
import javax.net.ssl.SSLException;
import lib.dsn.Dsn;
import lib.dsn.SideSockets;
import lib.talk.Failure;
import lib.talk.Printable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Turns what the driver throws into one line that says what is wrong, on which side, and what to do about it. */
public final class SqlFailures {
    private static final String LACKS_PRIVILEGE = "42501";
    /** Wrong values, violated constraints, and errors that functions raise. */
    private static final Set<String> REFUSED_VALUES = Set.of("02", "21", "22", "23", "38", "39", "42", "44", "P0");

    /** What cannot be done there, by nobody or not by this user, now or ever. */
    private static final Set<String> REFUSED_STATEMENTS = Set.of("0A", "22", "2B", "42");

    private SqlFailures() {
    }

    /** Why a connection could not be opened (SQLSTATE: PostgreSQL manual, appendix A). */
    static Failure failure(Dsn dsn, SQLException e) {
        Failure gone = SideSockets.failure(e);
        if (gone != null) {
            return gone;
        }
        return Failure.of("could not connect to the %s: %s", dsn.side(), reason(dsn, e)).because(e).hint("%s",
                ConnectionRemedy.of(dsn, e));
    }

    /** A statement that failed on one side; the server's own words stand in the detail. */
    public static Failure statement(String side, String doing, SQLException thrown) {
        Failure gone = SideSockets.failure(thrown);
        if (gone != null) {
            return gone;
        }
        SQLException e = TerminationMessage.of(thrown);
        Failure failure = Failure.of("%s failed on the %s: %s", doing, side, message(e)).because(e);
        ServerErrorMessage server = e instanceof PSQLException known ? known.getServerErrorMessage() : null;
        addDetail(failure, e);
        if (server != null && server.getHint() != null) {
            failure.hint("the %s says: %s", side, server.getHint());
        } else if (server != null && server.getWhere() != null && LACKS_PRIVILEGE.equals(e.getSQLState())) {
            // The right is missing to another user than ours: the server runs the functions of an index, of statistics
            // or of a materialized view as their owner.
            failure.detail("%s", Printable.lines(server.getWhere().lines().toList()))
                    .hint("grant the privilege to the role that the function runs as, "
                            + "which for an index, statistics or a materialized view is their owner: GRANT privilege "
                            + "ON object TO owner;");
        } else {
            ConnectionRemedy.besideTheStatement(side, String.valueOf(e.getSQLState()))
                    .ifPresent(hint -> failure.hint("%s", hint));
        }
        return failure;
    }

    /** Adds the detail that the server has told, if it has told any. */
    public static void addDetail(Failure failure, SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException known ? known.getServerErrorMessage() : null;
        if (server != null && server.getDetail() != null) {
            failure.detail("%s", Printable.lines(server.getDetail().lines().toList()));
        }
    }

    /**
     * @return whether a server has refused what it was given, and would refuse nothing else (SQLSTATE: PostgreSQL
     * manual, appendix A)
     */
    public static boolean refusesValues(Failure failure) {
        return isOf(failure, REFUSED_VALUES);
    }

    /** @return whether a server has refused the statement, and would refuse it again */
    public static boolean refusesStatement(Failure failure) {
        return isOf(failure, REFUSED_STATEMENTS);
    }

    private static boolean isOf(Failure failure, Set<String> classes) {
        return failure.getCause() instanceof SQLException e && e.getSQLState() != null
                && classes.contains(TerminationMessage.of(e).getSQLState().substring(0, 2));
    }

    /** @return the server's primary message, or the driver's */
    public static String message(SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException known ? known.getServerErrorMessage() : null;
        return server != null && server.getMessage() != null ? server.getMessage()
                : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static String reason(Dsn dsn, SQLException e) {
        if (ConnectionRemedy.wantsPassword(dsn, e)) {
            return "the server asks for a password and none was given";
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return "could not translate host name \"" + dsn.host() + "\" to an address";
            } else if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
                // Java 21 adds in which call.
                String reason = String.valueOf(cause.getMessage()).replace(" (connect failed)", "");
                return "nothing answers at \"" + dsn.host() + "\" port " + dsn.port() + " (" + reason + ")";
            } else if (cause instanceof SocketTimeoutException) {
                return "\"" + dsn.host() + "\" port " + dsn.port() + " did not answer in time";
            } else if (cause instanceof EOFException) {
                return "the server closed the connection";
            } else if (cause instanceof SSLException) {
                return "TLS failed: " + cause.getMessage();
            }
        }
        return message(e);
    }
}

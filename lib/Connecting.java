//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Dsn.java Failure.java LastWords.java ShellScript.java Shown.java Wire.java
package lib;

import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Turns what the driver throws into one line that says what is wrong, on which side, and what to do about it. */
public final class Connecting {
    /** What of the driver compares the name with the certificate, and is named in its message whatever the language. */
    private static final String NAME_CHECK = "PgjdbcHostnameVerifier";
    private static final String LACKS_PRIVILEGE = "42501";

    private Connecting() {
    }

    /** Why a connection could not be opened (SQLSTATE: PostgreSQL manual, appendix A). */
    public static Failure failure(Dsn dsn, SQLException e) {
        Failure gone = Wire.failure(e);
        if (gone != null) {
            return gone;
        }
        String side = dsn.side();
        String state = String.valueOf(e.getSQLState());
        Failure failure = Failure.refused("could not connect to the %s: %s", side, reason(dsn, e)).because(e);
        if (wantsPassword(dsn, e)) {
            return failure.hint("give the password of user \"%s\" in ~/.pgpass, PGPASSWORD or the connection string in $%s", dsn.user(),
                    side.toUpperCase(Locale.ROOT));
        }
        if (caused(e, CertificateException.class)) {
            return failure.hint("name the file with the authority that has signed the certificate of the %s: sslrootcert=…; "
                    + "sslmode=disable would go on without encryption", side);
        }
        if (String.valueOf(e.getMessage()).contains(NAME_CHECK)) {
            return failure.hint("connect to the %s under a name that its certificate has, with hostaddr=… if that name does not lead there; "
                    + "sslmode=verify-ca would not compare names", side);
        }
        return switch (state) {
            case "28P01" -> failure.hint("check the password of user \"%s\" for the %s: in the connection string, PGPASSWORD or ~/.pgpass",
                    dsn.user(), side);
            case "28000" -> failure.hint("ask for a line in pg_hba.conf of the %s, or try sslmode=require", side);
            case "3D000" -> failure.hint("check the database name of the %s; what there is says: psql -l %s", side,
                    ShellScript.quoted(dsn.withDatabase("postgres").display()));
            case "53300" -> failure.hint("the %s has no connection slot left: end other sessions, or let fewer jobs run at once", side);
            case "08004" -> failure.hint("check user and password of the %s", side);
            default -> failure.hint("check host, port and firewall of the %s (%s)", side, dsn.display());
        };
    }

    /** @return whether the server asked for a password and none was given */
    static boolean wantsPassword(Dsn dsn, SQLException e) {
        return dsn.password() == null && ("28P01".equals(e.getSQLState()) || "08004".equals(e.getSQLState()));
    }

    /** A statement that failed on one side; the server's own words stand in the detail. */
    public static Failure statement(String side, String doing, SQLException thrown) {
        Failure gone = Wire.failure(thrown);
        if (gone != null) {
            return gone;
        }
        SQLException e = LastWords.of(thrown);
        Failure failure = Failure.step("%s failed on the %s: %s", doing, side, words(e)).because(e);
        ServerErrorMessage server = e instanceof PSQLException known ? known.getServerErrorMessage() : null;
        if (server != null && server.getDetail() != null) {
            failure.detail("%s", Shown.lines(server.getDetail().lines().toList()));
        }
        if (server != null && server.getHint() != null) {
            failure.hint("the %s says: %s", side, server.getHint());
        } else if (server != null && server.getWhere() != null && LACKS_PRIVILEGE.equals(e.getSQLState())) {
            // Who is to have it is not our user: the server runs a function of an index, of statistics or of a materialized view as their owner.
            failure.detail("%s", Shown.lines(server.getWhere().lines().toList())).hint("grant what is missing to the role as which this function of the database runs, "
                    + "which for an index, statistics or a materialized view is their owner: GRANT privilege ON object TO owner;");
        } else {
            next(side, String.valueOf(e.getSQLState())).ifPresent(hint -> failure.hint("%s", hint));
        }
        return failure;
    }

    /** What to do about a failure that has its cause beside the statement (SQLSTATE: PostgreSQL manual, appendix A). */
    private static Optional<String> next(String side, String state) {
        return Optional.ofNullable(switch (state) {
            case LACKS_PRIVILEGE -> "connect to the " + side + " as a user who may do that, or make this one a member of the owner: GRANT owner TO user;";
            case "53100" -> "make room on the disk of the " + side;
            case "53200" -> "give the " + side + " more memory, or lower --jobs";
            case "55P03" -> "another session of the " + side + " has a lock that was waited for: end it, or wait for its end; pg_locks says which it is";
            case "57014" -> "somebody has cancelled a statement of ours on the " + side + " (pg_cancel_backend): its log says when";
            case "57P01" -> "somebody has ended a session of ours on the " + side + " (pg_terminate_backend, a shutdown or a failover): its log says when";
            case "57P02" -> "a process of the " + side + " has crashed, and all sessions ended with it: its log says why";
            case "57P03" -> "the " + side + " starts or stops: wait until psql can connect to it";
            case "08006" -> "look into the log of the " + side + ": somebody has ended the session, its process was killed or has crashed, or something "
                    + "between here and there has cut the connection";
            default -> null;
        });
    }

    /** @return the server's primary message, or the driver's */
    public static String words(SQLException e) {
        ServerErrorMessage server = e instanceof PSQLException known ? known.getServerErrorMessage() : null;
        return server != null && server.getMessage() != null ? server.getMessage() : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }

    private static boolean caused(Throwable e, Class<? extends Throwable> kind) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static String reason(Dsn dsn, SQLException e) {
        if (wantsPassword(dsn, e)) {
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
        return words(e);
    }
}

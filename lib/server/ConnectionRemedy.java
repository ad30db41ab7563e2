//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.dsn.Dsn;
import lib.talk.ShellScript;
import lib.talk.Sql;
import org.postgresql.util.GT;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What to do about a connection that was refused or has ended. One SQLSTATE has several causes; which it was is told by
 * the name of the server's function that has reported it, which no language of its messages changes (PostgreSQL manual,
 * 55.8 "Error and Notice Message Fields").
 */
final class ConnectionRemedy {
    /**
     * The class of the driver that compares the host name with the certificate; its message names it in every language.
     */
    private static final String NAME_CHECK = "PgjdbcHostnameVerifier";
    /**
     * The function that checks whether the role exists, may log in and has a connection left
     * (src/backend/utils/init/miscinit.c).
     */
    private static final String OF_ROLE = "InitializeSessionUserId";
    /**
     * The function that checks whether the database accepts connections, of this user too, and has one left
     * (src/backend/utils/init/postinit.c).
     */
    private static final String OF_DATABASE = "CheckMyDatabase";
    private static final Pattern ADDRESS = Pattern.compile("\"([0-9.]+|[0-9a-fA-F.]*:[0-9a-fA-F:.]*)\"");

    private ConnectionRemedy() {
    }

    /** @return what to do next, in a line that may hold SQL (SQLSTATE: PostgreSQL manual, appendix A) */
    static String of(Dsn dsn, SQLException e) {
        String side = dsn.side();
        String state = String.valueOf(e.getSQLState());
        ServerErrorMessage server = e instanceof PSQLException known ? known.getServerErrorMessage() : null;
        if (wantsPassword(dsn, e)) {
            return "give the password of user \"%s\" in ~/.pgpass, PGPASSWORD or the connection string in $%s"
                    .formatted(dsn.user(), side.equals("target") ? "TARGET" : "SOURCE");
        } else if (caused(e, CertificateException.class)) {
            return ("name the file with the authority that has signed the certificate of the %s: sslrootcert=…; "
                    + "sslmode=disable would go on without encryption")
                    .formatted(side);
        } else if (String.valueOf(e.getMessage()).contains(NAME_CHECK)) {
            return ("connect to the %s under a name that its certificate has, with hostaddr=… if that name does "
                    + "not lead "
                    + "there; sslmode=verify-ca would not "
                    + "compare names").formatted(side);
        } else if (server != null && server.getHint() != null) {
            return "the %s says: %s".formatted(side, server.getHint());
        }
        return "08004".equals(state) ? rejected(dsn, e) : OF_ROLE.equals(routine(server)) ? role(dsn, state, message(e))
                : OF_DATABASE.equals(routine(server)) ? database(dsn, state, e) : byState(dsn, state, e);
    }

    /** @return whether the server asked for a password and none was given */
    static boolean wantsPassword(Dsn dsn, SQLException e) {
        return dsn.password() == null && ("28P01".equals(e.getSQLState())
                || "08004".equals(e.getSQLState()) && !isUnencrypted(e) && !lacksTls(e));
    }

    /** The failure comes from the driver, not from the server. */
    private static String rejected(Dsn dsn, SQLException e) {
        String offered = dsn.triesTlsFirst() == null ? "which sslmode=disable prevents: use sslmode=require"
                : "which the " + dsn.side() + " does not offer: have TLS turned on there (ssl = on)";
        return lacksTls(e) ? "have TLS turned on there (ssl = on); sslmode=prefer would go on without encryption"
                : isUnencrypted(e) ? "channel_binding=require needs an encrypted connection, " + offered
                        + ", or use channel_binding=prefer"
                : "require".equals(dsn.jdbcProperties().getProperty("channelBinding"))
                        ? "channel_binding=require needs a password that is checked by scram-sha-256 through TLS: "
                                + "have pg_hba.conf say so for this user, or use channel_binding=prefer"
                : "check user and password of the " + dsn.side();
    }

    private static boolean lacksTls(SQLException e) {
        return GT.tr("The server does not support SSL.").equals(e.getMessage());
    }

    private static boolean isUnencrypted(SQLException e) {
        return GT.tr("Channel Binding is required, but SSL is not in use").equals(e.getMessage());
    }

    private static String role(Dsn dsn, String state, String message) {
        String alter = "as a superuser of the " + dsn.side() + ": ALTER ROLE " + Sql.ident(dsn.user());
        return state.equals("53300") ? alter + " CONNECTION LIMIT -1; or end other sessions of this role"
                // Both states are 28000.
                : message.contains("not permitted to log in")
                        ? "name another user, or let this one log in, " + alter + " LOGIN;"
                : "check the name of the user, and that it is a role which may log in";
    }

    private static String database(Dsn dsn, String state, SQLException e) {
        String database = Sql.ident(dsn.database());
        String by = ", as its owner or a superuser of the " + dsn.side() + ": ";
        return switch (state) {
            case "42501" -> "let this user connect to the database" + by + "GRANT CONNECT ON DATABASE " + database
                    + " TO " + Sql.ident(dsn.user()) + ";";
            case "53300" -> by.substring(2) + "ALTER DATABASE " + database
                    + " CONNECTION LIMIT -1; or end other sessions of this database";
            case "55000" ->
                "let the database take connections" + by + "ALTER DATABASE " + database + " ALLOW_CONNECTIONS true;";
            default -> byState(dsn, state, e);
        };
    }

    private static String byState(Dsn dsn, String state, SQLException e) {
        String side = dsn.side();
        return switch (state) {
            case "28P01" ->
                ("check the password of user \"%s\" for the %s: in the connection string, PGPASSWORD or ~/.pgpass; "
                        + "where it is right, it may have expired, "
                        + "then as a superuser: ALTER ROLE %s VALID UNTIL 'infinity';")
                        .formatted(dsn.user(), side, Sql.ident(dsn.user()));
            case "28000" -> line(dsn, message(e))
                    + (dsn.triesTlsFirst() == null && !dsn.isEncrypted() ? "; or try sslmode=require" : "");
            case "3D000" -> "check the database name of the %s; list the databases: psql -l %s".formatted(side,
                    ShellScript.quoted(dsn.withDatabase("postgres").display()));
            // The driver gives no cause when it has reached a server.
            case "08001" -> e.getCause() == null
                    && dsn.jdbcProperties().getProperty("targetServerType", "any").matches("primary|secondary")
                            ? ("no host of the %s is what target_session_attrs asks for: name another one, or use "
                                    + "target_session_attrs=any")
                                    .formatted(side)
                            : reach(dsn);
            case "57P05" -> longer(dsn, "idle_session_timeout");
            case "57014" -> longer(dsn, "statement_timeout");
            case "53300" ->
                "the %s has no connection slot left: end other sessions, or use fewer workers (--jobs)".formatted(side);
            // Such as TimescaleDB's library, which reads its catalog before the first statement of a session.
            case "42501" ->
                "let user \"%s\" do that, as a superuser of the %s: for a schema, GRANT USAGE ON SCHEMA its_name TO %s;"
                        .formatted(dsn.user(), side, Sql.ident(dsn.user()));
            // Setting it to an empty value would load a library without a name.
            case "58P01" ->
                ("install the library on the server of the %s, or have no setting load it with each session, as a "
                        + "superuser there: ALTER DATABASE %2$s RESET session_preload_libraries; "
                        + "ALTER ROLE %3$s RESET session_preload_libraries; ALTER ROLE %3$s IN DATABASE %2$s RESET "
                        + "session_preload_libraries;")
                        .formatted(side, Sql.ident(dsn.database()), Sql.ident(dsn.user()));
            default -> besideTheStatement(side, state.equals("08006") ? "" : state)
                    .orElse(e instanceof PSQLException known && known.getServerErrorMessage() != null
                            ? "the %s was reached and refuses the session: its log says more".formatted(side)
                            : reach(dsn));
        };
    }

    /**
     * Settings for a user in one database override all others except those of the connection string (PostgreSQL manual,
     * ALTER ROLE).
     */
    private static String longer(Dsn dsn, String timeout) {
        return timeout + " of the " + dsn.side() + " leaves no time to begin a session: "
                + (dsn.jdbcProperties().getProperty("options", "").contains(timeout)
                        ? "take it out of the options of the connection string, or of PGOPTIONS"
                        : "as a superuser there, ALTER ROLE " + Sql.ident(dsn.user()) + " IN DATABASE "
                                + Sql.ident(dsn.database())
                                + " SET " + timeout + " = 0;");
    }

    private static String reach(Dsn dsn) {
        return "check host, port and firewall of the %s (%s)".formatted(dsn.side(), dsn.display());
    }

    /** The first line that fits a connection counts (PostgreSQL manual, 21.1 "The pg_hba.conf File"). */
    private static String line(Dsn dsn, String message) {
        Matcher address = ADDRESS.matcher(message);
        return ("ask for this line at the beginning of pg_hba.conf of the %s, and for SELECT pg_reload_conf(); "
                + "there: %s "
                + "%s %s %s scram-sha-256")
                .formatted(dsn.side(),
                        dsn.isEncrypted() ? "hostssl" : "host", Sql.ident(dsn.database()), Sql.ident(dsn.user()),
                        address.find() ? address.group(1) + (address.group(1).contains(":") ? "/128" : "/32")
                                : "ADDRESS");
    }

    /** What to do about a failure that the statement itself did not cause (SQLSTATE: PostgreSQL manual, appendix A). */
    static Optional<String> besideTheStatement(String side, String state) {
        return Optional.ofNullable(switch (state) {
            case "42501" -> "connect to the " + side
                    + " as a user who may do that, or make this one a member of the owner: GRANT owner TO this_user;";
            case "53100" -> "make room on the disk of the " + side;
            case "53200" -> "give the " + side + " more memory, or lower --jobs";
            case "55P03" -> "another session of the " + side
                    + " has a lock that was waited for: end it, or wait for its end; pg_locks says which it is";
            case "57014" ->
                "somebody has cancelled a statement of ours on the " + side + " (pg_cancel_backend): its log says when";
            case "57P01" -> "somebody has ended a session of ours on the " + side
                    + " (pg_terminate_backend, a shutdown or a failover): its log says when";
            case "57P02" ->
                "a process of the " + side + " has crashed, and all sessions ended with it: its log says why";
            case "57P03" -> "the " + side + " starts or stops: wait until psql can connect to it";
            case "08006" -> "look into the log of the " + side
                    + ": somebody has ended the session, its process was killed or has crashed, or something "
                    + "between here and there has cut the connection";
            default -> null;
        });
    }

    private static String routine(ServerErrorMessage server) {
        return server == null ? "" : String.valueOf(server.getRoutine());
    }

    private static String message(SQLException e) {
        return String.valueOf(e.getMessage());
    }

    private static boolean caused(Throwable e, Class<? extends Throwable> kind) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (kind.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }
}

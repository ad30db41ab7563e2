//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Cleanup.java Connecting.java Dsn.java Sessions.java
package lib;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.postgresql.Driver;
import org.postgresql.PGConnection;
import org.postgresql.util.GT;

/** One side of a migration: what the server is, and sessions on it that all behave alike. */
public final class Server implements Sessions {
    /** What is asked once of each side. Sizes are bytes. */
    public record Facts(int versionNumber, String version, String user, boolean superuser, boolean createRole, boolean createDatabase,
            boolean bypassRls, String encoding, String collate, String ctype, String localeProvider, boolean recovery) {
        /** @return the major version, such as 15 */
        public int major() {
            return versionNumber / 10000;
        }
    }

    /** The settings that pg_dump pins (setup_connection in its source), and those that text output of the built-in types depends on. */
    private static final List<String> PINNED = List.of("DateStyle=ISO", "IntervalStyle=postgres", "extra_float_digits=3", "TimeZone='UTC'",
            "bytea_output=hex", "xmloption=content", "lc_monetary='C'", "search_path=''", "row_security=off", "synchronize_seqscans=off",
            "standard_conforming_strings=on", "quote_all_identifiers=off", "check_function_bodies=off", "client_min_messages=warning",
            "statement_timeout=0", "lock_timeout=0", "idle_in_transaction_session_timeout=0");

    /** It writes to stderr by itself what it throws as well. Held, since a logger that nobody holds loses its level. */
    private static final Logger DRIVER = Logger.getLogger("org.postgresql");

    static {
        DRIVER.setLevel(Level.OFF);
    }

    private final Dsn dsn;
    private final Facts facts;
    private final Set<Connection> sessions = ConcurrentHashMap.newKeySet();
    /** The session that has asked for the facts, until somebody takes it: to connect takes five journeys there and back, and more with TLS. */
    private final AtomicReference<Connection> first;

    private Server(Dsn dsn, Facts facts, Connection first) {
        this.dsn = dsn;
        this.facts = facts;
        this.first = new AtomicReference<>(first);
        sessions.add(first);
        Cleanup.onExit(this::abandon);
    }

    /**
     * Connects once and asks what this server is. A password that is missing is asked for, when somebody sits at the terminal.
     *
     * @throws Failure refused, saying why the connection failed
     */
    public static Server connect(Dsn dsn) {
        return connect(dsn, answered -> { });
    }

    /** @param answered is told the connection string with what somebody at the terminal has added, even if connecting fails for another reason */
    static Server connect(Dsn dsn, Consumer<Dsn> answered) {
        Server server = connectToStay(dsn, answered);
        close(server.first.getAndSet(null));
        return server;
    }

    /** The same for a server that is far away: the session that has asked is the first one, until {@link #abandon}. */
    static Server connectToStay(Dsn dsn) {
        return connectToStay(dsn, answered -> { });
    }

    static Server connectToStay(Dsn dsn, Consumer<Dsn> answered) {
        try {
            return first(dsn);
        } catch (SQLException e) {
            if (Connecting.wantsPassword(dsn, e) && System.console() != null) {
                char[] typed = System.console().readPassword("Password for user %s of the %s: ", dsn.user(), dsn.side());
                if (typed != null && typed.length > 0) {
                    Dsn complete = dsn.withPassword(new String(typed));
                    answered.accept(complete);
                    return connectToStay(complete, answered);
                }
            }
            throw Connecting.failure(dsn, e);
        }
    }

    /**
     * Where the connection string leaves open whether the connection is encrypted, that is decided once, for all sessions and for the client
     * programs alike. Left to itself, libpq goes on in plain text where the driver would not, such as after a root certificate that does not fit.
     */
    private static Server first(Dsn dsn) throws SQLException {
        Boolean encrypted = dsn.triesTlsFirst();
        if (encrypted == null) {
            return asked(dsn);
        }
        try {
            return asked(dsn.encrypted(encrypted));
        } catch (SQLException e) {
            // pg_hba.conf has a line for the other kind of connection only, or the server has no TLS.
            if ("28000".equals(e.getSQLState()) || encrypted && GT.tr("The server does not support SSL.").equals(e.getMessage())) {
                return asked(dsn.encrypted(!encrypted));
            }
            throw e;
        }
    }

    private static Server asked(Dsn dsn) throws SQLException {
        Connection session = open(dsn, dsn.jdbcProperties());
        return new Server(dsn, facts(session), session);
    }

    public Dsn dsn() {
        return dsn;
    }

    @Override
    public String side() {
        return dsn.side();
    }

    public Facts facts() {
        return facts;
    }

    /** @return the settings of a session that hold with every version, as SET takes them */
    public static List<String> pinned() {
        return PINNED;
    }

    /** A session has every setting pinned that what we read or write could depend on. */
    @Override
    public Connection session() {
        Connection kept = first.getAndSet(null);
        return kept != null ? kept : session(dsn.jdbcProperties());
    }

    /**
     * The same, but that a text of many statements goes to the server as it is, in one trip, and is one transaction (PostgreSQL manual, 55.2.2.1
     * "Multiple Statements in a Simple Query").
     */
    Connection scriptSession() {
        Properties properties = dsn.jdbcProperties();
        properties.setProperty("preferQueryMode", "simple");
        return session(properties);
    }

    private Connection session(Properties properties) {
        try {
            Connection session = open(dsn, properties);
            sessions.removeIf(Server::isClosed);
            sessions.add(session);
            return session;
        } catch (SQLException e) {
            throw Connecting.failure(dsn, e);
        }
    }

    /**
     * A session in which nothing has run yet and nothing is pinned: some statements must be the first of their session, such as the update of
     * an extension that is a loaded library.
     *
     * @param settings each as {@code name=value}; they come with the connection
     */
    public Connection untouchedSession(String... settings) {
        Properties properties = dsn.jdbcProperties();
        String options = properties.getProperty("options", "") + " -c " + String.join(" -c ", settings);
        properties.setProperty("options", options.strip());
        try {
            Connection session = connect(dsn, properties);
            sessions.add(session);
            return session;
        } catch (SQLException e) {
            throw Connecting.failure(dsn, e);
        }
    }

    private static Connection connect(Dsn dsn, Properties properties) throws SQLException {
        // The driver then knows without asking, and without a SET of its own.
        properties.setProperty("assumeMinServerVersion", "12");
        // A statement is prepared on the server never, so that a pooler in between does not matter to us.
        properties.setProperty("prepareThreshold", "0");
        if (!Driver.isRegistered()) {
            Driver.register();
        }
        return DriverManager.getConnection(dsn.jdbcUrl(), properties);
    }

    private static Connection open(Dsn dsn, Properties properties) throws SQLException {
        Connection session = connect(dsn, properties);
        // Known since the connection's start-up.
        int major = session.getMetaData().getDatabaseMajorVersion();
        try (Statement set = session.createStatement()) {
            List<String> settings = new ArrayList<>(PINNED);
            // Queries of catalogs look so costly that the server compiles them, which takes longer than to run them.
            settings.add("jit=off");
            if (major >= 14) {
                settings.add("idle_session_timeout=0");
            }
            if (major >= 17) {
                settings.add("transaction_timeout=0");
            }
            set.execute("SET " + String.join("; SET ", settings));
        }
        return session;
    }

    private static Facts facts(Connection session) throws SQLException {
        try (Statement ask = session.createStatement(); ResultSet row = ask.executeQuery("""
                SELECT current_setting('server_version_num')::int, current_setting('server_version'), current_user::text, r.rolsuper,
                       r.rolcreaterole, r.rolcreatedb, r.rolbypassrls, pg_catalog.pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
                       pg_catalog.to_jsonb(d)->>'datlocprovider', pg_catalog.pg_is_in_recovery()
                  FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
                 WHERE r.rolname = current_user AND d.datname = current_database()""")) {
            row.next();
            return new Facts(row.getInt(1), row.getString(2), row.getString(3), row.getBoolean(4), row.getBoolean(5), row.getBoolean(6),
                    row.getBoolean(7), row.getString(8), row.getString(9), row.getString(10), row.getString(11), row.getBoolean(12));
        }
    }

    /** Ends every open session: running statements are cancelled, open transactions roll back. */
    void abandon() {
        sessions.forEach(Server::abort);
    }

    /** Cancels what the server does for a session, and drops the session; may be called from any thread. */
    public static void abort(Connection session) {
        try {
            // Closing alone would leave a long COPY or CREATE INDEX running on the server.
            session.unwrap(PGConnection.class).cancelQuery();
        } catch (SQLException e) {
            // The session has ended by itself: nothing is left to cancel.
        }
        try {
            session.abort(Runnable::run);
        } catch (SQLException e) {
            // As above.
        }
    }

    /** Closes a session; one that is gone already is closed. */
    public static void close(Connection session) {
        try {
            session.close();
        } catch (SQLException e) {
            // It is gone, and with it its locks and its transaction.
        }
    }

    /** @return whether a session is known to have ended */
    static boolean isClosed(Connection session) {
        try {
            return session.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }
}

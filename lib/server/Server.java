//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import lib.dsn.Dsn;
import lib.dsn.SideSockets;
import lib.talk.Cleanup;
import lib.talk.Failure;
import lib.talk.Printable;
import org.postgresql.util.GT;

/** One side of a migration: what the server is, and sessions on it that all behave alike. */
public final class Server implements Sessions {
    /**
     * What is asked once of each side.
     *
     * @param user the one whose rights count: where a setting says so (ALTER DATABASE SET role), another than
     * {@code login}, who is connected
     * @param sorting the locale that texts sort by and who provides it, such as {@code C.UTF-8} or {@code ICU de-DE};
     * from PostgreSQL 15 on that need not be {@code collate}
     */
    public record Facts(int versionNumber, String version, String user, String login, boolean superuser,
            boolean createRole, boolean createDatabase,
            boolean bypassRls, String encoding, String collate, String ctype, String sorting, boolean recovery) {
        /** @return the major version, such as 15 */
        public int major() {
            return versionNumber / 10000;
        }
    }

    /**
     * The driver logs to stderr what it throws as well. A field, because a logger that is not referenced loses its
     * level.
     */
    private static final Logger DRIVER = Logger.getLogger("org.postgresql");

    static {
        DRIVER.setLevel(Level.OFF);
    }

    private final Dsn dsn;
    private final Facts facts;
    private final Set<Session> sessions = ConcurrentHashMap.newKeySet();
    /**
     * The session that has asked for the facts, to be reused: connecting takes five round trips, and more with TLS.
     */
    private final AtomicReference<Session> first;
    private final Retries retries;
    private volatile boolean abandoned;
    private volatile String greeting = "";

    private Server(Dsn dsn, Facts facts, Session first) {
        this.dsn = dsn;
        this.facts = facts;
        this.first = new AtomicReference<>(first);
        retries = new Retries(dsn.sockets().console(), () -> abandoned);
        add(first);
        Cleanup.ending(this::abandon);
    }

    /**
     * Connects once and asks what this server is. A missing password is prompted for if there is a terminal.
     *
     * @throws Failure saying why the connection failed
     */
    public static Server connect(Dsn dsn) {
        return attempt(dsn, false).orFail();
    }

    /**
     * Connects to a server that is far away: the session that has asked stays and is the first one, until
     * {@link #abandon}.
     */
    public static Server connectToStay(Dsn dsn) {
        return attempt(dsn, true).orFail();
    }

    /**
     * What came of connecting.
     *
     * @param dsn with the password that was entered at the terminal, if one was
     * @param server null where that failed
     * @param failure why, else null
     */
    record Connected(Dsn dsn, Server server, Failure failure) {
        Server orFail() {
            if (failure != null) {
                throw failure;
            }
            return server;
        }
    }

    /** @param stay whether the session that has asked is kept */
    static Connected attempt(Dsn dsn, boolean stay) {
        try {
            Server server = first(dsn);
            if (!stay) {
                server.first.getAndSet(null).close();
            }
            return new Connected(dsn, server, null);
        } catch (SQLException e) {
            if (ConnectionRemedy.wantsPassword(dsn, e) && System.console() != null) {
                char[] typed =
                        System.console().readPassword("Password for user %s of the %s: ", Printable.of(dsn.user()),
                                dsn.side());
                if (typed != null && typed.length > 0) {
                    return attempt(dsn.withPassword(new String(typed)), stay);
                }
            }
            return new Connected(dsn, null, SqlFailures.failure(dsn, e));
        }
    }

    /**
     * Where the connection string leaves open whether the connection is encrypted, that is decided once, for all
     * sessions and for the client programs alike. Left to itself, libpq goes on in plain text where the driver would
     * not, such as after a root certificate that does not fit.
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
            if ("28000".equals(e.getSQLState())
                    || encrypted && GT.tr("The server does not support SSL.").equals(e.getMessage())) {
                return asked(dsn.encrypted(!encrypted));
            }
            throw e;
        }
    }

    private static Server asked(Dsn dsn) throws SQLException {
        Session session = NewSession.connect(dsn, dsn.jdbcProperties(), SideSockets.Use.WORK);
        // The version is known since the connection's start-up.
        NewSession.run(session, SessionSettings.comparing(session.major()));
        return new Server(dsn, facts(session), session);
    }

    public Dsn dsn() {
        return dsn;
    }

    @Override
    public String side() {
        return dsn.side();
    }

    /** @return the name of the database that sessions are in */
    public String database() {
        return dsn.database();
    }

    public String host() {
        return dsn.host();
    }

    public boolean isEncrypted() {
        return dsn.isEncrypted();
    }

    public Facts facts() {
        return facts;
    }

    /** @return what tries again what has failed in sessions here, until {@link #abandon} */
    public Retries retries() {
        return retries;
    }

    /** @return a session in which values are computed */
    public static List<String> loading() {
        return SessionSettings.LOADING;
    }

    /** A session has every setting pinned that what we read or write could depend on. */
    @Override
    public Session session() {
        Session kept = first.getAndSet(null);
        return kept != null ? kept : session(dsn.jdbcProperties(), SessionSettings.comparing(facts.major()));
    }

    /**
     * Has every further session begin with a statement, in the same round trip as its settings; none from now on when
     * it is empty.
     */
    public void greet(String statement) {
        greeting = statement;
    }

    /** Returns a session for reuse by the next caller; its settings stay. */
    public void keep(Session session) {
        if (session.isClosed() || !first.compareAndSet(null, session)) {
            session.close();
        }
    }

    /** @param settings the statement that it begins with */
    public Session session(Properties properties, String settings) {
        try {
            return kept(NewSession.open(dsn, properties, SideSockets.Use.WORK,
                    settings + (greeting.isEmpty() ? "" : "; " + greeting)));
        } catch (SQLException e) {
            throw SqlFailures.failure(dsn, e);
        }
    }

    private void add(Session session) {
        sessions.add(session);
        session.whenClosed(() -> sessions.remove(session));
    }

    /** A session opened while all others are being ended would still be at work when their changes are undone. */
    private Session kept(Session session) {
        sessions.removeIf(Session::isClosed);
        add(session);
        if (abandoned) {
            SessionAbort.abort(session);
            throw Failure.of("the sessions on the %s are being ended", side());
        }
        return session;
    }

    /**
     * A session for what has to be put back: {@link #abandon} does not end it, and a server that was given up may be
     * back. Close it.
     *
     * @throws Failure saying why the connection failed
     */
    public Session sessionToPutBack() {
        Properties properties = dsn.jdbcProperties();
        dsn.sockets().timeoutAfterGivenUp()
                .ifPresent(seconds -> properties.setProperty(NewSession.ANSWER, String.valueOf(seconds)));
        try {
            return NewSession.open(dsn, properties, SideSockets.Use.PUT_BACK, SessionSettings.comparing(facts.major()));
        } catch (SQLException e) {
            throw SqlFailures.failure(dsn, e);
        }
    }

    /**
     * A session in which nothing has run yet and nothing is pinned: some statements must be the first of their session,
     * such as the update of an extension that is a loaded library.
     *
     * @param settings each as {@code name=value}; they come with the connection
     */
    public Session untouchedSession(String... settings) {
        Properties properties = dsn.jdbcProperties();
        String options = properties.getProperty("options", "") + " -c " + String.join(" -c ", settings);
        properties.setProperty("options", options.strip());
        try {
            return kept(NewSession.connect(dsn, properties, SideSockets.Use.WORK));
        } catch (SQLException e) {
            throw SqlFailures.failure(dsn, e);
        }
    }

    private static Facts facts(Session session) throws SQLException {
        try (Statement ask = session.createStatement(); ResultSet row = ask.executeQuery("""
                SELECT current_setting('server_version_num')::int, current_setting('server_version'),
                  current_user::text, session_user::text, r.rolsuper,
                       r.rolcreaterole, r.rolcreatedb, r.rolbypassrls, pg_catalog.pg_encoding_to_char(d.encoding),
                         d.datcollate, d.datctype,
                       CASE j->>'datlocprovider' WHEN 'i' THEN 'ICU ' WHEN 'b' THEN 'builtin ' ELSE '' END
                         || coalesce(j->>'datlocale', j->>'daticulocale', d.datcollate) || coalesce(' with rules ' ||
                           (j->>'daticurules'), ''),
                       pg_catalog.pg_is_in_recovery()
                  FROM pg_catalog.pg_roles r, pg_catalog.pg_database d, pg_catalog.to_jsonb(d) j
                 WHERE r.rolname = current_user AND d.datname = current_database()""")) {
            row.next();
            return new Facts(row.getInt(1), row.getString(2), row.getString(3), row.getString(4), row.getBoolean(5),
                    row.getBoolean(6), row.getBoolean(7),
                    row.getBoolean(8), row.getString(9), row.getString(10), row.getString(11), row.getString(12),
                    row.getBoolean(13));
        }
    }

    /**
     * Ends every open session, and those that are being opened: running statements are cancelled, open transactions
     * roll back.
     */
    public void abandon() {
        abandoned = true;
        SessionAbort.abort(sessions);
    }
}

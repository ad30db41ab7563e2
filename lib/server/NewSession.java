//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import lib.dsn.AddressSocketFactory;
import lib.dsn.Dsn;
import lib.dsn.SideSockets;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/** Opens sessions through the driver, each with keepalives and watched for a server that does not answer. */
public final class NewSession {
    /** The driver's property: seconds that it waits for an answer; 0 for ever. */
    static final String ANSWER = "socketTimeout";

    private NewSession() {
    }

    /** Opens one in which nothing has run yet. */
    static Session connect(Dsn dsn, Properties properties, SideSockets.Use use) throws SQLException {
        SideSockets.ConnectionSockets sockets = dsn.sockets().newConnection(use);
        properties.setProperty("socketFactory", AddressSocketFactory.class.getName());
        properties.setProperty("socketFactoryArg",
                AddressSocketFactory.argument(properties.getProperty("socketFactoryArg"), sockets));
        // The driver then knows without asking, and without a SET of its own.
        properties.setProperty("assumeMinServerVersion", "12");
        // Statements are never prepared on the server, so that sessions work through a connection pooler.
        properties.setProperty("prepareThreshold", "0");
        if (!Driver.isRegistered()) {
            Driver.register();
        }
        boolean unbounded = properties.getProperty(ANSWER) == null;
        if (unbounded) {
            // Else it would wait for ever for a server that takes the connection and says nothing.
            properties.setProperty(ANSWER, String.valueOf(dsn.sockets()
                    .timeoutWhileConnecting(Integer.parseInt(properties.getProperty("connectTimeout", "0")))));
        }
        Connection connection = DriverManager.getConnection(dsn.jdbcUrl(), properties);
        if (unbounded) {
            connection.setNetworkTimeout(Runnable::run, 0);
        }
        sockets.ends(connection.unwrap(PGConnection.class).getBackendPID());
        TerminationMessage.of(connection);
        if (use != SideSockets.Use.WATCH) {
            ServerWatch.over(dsn.sockets(), more -> watching(dsn, more));
        }
        return new Session(connection, dsn.side(), sockets);
    }

    /** It has a name of its own, to keep it apart from sessions at work. */
    private static Session watching(Dsn dsn, Properties more) throws SQLException {
        Properties properties = dsn.jdbcProperties();
        properties.setProperty("ApplicationName", properties.getProperty("ApplicationName") + " watch");
        properties.putAll(more);
        return connect(dsn, properties, SideSockets.Use.WATCH);
    }

    /** Opens one that begins with these statements. */
    static Session open(Dsn dsn, Properties properties, SideSockets.Use use, String settings) throws SQLException {
        Session session = connect(dsn, properties, use);
        run(session, settings);
        return session;
    }

    public static void run(Session session, String settings) throws SQLException {
        try (Statement set = session.createStatement()) {
            set.execute(settings);
        }
    }
}

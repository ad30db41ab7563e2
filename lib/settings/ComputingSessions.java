//DEPS org.postgresql:postgresql:42.7.14
package lib.settings;

import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import lib.server.NewSession;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionSettings;
import lib.server.Sessions;
import lib.talk.Console;
import lib.tools.ClientTools;
import lib.tools.Tool;

/**
 * Sessions in which values are computed as in psql: those of {@link Server} pin what makes text comparable, and the
 * driver hides three settings more.
 */
public final class ComputingSessions implements Sessions {
    private final Server server;
    private final Supplier<DriverSettings> psql;
    private String hidden;

    /** @param psql what psql has in that database, asked when the first session begins */
    public ComputingSessions(Server server, Supplier<DriverSettings> psql) {
        this.server = server;
        this.psql = psql;
    }

    /** @return sessions of a server; psql is run for the first of them, and is needed by nobody else */
    public static ComputingSessions on(Server server, Map<String, String> environment, Console console) {
        return new ComputingSessions(server, () -> ask(server, environment, console));
    }

    /** @return what psql has in a server's database */
    public static DriverSettings ask(Server server, Map<String, String> environment, Console console) {
        ClientTools.Installation client =
                ClientTools.find(environment).pickOne(0, server.facts().major(), "to compute as psql would");
        return DriverSettings.ask(new Tool(client, console), server.dsn());
    }

    public Server server() {
        return server;
    }

    /**
     * The settings of the database and of the user are read by the first one, so that those that come along must be
     * there before.
     */
    @Override
    public Session session() {
        return session(server.dsn().jdbcProperties());
    }

    @Override
    public String side() {
        return server.side();
    }

    /**
     * A session in which a text of many statements is sent as it is, in one round trip, and is one transaction
     * (PostgreSQL manual, 55.2.2.1 "Multiple Statements in a Simple Query").
     */
    public Session scriptSession() {
        Properties properties = server.dsn().jdbcProperties();
        properties.setProperty("preferQueryMode", "simple");
        return session(properties);
    }

    private Session session(Properties properties) {
        String settings = SessionSettings.computing(server.facts().major());
        synchronized (this) {
            if (hidden == null) {
                return first(properties, settings);
            }
        }
        return server.session(properties, settings + hidden);
    }

    private Session first(Properties properties, String settings) {
        DriverSettings asked = psql.get();
        Session session = server.session(properties, settings);
        try {
            String statements = asked.now(session).statements();
            if (!statements.isEmpty()) {
                NewSession.run(session, "SELECT " + statements.substring(2));
            }
            hidden = statements;
            return session;
        } catch (SQLException e) {
            session.close();
            throw session.failure("beginning a session", e);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }
}

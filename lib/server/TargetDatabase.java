//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import lib.dsn.Dsn;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * The target's database where it does not exist yet: asked about through another one, and created like the source's.
 */
public final class TargetDatabase {
    /** The databases that nearly every server has. */
    private static final List<String> OTHERS = List.of("postgres", "template1");

    private final Dsn dsn;
    private final Server server;
    private final boolean missing;

    private TargetDatabase(Dsn dsn, Server server, boolean missing) {
        this.dsn = dsn;
        this.server = server;
        this.missing = missing;
    }

    /**
     * Connects to the database, or, when it is missing and may be created, to another one of the same server.
     *
     * @throws Failure when neither can be connected to
     */
    public static TargetDatabase connect(Dsn dsn, boolean create) {
        return connect(dsn, create, false);
    }

    /** @param stay whether the session that has asked for the facts is kept, as {@link Server#connectToStay} does */
    public static TargetDatabase connect(Dsn dsn, boolean create, boolean stay) {
        Server.Connected direct = Server.attempt(dsn, stay);
        if (direct.server() != null) {
            return new TargetDatabase(direct.server().dsn(), direct.server(), false);
        }
        Failure failure = direct.failure();
        boolean absent = failure.getCause() instanceof SQLException cause && "3D000".equals(cause.getSQLState());
        if (absent && !create) {
            throw failure.hint("check the database name, or create it with --create-database");
        }
        if (!absent) {
            throw failure;
        }
        for (String other : OTHERS) {
            // The password that was entered is not asked for again.
            Server.Connected indirect = Server.attempt(direct.dsn().withDatabase(other), stay);
            if (indirect.server() != null) {
                return new TargetDatabase(indirect.server().dsn().withDatabase(dsn.database()), indirect.server(),
                        true);
            }
            failure.addSuppressed(indirect.failure());
        }
        throw failure;
    }

    /** @return the database as the operator named it */
    public Dsn dsn() {
        return dsn;
    }

    /** @return its name */
    public String name() {
        return dsn.database();
    }

    /** @return the server, through the database itself or through another one */
    public Server server() {
        return server;
    }

    /** @return whether the database has yet to be created */
    public boolean missing() {
        return missing;
    }

    /**
     * Creates the database.
     *
     * @param properties what CREATE DATABASE is told beside the name, as {@code DatabaseSettings.creation} reads it
     * from the source
     * @param created is told once it is there, before it is connected to
     * @return the server through the new database
     */
    public Server create(String properties, Runnable created) {
        try (Session session = server.session(); Statement statement = session.createStatement()) {
            statement.execute(
                    "CREATE DATABASE " + Sql.ident(dsn.database()) + " " + DatabaseCreation.on(session, properties));
        } catch (SQLException e) {
            throw SqlFailures.statement("target", "creating database \"" + dsn.database() + "\"", e);
        }
        created.run();
        return Server.connect(dsn);
    }
}

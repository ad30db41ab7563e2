package testbed;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A server as a managed service hands it out: a real one, with the service's own roles, and a user who is no superuser,
 * reads no passwords, and connects to the one database. What it has and forbids stands in the SQL files that are named
 * here.
 */
public record ManagedService(PgServer server, String database, String user) implements AutoCloseable {
    private static final String PASSWORD = "m@naged 'user's";
    private static final Path SQL = Path.of("tests/sql");

    /** Amazon RDS, with the database "shop" of the master user. */
    public static ManagedService rds(PgServer.Plan plan) {
        PgServer server = plan.superuser("rdsadmin").start();
        server.script("postgres", SQL.resolve("rds-double.sql"));
        server.sql("postgres", "CREATE DATABASE shop OWNER postgres");
        return new ManagedService(server, "shop", "postgres").withPassword();
    }

    /** Managed Service for TimescaleDB. */
    public static ManagedService mst(PgServer.Plan plan) {
        PgServer server = plan.start();
        server.script("postgres", SQL.resolve("mst-double.sql"));
        return new ManagedService(server, "defaultdb", "tsdbadmin").withPassword();
    }

    /** Timescale Cloud; without TimescaleDB, which not every machine has. */
    public static ManagedService cloud(PgServer.Plan plan) {
        PgServer server = plan.start();
        server.sql("postgres",
                "CREATE ROLE tsdbadmin LOGIN CREATEROLE CREATEDB IN ROLE pg_read_all_stats, pg_stat_scan_tables",
                "CREATE ROLE tsdbexplorer ROLE tsdbadmin", "CREATE DATABASE tsdb OWNER tsdbadmin");
        return new ManagedService(server, "tsdb", "tsdbadmin").withPassword();
    }

    /**
     * The same with TimescaleDB as the service gives it: the extension belongs to the superuser, and the user may load
     * into it.
     *
     * @param version one that the server offers
     */
    public ManagedService timescale(String version) {
        // Nothing else may load another version of the extension into the session that creates this one.
        server.sql(database, "CREATE EXTENSION timescaledb SCHEMA public VERSION '" + version + "'");
        CloudDouble.grants(database.equals("tsdb")).forEach(grants -> server.sql(database,
                grants.replace("@extschema@", "public").replace("@database_owner@", user)));
        return this;
    }

    /**
     * From 16 on, who has created a role administers it (PostgreSQL manual, CREATE ROLE, "Notes"): the roles that a
     * user has were created by that user.
     */
    public ManagedService administering() {
        if (server.major() >= 16) {
            server.rows("postgres",
                    """
                    SELECT format('GRANT %%I TO %%I WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', rolname, '%1$s')
                      FROM pg_roles
                     WHERE oid >= 16384 AND NOT rolsuper AND rolname <> '%1$s'
                       AND rolname !~ '^(rds.*|_.*|tsdbadmin_group|tsdbexplorer)$'"""
                            .formatted(user))
                    .forEach(grant -> server.sql("postgres", grant.get(0)));
        }
        return this;
    }

    /** Does as preflight says, as the user. */
    public void follow(CommandRun preflight) {
        sql(preflight.out().lines()
                .filter(line -> line
                        .matches(" +fix: GRANT ([^ ]+|\".*\") TO \"" + user + "\"( WITH INHERIT TRUE)?;"))
                .map(line -> line.replaceFirst(" +fix: ", "")).distinct().toArray(String[]::new));
    }

    private ManagedService withPassword() {
        server.sql("postgres", "ALTER ROLE " + user + " PASSWORD '" + PASSWORD.replace("'", "''") + "'");
        return this;
    }

    /** What the user connects with. */
    public String uri() {
        return server.uri(database, user, PASSWORD);
    }

    /** The user's session in one of the server's databases. */
    public Connection connect(String other) throws SQLException {
        return server.connect(other, user, PASSWORD);
    }

    /** Runs statements as the user, each in a transaction of its own. */
    public void sql(String... statements) {
        try (Connection connection = connect(database); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** @return the first column of the first row, as the user sees it */
    public String query(String sql) {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            return result.next() ? result.getString(1) : null;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** The user's password, which nobody may see. */
    public String password() {
        return PASSWORD;
    }

    @Override
    public void close() {
        server.close();
    }
}

//DEPS org.postgresql:postgresql:42.7.14

package testbed;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import lib.dsn.Dsn;
import lib.server.Server;
import lib.server.Session;

/** The ways to talk to a running server: addresses for the commands under test, SQL for the tests themselves. */
public interface ServerAccess {
    /** The name or address to connect to; with TLS the name that the certificate is for. */
    String host();

    int port();

    /** The server's major version. */
    int major();

    /** The superuser. */
    String user();

    String password();

    /** @return the certificate of the CA where the server accepts TLS only, else nothing */
    Optional<Path> certificateAuthority();

    /** The superuser's connection URI. */
    default String uri(String database) {
        return uri(database, user(), password());
    }

    /** A URI with its parts percent-encoded; where the server has TLS, one that verifies it. */
    default String uri(String database, String user, String password) {
        return "postgresql://" + encode(user) + ":" + encode(password) + "@" + host() + ":" + port() + "/"
                + encode(database)
                + certificateAuthority().map(root -> "?sslmode=verify-full&sslrootcert=" + encode(root.toString()))
                        .orElse("");
    }

    /**
     * The environment in which libpq's clients reach a database as superuser; an empty value removes what would lead
     * them astray.
     */
    default Map<String, String> environment(String database) {
        Map<String, String> environment = new LinkedHashMap<>();
        for (String name : List.of("PGHOSTADDR", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE", "PGOPTIONS",
                "PGSSLROOTCERT", "PGCLIENTENCODING")) {
            environment.put(name, "");
        }
        environment.putAll(
                Map.of("PGHOST", host(), "PGPORT", String.valueOf(port()), "PGUSER", user(), "PGPASSWORD", password(),
                        "PGDATABASE", database, "PGSSLMODE", sslMode()));
        return environment;
    }

    /** A JDBC connection as superuser. */
    default Connection connect(String database) throws SQLException {
        return connect(database, user(), password());
    }

    default Connection connect(String database, String user, String password) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("sslmode", sslMode());
        // Else the driver runs SET by itself, and ALTER EXTENSION timescaledb UPDATE has to come first in its session.
        properties.setProperty("assumeMinServerVersion", "12");
        return DriverManager.getConnection("jdbc:postgresql://" + host() + ":" + port() + "/" + encode(database),
                properties);
    }

    /** A session of the program itself, on what it takes for this side. */
    default Session session(String side, String database) {
        return Server.connect(Dsn.parse(side, uri(database), false, Map.of())).session();
    }

    /** Makes an empty database and returns its name, which no other has. */
    default String newDatabase() {
        return newDatabase("");
    }

    /** @param options of CREATE DATABASE, such as {@code ENCODING 'LATIN1'} */
    default String newDatabase(String options) {
        String name = "db_" + UUID.randomUUID().toString().substring(0, 8);
        sql("postgres", "CREATE DATABASE " + name + " TEMPLATE template0 " + options);
        return name;
    }

    /**
     * Gives somebody with CREATEROLE the say over roles, who has it over all roles before PostgreSQL 16 and since then
     * over those that they are given with ADMIN OPTION, as who has created them is (PostgreSQL manual, CREATE ROLE,
     * "Notes").
     */
    default void administer(String user, String... roles) {
        if (major() >= 16) {
            sql("postgres",
                    "GRANT " + String.join(", ", roles) + " TO " + user + " WITH ADMIN TRUE, INHERIT FALSE, SET FALSE");
        }
    }

    /**
     * @return the roles that somebody is a member of, other than as CREATE ROLE has made whoever creates one since
     * PostgreSQL 16: with ADMIN OPTION and nothing else, granted by the first superuser
     */
    default List<List<String>> joined(String user) {
        return rows("postgres",
                """
                SELECT roleid::regrole FROM pg_auth_members m WHERE member = '%s'::regrole AND NOT (grantor = 10
                   AND to_jsonb(m) @> '{"admin_option": true, "inherit_option": false, "set_option": false}')
                     ORDER BY 1"""
                        .formatted(user));
    }

    /** Runs statements as superuser, each in a transaction of its own. */
    default void sql(String database, String... statements) {
        try (Connection connection = connect(database); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** @return the first column of the first row as text, null if it is null or there is no row */
    default String query(String database, String sql) {
        List<List<String>> rows = rows(database, sql);
        return rows.isEmpty() ? null : rows.get(0).get(0);
    }

    /** @return all rows, values as text, null where they are null */
    default List<List<String>> rows(String database, String sql) {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            List<List<String>> rows = new ArrayList<>();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
                    row.add(result.getString(column));
                }
                rows.add(row);
            }
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Runs a file through psql as superuser, up to its first error. */
    default void script(String database, Path sqlFile) {
        String psql = ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString();
        Run.of(List.of(psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", sqlFile.toString()), environment(database),
                null).orFail();
    }

    private String sslMode() {
        return certificateAuthority().isPresent() ? "require" : "disable";
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}

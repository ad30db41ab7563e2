package lib.dsn;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lib.talk.Failure;

/**
 * One side's connection parameters, read exactly as libpq reads them (PostgreSQL manual, 34.1, 34.15 to 34.17), for the
 * JDBC driver and for PostgreSQL's client tools alike: connection string, then service file, then environment, then
 * built-in defaults.
 *
 * <p>
 * It differs from libpq in this: without a host it takes "localhost", and a Unix socket is refused, because the JDBC
 * driver knows only TCP; connecting times out after 10 s; client_encoding is ignored; a parameter that protects the
 * connection and that the driver does not know is refused. Immutable; its text form is {@link #display}, without
 * secrets.
 */
public final class Dsn {
    private static final String APPLICATION = "tsmigrate";

    private final ConnectionParameters parameters;
    /** As they were given, before it was decided whether connections are encrypted. */
    private final ConnectionParameters given;
    private final SideSockets sockets;
    private final List<ServerAddress> servers;
    private final Properties driver;
    private final List<String> warnings;
    private final boolean passwordOnCommandLine;
    private final String database;
    private final String password;
    /** Shared with the other databases of the server. */
    private final ToolEnvironment toolEnvironment;

    private Dsn(ConnectionParameters parameters, boolean typed) {
        this.parameters = parameters;
        given = parameters;
        sockets = new SideSockets(parameters);
        servers = ServerAddress.of(parameters);
        warnings = parameters.warnings();
        driver = DriverProperties.of(parameters, servers, warnings);
        database = parameters.or("dbname", user());
        String explicit = parameters.or("password", null);
        passwordOnCommandLine = typed && List.of("password", "sslpassword").stream()
                .anyMatch(secret -> parameters.get(secret) != null && parameters.origin(secret).isEmpty());
        password = explicit != null ? explicit
                : PassFile.password(parameters.file("passfile", ".pgpass"), servers, database, user(),
                        side() + " (" + display() + ')', warnings);
        toolEnvironment = new ToolEnvironment(parameters, password);
    }

    private Dsn(Dsn other, ConnectionParameters parameters, ConnectionParameters given, String database,
            String password, ToolEnvironment toolEnvironment) {
        this.parameters = parameters;
        this.given = given;
        sockets = other.sockets;
        servers = other.servers;
        warnings = other.warnings;
        driver = parameters == other.parameters ? other.driver
                : DriverProperties.of(parameters, servers, new ArrayList<>());
        passwordOnCommandLine = other.passwordOnCommandLine;
        this.database = database;
        this.password = password;
        this.toolEnvironment = toolEnvironment;
    }

    /**
     * Reads a connection string and everything that libpq adds to it.
     *
     * @param side "source" or "target", for messages
     * @param text a URI, key=value pairs or a database name; null or blank leaves everything to the environment and the
     * defaults
     * @param typed whether the text stood on our own command line, where others can see it
     * @param environment the environment variables, HOME among them
     * @throws Failure usage, naming the side, in one line that holds no secret
     */
    public static Dsn parse(String side, String text, boolean typed, Map<String, String> environment) {
        return new Dsn(ConnectionParameters.of(side, text, environment), typed);
    }

    /**
     * Another server that is reached in the same way: with the same user, TLS and timeouts, and the password that was
     * given for this one, or else the one that the password file has for that server.
     *
     * @param otherSide for messages, such as {@code data node dn1}
     * @param text a connection string with what is different, or null
     * @param place where it is unless the text says so, by libpq's keywords
     * @throws Failure usage, naming the other side, in one line that holds no secret
     */
    public Dsn elsewhere(String otherSide, String text, Map<String, String> place) {
        Dsn other = new Dsn(given.elsewhere(otherSide, text, place), true);
        other.sockets.watched(sockets.console(), sockets.timeout());
        return other;
    }

    /** @return the parameters for another database of the same server */
    public Dsn withDatabase(String name) {
        // A role has one password for all databases of its server.
        return new Dsn(this, parameters, given, name, password, toolEnvironment);
    }

    /** @return these parameters with a password that was entered at the terminal, or null for none */
    public Dsn withPassword(String newPassword) {
        return new Dsn(this, parameters, newPassword == null ? given : given.with("password", newPassword), database,
                newPassword, new ToolEnvironment(parameters, newPassword));
    }

    /**
     * Whether a connection should be tried with TLS first, where it may be encrypted or not (sslmode "prefer", the
     * default, and "allow").
     *
     * @return null where the connection string leaves no choice
     */
    public Boolean triesTlsFirst() {
        String mode = parameters.or("sslmode", "prefer");
        // With GSSAPI encryption, TLS does not decide.
        boolean open = List.of("prefer", "allow").contains(mode)
                && !List.of("prefer", "require").contains(parameters.or("gssencmode", "disable"));
        return open ? mode.equals("prefer") : null;
    }

    /** @return these parameters for connections that are all encrypted, or all unencrypted */
    public Dsn encrypted(boolean tls) {
        return new Dsn(this, parameters.with("sslmode", tls ? "require" : "disable"), given, database, password,
                toolEnvironment);
    }

    /**
     * @return whether every connection is encrypted: the connection string wants it so, or the first connection has
     * found that it can be
     */
    public boolean isEncrypted() {
        return !List.of("prefer", "allow", "disable").contains(parameters.or("sslmode", "prefer"));
    }

    /** @return all sockets to this side, whatever the database and the password */
    public SideSockets sockets() {
        return sockets;
    }

    /** @return "source" or "target" */
    public String side() {
        return parameters.side;
    }

    /** @return the first host's name, or its address where it has no name */
    public String host() {
        return servers.get(0).name();
    }

    /** @return the first host's port */
    public int port() {
        return servers.get(0).port();
    }

    public String user() {
        return parameters.or("user", System.getProperty("user.name"));
    }

    public String database() {
        return database;
    }

    /** @return the password, or null if nothing gives one */
    public String password() {
        return password;
    }

    /** @return true if a password stood on our own command line, where {@code ps} shows it to everybody */
    boolean passwordOnCommandLine() {
        return passwordOnCommandLine;
    }

    /** @return what the user should know about these parameters, one sentence each, without secrets */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** @return {@code postgresql://user@host:port/database}, percent-encoded, without anything else */
    public String display() {
        return "postgresql://" + encoded(user()) + '@' + hosts() + '/' + encoded(database);
    }

    @Override
    public String toString() {
        return display();
    }

    /** @return the URL for the JDBC driver: hosts, ports and the database; all else is in {@link #jdbcProperties} */
    public String jdbcUrl() {
        return "jdbc:postgresql://" + hosts() + '/' + encoded(database);
    }

    /**
     * Connection properties for the JDBC driver, the password among them; a fresh copy. Without a password the property
     * is empty, because for an absent one the driver would read a password file of its own choice, even one that others
     * can read.
     */
    public Properties jdbcProperties() {
        Properties properties = new Properties();
        properties.putAll(driver);
        properties.setProperty("user", user());
        properties.setProperty("password", password == null ? "" : password);
        properties.setProperty("ApplicationName", applicationName());
        return properties;
    }

    /** @return {@link #conninfo(int)} for client tools that know every parameter */
    String conninfo() {
        return conninfo(Integer.MAX_VALUE);
    }

    /**
     * A key=value string for {@code -d} of a client tool: everything that decides where and how to connect, without
     * secrets, so that nothing in the tool's own environment matters (see {@link ToolEnvironment#unset}).
     *
     * @param clientMajor the major version of the tool; what it does not know is left out
     * @throws Failure if what it does not know protects the connection
     */
    public String conninfo(int clientMajor) {
        return ClientConninfo.of(parameters, servers, sockets, user(), database, applicationName(), clientMajor);
    }

    /**
     * A self-contained URI: it includes what files and variables of this machine add, and the password. It is ASCII and
     * one line, so that neither a shell nor a locale can change it.
     *
     * @param replaced other values of some parameters, by libpq's keyword, such as the port of a tunnel
     */
    public String portable(Map<String, String> replaced) {
        Map<String, String> values = ClientConninfo.values(parameters, servers, sockets, user(), database,
                applicationName(), Integer.MAX_VALUE);
        if (password != null) {
            values.put("password", password);
        }
        if (parameters.or("sslpassword", null) != null) {
            values.put("sslpassword", parameters.get("sslpassword"));
        }
        values.putAll(replaced);
        return values.entrySet().stream().map(entry -> entry.getKey() + '=' + encoded(entry.getValue()))
                .collect(Collectors.joining("&", "postgresql://?", ""));
    }

    /**
     * @return the files of this machine that the connection needs beside the password, by libpq's keyword: certificates
     * and their key
     */
    public Map<String, Path> files() {
        Map<String, Path> files =
                new TreeMap<>(Map.of("sslrootcert", parameters.file("sslrootcert", ".postgresql/root.crt"),
                        "sslcert", parameters.file("sslcert", ".postgresql/postgresql.crt"), "sslkey",
                        parameters.file("sslkey", ".postgresql/postgresql.key")));
        files.values().removeIf(file -> !Files.isRegularFile(file) || file.equals(Path.of("system")));
        return files;
    }

    /**
     * @return the numeric address of the host, or else its name
     * @throws Failure usage, when there are several hosts
     */
    public String address() {
        if (servers.size() > 1) {
            throw Failure.usage("the %s has %d hosts (%s), and one is needed", side(), servers.size(), display());
        }
        return servers.get(0).address().isEmpty() ? servers.get(0).host() : servers.get(0).address();
    }

    /**
     * @return variables to set for a client tool: PGPASSFILE, a file that only this user can read, empty if there is no
     * password, and PGSERVICEFILE, another one, if there is a password for the key of a certificate
     */
    public Map<String, String> toolEnvironment() {
        return toolEnvironment.files();
    }

    private String applicationName() {
        return parameters.or("application_name", parameters.or("fallback_application_name", APPLICATION));
    }

    private String hosts() {
        return servers.stream().map(ServerAddress::inUri).collect(Collectors.joining(","));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}

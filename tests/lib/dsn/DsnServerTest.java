//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.postgresql:postgresql:42.7.14

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.PgServer;
import testbed.Run;

/**
 * The oracle is libpq: psql with the user's own text and environment, psql with what {@link Dsn} makes of them, and the
 * JDBC driver must all arrive at the same place.
 */
class DsnServerTest {
    private static final String WHERE =
            "SELECT concat_ws('|', current_database(), current_user, current_setting('application_name'),"
                    + " current_setting('work_mem'), inet_server_port())";
    private static final String DATABASE = "it's a \"d/b\"\\ 50% é=&?";
    private static final String USER = "us@er: 'one'\\";
    private static final String PASSWORD = "p:a/s\\s'w?#%@ \"é&=*";
    private static PgServer server;

    @TempDir
    Path home;
    private final Map<String, String> environment = new HashMap<>();

    @BeforeAll
    static void start() {
        server = PgServer.installed();
        server.sql("postgres", "CREATE ROLE " + ident(USER) + " LOGIN PASSWORD '" + PASSWORD.replace("'", "''") + "'",
                "CREATE DATABASE " + ident(DATABASE), "CREATE ROLE app LOGIN PASSWORD 'secret'", "CREATE DATABASE app");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void home() {
        environment.put("HOME", home.toString());
    }

    @Test
    void uris() {
        String place = server.host() + ":" + server.port();
        arrives("postgresql://app:secret@" + place + "/app?application_name=x", "app|app|x|4MB");
        arrives("postgres://app:secret@" + place + "?application_name=x&options=-c%20work_mem%3D5MB", "app|app|x|5MB");
        arrives("postgresql:///app?host=" + server.host() + "&port=" + server.port()
                + "&user=app&password=secret&application_name=a%20b",
                "app|app|a b|4MB");
        arrives("postgresql://" + encoded(USER) + ":" + encoded(PASSWORD) + "@" + place + "/" + encoded(DATABASE)
                + "?application_name=x",
                DATABASE + "|" + USER + "|x|4MB");
        arrives("postgresql://app:secret@127.0.0.1:1," + place + "/app?application_name=x&connect_timeout=5",
                "app|app|x|4MB");
    }

    @Test
    void pairs() {
        String place = "host=" + server.host() + " port = " + server.port();
        arrives(place + " user=app password=secret application_name='a b'", "app|app|a b|4MB");
        arrives(place + " user=app password=secret application_name=x\\ y options='-c work_mem=5MB'",
                "app|app|x y|5MB");
        arrives(place + " user=" + quoted(USER) + " password=" + quoted(PASSWORD) + " dbname=" + quoted(DATABASE)
                + " application_name=x",
                DATABASE + "|" + USER + "|x|4MB");
        arrives("hostaddr=127.0.0.1 port=" + server.port() + " user=app password=secret application_name=x",
                "app|app|x|4MB");
        arrives("host=no.such.host.invalid hostaddr=127.0.0.1 port=" + server.port()
                + " user=app password=secret application_name=x",
                "app|app|x|4MB");
        arrives("host='127.0.0.1,127.0.0.1' port=1," + server.port()
                + " user=app password=secret target_session_attrs=read-write application_name=x", "app|app|x|4MB");
    }

    @Test
    void the_environment() {
        environment.putAll(Map.of("PGHOST", server.host(), "PGPORT", String.valueOf(server.port()), "PGUSER", "app",
                "PGPASSWORD", "secret",
                "PGAPPNAME", "env", "PGOPTIONS", "-c work_mem=5MB"));
        arrives(null, "app|app|env|5MB");
        arrives("postgres", "postgres|app|env|5MB");
        arrives("application_name=x", "app|app|x|5MB");
        environment.put("PGDATABASE", "postgres");
        arrives(null, "postgres|app|env|5MB");
        arrives("postgresql://", "postgres|app|env|5MB");
        arrives("dbname=''", "app|app|env|5MB");
    }

    @Test
    void services_and_password_files() throws IOException {
        Files.writeString(home.resolve(".pg_service.conf"), "[one]\nhost=" + server.host() + "\nport=" + server.port()
                + "\nuser=app\napplication_name=service\noptions=-c work_mem=5MB\n");
        Path passFile = Files.writeString(home.resolve(".pgpass"), server.host() + ":*:app:app:secret\n*:*:*:*:"
                + PASSWORD.replace("\\", "\\\\").replace(":", "\\:") + "\n");
        Files.setPosixFilePermissions(passFile, PosixFilePermissions.fromString("rw-------"));
        arrives("service=one", "app|app|service|5MB");
        arrives("postgresql:///?service=one&application_name=x", "app|app|x|5MB");
        arrives("service=one dbname=postgres user=" + quoted(USER), "postgres|" + USER + "|service|5MB");
        environment.put("PGSERVICE", "one");
        environment.put("PGAPPNAME", "env");
        arrives("app", "app|app|service|5MB");
    }

    @Test
    void a_client_tool_without_a_password_finds_none_elsewhere() throws IOException {
        Dsn dsn = Dsn.parse("source", "host=" + server.host() + " port=" + server.port() + " user=app", false,
                environment);
        Path passFile = Files.writeString(home.resolve(".pgpass"), "*:*:*:*:secret\n");
        Files.setPosixFilePermissions(passFile, PosixFilePermissions.fromString("rw-------"));
        Run psql = psql(dsn.conninfo(), toolEnvironment(dsn));
        assertTrue(psql.err().contains("no password supplied"), psql.err());
    }

    private void arrives(String text, String expected) {
        String place = expected + "|" + server.port();
        Map<String, String> own = new HashMap<>(clean());
        own.putAll(environment);
        assertEquals(place, said(psql(text, own)), "psql " + text);
        Dsn dsn = Dsn.parse("source", text, true, environment);
        environment.put("PGAPPNAME", environment.getOrDefault("PGAPPNAME", "must not count"));
        assertEquals(place, said(psql(dsn.conninfo(ClientBinaries.clientMajor()), toolEnvironment(dsn))),
                "psql " + dsn.conninfo());
        assertEquals(place, driver(dsn), dsn.jdbcUrl());
        environment.remove("PGAPPNAME", "must not count");
    }

    private static String driver(Dsn dsn) {
        try (Connection connection = DriverManager.getConnection(dsn.jdbcUrl(), dsn.jdbcProperties());
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(WHERE)) {
            result.next();
            return result.getString(1);
        } catch (SQLException e) {
            return e.getMessage();
        }
    }

    private static String said(Run run) {
        return (run.out() + run.err()).strip();
    }

    private static Run psql(String conninfo, Map<String, String> variables) {
        String program = ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString();
        List<String> command = new ArrayList<>(List.of(program, "-X", "-w", "-Atc", WHERE));
        if (conninfo != null) {
            command.addAll(List.of("-d", conninfo));
        }
        return Run.of(command, variables, null);
    }

    /** As a caller makes it: the user's environment without what libpq reads there, and with what {@link Dsn} sets. */
    private Map<String, String> toolEnvironment(Dsn dsn) {
        Map<String, String> variables = new HashMap<>(environment);
        variables.putAll(clean());
        variables.putAll(dsn.toolEnvironment());
        return variables;
    }

    private static Map<String, String> clean() {
        Map<String, String> variables = new HashMap<>();
        ToolEnvironment.unset().forEach(name -> variables.put(name, ""));
        return variables;
    }

    private static String ident(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String quoted(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}

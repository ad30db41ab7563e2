//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.postgresql:postgresql:42.7.14

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;

/** Against a server with TLS, the JDBC driver must trust and refuse what psql trusts and refuses. */
class DsnTlsServerTest {
    private static final String HOW =
            "SELECT concat_ws('|', ssl, coalesce(client_dn, '-')) FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    private static PgServer server;
    private static String psql;

    @TempDir
    Path home;

    @BeforeAll
    static void start() {
        server = PgServer.withTls(ClientBinaries.clientMajor());
        psql = ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void every_mode_that_can_be_satisfied_connects() {
        String root = " sslrootcert=" + server.rootCertificate();
        for (String mode : List.of("", "sslmode=allow", "sslmode=prefer", "sslmode=require", "sslmode=require" + root,
                "sslmode=verify-ca" + root,
                "sslmode=verify-full" + root)) {
            bothSay("host=localhost " + mode, "t|-");
        }
    }

    @Test
    void without_tls_the_server_is_not_reached() {
        bothRefuse("host=localhost sslmode=disable", "no pg_hba.conf entry");
    }

    @Test
    void the_root_in_the_home_folder_is_found() throws IOException {
        Files.createDirectory(home.resolve(".postgresql"));
        Files.copy(server.rootCertificate(), home.resolve(".postgresql/root.crt"));
        bothSay("host=localhost sslmode=verify-full", "t|-");
        Files.copy(clientCertificate("stranger").resolve("stranger.crt"), home.resolve(".postgresql/root.crt"),
                StandardCopyOption.REPLACE_EXISTING);
        bothRefuse("host=localhost sslmode=verify-full", "certif");
        bothRefuse("host=localhost sslmode=require", "certif");
    }

    @Test
    void an_address_is_connected_to_and_the_name_is_what_the_certificate_must_hold() {
        String verified = "hostaddr=127.0.0.1 sslmode=verify-full sslrootcert=" + server.rootCertificate();
        bothSay("host=localhost " + verified, "t|-");
        bothRefuse("host=other.example " + verified, "other.example");
        // What the hint says is what the first of these does.
        String target = "host=other.example " + verified + " port=" + server.port() + " user=postgres dbname=postgres";
        CommandRun run = CommandRun.of("PreflightCheck",
                Map.of("SOURCE", target, "TARGET", target, "PGPASSWORD", server.password()));
        assertEquals(3, run.code(), run.err());
        assertTrue((run.out() + run.err()).contains("under a name that its certificate has, with hostaddr="),
                run.out() + run.err());
    }

    @Test
    void the_systems_authorities_do_not_know_the_server() {
        refused(() -> driver(dsn("host=localhost sslrootcert=system")), "SSL error");
    }

    @Test
    void a_client_certificate_is_shown_to_a_server_that_asks_for_one() throws IOException {
        Path folder = clientCertificate("me");
        Path authority = Files.copy(folder.resolve("me.crt"), server.dataFolder().resolve("client-ca.crt"));
        Files.setPosixFilePermissions(authority, PosixFilePermissions.fromString("rw-r--r--"));
        server.restart("ssl_ca_file=client-ca.crt");
        bothSay("host=localhost sslmode=require sslcert=" + folder.resolve("me.crt") + " sslkey="
                + folder.resolve("me.key"), "t|/CN=me");
    }

    /** A self-signed certificate with an EC key, which the driver reads only when it is told so. */
    private Path clientCertificate(String name) {
        Run.of(List.of("sh", "-c",
                "cd \"$1\" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "
                        + "\"$2.key\""
                        + " -out \"$2.crt\" -days 2 -subj \"/CN=$2\" && chmod 600 \"$2.key\"",
                "sh", home.toString(), name)).orFail();
        return home;
    }

    private void bothSay(String text, String expected) {
        Dsn dsn = dsn(text);
        Run run = psql(dsn);
        assertEquals(expected, (run.out() + run.err()).strip(), "psql " + dsn.conninfo());
        try {
            assertEquals(expected, driver(dsn), text);
        } catch (SQLException e) {
            throw new AssertionError("the driver refuses " + text, e);
        }
    }

    private void bothRefuse(String text, String why) {
        Dsn dsn = dsn(text);
        assertTrue(psql(dsn).err().contains(why), psql(dsn).err());
        refused(() -> driver(dsn), why);
    }

    private interface Attempt {
        String connect() throws SQLException;
    }

    private static void refused(Attempt attempt, String why) {
        try {
            throw new AssertionError("connected: " + attempt.connect());
        } catch (SQLException e) {
            assertTrue(e.getMessage().contains(why), e.getMessage());
        }
    }

    private Dsn dsn(String text) {
        return Dsn.parse("target", text + " port=" + server.port() + " user=postgres", false,
                Map.of("HOME", home.toString(), "PGPASSWORD", server.password()));
    }

    private Run psql(Dsn dsn) {
        Map<String, String> variables = new HashMap<>();
        ToolEnvironment.unset().forEach(name -> variables.put(name, ""));
        variables.putAll(dsn.toolEnvironment());
        variables.put("HOME", home.toString());
        return Run.of(List.of(psql, "-X", "-w", "-Atc", HOW, "-d", dsn.conninfo(ClientBinaries.clientMajor())),
                variables, null);
    }

    private static String driver(Dsn dsn) throws SQLException {
        try (Connection connection = DriverManager.getConnection(dsn.jdbcUrl(), dsn.jdbcProperties());
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(HOW)) {
            result.next();
            return result.getString(1);
        }
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;

/**
 * Every session of a run, be it the JDBC driver's or a client program's, is encrypted in the same way; the server's log
 * is the witness.
 */
class TlsEverySessionTest {
    private static final String PASSWORD = "sécret w'o\"rd%#1";
    private static final Pattern SESSION = Pattern.compile(
            "connection authorized: user=\\S+ database=\\S+ application_name=(tsmigrate(?: [\\w-]+)??)( SSL "
                    + "enabled \\(protocol=(\\S+),|\\n)");
    private static PgServer server;
    private static String shop;
    private static int seen;

    @TempDir
    Path home;

    /** A server that takes encrypted and plain connections alike, and who shows a certificate only with that. */
    @BeforeAll
    static void start() throws IOException {
        server = PgServer.withTls(ClientBinaries.clientMajor(), "log_connections=on");
        Path rules = server.dataFolder().resolve("pg_hba.conf");
        Files.writeString(rules, Files.readString(rules).replace("hostssl all", """
                hostssl all shown all scram-sha-256 clientcert=verify-ca
                host all shown all reject
                host all"""));
        Path authority = Files.copy(server.rootCertificate(), server.dataFolder().resolve("ca.crt"));
        Files.setPosixFilePermissions(authority, PosixFilePermissions.fromString("rw-r--r--"));
        server.restart("ssl_ca_file=ca.crt");
        shop = server.newDatabase();
        server.sql(shop, "CREATE TABLE item AS SELECT 1 AS id", "GRANT SELECT ON item TO PUBLIC");
        server.sql("postgres",
                "CREATE ROLE shown SUPERUSER LOGIN PASSWORD '" + server.password().replace("'", "''") + "'");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void by_default_all_sessions_are_encrypted() {
        server.restart("ssl=on", "ssl_max_protocol_version=");
        CommandRun run = migrate("");
        assertEquals(0, run.code(), run.err());
        assertEquals(Set.of("TLSv1.3"), sessions());
        assertEquals(0, migrate("sslrootcert=" + server.rootCertificate()).code());
        assertEquals(Set.of("TLSv1.3"), sessions());
        String said = preflight("").out();
        assertTrue(said.contains("the connection to the source is encrypted (TLSv1.3 "), said);
    }

    @Test
    void a_root_certificate_that_does_not_fit_lets_no_session_fall_back_to_plain_text() {
        server.restart("ssl=on", "ssl_max_protocol_version=");
        String wrong = "sslrootcert=" + certificate("stranger").resolve("stranger.crt");
        for (String mode : List.of("", "sslmode=require ")) {
            seen = server.log().length();
            CommandRun run = preflight(mode + wrong);
            assertEquals(3, run.code(), run.err());
            assertTrue(run.failure().startsWith("error: could not connect to the source: TLS failed: "), run.err());
            assertTrue(run.failure().endsWith(
                    "\nhint: name the file with the authority that has signed the certificate of the source: "
                            + "sslrootcert=…; "
                            + "sslmode=disable would go on without encryption"),
                    run.err());
            assertEquals(Set.of(), sessions());
        }
    }

    @Test
    void what_is_not_encrypted_is_so_for_all_sessions_and_said() {
        server.restart("ssl=on", "ssl_max_protocol_version=");
        assertEquals(0, migrate("sslmode=allow").code());
        assertEquals(Set.of("plain"), sessions());
        String target = server.newDatabase();
        server.restart("ssl=off");
        seen = server.log().length();
        CommandRun run = CommandRun.of("Migrate", environment("", target));
        assertEquals(0, run.code(), run.err());
        assertEquals(Set.of("plain"), sessions());
        assertTrue(CommandRun.of("PreflightCheck", environment("", target)).out()
                .contains("the connection to the source stays on this machine"));
    }

    @Test
    void the_bounds_of_the_protocol_hold_for_all_sessions() {
        server.restart("ssl=on", "ssl_max_protocol_version=");
        assertEquals(0, migrate("ssl_max_protocol_version=TLSv1.2").code());
        assertEquals(Set.of("TLSv1.2"), sessions());
        assertEquals(0, migrate(
                "sslmode=verify-full sslrootcert=" + server.rootCertificate() + " ssl_min_protocol_version=TLSv1.3")
                .code());
        assertEquals(Set.of("TLSv1.3"), sessions());
        server.restart("ssl_max_protocol_version=TLSv1.2");
        seen = server.log().length();
        CommandRun run = preflight("sslmode=require ssl_min_protocol_version=TLSv1.3");
        assertEquals(3, run.code(), run.err());
        assertTrue(run.failure().startsWith("error: could not connect to the source: TLS failed: "), run.err());
        assertEquals(Set.of(), sessions());
    }

    @Test
    void an_encrypted_key_opens_all_sessions_and_nobody_sees_its_password() throws IOException {
        server.restart("ssl=on", "ssl_max_protocol_version=");
        Path folder = certificate("client");
        Path key = folder.resolve("client.key");
        // OpenSSL 3 makes what Java opens; what older ones made by default it does not.
        Run.of(List.of("openssl", "pkcs8", "-topk8", "-v2", "aes256", "-in", key.toString(), "-passout",
                "pass:" + PASSWORD, "-out", key + ".closed")).orFail();
        Files.setPosixFilePermissions(Path.of(key + ".closed"), PosixFilePermissions.fromString("rw-------"));
        Files.copy(folder.resolve("client.crt"), server.dataFolder().resolve("ca.crt"),
                StandardCopyOption.REPLACE_EXISTING);
        server.restart();
        String shown = "sslmode=require sslrootcert=" + server.rootCertificate() + " user=shown sslcert="
                + folder.resolve("client.crt") + " sslkey=";
        CommandRun without = preflight("sslmode=require user=shown");
        assertEquals(3, without.code(), without.out() + without.err());
        CommandRun run = migrate(shown + key + ".closed sslpassword='" + PASSWORD.replace("'", "\\'") + "'", "-v");
        assertEquals(0, run.code(), run.err());
        assertEquals(Set.of("TLSv1.3"), sessions());
        assertTrue(run.err().contains("running ") && run.err().contains("service=tsmigrate"), run.err());
        assertFalse((run.out() + run.err()).contains("cret w"), run.err());
    }

    private Path certificate(String name) {
        Run.of(List.of("sh", "-c",
                "cd \"$1\" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "
                        + "\"$2.key\""
                        + " -out \"$2.crt\" -days 2 -subj \"/CN=$2\" && chmod 600 \"$2.key\"",
                "sh", home.toString(), name)).orFail();
        return home;
    }

    /** Forgets the sessions of before, and moves the database within the server. */
    private CommandRun migrate(String how, String... options) {
        Map<String, String> environment = environment(how, server.newDatabase());
        seen = server.log().length();
        return CommandRun.of("Migrate", environment, options);
    }

    private CommandRun preflight(String how) {
        return CommandRun.of("PreflightCheck", environment(how, server.newDatabase()));
    }

    private Map<String, String> environment(String how, String target) {
        String all =
                " host=localhost port=" + server.port() + (how.contains("user=") ? "" : " user=postgres") + " dbname=";
        return Map.of("HOME", home.toString(), "SOURCE", how + all + shop, "TARGET", how + all + target, "PGPASSWORD",
                server.password());
    }

    /** How the sessions of the migration were opened. */
    private Set<String> sessions() {
        Set<String> sessions = new TreeSet<>();
        Matcher matcher = SESSION.matcher(server.log().substring(seen));
        while (matcher.find()) {
            sessions.add(matcher.group(3) == null ? "plain" : matcher.group(3));
        }
        return sessions;
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import lib.talk.Failure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Run;

/** TLS as libpq does it (PostgreSQL manual, 34.19), told to the JDBC driver, whose own defaults differ. */
class DsnTlsTest {
    @TempDir
    Path home;
    private final Map<String, String> environment = new HashMap<>();
    private Path folder;

    @BeforeEach
    void home() throws IOException {
        environment.put("HOME", home.toString());
        folder = Files.createDirectory(home.resolve(".postgresql"));
    }

    @Test
    void without_files_the_driver_neither_checks_nor_sends_a_certificate() {
        assertEquals("prefer", driver("host=h").getProperty("sslmode"));
        assertEquals("require", driver("host=h sslmode=require").getProperty("sslmode"));
        assertEquals("", driver("host=h").getProperty("sslcert"));
        assertEquals("", driver("host=h").getProperty("sslkey"));
    }

    @Test
    void sslmode_require_checks_the_certificate_when_there_is_a_root() throws IOException {
        Path root = Files.writeString(home.resolve("my.crt"), "");
        assertEquals("verify-ca", driver("host=h sslmode=require sslrootcert=" + root).getProperty("sslmode"));
        assertEquals(root.toString(), driver("host=h sslmode=require sslrootcert=" + root).getProperty("sslrootcert"));
        assertEquals("require", driver("host=h sslmode=require sslrootcert=/nowhere").getProperty("sslmode"));
        Path usual = Files.writeString(folder.resolve("root.crt"), "");
        assertEquals("verify-ca", driver("host=h sslmode=require").getProperty("sslmode"));
        assertEquals("verify-full", driver("host=h sslmode=verify-full").getProperty("sslmode"));
        assertEquals(usual.toString(), driver("host=h sslmode=verify-full").getProperty("sslrootcert"));
        environment.put("PGREQUIRESSL", "1");
        assertEquals("verify-ca", driver("host=h").getProperty("sslmode"));
    }

    @Test
    void checking_needs_something_to_check_with() {
        refuses("host=h sslmode=verify-ca",
                "root certificate file \"" + folder.resolve("root.crt") + "\" for the target does not exist",
                "name the file with sslrootcert=…, or use sslrootcert=system for the authorities that this machine "
                        + "trusts");
        environment.put("PGSSLROOTCERT", "/nowhere");
        refuses("host=h sslmode=verify-full",
                "root certificate file \"/nowhere\" (in PGSSLROOTCERT) for the target does not exist",
                "name the file with sslrootcert=…, or use sslrootcert=system for the authorities that this machine "
                        + "trusts");
    }

    @Test
    void the_systems_authorities_are_those_of_the_java_runtime() {
        Properties properties = driver("host=h sslrootcert=system");
        assertEquals("verify-full", properties.getProperty("sslmode"));
        assertEquals("org.postgresql.ssl.DefaultJavaSSLFactory", properties.getProperty("sslfactory"));
        assertNull(properties.getProperty("sslrootcert"));
        refuses("host=h sslrootcert=system sslmode=require",
                "sslmode=require is too weak for sslrootcert=system for the target",
                "use sslmode=verify-full");
    }

    @Test
    void direct_negotiation_needs_a_mode_that_insists_on_tls() {
        refuses("host=h sslnegotiation=direct", "sslmode=prefer is too weak for sslnegotiation=direct for the target",
                "use sslmode=require, verify-ca or verify-full");
    }

    @Test
    void verify_full_needs_a_name() throws IOException {
        Files.writeString(folder.resolve("root.crt"), "");
        refuses("hostaddr=127.0.0.1 sslmode=verify-full",
                "a host name must be given for sslmode=verify-full for the target",
                "give the name in the certificate as host, beside hostaddr");
    }

    @Test
    void the_clients_certificate_is_sent_when_it_is_there() throws IOException, GeneralSecurityException {
        Path certificate = Files.writeString(folder.resolve("postgresql.crt"), "");
        refuses("host=h",
                "private key file \"" + folder.resolve("postgresql.key") + "\" for the certificate \"" + certificate
                        + "\" of the target does not exist",
                "name the file with sslkey=…");
        key(folder.resolve("postgresql.key"), "RSA");
        assertEquals(certificate.toString(), driver("host=h").getProperty("sslcert"));
        assertEquals(folder.resolve("postgresql.key").toString(), driver("host=h").getProperty("sslkey"));
        assertEquals("", driver("host=h sslcertmode=disable").getProperty("sslcert"));
        assertNull(driver("host=h sslmode=disable").getProperty("sslcert"));
        refuses("host=h sslrootcert=system",
                "sslrootcert=system cannot be used together with the client certificate \"" + certificate
                        + "\" of the target",
                "name a file of root certificates instead, such as sslrootcert=/etc/ssl/certs/ca-certificates.crt");
    }

    @Test
    void a_named_certificate_that_is_missing_is_said() {
        Dsn dsn = Dsn.parse("target", "host=h sslcert=/nowhere/my.crt", true, environment);
        assertEquals(List.of("client certificate \"/nowhere/my.crt\" does not exist and is not sent"), dsn.warnings());
    }

    @Test
    void the_driver_is_told_the_kind_of_the_key() throws IOException, GeneralSecurityException {
        Files.writeString(folder.resolve("postgresql.crt"), "");
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            Path key = key(home.resolve(algorithm + ".key"), algorithm);
            assertEquals(algorithm.equals("Ed25519") ? "EdDSA" : algorithm,
                    driver("host=h sslkey=" + key).getProperty("pemKeyAlgorithm"));
        }
        Path binary = Files.write(home.resolve("binary.key"), new byte[]{0x30, (byte) 0x82});
        assertNull(driver("host=h sslkey=" + binary).getProperty("pemKeyAlgorithm"));
    }

    @Test
    void a_key_that_the_driver_cannot_read_comes_with_the_command_that_mends_it() throws IOException {
        Files.writeString(folder.resolve("postgresql.crt"), "");
        for (String kind : List.of("RSA PRIVATE KEY", "EC PRIVATE KEY")) {
            Path key = Files.writeString(folder.resolve("postgresql.key"), pem(kind, new byte[]{1, 2, 3}));
            refuses("host=h",
                    "the JDBC driver cannot read the private key \"" + key + "\" of the target: it is \"" + kind
                            + "\", and must be a PKCS #8 key",
                    "make one: openssl pkcs8 -topk8 -v2 aes256 -in " + key
                            + " -out client.key && chmod 600 client.key, then sslkey=client.key and its password as "
                            + "sslpassword; or -nocrypt in place of"
                            + " -v2 aes256, without a password");
        }
    }

    @Test
    void an_encrypted_key_needs_its_password_and_shows_it_to_nobody() throws IOException {
        Files.writeString(folder.resolve("postgresql.crt"), "");
        Path key = folder.resolve("postgresql.key");
        Run.of(List.of("openssl", "genpkey", "-algorithm", "ED25519", "-aes-256-cbc", "-pass", "pass:hünter 2", "-out",
                key.toString())).orFail();
        refuses("host=h",
                "the private key \"" + key + "\" of the target is encrypted, and no password was given for it",
                "give it as sslpassword in the connection string in $TARGET or in a service file");
        refuses("host=h sslpassword=wrong", "sslpassword does not open the private key \"" + key + "\" of the target",
                "try it: openssl pkey -noout -in " + key);
        refuses("host=h sslpassword=",
                "the private key \"" + key + "\" of the target is encrypted, and no password was given for it",
                "give it as sslpassword in the connection string in $TARGET or in a service file");
        Dsn dsn = Dsn.parse("target", "host=h sslpassword='hünter 2'", true, environment);
        assertTrue(dsn.passwordOnCommandLine());
        assertFalse((dsn.conninfo() + dsn.display() + dsn.jdbcUrl()).contains("ünter"), dsn.conninfo());
        Path service = Path.of(dsn.toolEnvironment().get("PGSERVICEFILE"));
        assertEquals("[tsmigrate]\nsslpassword=hünter 2\n", Files.readString(service));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(service)));
        assertEquals("hünter 2", Dsn.parse("target", dsn.portable(Map.of()), false, environment).jdbcProperties()
                .getProperty("sslpassword"));
    }

    @Test
    void a_revocation_list_in_the_usual_place_is_said_to_be_unread() throws IOException {
        Files.writeString(folder.resolve("root.crt"), "");
        Path list = Files.writeString(folder.resolve("root.crl"), "");
        assertEquals(
                List.of("\"" + list
                        + "\" holds for the client tools only: the JDBC driver does not read revocation lists"),
                Dsn.parse("target", "host=h sslmode=verify-ca", true, environment).warnings());
        assertEquals(List.of(), Dsn.parse("target", "host=h", true, environment).warnings());
    }

    private Properties driver(String text) {
        return Dsn.parse("target", text, true, environment).jdbcProperties();
    }

    private void refuses(String text, String message, String hint) {
        Failure failure = assertThrows(Failure.class, () -> driver(text));
        assertEquals(message, failure.getMessage());
        assertEquals(hint, failure.hint());
        assertEquals(Failure.USAGE, failure.exitCode());
    }

    private static Path key(Path file, String algorithm) throws IOException, GeneralSecurityException {
        return Files.writeString(file, pem("PRIVATE KEY",
                KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate().getEncoded()));
    }

    private static String pem(String kind, byte[] bytes) {
        return "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(bytes) + "\n-----END " + kind
                + "-----\n";
    }
}

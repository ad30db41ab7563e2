//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Soak;

/**
 * A private key that cannot be used is made one that can by what is said to run, for the driver and for the client
 * programs.
 */
class ClientKeyHintsTest {
    /** Makes the certificate's key one of another format; the first one is without a password. */
    private static final String MADE =
            "cd \"$0\" && rm -f 'a key' client.key && openssl %s -in plain.key -out 'a key' && chmod 600 'a key'";
    private static final Pattern COMMAND =
            Pattern.compile("(openssl pkcs8) (.*?), then (sslkey)=(client.key) and its password as (sslpassword)");

    @AutoClose
    private static PgServer server;
    @TempDir
    static Path folder;

    @BeforeAll
    static void start() throws IOException {
        server = PgServer.withTls(ClientBinaries.clientMajor());
        server.sql("postgres", "CREATE ROLE keyed SUPERUSER LOGIN PASSWORD 'p'");
        shell("cd \"$0\" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "
                + "plain.key "
                + "-out me.crt -days 2 -subj /CN=me && chmod 600 plain.key");
        Path authority = Files.copy(folder.resolve("me.crt"), server.dataFolder().resolve("client-ca.crt"));
        Files.setPosixFilePermissions(authority, PosixFilePermissions.fromString("rw-r--r--"));
        Files.writeString(server.dataFolder().resolve("pg_hba.conf"),
                "local all all trust\nhostssl all keyed all scram-sha-256 clientcert=verify-ca\nhostssl all all "
                        + "all scram-sha-256\n");
        server.restart("ssl_ca_file=client-ca.crt");
    }

    private static Run shell(String script) {
        Run run = Run.of(List.of("sh", "-c", script, folder.toString()));
        run.orFail();
        return run;
    }

    /** By the driver and by pg_dump. */
    private static CommandRun dump(String key, String password) {
        return CommandRun.of("Dump", Map.of("SOURCE", source(key, password)), "-o", folder.resolve("dump").toString(),
                "--overwrite");
    }

    private static String source(String key, String password) {
        return "host=localhost port=" + server.port()
                + " user=keyed password=p dbname=postgres sslmode=require sslcert=" + folder.resolve("me.crt")
                + " sslkey='"
                + folder.resolve(key) + "'" + (password == null ? "" : " sslpassword='" + password + "'");
    }

    private static String hint(CommandRun refused, int code, String says) {
        assertEquals(code, refused.code(), refused.err());
        assertTrue(refused.failure().contains(says), refused.failure());
        return refused.failure().substring(refused.failure().indexOf("hint: "));
    }

    /** Runs what is said, in that folder, and gives the passwords that openssl asks for. */
    private static void convert(String hint, String word, String other) {
        Matcher command = COMMAND.matcher(hint);
        assertTrue(command.find(), hint);
        shell("cd \"$0\" && " + command.group(1) + " -passin 'pass:old' -passout pass:new "
                + command.group(2).replace(word, other));
    }

    @ParameterizedTest
    @CsvSource({"ec, it is \"EC PRIVATE KEY\", always", "ec -aes128 -passout pass:old, it is \"EC PRIVATE KEY\", soak",
            "pkcs8 -topk8 -v1 PBE-SHA1-3DES -passout pass:old, it is encrypted with, soak",
            "pkcs8 -topk8 -v2 des3 -passout pass:old, it is encrypted, always",
            "pkcs8 -topk8 -scrypt -passout pass:old, it is encrypted, soak"})
    void it_is_converted(String made, String says, String run) {
        Soak.assumeIn(run);
        shell(MADE.formatted(made));
        String hint = hint(dump("a key", "old"), 2, says);
        convert(hint, "", "");
        CommandRun again = dump("client.key", "new");
        assertEquals(0, again.code(), again.err());
        Matcher open = Pattern.compile("or (-nocrypt) in place of (-v2 aes256), without a password").matcher(hint);
        assertTrue(open.find(), hint);
        convert(hint, open.group(2), open.group(1));
        CommandRun without = dump("client.key", null);
        assertEquals(0, without.code(), without.err());
    }

    @Test
    void its_password_is_given_and_tried() {
        shell(MADE.formatted("pkcs8 -topk8 -v2 aes256 -passout pass:old"));
        assertTrue(hint(dump("a key", null), 2, "is encrypted, and no password was given")
                .contains("give it as sslpassword in the connection string in $SOURCE"));
        Matcher trial = Pattern.compile("try it: (openssl pkey) (.*)")
                .matcher(hint(dump("a key", "other"), 2, "sslpassword does not open"));
        assertTrue(trial.find());
        assertEquals(0, Run.of(List.of("sh", "-c", trial.group(1) + " -passin pass:old " + trial.group(2))).code());
        assertTrue(Run.of(List.of("sh", "-c", trial.group(1) + " -passin pass:other " + trial.group(2))).code() != 0);
        CommandRun right = dump("a key", "old");
        assertEquals(0, right.code(), right.err());
    }

    @Test
    void a_password_that_no_service_file_can_hold_is_changed() {
        shell(MADE.formatted("pkcs8 -topk8 -v2 aes256 -passout 'pass:old '"));
        String hint = hint(dump("a key", "old "), 2, "ends in a blank");
        convert(hint.replace("-v2", "-passin 'pass:old ' -v2"), "", "");
        CommandRun again = dump("client.key", "new");
        assertEquals(0, again.code(), again.err());
    }

    /** No other format makes one of these known. */
    @Test
    void a_key_of_a_kind_that_java_has_not_is_replaced() throws IOException {
        shell("cd \"$0\" && rm -f client.key && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 "
                + "-aes256 -pass pass:old -out 'a key' && chmod 600 'a key'");
        Matcher request = Pattern.compile("(openssl req .*)")
                .matcher(hint(dump("a key", "old"), 2, "Java's TLS does not support this kind of key"));
        assertTrue(request.find());
        shell("cd \"$0\" && " + request.group()
                + " -subj /CN=me && openssl x509 -req -in client.csr -signkey client.key -days 2 -out other.crt");
        Path authorities = server.dataFolder().resolve("client-ca.crt");
        Files.writeString(authorities, Files.readString(authorities) + Files.readString(folder.resolve("other.crt")));
        server.restart();
        CommandRun again =
                CommandRun.of("Dump", Map.of("SOURCE", source("client.key", null).replace("me.crt", "other.crt")), "-o",
                        folder.resolve("dump").toString(), "--overwrite");
        assertEquals(0, again.code(), again.err());
    }
}

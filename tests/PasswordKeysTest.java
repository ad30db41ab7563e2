//DEPS org.junit.jupiter:junit-jupiter:6.1.3

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.stream.IntStream;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import lib.PasswordKeys;
import org.junit.jupiter.api.Test;
import testbed.PgServer;

/** Keys that are derived from passwords are shared, and stay the ones that Java derives. */
class PasswordKeysTest {
    private static final String ALGORITHM = "PBKDF2WithHmacSHA256";

    @Test
    void a_key_is_the_one_that_java_derives() throws GeneralSecurityException {
        PasswordKeys.share();
        PasswordKeys.share();
        SecretKeyFactory shared = SecretKeyFactory.getInstance(ALGORITHM);
        assertEquals("tsmigrate", shared.getProvider().getName());
        SecretKeyFactory own = SecretKeyFactory.getInstance(ALGORITHM, "SunJCE");
        // Twice, the second time out of memory; and more of them than are kept.
        for (int round = 0; round < 2; round++) {
            for (String password : new String[] {"secret", "Secret", "\u00e4\u6f22"}) {
                for (int salt : IntStream.range(0, 8).toArray()) {
                    assertArrayEquals(own.generateSecret(spec(password, salt, 10)).getEncoded(), shared.generateSecret(spec(password, salt, 10)).getEncoded());
                }
                assertArrayEquals(own.generateSecret(spec(password, 1, 11)).getEncoded(), shared.generateSecret(spec(password, 1, 11)).getEncoded());
            }
        }
    }

    @Test
    void a_password_that_is_wrong_or_changed_is_refused() throws SQLException {
        PasswordKeys.share();
        PgServer server = PgServer.installed();
        try (server) {
            server.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'one'");
            server.connect("postgres", "app", "one").close();
            assertEquals("28P01", assertThrows(SQLException.class, () -> server.connect("postgres", "app", "two")).getSQLState());
            server.connect("postgres", "app", "one").close();
            server.sql("postgres", "ALTER ROLE app PASSWORD 'two'");
            assertEquals("28P01", assertThrows(SQLException.class, () -> server.connect("postgres", "app", "one")).getSQLState());
            server.connect("postgres", "app", "two").close();
        }
    }

    private static PBEKeySpec spec(String password, int salt, int rounds) {
        return new PBEKeySpec(password.toCharArray(), new byte[] {(byte) salt, 7}, rounds, 256);
    }
}

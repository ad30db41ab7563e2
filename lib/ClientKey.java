//SOURCES Failure.java
package lib;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The private key of a client certificate: OpenSSL writes several formats, of which the JDBC driver reads one, and only if told the algorithm. */
final class ClientKey {
    private static final Pattern PEM = Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----([^-]*)-----END");

    private ClientKey() {
    }

    /**
     * What kind of key this is.
     *
     * @return the Java name of the algorithm, such as "EC"; empty for a file that is not PEM
     * @throws Failure usage, for a key that the driver cannot read, with the command that makes it readable
     */
    static Optional<String> algorithm(String side, Path key) {
        Matcher pem = PEM.matcher(text(side, key));
        if (!pem.find()) {
            return Optional.empty();
        }
        if (!pem.group(1).equals("PRIVATE KEY")) {
            throw Failure.usage("the JDBC driver cannot read the private key \"%s\" of the %s: it is \"%s\", and must be an unencrypted PKCS #8 key",
                            key, side, pem.group(1))
                    .hint("make one: openssl pkcs8 -topk8 -nocrypt -in %s -out client.key && chmod 600 client.key, then sslkey=client.key", key);
        }
        byte[] encoded = Base64.getMimeDecoder().decode(pem.group(2));
        return List.of("RSA", "EC", "EdDSA", "RSASSA-PSS").stream().filter(algorithm -> isKeyOf(algorithm, encoded)).findFirst();
    }

    private static String text(String side, Path key) {
        try {
            return new String(Files.readAllBytes(key), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw Failure.usage("could not read the private key \"%s\" of the %s", key, side).because(e);
        }
    }

    private static boolean isKeyOf(String algorithm, byte[] encoded) {
        try {
            KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}

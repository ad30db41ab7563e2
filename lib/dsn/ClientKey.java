package lib.dsn;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.PBEParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import lib.talk.Failure;
import lib.talk.ShellScript;

/**
 * The private key of a client certificate: OpenSSL writes several formats, of which the JDBC driver reads one, and only
 * if told the algorithm.
 */
record ClientKey(PrivateKey key, boolean encrypted) {
    /** Before the key there may be headers, such as "DEK-Info: AES-128-CBC" of an older format. */
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----(.*?)-----END", Pattern.DOTALL);
    /** Those that Java's TLS signs with (JDK Providers Documentation, SunJSSE). */
    private static final List<String> CURVES = List.of("secp256r1", "secp384r1", "secp521r1");
    /**
     * As Java names the schemes of PKCS #5 2.0 (RFC 8018), of which OpenSSL 3 writes the one with SHA256 and AES_256.
     */
    private static final Pattern SCHEME = Pattern.compile("PBEWith(HmacSHA\\d+)AndAES_(\\d+)");

    /**
     * Reads a key.
     *
     * @param password what opens an encrypted one, or null
     * @return null for a file that is not PEM, which is left to the driver
     * @throws Failure usage, for a key that cannot be read, with the command that makes it readable
     */
    static ClientKey read(String side, Path file, String password) {
        Matcher pem = PEM.matcher(text(side, file));
        if (!pem.find()) {
            return null;
        }
        boolean encrypted = pem.group(1).equals("ENCRYPTED PRIVATE KEY");
        if (encrypted && password == null) {
            throw Failure
                    .usage("the private key \"%s\" of the %s is encrypted, and no password was given for it", file,
                            side)
                    .hint("give it as sslpassword in the connection string in $%s or in a service file",
                            side.toUpperCase(Locale.ROOT));
        } else if (!encrypted && !pem.group(1).equals("PRIVATE KEY")) {
            throw unreadable(side, file, "it is \"" + pem.group(1) + "\", and must be a PKCS #8 key");
        }
        byte[] encoded = Base64.getMimeDecoder().decode(pem.group(2));
        byte[] plain = encrypted ? decrypted(side, file, encoded, password) : encoded;
        return List.of("RSA", "EC", "EdDSA", "RSASSA-PSS").stream().map(algorithm -> key(algorithm, plain))
                .filter(Objects::nonNull).findFirst()
                .map(key -> new ClientKey(key, encrypted)).orElseThrow(
                        () -> encrypted && !isWhole(plain) ? wrongPassword(side, file) : ofUnknownKind(side, file));
    }

    /**
     * With a wrong password, decryption seems to succeed for a few keys in a thousand, but the result is not a sequence
     * of its own length (X.690, 8.1.3).
     */
    private static boolean isWhole(byte[] der) {
        int bytes = der.length > 1 && der[1] < 0 ? der[1] & 0x7f : 0;
        if (der.length < 2 + bytes || der[0] != 0x30 || bytes > 3) {
            return false;
        }
        int length = bytes == 0 ? der[1] : 0;
        for (int i = 2; i < 2 + bytes; i++) {
            length = length << 8 | der[i] & 0xff;
        }
        return der.length == 2 + bytes + length;
    }

    /** Another format would not help. */
    private static Failure ofUnknownKind(String side, Path file) {
        return Failure.usage(
                "the JDBC driver cannot read the private key \"%s\" of the %s: Java's TLS does not support this "
                        + "kind of key",
                file, side)
                .hint("have a certificate made for a key of another kind, such as RSA: openssl req -new -newkey "
                        + "rsa:3072 "
                        + "-nodes -keyout client.key -out client.csr");
    }

    private static Failure unreadable(String side, Path file, String why) {
        return Failure.usage("the JDBC driver cannot read the private key \"%s\" of the %s: %s", file, side, why)
                .hint("make one: %s; or -nocrypt in place of -v2 aes256, without a password", conversion(file));
    }

    /**
     * @return what makes a key that can be read, with a password that the person is asked for; it says how to use it,
     * too
     */
    static String conversion(Path file) {
        return ("openssl pkcs8 -topk8 -v2 aes256 -in %s -out client.key && chmod 600 client.key, then "
                + "sslkey=client.key "
                + "and its password as sslpassword")
                .formatted(ShellScript.quoted(file.toString()));
    }

    private static Failure wrongPassword(String side, Path file) {
        return Failure.usage("sslpassword does not open the private key \"%s\" of the %s", file, side)
                .hint("try it: openssl pkey -noout -in %s", ShellScript.quoted(file.toString()));
    }

    private static String text(String side, Path key) {
        try {
            return new String(Files.readAllBytes(key), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw Failure.usage("could not read the private key \"%s\" of the %s", key, side).because(e);
        }
    }

    /** Java's own ciphers of these schemes take passwords of ASCII only. */
    private static byte[] decrypted(String side, Path file, byte[] encoded, String password) {
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(encoded);
            AlgorithmParameters parameters = info.getAlgParameters();
            Matcher scheme = SCHEME.matcher(String.valueOf(parameters));
            if (!scheme.matches()) {
                throw unreadable(side, file, "it is encrypted with " + info.getAlgName());
            }
            PBEParameterSpec derivation = parameters.getParameterSpec(PBEParameterSpec.class);
            SecretKey secret = SecretKeyFactory.getInstance("PBKDF2With" + scheme.group(1))
                    .generateSecret(new PBEKeySpec(password.toCharArray(),
                            derivation.getSalt(), derivation.getIterationCount(), Integer.parseInt(scheme.group(2))));
            Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(secret.getEncoded(), "AES"),
                    derivation.getParameterSpec());
            return cipher.doFinal(info.getEncryptedData());
        } catch (IOException e) {
            // An algorithm that this Java has no parameters for, or no PKCS #8 at all.
            throw unreadable(side, file, "it is encrypted in a way that Java does not know").because(e);
        } catch (GeneralSecurityException e) {
            throw wrongPassword(side, file).because(e);
        }
    }

    private static PrivateKey key(String algorithm, byte[] encoded) {
        try {
            PrivateKey key = KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            return key instanceof ECPrivateKey curved && !isKnown(curved) ? null : key;
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    private static boolean isKnown(ECPrivateKey key) throws GeneralSecurityException {
        for (String curve : CURVES) {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(curve));
            if (parameters.getParameterSpec(ECParameterSpec.class).getOrder().equals(key.getParams().getOrder())) {
                return true;
            }
        }
        return false;
    }
}

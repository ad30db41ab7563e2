package lib;

import java.nio.ByteBuffer;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.security.Provider;
import java.security.Security;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.KeySpec;
import java.util.HashMap;
import java.util.Map;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.SecretKeyFactorySpi;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Derives the key of a password once for each salt, where the driver does so for each connection: 4096 rounds of SHA-256, 10 ms of a processor, are
 * what SCRAM asks for (RFC 7677, section 4), and a user's salt stays the same. A provider of Java's own cryptography is the one way into the driver.
 */
public final class PasswordKeys {
    private static final String ALGORITHM = "PBKDF2WithHmacSHA256";
    private static final String NAME = "tsmigrate";
    /** Far more than two servers need; whoever makes keys for more passwords needs each once. */
    private static final int MOST = 16;
    private static final Map<Wanted, byte[]> KEYS = new HashMap<>();

    /** What a key depends on. */
    private record Wanted(String password, ByteBuffer salt, int rounds, int bits) {
        Wanted(PBEKeySpec spec) {
            this(new String(spec.getPassword()), ByteBuffer.wrap(spec.getSalt()), spec.getIterationCount(), spec.getKeyLength());
        }

        /** A password is nothing to be printed. */
        @Override
        public String toString() {
            return ALGORITHM;
        }
    }

    private PasswordKeys() {
    }

    /** From now on every connection of this process shares them. */
    public static synchronized void share() {
        if (Security.getProvider(NAME) == null && Security.getProviders("SecretKeyFactory." + ALGORITHM) != null) {
            Security.insertProviderAt(new Shared(Security.getProviders("SecretKeyFactory." + ALGORITHM)[0]), 1);
        }
    }

    /** Java asks providers in order; this one asks the one that came first before. */
    private static final class Shared extends Provider {
        private static final long serialVersionUID = 1;

        Shared(Provider own) {
            super(NAME, "1", "keys that are made once");
            putService(new Service(this, "SecretKeyFactory", ALGORITHM, Factory.class.getName(), null, null) {
                @Override
                public Object newInstance(Object parameter) throws NoSuchAlgorithmException {
                    return new Factory(SecretKeyFactory.getInstance(ALGORITHM, own));
                }
            });
        }
    }

    private static final class Factory extends SecretKeyFactorySpi {
        private final SecretKeyFactory own;

        Factory(SecretKeyFactory own) {
            this.own = own;
        }

        @Override
        protected SecretKey engineGenerateSecret(KeySpec spec) throws InvalidKeySpecException {
            if (!(spec instanceof PBEKeySpec known)) {
                return own.generateSecret(spec);
            }
            return new SecretKeySpec(bytes(known), ALGORITHM);
        }

        private byte[] bytes(PBEKeySpec spec) throws InvalidKeySpecException {
            Wanted wanted = new Wanted(spec);
            // Whoever comes while it is made waits for it, which takes no processor.
            synchronized (KEYS) {
                byte[] known = KEYS.get(wanted);
                if (known == null) {
                    known = own.generateSecret(spec).getEncoded();
                    if (KEYS.size() < MOST) {
                        KEYS.put(wanted, known);
                    }
                }
                return known;
            }
        }

        @Override
        protected KeySpec engineGetKeySpec(SecretKey key, Class<?> kind) throws InvalidKeySpecException {
            return own.getKeySpec(key, kind);
        }

        @Override
        protected SecretKey engineTranslateKey(SecretKey key) throws InvalidKeyException {
            return own.translateKey(key);
        }
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.dsn;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.postgresql.ssl.NonValidatingFactory;
import org.postgresql.ssl.WrappedFactory;

/**
 * TLS for the JDBC driver where its own factory falls short of libpq: with a choice of protocol versions, or with an
 * encrypted PEM key. The driver makes one of each connection's properties; whether the host's name fits the certificate
 * it asks by itself.
 */
public final class TlsSockets extends WrappedFactory {
    /** The protocol versions that may be used, separated by commas; absent for the defaults of Java. */
    static final String VERSIONS = "sslfactoryarg";
    /** Stands for the root certificates of the Java runtime instead of a file. */
    static final String SYSTEM = "system";

    private final String[] versions;

    public TlsSockets(Properties properties) throws GeneralSecurityException, IOException {
        String wanted = properties.getProperty(VERSIONS);
        versions = wanted == null ? null : wanted.split(",");
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys(properties), trust(properties), null);
        factory = context.getSocketFactory();
    }

    /** The root decides whether the server's certificate is looked at (see {@link DriverTls}). */
    private static TrustManager[] trust(Properties properties) throws GeneralSecurityException, IOException {
        String root = properties.getProperty("sslrootcert");
        if (SYSTEM.equals(root)) {
            return null;
        } else if (!properties.getProperty("sslmode").startsWith("verify")) {
            return new TrustManager[]{new NonValidatingFactory.NonValidatingTM()};
        }
        KeyStore known = empty();
        for (Certificate certificate : certificates(Path.of(root))) {
            known.setCertificateEntry("root " + known.size(), certificate);
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(known);
        return managers.getTrustManagers();
    }

    private static KeyManager[] keys(Properties properties) throws GeneralSecurityException, IOException {
        String certificate = properties.getProperty("sslcert", "");
        if (certificate.isEmpty()) {
            return null;
        }
        ClientKey key = ClientKey.read("server", Path.of(properties.getProperty("sslkey")),
                properties.getProperty("sslpassword"));
        if (key == null) {
            throw new IOException("the private key is not PEM");
        }
        KeyStore own = empty();
        own.setKeyEntry("own", key.key(), new char[0], certificates(Path.of(certificate)).toArray(Certificate[]::new));
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(own, new char[0]);
        return managers.getKeyManagers();
    }

    private static List<Certificate> certificates(Path file) throws GeneralSecurityException, IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            return new ArrayList<>(CertificateFactory.getInstance("X.509").generateCertificates(in));
        }
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        return store;
    }

    @Override
    public Socket createSocket(Socket plain, String host, int port, boolean autoClose) throws IOException {
        SSLSocket socket = (SSLSocket) super.createSocket(plain, host, port, autoClose);
        if (versions != null) {
            socket.setEnabledProtocols(versions);
        }
        return socket;
    }
}

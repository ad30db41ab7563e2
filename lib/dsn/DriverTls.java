package lib.dsn;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import lib.talk.Failure;

/**
 * TLS for the JDBC driver as libpq does it (PostgreSQL manual, 34.19). The driver's own defaults differ: it takes its
 * files from another folder and format, and with sslmode=require it never looks at the certificate, where libpq checks
 * it as soon as there is a root to check it with.
 */
final class DriverTls {
    /** The certificate authorities of the Java runtime stand for those of OpenSSL, which the driver cannot read. */
    private static final String SYSTEM_ROOTS = "org.postgresql.ssl.DefaultJavaSSLFactory";
    /** The versions that Java supports; it has disabled older ones (JDK-8202343). */
    private static final List<String> VERSIONS = List.of("TLSv1.2", "TLSv1.3");

    private final ConnectionParameters parameters;
    private final String side;
    private final Properties properties;
    private final List<String> warnings;
    private final String mode;

    private DriverTls(ConnectionParameters parameters, Properties properties, List<String> warnings) {
        this.parameters = parameters;
        this.side = parameters.side;
        this.properties = properties;
        this.warnings = warnings;
        this.mode = parameters.or("sslmode", "prefer");
    }

    /** @throws Failure usage, for what libpq would not do either, or could and the driver cannot */
    static void put(ConnectionParameters parameters, List<ServerAddress> servers, Properties properties,
            List<String> warnings) {
        DriverTls tls = new DriverTls(parameters, properties, warnings);
        tls.checkMode(servers);
        properties.setProperty("sslmode", tls.mode);
        if (!tls.mode.equals("disable")) {
            tls.putRoot();
            tls.putClientCertificate();
            tls.putVersions();
        }
    }

    private void checkMode(List<ServerAddress> servers) {
        boolean weak = mode.matches("disable|allow|prefer");
        if (weak && "direct".equals(parameters.get("sslnegotiation"))) {
            throw Failure
                    .usage("sslmode=%s is too weak for sslnegotiation=direct%s for the %s", mode,
                            parameters.origin("sslnegotiation"), side)
                    .hint("use sslmode=require, verify-ca or verify-full");
        } else if (systemRoots() && !mode.equals("verify-full")) {
            throw Failure
                    .usage("sslmode=%s is too weak for sslrootcert=system%s for the %s", mode,
                            parameters.origin("sslrootcert"), side)
                    .hint("use sslmode=verify-full");
        } else if (mode.equals("verify-full") && servers.stream().anyMatch(server -> server.host().isEmpty())) {
            throw Failure.usage("a host name must be given for sslmode=verify-full for the %s", side)
                    .hint("give the name in the certificate as host, beside hostaddr");
        }
    }

    private boolean systemRoots() {
        return "system".equals(parameters.get("sslrootcert"));
    }

    private void putRoot() {
        if (systemRoots()) {
            properties.setProperty("sslfactory", SYSTEM_ROOTS);
            return;
        }
        Path root = parameters.file("sslrootcert", ".postgresql/root.crt");
        properties.setProperty("sslrootcert", root.toString());
        if (Files.exists(root)) {
            properties.setProperty("sslmode", mode.equals("require") ? "verify-ca" : mode);
        } else if (mode.startsWith("verify")) {
            throw Failure
                    .usage("root certificate file \"%s\"%s for the %s does not exist", root,
                            parameters.origin("sslrootcert"), side)
                    .hint("name the file with sslrootcert=…, or use sslrootcert=system for the authorities that this "
                            + "machine trusts");
        }
        Path revoked = parameters.file("sslcrl", ".postgresql/root.crl");
        if (Files.exists(revoked) && (mode.startsWith("verify") || mode.equals("require"))) {
            warnings.add("\"" + revoked
                    + "\" holds for the client tools only: the JDBC driver does not read revocation lists");
        }
    }

    private void putClientCertificate() {
        Path certificate = parameters.file("sslcert", ".postgresql/postgresql.crt");
        Path key = parameters.file("sslkey", ".postgresql/postgresql.key");
        boolean named = parameters.or("sslcert", null) != null;
        boolean wanted = !"disable".equals(parameters.get("sslcertmode"));
        boolean sent = wanted && Files.exists(certificate);
        if (wanted && named && !sent) {
            warnings.add("client certificate \"" + certificate + "\"" + parameters.origin("sslcert")
                    + " does not exist and is not sent");
        } else if (sent && !Files.exists(key)) {
            throw Failure.usage("private key file \"%s\"%s for the certificate \"%s\" of the %s does not exist", key,
                    parameters.origin("sslkey"),
                    certificate, side).hint("name the file with sslkey=…");
        } else if (sent && systemRoots()) {
            throw Failure
                    .usage("sslrootcert=system cannot be used together with the client certificate \"%s\" of the %s",
                            certificate, side)
                    .hint("name a file of root certificates instead, such as "
                            + "sslrootcert=/etc/ssl/certs/ca-certificates.crt");
        }
        // Empty, not absent: the driver would look for files of its own.
        properties.setProperty("sslcert", sent ? certificate.toString() : "");
        properties.setProperty("sslkey", sent ? key.toString() : "");
        ClientKey read = sent ? ClientKey.read(side, key, parameters.or("sslpassword", null)) : null;
        if (read != null && read.encrypted()) {
            properties.setProperty("sslpassword", parameters.get("sslpassword"));
            putSockets();
        } else if (read != null) {
            properties.setProperty("pemKeyAlgorithm", read.key().getAlgorithm());
        }
    }

    /** Bounds as libpq has them: inclusive, none by default for the newest, TLSv1.2 for the oldest. */
    private void putVersions() {
        String oldest = version("ssl_min_protocol_version", "TLSv1.2");
        String newest = version("ssl_max_protocol_version", "TLSv1.3");
        if (newest.compareTo(oldest) < 0) {
            throw Failure
                    .usage("there is no TLS version from %s%s to %s%s for the %s, of those that Java speaks: %s",
                            oldest,
                            parameters.origin("ssl_min_protocol_version"), newest,
                            parameters.origin("ssl_max_protocol_version"), side, String.join(", ", VERSIONS))
                    .hint("give ssl_min_protocol_version and ssl_max_protocol_version so that one of them is between");
        }
        List<String> allowed = VERSIONS.stream()
                .filter(version -> version.compareTo(oldest) >= 0 && version.compareTo(newest) <= 0).toList();
        if (!allowed.equals(VERSIONS)) {
            properties.setProperty(TlsSockets.VERSIONS, String.join(",", allowed));
            putSockets();
        }
    }

    private String version(String keyword, String otherwise) {
        String given = parameters.or(keyword, otherwise);
        return VERSIONS.stream().filter(given::equalsIgnoreCase).findFirst()
                .orElse(given.toLowerCase(Locale.ROOT).equals("tlsv1.1") ? "TLSv1.1" : "TLSv1");
    }

    private void putSockets() {
        properties.setProperty("sslfactory", TlsSockets.class.getName());
        if (systemRoots()) {
            properties.setProperty("sslrootcert", TlsSockets.SYSTEM);
        }
    }
}

package testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

/**
 * A certification authority of its own and a server certificate for "localhost" and 127.0.0.1, made with openssl, valid
 * for two days.
 *
 * @param root the CA's certificate
 */
record Certificates(Path root, Path certificate, Path key) {
    private static final String SCRIPT = """
            set -e
            cd "$1"
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj "/CN=throw-away CA"
            openssl req -new -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj "/CN=localhost"
            echo "subjectAltName=DNS:localhost,IP:127.0.0.1" >names
            openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile \
            names
            rm ca.key server.csr names
            """;

    /** Makes them in the server's folder; the key becomes the server's alone, as PostgreSQL demands. */
    static Certificates in(Path folder, ServerBinaries binaries) throws IOException {
        Requirement.program("openssl", "openssl");
        Run.of(List.of("sh", "-c", SCRIPT, "sh", folder.toString())).orFail();
        Certificates made =
                new Certificates(folder.resolve("ca.crt"), folder.resolve("server.crt"), folder.resolve("server.key"));
        Files.setPosixFilePermissions(binaries.account().own(made.key), PosixFilePermissions.fromString("rw-------"));
        return made;
    }

    /** The server settings that use them. */
    Map<String, String> settings(ServerBinaries binaries) {
        return Map.of("ssl", "on", "ssl_cert_file", binaries.inside(certificate), "ssl_key_file", binaries.inside(key));
    }
}

package lib.aws;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lib.talk.Failure;
import lib.talk.ShortCommand;

/**
 * A key pair that is made here, by OpenSSH's {@code ssh-keygen}: only its public half goes to AWS, and an interrupted
 * run finds it again. The private key is a file of mode 0600.
 */
record Ec2Key(Path file) {
    private static final int SECONDS = 60;

    /** @return the public key, in OpenSSH's form; it is made if it is not there */
    String publicKey() {
        Path other = file.resolveSibling(file.getFileName() + ".pub");
        try {
            if (!Files.exists(other)) {
                // Half a pair is what a killed run leaves, and ssh-keygen would ask whether to replace it.
                Files.deleteIfExists(file);
                make();
            }
            return Files.readString(other).strip();
        } catch (IOException e) {
            throw Failure.of("could not make the key \"%s\": %s", file, e.getMessage()).because(e)
                    .hint("install OpenSSH's client, or use a key pair of yours with --key-name and --key-file");
        }
    }

    private void make() throws IOException {
        // It needs to be found, and nothing else.
        String path = System.getenv("PATH");
        ShortCommand made = ShortCommand.run(
                List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tsmigrate", "-f", file.toString()),
                path == null ? Map.of() : Map.of("PATH", path), SECONDS);
        if (made.code() != 0) {
            throw new IOException((made.out() + made.err()).strip());
        }
    }

    /** Removes both halves. */
    void remove() {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + ".pub"));
        } catch (IOException e) {
            throw Failure.of("could not remove the key \"%s\": %s", file, e.getMessage()).because(e);
        }
    }
}

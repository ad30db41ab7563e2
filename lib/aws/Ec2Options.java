//DEPS info.picocli:picocli:4.7.7
package lib.aws;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import lib.talk.Failure;
import picocli.CommandLine.Option;

/** What an operator may want of the machine. */
public final class Ec2Options {
    @Option(names = "--db-instance", paramLabel = "ID", order = 10, description = "the RDS instance, by its identifier")
    private String database;
    @Option(names = "--instance-type", paramLabel = "TYPE", order = 11,
            description = "type of the EC2 machine (default: by the size of the database)")
    private String type;
    @Option(names = "--volume", paramLabel = "GIB", order = 12,
            description = "size of its disk (default: that of the database and 10 more)")
    private Integer volume;
    @Option(names = "--image", paramLabel = "AMI", order = 13,
            description = "its image (default: the newest of Ubuntu's current LTS release)")
    private String image;
    @Option(names = "--subnet", paramLabel = "ID", order = 14,
            description = "its subnet (default: one open to the Internet, near the database)")
    private String subnet;
    @Option(names = "--key-name", paramLabel = "NAME", order = 15,
            description = "use this key pair of AWS (default: a new one)")
    private String keyName;
    @Option(names = "--key-file", paramLabel = "FILE", order = 16, description = "the private key of --key-name")
    private Path keyFile;
    @Option(names = "--ssh-from", paramLabel = "CIDR", order = 17,
            description = "where ssh may come from (default: this machine's address only)")
    private String sshFrom;
    @Option(names = "--check-address-url", paramLabel = "URL", order = 18,
            description = "the service that tells this machine's address (default: ${DEFAULT-VALUE})",
            defaultValue = PublicAddress.SERVICE)
    private String checkAddress;

    /** @throws Failure usage, when something is missing or cannot be */
    public void check() {
        if (volume != null && (volume < 10 || volume > 16384)) {
            throw Failure.usage("--volume must be between 10 and 16384 GiB, got %d", volume);
        }
        if ((keyName == null) != (keyFile == null)) {
            throw Failure.usage("--key-name and --key-file go together")
                    .hint("leave both out to have a new key pair made");
        }
        if (keyFile != null && !Files.isReadable(keyFile)) {
            throw Failure.usage("the private key \"%s\" cannot be read", keyFile);
        }
        if (sshFrom != null) {
            sshFrom = PublicAddress.block(sshFrom);
        }
    }

    /** @return whether something was said of the machine itself or of its key */
    boolean machine() {
        return Stream.of(type, volume, image, subnet, keyName).anyMatch(Objects::nonNull);
    }

    /** @return the RDS instance, or null */
    String database() {
        return database;
    }

    /** @return the type, or null */
    String type() {
        return type;
    }

    /** @return the size in GiB, or null */
    Integer volume() {
        return volume;
    }

    /** @return the image, or null */
    String image() {
        return image;
    }

    /** @return the subnet, or null */
    String subnet() {
        return subnet;
    }

    /** @return the name of an existing key pair, or null */
    String keyName() {
        return keyName;
    }

    /** @return its private key, or null */
    Path keyFile() {
        return keyFile;
    }

    /** @return where ssh may come from, or null */
    String sshFrom() {
        return sshFrom;
    }

    /** @return the service that tells this machine's address */
    String checkAddress() {
        return checkAddress;
    }
}

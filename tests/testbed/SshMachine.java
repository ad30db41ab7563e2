package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.function.BiFunction;

/**
 * A machine to ssh into: Debian trixie with sshd, the user "ubuntu", PostgreSQL 17's client programs and this machine's
 * Java. What is written there is in memory, and goes with it.
 */
public final class SshMachine implements AutoCloseable {
    // The root folder is shared by all tests, so it is below, and what is written lies above it.
    private static final String PREPARE = """
            base=$1 place=$2 key=$3 listen=$4
            mount -t tmpfs tmpfs "$place"
            root=$place/root
            mkdir "$place/upper" "$place/work" "$root"
            mount -t overlay overlay -o "lowerdir=$base,upperdir=$place/upper,workdir=$place/work" "$root"
            mount -t proc proc "$root/proc"
            mount --rbind /dev "$root/dev"
            chroot "$root" useradd --create-home --shell /bin/bash ubuntu
            for home in "$root/root" "$root/home/ubuntu"; do
                mkdir -p "$home/.ssh"
                cp "$key" "$home/.ssh/authorized_keys"
                chmod -R go= "$home/.ssh"
            done
            chroot "$root" chown -R ubuntu /home/ubuntu/.ssh
            mkdir -p "$root/run/sshd"
            chroot "$root" ssh-keygen -A >&2
            chroot "$root" /usr/sbin/sshd -E /var/log/sshd.log -o "ListenAddress=$listen"
            """;
    /** Debian's Java has its settings in /etc. */
    private static final String JAVA = """
            java=$5
            for folder in "$java" /etc/java-*; do
                [ ! -d "$folder" ] || { mkdir -p "$root$folder" && mount --bind "$folder" "$root$folder"; }
            done
            ln -s "$java/bin/java" "$root/usr/local/bin/java"
            """;
    /** As a machine of EC2 is: its user may become root, and there is neither Java nor anything of PostgreSQL. */
    private static final String FRESH = """
            cp /etc/resolv.conf "$root/etc/resolv.conf"
            chroot "$root" apt-get -q update >&2
            chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install sudo >&2
            echo 'ubuntu ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/ubuntu"
            chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get -q -y remove postgresql-client-17 >&2
            """;

    private final Machine machine;
    private final Path place;
    private final Path key;

    private SshMachine(Machine machine, Path place, Path key) {
        this.machine = machine;
        this.place = place;
        this.key = key;
    }

    /** @param folder for the private key */
    public static SshMachine start(Path folder) {
        String java = Path.of(System.getProperty("java.home")).toString();
        return start(folder, (place, key) -> Machine.start(PREPARE + JAVA, TrixieRoot.folder().toString(), place, key,
                "0.0.0.0", java));
    }

    /**
     * One on which nothing is installed yet, in the network of the tests; a test is skipped where Debian's packages are
     * out of reach.
     */
    public static SshMachine fresh(Path folder, int port) {
        return start(folder, (place, key) -> {
            try {
                return Machine.startHere(PREPARE + FRESH, TrixieRoot.folder().toString(), place, key,
                        "127.0.0.1:" + port);
            } catch (IllegalStateException e) {
                throw Requirement.missing(
                        "needs Debian's packages: " + e.getMessage().lines().reduce((first, last) -> last).orElse(""));
            }
        });
    }

    private static SshMachine start(Path folder, BiFunction<String, String, Machine> start) {
        Requirement.program("ssh", "openssh-client");
        try {
            if (!Files.readString(Path.of("/proc/filesystems")).contains("\toverlay")) {
                throw Requirement.missing("needs overlayfs; run: modprobe overlay");
            }
            Path key = folder.resolve("key");
            Run.of(List.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString())).orFail();
            Path place = Files.createTempDirectory("tsmigrate-machine-");
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxr-xr-x"));
            try {
                return new SshMachine(start.apply(place.toString(), key + ".pub"), place, key);
            } catch (RuntimeException e) {
                CacheFolder.delete(place);
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Machine machine() {
        return machine;
    }

    /** The private key of its users. */
    public Path key() {
        return key;
    }

    /** Lets the owner of a private key in, as the user "ubuntu". */
    public void admit(Path privateKey) {
        String key = Run.output(List.of("ssh-keygen", "-y", "-f", privateKey.toString())).strip();
        sh("echo '" + key + "' >>/home/ubuntu/.ssh/authorized_keys").orFail();
    }

    /** The folder with all that has been written there since it was started. */
    public Path written() {
        return machine.seen(place.resolve("upper"));
    }

    /** Runs a shell script there, as root. */
    public Run sh(String script) {
        return machine.run("chroot", place + "/root", "sh", "-c", script);
    }

    @Override
    public void close() {
        machine.close();
        CacheFolder.delete(place);
    }
}

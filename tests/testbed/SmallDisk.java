//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file system of its own for all that a server writes, in memory, which can be filled up and freed. It goes with this
 * JVM, unless that is killed.
 */
public final class SmallDisk implements AutoCloseable {
    private static final int CHUNK = 1 << 20;
    private static final int SMALLEST = 512;

    private final PgServer server;
    private final Path disk;

    private SmallDisk(PgServer server, Path disk) {
        this.server = server;
        this.disk = disk;
    }

    /**
     * Moves a server's data there; a test is skipped where that is not permitted.
     *
     * @param server one of this machine
     */
    public static SmallDisk under(PgServer server, int megabytes) {
        if (!Account.isRoot()) {
            throw Requirement.missing(Requirement.root("a small disk"));
        }
        try {
            Path disk = Files.createTempDirectory("tsmigrate-disk-");
            Run mount = Run.of(
                    List.of("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m,mode=0755", "tmpfs",
                            disk.toString()));
            if (mount.code() != 0) {
                Files.delete(disk);
                throw Requirement.missing("a small disk cannot be mounted here: " + mount.err().strip());
            }
            SmallDisk made = new SmallDisk(server, disk);
            Runtime.getRuntime().addShutdownHook(new Thread(made::close));
            Account.ofServers().own(disk);
            server.stop();
            Path data = disk.resolve("data");
            Run.of(List.of("cp", "-Rp", server.dataFolder().toString(), data.toString())).orFail();
            CacheFolder.delete(server.dataFolder());
            Files.createSymbolicLink(server.dataFolder(), data);
            server.start();
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes until nothing more fits. */
    public void fill() {
        byte[] zeros = new byte[CHUNK];
        try (OutputStream file = Files.newOutputStream(disk.resolve("filler"))) {
            for (int size = CHUNK; size >= SMALLEST; size /= 2) {
                write(file, zeros, size);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(OutputStream file, byte[] zeros, int size) {
        try {
            while (true) {
                file.write(zeros, 0, size);
            }
        } catch (IOException e) {
            // It is full for pieces of this size.
            return;
        }
    }

    /** Makes room again. */
    public void free() {
        try {
            Files.deleteIfExists(disk.resolve("filler"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the server and takes the disk away. */
    @Override
    public void close() {
        // It can no longer be reached on a disk that is taken away.
        server.close();
        if (Files.exists(disk)) {
            Run.of(List.of("umount", "-l", disk.toString()));
            disk.toFile().delete();
        }
    }
}

package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * Where things that are costly to make are kept between runs: outside the tree, in a place the servers' user can read.
 */
public final class CacheFolder {
    /** Fills an empty folder. */
    @FunctionalInterface
    public interface Maker {
        void fill(Path folder) throws IOException;
    }

    private CacheFolder() {
    }

    /**
     * A folder under this name, filled once on this machine. It appears under its name when it is complete, so an
     * interrupted run leaves nothing that looks finished; whoever comes while it is being made waits.
     */
    public static synchronized Path of(String name, Maker maker) {
        Path finished = place().resolve(name);
        if (Files.isDirectory(finished)) {
            return finished;
        }
        try {
            Files.createDirectories(finished.getParent());
            try (FileChannel channel = FileChannel.open(finished.resolveSibling(name + ".lock"),
                    StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (lock.isValid() && !Files.isDirectory(finished)) {
                    Path unfinished = finished.resolveSibling(name + ".unfinished");
                    delete(unfinished);
                    Files.createDirectory(unfinished);
                    Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rwxr-xr-x"));
                    try {
                        maker.fill(unfinished);
                        Files.move(unfinished, finished, StandardCopyOption.ATOMIC_MOVE);
                    } finally {
                        delete(unfinished);
                    }
                }
            }
            return finished;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Removes a folder with everything in it; through rm, which does not follow links and copes with a root folder's
     * odd files.
     */
    public static void delete(Path folder) {
        Run.of(List.of("rm", "-rf", folder.toString())).orFail();
    }

    /**
     * Root's own folder is closed to the user that servers run as; /var/cache is the system's place for the same
     * purpose.
     */
    private static Path place() {
        Path own =
                Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).filter(text -> text.startsWith("/")).map(Path::of)
                        .orElse(Path.of(System.getenv("HOME"), ".cache"));
        return (Account.ofServers().canEnter(own) ? own : Path.of("/var/cache")).resolve("tsmigrate");
    }
}

package lib.talk;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a client program has to read and nobody else may: passwords and schemas, in files of mode 0600.
 *
 * <p>
 * On Linux such a file has no name by the time that something is in it. It is open in this process, client programs
 * reach it as {@code /proc/PID/fd/N} (proc(5)), and it is gone with this process, however that ends. Elsewhere it has a
 * name in a folder of mode 0700 until the command ends; after {@code kill -9} the user's next command removes it.
 */
public final class PrivateFile {
    private static final int SECONDS = 2;
    private static final Path OPEN_FILES = Path.of("/proc/self/fd");
    private static final Map<Path, FileChannel> NAMELESS = new ConcurrentHashMap<>();
    private static Path folder;
    private static Boolean reachable;

    private PrivateFile() {
    }

    /**
     * Makes a file.
     *
     * @param name a name that says what it is, where the file has a name
     * @param content the text, in UTF-8
     */
    public static Path write(String name, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        try {
            Path file = Files.createTempFile(folder(), ProcessHandle.current().pid() + "-" + name + "-", "",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Cleanup.Task removal = Cleanup.onExit(() -> delete(file));
            FileChannel open = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            Path nameless = nameless(file);
            if (nameless == null) {
                open.close();
                Files.write(file, bytes);
                return file;
            }
            NAMELESS.put(nameless, open);
            removal.close();
            for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining();) {
                open.write(rest);
            }
            return nameless;
        } catch (IOException e) {
            throw Failure.of("could not write a private temporary file: %s", e.getMessage()).because(e)
                    .hint("set TMPDIR to a folder you can write to");
        }
    }

    /**
     * @return another name of a file that is open here, which holds for as long as it is; null where there is none that
     * children can use
     */
    private static Path nameless(Path file) throws IOException {
        if (!Files.isDirectory(OPEN_FILES)) {
            return null;
        }
        Path real = file.toRealPath();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(OPEN_FILES)) {
            for (Path open : all) {
                Path other = Path.of("/proc/" + ProcessHandle.current().pid() + "/fd", open.getFileName().toString());
                if (Files.isSymbolicLink(other) && leadsTo(open, real) && Files.isSameFile(other, file)) {
                    return isReachable(other) ? other : null;
                }
            }
        }
        return null;
    }

    private static boolean leadsTo(Path open, Path file) {
        try {
            return Files.readSymbolicLink(open).equals(file);
        } catch (IOException e) {
            // Closed meanwhile by another thread.
            return false;
        }
    }

    /** A container or a security module can keep processes from seeing each other's files, even those of one user. */
    private static synchronized boolean isReachable(Path file) {
        if (reachable == null) {
            try {
                reachable = ShortCommand
                        .run(List.of("sh", "-c", ": <\"$1\"", "sh", file.toString()), Map.of(), SECONDS).code() == 0;
            } catch (InterruptedIOException e) {
                return false;
            } catch (IOException e) {
                reachable = false;
            }
        }
        return reachable;
    }

    private static synchronized Path folder() throws IOException {
        if (folder == null) {
            Path wanted = Path.of(System.getenv().getOrDefault("TMPDIR", System.getProperty("java.io.tmpdir")),
                    "tsmigrate-" + System.getProperty("user.name"));
            try {
                Files.createDirectory(wanted,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException e) {
                // Another user's folder of that name could be read or replaced.
                if (!Files.isDirectory(wanted, LinkOption.NOFOLLOW_LINKS)
                        || !Files.getOwner(wanted).getName().equals(System.getProperty("user.name"))
                        || !PosixFilePermissions.toString(Files.getPosixFilePermissions(wanted)).equals("rwx------")) {
                    wanted = Files.createTempDirectory("tsmigrate-");
                    Path own = wanted;
                    Cleanup.onExit(() -> delete(own));
                }
            }
            folder = wanted;
            removeLeftovers(wanted);
        }
        return folder;
    }

    private static void removeLeftovers(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String pid = file.getFileName().toString().replaceFirst("-.*", "");
                if (pid.matches("\\d{1,9}") && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /**
     * Removes a file before the command ends. Its path must not be used any more: another file may get it.
     */
    public static void delete(Path file) {
        try (FileChannel open = NAMELESS.remove(file)) {
            if (open == null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // A folder that another run still uses stays; a file that is gone is what was wanted.
        }
    }
}

package testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Where throw-away servers keep their files: in memory during a test run, where there is plenty. Databases are made and
 * dropped there all the time, each of a thousand small files, which took a third of the time of a suite on a disk.
 */
public final class ServerFolders {
    private static final Path MEMORY = Path.of("/dev/shm");
    /** GiB that must be free; a suite, which drops no database, has needed 7. */
    private static final long PLENTY = 11;
    private static volatile Path parent = Path.of(System.getProperty("java.io.tmpdir"));

    private ServerFolders() {
    }

    /** From now on in memory, if that is roomy; a thorough run has databases that are too large for it. */
    public static void preferMemory() {
        if (!Soak.thorough() && hasPlenty()) {
            parent = MEMORY;
        }
    }

    static Path parent() {
        return parent;
    }

    /**
     * @return whether there is a file system in memory here, with enough room and enough memory for that (Linux:
     * proc(5), tmpfs(5))
     */
    private static boolean hasPlenty() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
            long kilobytes = lines.filter(line -> line.startsWith("MemAvailable:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst().orElse(0);
            return kilobytes >> 20 >= PLENTY && Files.isWritable(MEMORY)
                    && Files.getFileStore(MEMORY).type().equals("tmpfs")
                    && Files.getFileStore(MEMORY).getUsableSpace() >> 30 >= PLENTY;
        } catch (IOException e) {
            return false;
        }
    }
}

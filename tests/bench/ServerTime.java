package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import testbed.PgServer;

/** How long a server has been at work. */
final class ServerTime {
    private static final double TICKS = 100;

    private ServerTime() {
    }

    /**
     * The CPU seconds of all processes that a server has or has had; 0 where there is no /proc. A server's first
     * process waits for the others, so the kernel adds theirs to its own when they end (proc(5), fields 14 to 17 of
     * stat).
     */
    static double of(PgServer server) {
        try {
            Path first =
                    Path.of("/proc", Files.readAllLines(server.dataFolder().resolve("postmaster.pid")).get(0).strip());
            if (!Files.isDirectory(first)) {
                return 0;
            }
            return ticks(first) / TICKS + ProcessHandle.of(Long.parseLong(first.getFileName().toString())).stream()
                    .flatMap(ProcessHandle::children)
                    .mapToDouble(child -> ticks(Path.of("/proc", String.valueOf(child.pid()))) / TICKS).sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** 0 when the process has just ended. */
    private static long ticks(Path process) {
        try {
            String stat = Files.readString(process.resolve("stat"));
            // The name of a process, in parentheses, may hold spaces.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]) + Long.parseLong(fields[13])
                    + Long.parseLong(fields[14]);
        } catch (IOException e) {
            return 0;
        }
    }
}

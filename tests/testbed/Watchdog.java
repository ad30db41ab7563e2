package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Sees that a server is gone and its folder removed once this JVM is, even after {@code kill -9}: a shell that waits
 * for the end of its input, which the kernel brings about whichever way the JVM ends. Closing does the same, early.
 */
final class Watchdog implements AutoCloseable {
    // Ctrl-C reaches the whole process group, and a shell it has killed cleans up nothing. pg_ctl returns when the
    // server has removed its pid file, a moment before the process has ended; a zombie has ended, and how soon it is
    // reaped is its parent's affair.
    private static final String SCRIPT = """
            trap '' INT TERM HUP
            folder=$1
            shift
            while read -r line; do :; done
            if read -r pid <"$folder/data/postmaster.pid"; then
                "$@"
                tries=0
                while [ $tries -lt 50 ] && ps -o stat= -p "$pid" | grep -qv Z; do sleep 0.1; tries=$((tries + 1)); done
            fi
            rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }
            """;

    private final Process shell;

    private Watchdog(Process shell) {
        this.shell = shell;
    }

    /** @param stop the command that ends the server whose data are in {@code folder/data} */
    static Watchdog over(Path folder, List<String> stop) throws IOException {
        List<String> command = new ArrayList<>(List.of("sh", "-c", SCRIPT, "sh", folder.toString()));
        command.addAll(stop);
        return new Watchdog(new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start());
    }

    @Override
    public void close() {
        try {
            shell.getOutputStream().close();
            shell.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

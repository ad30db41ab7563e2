package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A server all of whose processes stand still, until this is closed: its machine still takes connections and data, and
 * nobody answers.
 */
public final class StoppedServer implements AutoCloseable {
    private final PgServer server;
    private List<ProcessHandle> processes = List.of();

    /** It goes on until {@link #stop}. */
    public StoppedServer(PgServer server) {
        this.server = server;
    }

    public void stop() {
        try {
            long first = Long.parseLong(Files.readAllLines(server.dataFolder().resolve("postmaster.pid")).get(0));
            ProcessHandle postmaster = ProcessHandle.of(first).orElseThrow();
            processes = List.of(postmaster);
            // The one that would start others comes first.
            send("STOP");
            processes = Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
            send("STOP");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void send(String signal) {
        List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
        processes.forEach(process -> command.add(String.valueOf(process.pid())));
        Run.of(command);
    }

    @Override
    public void close() {
        if (!processes.isEmpty()) {
            send("CONT");
        }
    }
}

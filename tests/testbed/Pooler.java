package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** pgbouncer before a server. A test is skipped where Debian's package of it is not installed. */
public final class Pooler implements AutoCloseable {
    private static final int ATTEMPTS = 100;

    private final PgServer server;
    private final int port;
    private final Process process;

    /**
     * Starts one that takes the superuser's password.
     *
     * @param mode of pooling: {@code session} or {@code transaction}
     */
    public Pooler(PgServer server, String mode) {
        // Debian puts it where only root looks for programs.
        Path debian = Path.of("/usr/sbin/pgbouncer");
        if (!Files.isExecutable(debian)) {
            Requirement.program("pgbouncer", "pgbouncer");
        }
        this.server = server;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Account account = Account.ofServers();
        try {
            Path users = server.socketFolder().resolve("users-" + port);
            Path settings = server.socketFolder().resolve("pgbouncer-" + port);
            Files.writeString(account.own(Files.createFile(users)), '"' + server.user() + "\" \"" + server.password().replace("\"", "\"\"") + "\"\n");
            Files.writeString(account.own(Files.createFile(settings)), """
                    [databases]
                    * = host=%s port=%d
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = plain
                    auth_file = %s
                    pool_mode = %s
                    """.formatted(server.host(), server.port(), port, users, mode));
            process = new ProcessBuilder(account.running(List.of(Files.isExecutable(debian) ? debian.toString() : "pgbouncer", "--quiet", settings.toString()))).redirectErrorStream(true)
                    .redirectOutput(server.socketFolder().resolve("pgbouncer-" + port + ".log").toFile()).start();
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
            await();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("pgbouncer did not start", e);
        }
    }

    private void await() throws IOException, InterruptedException {
        for (int attempt = 1;; attempt++) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return;
            } catch (IOException e) {
                if (attempt == ATTEMPTS || process.waitFor(50, TimeUnit.MILLISECONDS)) {
                    throw e;
                }
            }
        }
    }

    /** What connects the superuser to a database through it. */
    public String uri(String database) {
        return server.uri(database).replace(":" + server.port() + "/", ":" + port + "/");
    }

    @Override
    public void close() {
        process.destroy();
    }
}

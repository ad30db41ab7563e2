package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A pgbouncer before a server: what connects through it gets a session that may be older. It goes with this JVM. */
public final class Pooler implements AutoCloseable {
    /** It ends with its input, which the kernel closes whichever way the JVM ends. */
    private static final String SCRIPT = """
            trap '' INT TERM HUP
            "$@" >/dev/null 2>&1 &
            while read -r line; do :; done
            kill $!
            wait
            """;

    private final PgServer server;
    private final int port;
    private final Process shell;

    private Pooler(PgServer server, int port, Process shell) {
        this.server = server;
        this.port = port;
        this.shell = shell;
    }

    /**
     * Starts one, for the server's superuser; a test is skipped where Debian's package of it is not installed.
     *
     * @param mode of pooling: {@code session} or {@code transaction}
     */
    public static Pooler before(PgServer server, String mode) {
        // Debian puts it where only root looks for programs.
        Path debian = Path.of("/usr/sbin/pgbouncer");
        if (!Files.isExecutable(debian)) {
            Requirement.program("pgbouncer", "pgbouncer");
        }
        Account account = Account.ofServers();
        try {
            int port;
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = socket.getLocalPort();
            }
            // What stands in the server's folder goes with the server.
            Path users = account.own(Files.writeString(server.socketFolder().resolve("pgbouncer-users-" + port),
                    "\"%s\" \"%s\"%n".formatted(server.user(), server.password().replace("\"", "\"\""))));
            Path settings = account.own(
                    Files.writeString(server.socketFolder().resolve("pgbouncer-" + port + ".ini"), """
                    [databases]
                    * = host=%s port=%d
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = scram-sha-256
                    auth_file = %s
                    pool_mode = %s
                    ignore_startup_parameters = extra_float_digits, options
                    """.formatted(server.host(), server.port(), port, users, mode)));
            List<String> command = new ArrayList<>(List.of("sh", "-c", SCRIPT, "sh"));
            command.addAll(account.running(
                    List.of(Files.isExecutable(debian) ? debian.toString() : "pgbouncer", settings.toString())));
            Pooler pooler = new Pooler(server, port, new ProcessBuilder(command).start());
            BackgroundWork.until("pgbouncer listens", pooler::listens);
            return pooler;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** What connects through it as superuser. */
    public String uri(String database) {
        return server.uri(database).replace(":" + server.port() + "/", ":" + port + "/");
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

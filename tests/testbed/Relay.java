package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands before a server and passes on what is said, until it falls silent: then it still takes connections and bytes,
 * as a proxy does whose way to the server is cut, and nothing comes back. Needs no rights, and no other machine.
 */
public final class Relay implements AutoCloseable {
    private static final int LONGEST = 64 * 1024;

    private final PgServer server;
    private final ServerSocket door;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Set<Socket> lost = ConcurrentHashMap.newKeySet();
    private volatile boolean silent;

    public Relay(PgServer server) {
        this.server = server;
        try {
            door = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        beside(this::accept);
    }

    /** The server's URI of a database as superuser, through here. */
    public String uri(String database) {
        return through(server.uri(database));
    }

    /** The server's URI of a database as another user, through here. */
    public String uri(String database, String user, String password) {
        return through(server.uri(database, user, password));
    }

    private String through(String uri) {
        return uri.replace(":" + server.port() + "/", ":" + door.getLocalPort() + "/");
    }

    /** From now on nothing is passed on, in either direction. */
    public void fallSilent() {
        silent = true;
    }

    /** New connections are passed on again; those that were open when it fell silent stay lost. */
    public void recover() {
        lost.addAll(sockets);
        silent = false;
    }

    private static void beside(Runnable work) {
        Thread thread = new Thread(work, "relay");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                Socket to = new Socket(server.host(), server.port());
                client.setTcpNoDelay(true);
                to.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(to);
                beside(() -> pass(client, to));
                beside(() -> pass(to, client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void pass(Socket from, Socket to) {
        byte[] bytes = new byte[LONGEST];
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
                if (!silent && !lost.contains(from)) {
                    out.write(bytes, 0, count);
                }
            }
        } catch (IOException e) {
            // One of both has gone, and so does the other.
            return;
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    @Override
    public void close() {
        try {
            door.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

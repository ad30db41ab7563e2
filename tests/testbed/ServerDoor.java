package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stands before a server on a port of its own, and lets a test decide what passes. Needs no rights. */
abstract class ServerDoor implements AutoCloseable {
    /** Bytes that are passed at once. */
    static final int CHUNK = 64 * 1024;
    private static final int WAITING = 100;

    private final ServerAccess server;
    private final ServerSocket door;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** Clients are served once {@link #open} was called. */
    ServerDoor(ServerAccess server) {
        this.server = server;
        try {
            door = new ServerSocket(0, WAITING, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Passes on what is said on one of two sockets, until it ends. */
    abstract void pass(Socket from, Socket to, boolean ofClient) throws IOException;

    /** Whether a client that has just come is served; called on a thread of its own. */
    boolean admits() {
        return true;
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

    final void open() {
        beside(this::accept);
    }

    /** Those of clients and those to the server. */
    final Set<Socket> sockets() {
        return sockets;
    }

    final void end(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void beside(Runnable work) {
        Thread thread = new Thread(work, getClass().getSimpleName());
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                sockets.add(client);
                beside(() -> join(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void join(Socket client) {
        try {
            if (!admits()) {
                end(client);
                return;
            }
            Socket to = new Socket(server.host(), server.port());
            sockets.add(to);
            client.setTcpNoDelay(true);
            to.setTcpNoDelay(true);
            beside(() -> carry(client, to, true));
            beside(() -> carry(to, client, false));
        } catch (IOException e) {
            end(client);
        }
    }

    private void carry(Socket from, Socket to, boolean ofClient) {
        try {
            pass(from, to, ofClient);
        } catch (IOException e) {
            // One of both has gone, and so does the other.
            return;
        } finally {
            end(from);
            end(to);
        }
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sockets.forEach(this::end);
    }
}

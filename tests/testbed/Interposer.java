package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Stands before a server whose clients do not encrypt, and does something whenever they say a certain thing, before the
 * server hears it: what somebody could do at that moment if they were lucky.
 */
public final class Interposer implements AutoCloseable {
    private static final int LONGEST = 64 * 1024;

    private final PgServer server;
    private final Predicate<String> said;
    private final Runnable then;
    private final ServerSocket door;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** @param said of the last bytes from a client, each as a character, up to what it has just sent */
    public Interposer(PgServer server, Predicate<String> said, Runnable then) {
        this.server = server;
        this.said = said;
        this.then = then;
        try {
            door = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        beside(this::accept);
    }

    /** The server's URI of a database as superuser, through here. */
    public String uri(String database) {
        return server.uri(database).replace(":" + server.port() + "/", ":" + door.getLocalPort() + "/");
    }

    private static void beside(Runnable work) {
        Thread thread = new Thread(work, "interposer");
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
                beside(() -> pass(client, to, true));
                beside(() -> pass(to, client, false));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void pass(Socket from, Socket to, boolean listening) {
        byte[] bytes = new byte[LONGEST];
        String last = "";
        try (from; to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
                if (listening) {
                    last += new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
                    if (said.test(last)) {
                        last = "";
                        then.run();
                    }
                    last = last.substring(Math.max(0, last.length() - LONGEST));
                }
                out.write(bytes, 0, count);
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
    public void close() throws IOException {
        door.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}

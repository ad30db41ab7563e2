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
 * A way to a server that can be cut: from then on nothing passes in either direction, and neither end is told, as where
 * a cable was pulled or a firewall has forgotten its connections. Whoever connects then is not answered either.
 */
public final class CutLine implements AutoCloseable {
    private static final int CHUNK = 64 * 1024;

    private final ServerAccess server;
    private final ServerSocket door;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private boolean cut;
    private int ages;

    public CutLine(ServerAccess server) {
        this.server = server;
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

    /** From now on nothing passes. */
    public synchronized void cut() {
        cut = true;
    }

    /** Ends the connections that were cut, for both ends, and lets new ones pass. */
    public synchronized void mend() {
        cut = false;
        ages++;
        sockets.forEach(this::end);
        notifyAll();
    }

    private static void beside(Runnable work) {
        Thread thread = new Thread(work, "cut-line");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Socket client = door.accept();
                beside(() -> join(client, age()));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void join(Socket client, int age) {
        sockets.add(client);
        try {
            if (!passes(age)) {
                end(client);
                return;
            }
            Socket to = new Socket(server.host(), server.port());
            sockets.add(to);
            client.setTcpNoDelay(true);
            to.setTcpNoDelay(true);
            beside(() -> pass(client, to, age));
            beside(() -> pass(to, client, age));
        } catch (IOException e) {
            end(client);
        }
    }

    private synchronized int age() {
        return ages;
    }

    /** @return once nothing is cut, whether a connection of this age is still to be served */
    private synchronized boolean passes(int age) {
        try {
            while (cut) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return age == ages;
    }

    private void pass(Socket from, Socket to, int age) {
        byte[] bytes = new byte[CHUNK];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(bytes); count > 0 && passes(age); count = in.read(bytes)) {
                out.write(bytes, 0, count);
            }
            // The end of one side is not seen at the other while nothing passes.
            passes(age);
        } catch (IOException e) {
            passes(age);
        } finally {
            end(from);
            end(to);
        }
    }

    private void end(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        mend();
    }
}

package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands before a server and passes on what is said, until it falls silent: then it still takes connections and bytes,
 * as a proxy does whose way to the server is cut, and nothing comes back.
 */
public final class Relay extends ServerDoor {
    private final Set<Socket> lost = ConcurrentHashMap.newKeySet();
    private volatile boolean silent;

    public Relay(PgServer server) {
        super(server);
        open();
    }

    /** From now on nothing is passed on, in either direction. */
    public void fallSilent() {
        silent = true;
    }

    /** New connections are passed on again; those that were open when it fell silent stay lost. */
    public void recover() {
        lost.addAll(sockets());
        silent = false;
    }

    @Override
    void pass(Socket from, Socket to, boolean ofClient) throws IOException {
        byte[] bytes = new byte[CHUNK];
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
            if (!silent && !lost.contains(from)) {
                out.write(bytes, 0, count);
            }
        }
    }
}

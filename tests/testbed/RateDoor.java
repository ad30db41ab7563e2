package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/**
 * Stands before a server and passes on so many bytes a second and no more, of all connections together: the network of
 * one machine. What waits is taken in turn, so that each connection has its share.
 */
public final class RateDoor extends ServerDoor {
    /** Bytes; the smaller, the more evenly they are spread. */
    private static final int PIECE = 16 * 1024;
    /** What nobody has used is lost after that. */
    private static final long MEMORY_NANOS = 20_000_000;

    private final long rate;
    private long free = System.nanoTime();

    public RateDoor(ServerAccess server, long bytesASecond) {
        super(server);
        rate = bytesASecond;
        open();
    }

    @Override
    void pass(Socket from, Socket to, boolean ofClient) throws IOException {
        byte[] bytes = new byte[PIECE];
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
            await(count);
            out.write(bytes, 0, count);
        }
    }

    private void await(int count) throws IOException {
        long mine;
        synchronized (this) {
            free = Math.max(free, System.nanoTime() - MEMORY_NANOS);
            mine = free;
            free += count * 1_000_000_000L / rate;
        }
        try {
            for (long left = mine - System.nanoTime(); left > 0; left = mine - System.nanoTime()) {
                Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}

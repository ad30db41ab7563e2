package testbed;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/**
 * A way to a server that can be cut: from then on nothing passes in either direction, and neither end is told, as where
 * a cable was pulled or a firewall has forgotten its connections. Whoever connects then is not answered either.
 */
public final class CutLine extends ServerDoor {
    private boolean cut;
    private int mended;

    public CutLine(ServerAccess server) {
        super(server);
        open();
    }

    /** From now on nothing passes. */
    public synchronized void cut() {
        cut = true;
    }

    /** Ends the connections that were cut, for both ends, and lets new ones pass. */
    public synchronized void mend() {
        cut = false;
        mended++;
        sockets().forEach(this::end);
        notifyAll();
    }

    private synchronized int age() {
        return mended;
    }

    @Override
    boolean admits() {
        return passes(age());
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
        return age == mended;
    }

    @Override
    void pass(Socket from, Socket to, boolean ofClient) throws IOException {
        int age = age();
        byte[] bytes = new byte[CHUNK];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(bytes); count > 0 && passes(age); count = in.read(bytes)) {
                out.write(bytes, 0, count);
            }
        } finally {
            // The end of one side is not seen at the other while nothing passes.
            passes(age);
        }
    }

    @Override
    public void close() {
        mend();
        super.close();
    }
}

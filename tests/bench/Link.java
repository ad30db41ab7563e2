package bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A way to a server of this machine that is as slow as if it were elsewhere: 1 Gbit/s in each direction, shared by all
 * connections, and 20 ms there and back. What comes in on its port goes on when it would have arrived. Many kernels
 * come without what {@code tc} needs to hold packets back, and this works for everybody, everywhere; it does not know
 * lost packets, nor how TCP gains speed at first.
 */
public final class Link implements AutoCloseable {
    private static final double BYTES_A_NANOSECOND = 0.125;
    private static final long ONE_WAY = TimeUnit.MILLISECONDS.toNanos(10);
    /**
     * What a connection has under way, in bytes: what Linux grants it by itself is a little more, and what fits into
     * the link is 2.5 MB.
     */
    private static final int WINDOW = 4 << 20;
    private static final int CHUNK = 512 << 10;
    /**
     * While the link is busy nobody is in a hurry, and to be woken for each packet would take processors that a network
     * has none of.
     */
    private static final long BUSY = TimeUnit.MILLISECONDS.toNanos(2);

    private final ServerSocket door;
    private final int port;
    private final Lane there = new Lane();
    private final Lane back = new Lane();

    /** One direction. */
    private static final class Lane {
        private long free = System.nanoTime();

        /** @return when bytes that are sent now have arrived, by System.nanoTime */
        synchronized long arrival(int bytes) {
            free = Math.max(free, System.nanoTime()) + (long) (bytes / BYTES_A_NANOSECOND);
            return free + ONE_WAY;
        }
    }

    /** What is under way; an empty one is the end. */
    private record Packet(byte[] bytes, long arrival) {
    }

    private Link(int port) throws IOException {
        this.port = port;
        door = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        begin(this::accept);
    }

    /** A way to this port. */
    public static Link to(int port) {
        try {
            return new Link(port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it begins. */
    public int port() {
        return door.getLocalPort();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = door.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            // The handshake is one journey there and back.
            long opened = System.nanoTime() + 2 * ONE_WAY;
            carry(client, server, there, opened);
            carry(server, client, back, opened);
        }
    }

    private static void carry(Socket from, Socket to, Lane lane, long opened) {
        BlockingQueue<Packet> underWay = new LinkedBlockingQueue<>();
        Semaphore window = new Semaphore(WINDOW);
        begin(() -> send(from, lane, opened, underWay, window));
        begin(() -> deliver(to, underWay, window));
    }

    private static void send(Socket from, Lane lane, long opened, BlockingQueue<Packet> underWay, Semaphore window)
            throws IOException, InterruptedException {
        try {
            InputStream in = from.getInputStream();
            byte[] bytes = new byte[CHUNK];
            for (int length = in.read(bytes); length >= 0; length = in.read(bytes)) {
                window.acquire(length);
                Packet parcel =
                        new Packet(Arrays.copyOf(bytes, length), Math.max(lane.arrival(length), opened + ONE_WAY));
                underWay.add(parcel);
                if (parcel.arrival() - System.nanoTime() > ONE_WAY + BUSY) {
                    LockSupport.parkNanos(BUSY);
                }
            }
        } finally {
            underWay.add(new Packet(new byte[0], lane.arrival(0)));
        }
    }

    private static void deliver(Socket to, BlockingQueue<Packet> underWay, Semaphore window)
            throws IOException, InterruptedException {
        try (to) {
            OutputStream out = to.getOutputStream();
            for (Packet parcel = underWay.take(); parcel.bytes().length > 0; parcel = underWay.take()) {
                for (long rest = parcel.arrival() - System.nanoTime(); rest > 0; rest =
                        parcel.arrival() - System.nanoTime()) {
                    LockSupport.parkNanos(rest);
                }
                out.write(parcel.bytes());
                window.release(parcel.bytes().length);
            }
        } finally {
            // The sender must not wait for a receiver that has gone.
            window.release(WINDOW);
        }
    }

    private static void begin(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException | InterruptedException e) {
                // Both ends see it, and say so.
                return;
            }
        }, "link");
        thread.setDaemon(true);
        thread.start();
    }

    /** What a thread does. */
    @FunctionalInterface
    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

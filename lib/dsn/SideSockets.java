package lib.dsn;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketOption;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import jdk.net.ExtendedSocketOptions;
import lib.talk.Console;
import lib.talk.Failure;

/**
 * All sockets of this process to one side, whatever session or cancel request they are for: each has the keepalives
 * that libpq would set, the time of the last answer is recorded, and they can be closed from outside, so that threads
 * waiting on them fail. Safe for use by several threads.
 */
public final class SideSockets {
    /**
     * Seconds of silence after which the kernel sends a keepalive; NAT gateways drop a connection after some minutes
     * (AWS: 350 s).
     */
    static final int IDLE = 30;
    static final int INTERVAL = 10;
    private static final int COUNT = 6;
    /** The kernel takes no more (tcp(7), TCP_KEEPCNT). */
    private static final int MOST = 127;
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");
    private static final Map<Long, SideSockets> ALL = new ConcurrentHashMap<>();
    private static final AtomicLong LAST = new AtomicLong();

    /** What a socket is for. */
    public enum Use {
        /** The work. */
        WORK,
        /** The check whether the server answers. */
        WATCH,
        /** Undoing changes, also on a server that was given up before. */
        PUT_BACK
    }

    /**
     * The sockets of one connection: more than one when the server is asked for TLS first or a statement is cancelled.
     */
    public record ConnectionSockets(SideSockets owner, long number, Use use) {
        /**
         * Closes the sockets, whoever waits on them; for TLS too, where closing the driver's own socket could wait for
         * a writer.
         */
        public void close() {
            owner.closeConnection(number);
        }

        /** Records the server's process at the other end. */
        public void ends(int process) {
            owner.lost.ends(number, process);
        }

        /** The form in which the driver hands it to {@link AddressSocketFactory}. */
        @Override
        public String toString() {
            return owner.number + "/" + number + "/" + use;
        }

        static ConnectionSockets of(String text) {
            String[] parts = text.split("/");
            return new ConnectionSockets(ALL.get(Long.parseLong(parts[0])), Long.parseLong(parts[1]),
                    Use.valueOf(parts[2]));
        }
    }

    private final String side;
    private final long number = LAST.incrementAndGet();
    private final boolean keepalives;
    private final int idle;
    private final int interval;
    private final int count;
    private final Map<Socket, ConnectionSockets> sockets = new ConcurrentHashMap<>();
    private final LostConnections lost = new LostConnections(this::waiting, this::closeConnection);
    private final Set<Runnable> ends = ConcurrentHashMap.newKeySet();
    private volatile Console console;
    private volatile int timeout;
    private volatile long answered = System.nanoTime();
    private volatile String gone;
    private boolean watched;

    SideSockets(ConnectionParameters parameters) {
        side = parameters.side;
        keepalives = parameters.number("keepalives", 1) != 0;
        idle = parameters.number("keepalives_idle", IDLE);
        interval = parameters.number("keepalives_interval", INTERVAL);
        count = parameters.number("keepalives_count", 0);
        ALL.put(number, this);
    }

    /**
     * Sets who is notified when the server does not answer, and how long that may last.
     *
     * @param seconds 0 for ever
     */
    void watched(Console who, int seconds) {
        console = who;
        timeout = seconds;
    }

    public String side() {
        return side;
    }

    /** @return who is notified when the server does not answer, or null */
    public Console console() {
        return console;
    }

    /** @return seconds without an answer after which the server is given up, or 0 for never */
    public int timeout() {
        return timeout;
    }

    /** @return how often the kernel asks in vain before a silent connection is dead: about as long as we would wait */
    int count() {
        return console == null ? COUNT : timeout == 0 ? MOST
                : Math.max(1, Math.min(MOST, (timeout - IDLE) / INTERVAL));
    }

    public ConnectionSockets newConnection(Use use) {
        return new ConnectionSockets(this, LAST.incrementAndGet(), use);
    }

    /** Takes a socket that is about to connect; throws when the server was given up. */
    void add(Socket socket, ConnectionSockets connection) throws IOException {
        sockets.put(socket, connection);
        if (connection.use != Use.PUT_BACK && gone != null) {
            throw new GivenUpException(gone, null);
        }
    }

    void remove(Socket socket) {
        ConnectionSockets connection = sockets.remove(socket);
        if (connection != null && !sockets.containsValue(connection)) {
            lost.forget(connection.number);
        }
    }

    void closeConnection(long which) {
        close(connection -> connection.number == which);
    }

    private Map<Long, Long> waiting() {
        Map<Long, Long> waiting = new HashMap<>();
        sockets.forEach((socket, connection) -> {
            if (connection.use != Use.WATCH && socket instanceof LostConnections.Waiting one) {
                waiting.merge(connection.number, one.waitingSince(), (some, other) -> some == 0 ? other : some);
            }
        });
        return waiting;
    }

    public LostConnections lost() {
        return lost;
    }

    /** @return what to throw instead: the reason why a socket was closed from outside */
    IOException reason(IOException e, ConnectionSockets connection) {
        String reason = gone == null ? lost.reason(connection.number) : gone;
        return reason == null ? e : new GivenUpException(reason, e);
    }

    /** Records that the server has sent something. */
    void answered() {
        answered = System.nanoTime();
    }

    /** @return when the server last sent something, as {@link System#nanoTime} */
    public long lastAnswer() {
        return answered;
    }

    /** @return when the server last sent something, as a time of day */
    public String lastAnswerTime() {
        return LocalTime.now().minusNanos(System.nanoTime() - answered).format(CLOCK);
    }

    /** @return whether the server is to be watched from now on, because nobody does */
    public synchronized boolean beginWatch() {
        boolean first = !watched && gone == null;
        watched |= first;
        return first;
    }

    /** @return whether the server need no longer be watched, because nobody works there */
    public synchronized boolean endWatch() {
        if (gone != null
                || sockets.values().stream().allMatch(connection -> connection.use == Use.WATCH) && ends.isEmpty()) {
            watched = false;
        }
        return !watched;
    }

    /** Sets what libpq sets (PostgreSQL manual, 34.1.2), where the operating system has it; 0 leaves its own value. */
    void keepAlive(Socket socket) throws IOException {
        socket.setKeepAlive(keepalives);
        if (keepalives) {
            set(socket, ExtendedSocketOptions.TCP_KEEPIDLE, idle);
            set(socket, ExtendedSocketOptions.TCP_KEEPINTERVAL, interval);
            set(socket, ExtendedSocketOptions.TCP_KEEPCOUNT, count > 0 ? count : count());
        }
    }

    private static void set(Socket socket, SocketOption<Integer> option, int value) throws IOException {
        if (value > 0 && socket.supportedOptions().contains(option)) {
            try {
                socket.setOption(option, value);
            } catch (SocketException e) {
                // More than the system takes: its own value stays.
            }
        }
    }

    private void close(Predicate<ConnectionSockets> which) {
        sockets.forEach((socket, connection) -> {
            if (which.test(connection)) {
                try {
                    socket.close();
                } catch (IOException e) {
                    // It is no use any more either way.
                }
            }
        });
    }

    /** Registers what ends when the server is given up, such as a client program. */
    public void onGivenUp(Runnable end) {
        ends.add(end);
        if (gone != null) {
            end.run();
        }
    }

    public void forget(Runnable end) {
        ends.remove(end);
    }

    /** Gives the server up: all that waits for it fails. What is put back may try once more. */
    public void giveUp() {
        Set<ConnectionSockets> waiting = Set.copyOf(sockets.values());
        gone = "no answer from the " + side + " since " + lastAnswerTime() + ", given up after " + timeout + " s";
        close(connection -> connection.use != Use.PUT_BACK || waiting.contains(connection));
        ends.forEach(Runnable::run);
    }

    /**
     * @param connecting how long the connection may take to be made, in seconds; 0 for ever
     * @return how long each answer may take until it can be used: while nobody watches the server, no longer than that
     */
    public synchronized int timeoutWhileConnecting(int connecting) {
        return watched || connecting == 0 ? timeout : connecting;
    }

    /** @return how long each answer may take of a server that was given up before, in seconds */
    public OptionalInt timeoutAfterGivenUp() {
        return gone == null ? OptionalInt.empty()
                : OptionalInt.of((int) Math.min(timeout, TimeUnit.MINUTES.toSeconds(1)));
    }

    /** @throws Failure when the server was given up */
    public void failIfGivenUp() {
        if (gone != null) {
            throw failure(gone);
        }
    }

    /** @return the failure of what ended with a server that was given up, or null when something else was the cause */
    public static Failure failure(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof GivenUpException) {
                return failure(cause.getMessage()).because(e);
            }
        }
        return null;
    }

    private static Failure failure(String reason) {
        return Failure.of("%s", reason)
                .hint("check the server and the network, or wait longer with --server-timeout");
    }
}

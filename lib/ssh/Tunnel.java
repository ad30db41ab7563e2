package lib.ssh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import lib.dsn.Dsn;
import lib.talk.Cleanup;
import lib.talk.Failure;

/**
 * A server that only another machine can reach, made reachable on a port of this one by ssh (ssh(1), -L); closing ends
 * it.
 */
public final class Tunnel implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int SECONDS = 30;

    private final Ssh ssh;
    private final int port;
    private final Process process;
    private final Cleanup.Task end;

    private Tunnel(Ssh ssh, int port, Process process) {
        this.ssh = ssh;
        this.port = port;
        this.process = process;
        end = Cleanup.ending(process::destroy);
    }

    /** @throws Failure when the connection failed */
    public static Tunnel open(Ssh ssh, Dsn server) {
        int port = freePort();
        String address = server.address().contains(":") ? '[' + server.address() + ']' : server.address();
        String forward = LOOPBACK + ':' + port + ':' + address + ':' + server.port();
        Tunnel tunnel =
                new Tunnel(ssh, port, ssh.start(ssh.command("-N", "-o", "ExitOnForwardFailure=yes", "-L", forward)));
        tunnel.await();
        return tunnel;
    }

    /**
     * The server as it is reached through here. Its name stays, so that its certificate is still checked against it.
     *
     * @return a connection URI with everything that belongs to it, the password too
     */
    public String through(Dsn server) {
        return server.portable(Map.of("hostaddr", LOOPBACK, "port", String.valueOf(port)));
    }

    private void await() {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!answers()) {
            try {
                if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
                    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
                    throw ssh.failure(process.exitValue(), "", err);
                }
            } catch (IOException e) {
                throw Failure.of("could not read what ssh says").because(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Failure.of("interrupted");
            }
            if (System.nanoTime() > deadline) {
                close();
                throw Failure.of("ssh to %s did not open a tunnel within %d s", ssh.host(), SECONDS);
            }
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(LOOPBACK, port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw Failure.of("no port is free on this machine").because(e);
        }
    }

    @Override
    public void close() {
        end.close();
    }
}

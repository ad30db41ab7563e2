package lib.dsn;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import javax.net.SocketFactory;

/**
 * Gives the JDBC driver what it lacks: libpq's hostaddr, where it connects to a known address while the name stays what
 * the certificate is checked against, libpq's keepalives, and sockets that can be closed from outside. The driver makes
 * it by name (its property {@code socketFactory}).
 */
public final class AddressSocketFactory extends SocketFactory {
    /** Where the name of a host would be. */
    private static final String CONNECTION = "lot";

    private final Map<String, String> addresses = new HashMap<>();
    private final SideSockets.ConnectionSockets lot;

    /**
     * @param argument {@code name:port=address} pairs with commas between them (the driver's property
     * {@code socketFactoryArg})
     */
    public AddressSocketFactory(String argument) {
        for (String pair : argument.split(",")) {
            addresses.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        String own = addresses.remove(CONNECTION);
        lot = own == null ? null : SideSockets.ConnectionSockets.of(own);
    }

    /** @return the argument that also says to whom the sockets belong */
    public static String argument(String addresses, SideSockets.ConnectionSockets connection) {
        return (addresses == null ? "" : addresses + ',') + CONNECTION + '=' + connection;
    }

    @Override
    public Socket createSocket() {
        return lot == null ? new Addressed() : new WatchedSocket(lot);
    }

    private class Addressed extends Socket {
        @Override
        public void connect(SocketAddress place, int timeout) throws IOException {
            InetSocketAddress named = (InetSocketAddress) place;
            String address = addresses.get(named.getHostString() + ':' + named.getPort());
            super.connect(
                    address == null ? named : new InetSocketAddress(InetAddress.getByName(address), named.getPort()),
                    timeout);
        }
    }

    private final class WatchedSocket extends Addressed implements LostConnections.Waiting {
        private final SideSockets sockets;
        private volatile long waitingSince;

        WatchedSocket(SideSockets.ConnectionSockets connection) {
            sockets = connection.owner();
        }

        @Override
        public void connect(SocketAddress place, int timeout) throws IOException {
            try {
                sockets.add(this, lot);
                super.connect(place, timeout);
                sockets.keepAlive(this);
            } catch (IOException e) {
                close();
                throw sockets.reason(e, lot);
            }
        }

        @Override
        public InputStream getInputStream() throws IOException {
            return new FilterInputStream(super.getInputStream()) {
                @Override
                public int read() throws IOException {
                    byte[] one = new byte[1];
                    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
                }

                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    waitingSince = System.nanoTime();
                    try {
                        int count = in.read(bytes, offset, length);
                        sockets.answered();
                        return count;
                    } catch (InterruptedIOException e) {
                        throw e;
                    } catch (IOException e) {
                        throw sockets.reason(e, lot);
                    } finally {
                        waitingSince = 0;
                    }
                }
            };
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    waitingSince = System.nanoTime();
                    try {
                        out.write(bytes, offset, length);
                    } catch (IOException e) {
                        throw sockets.reason(e, lot);
                    } finally {
                        waitingSince = 0;
                    }
                }
            };
        }

        @Override
        public long waitingSince() {
            return waitingSince;
        }

        @Override
        public void close() throws IOException {
            sockets.remove(this);
            super.close();
        }
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        Socket socket = createSocket();
        socket.connect(new InetSocketAddress(host, port));
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return createSocket(host.getHostName(), port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return createSocket(host, port);
    }
}

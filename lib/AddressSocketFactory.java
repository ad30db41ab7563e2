package lib;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.Map;
import javax.net.SocketFactory;

/**
 * Gives the JDBC driver what it lacks, libpq's hostaddr: it connects to a known address while the name stays what the certificate is
 * checked against. The driver makes it by name (its property {@code socketFactory}).
 */
public final class AddressSocketFactory extends SocketFactory {
    private final Map<String, String> addresses = new HashMap<>();

    /** @param argument {@code name:port=address} pairs with commas between them (the driver's property {@code socketFactoryArg}) */
    public AddressSocketFactory(String argument) {
        for (String pair : argument.split(",")) {
            addresses.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
    }

    @Override
    public Socket createSocket() {
        return new Socket() {
            @Override
            public void connect(SocketAddress place, int timeout) throws IOException {
                InetSocketAddress named = (InetSocketAddress) place;
                String address = addresses.get(named.getHostString() + ':' + named.getPort());
                super.connect(address == null ? named : new InetSocketAddress(InetAddress.getByName(address), named.getPort()), timeout);
            }
        };
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

package lib.dsn;

import java.util.ArrayList;
import java.util.List;
import lib.talk.Failure;
import lib.talk.ShellScript;

/**
 * One of the places to try, in order (PostgreSQL manual, 34.1.1.3).
 *
 * @param host the name, for certificates and password files too; may be empty if there is an address
 * @param address the numeric address to connect to instead of looking the name up, or empty
 */
record ServerAddress(String host, String address, int port) {
    private static final String DEFAULT_PORT = "5432";
    private static final String NAME = "[^\\s\\p{Cntrl}/\\\\?#@&=%:\"'\\[\\]]*";
    private static final String IPV4 = "\\d{1,3}(\\.\\d{1,3}){3}";
    private static final String IPV6 = "[0-9a-fA-F]*:[0-9a-fA-F:.]*(%\\w+)?";

    /** @throws Failure usage: host, hostaddr and port do not match, or cannot be what they should be */
    static List<ServerAddress> of(ConnectionParameters parameters) {
        String side = parameters.side;
        List<String> addresses = list(parameters, "hostaddr");
        List<String> hosts = list(parameters, "host");
        int count = Math.max(1, addresses.isEmpty() ? hosts.size() : addresses.size());
        if (hosts.size() > 0 && hosts.size() != count) {
            throw Failure.usage("could not match %d host names%s to %d hostaddr values%s for the %s", hosts.size(),
                    parameters.origin("host"),
                    count, parameters.origin("hostaddr"), side);
        }
        List<String> ports = list(parameters, "port");
        if (ports.size() > 1 && ports.size() != count) {
            throw Failure.usage("could not match %d port numbers%s to %d hosts for the %s", ports.size(),
                    parameters.origin("port"), count, side);
        }
        List<ServerAddress> servers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String port = ports.isEmpty() ? "" : ports.get(ports.size() == 1 ? 0 : i).strip();
            String address = addresses.isEmpty() ? "" : addresses.get(i);
            ServerAddress server = new ServerAddress(host(hosts.isEmpty() ? "" : hosts.get(i), address), address,
                    port(parameters, port));
            server.check(parameters);
            servers.add(server);
        }
        return servers;
    }

    private static String host(String given, String address) {
        // libpq would take a Unix socket here, which the JDBC driver cannot.
        String host = given.isEmpty() && address.isEmpty() ? "localhost" : given;
        return isSocket(host) && !address.isEmpty() ? "" : host;
    }

    private static boolean isSocket(String host) {
        return host.startsWith("/") || host.startsWith("@");
    }

    /** @return the name, or the address if it has none */
    String name() {
        return host.isEmpty() ? address : host;
    }

    /** @return {@code name:port}, as in a URI */
    String inUri() {
        return (name().indexOf(':') >= 0 ? '[' + name() + ']' : name()) + ':' + port;
    }

    private static List<String> list(ConnectionParameters parameters, String keyword) {
        String value = parameters.or(keyword, null);
        return value == null ? List.of() : List.of(value.split(",", -1));
    }

    private static int port(ConnectionParameters parameters, String port) {
        String digits = port.isEmpty() ? DEFAULT_PORT : port;
        int number = digits.matches("\\+?\\d{1,9}") ? Integer.parseInt(digits) : 0;
        if (number < 1 || number > 65535) {
            throw Failure.usage("invalid port \"%s\"%s for the %s", port, parameters.origin("port"), parameters.side)
                    .hint("a port is a number from 1 to 65535");
        }
        return number;
    }

    private void check(ConnectionParameters parameters) {
        if (!address.isEmpty() && !address.matches(IPV4 + '|' + IPV6)) {
            throw Failure
                    .usage("invalid hostaddr \"%s\"%s for the %s", address, parameters.origin("hostaddr"),
                            parameters.side)
                    .hint("hostaddr is a numeric address; a name is given as host");
        } else if (isSocket(host)) {
            throw Failure
                    .usage("the host \"%s\"%s of the %s is a Unix socket, and this tool connects through TCP", host,
                            parameters.origin("host"), parameters.side)
                    .hint("use host=localhost port=%d; psql -h %s -p %d%s -d postgres -Atc \"show listen_addresses\" "
                            + "says where the server listens",
                            port,
                            ShellScript.quoted(host), port, parameters.or("user", null) == null ? ""
                                    : " -U " + ShellScript.quoted(parameters.or("user", null)));
        } else if (!host.matches(NAME + '|' + IPV6)) {
            // Other characters are more likely those of a password than of a name.
            throw Failure
                    .usage("invalid host%s%s for the %s", host.matches("[\\w.:-]+") ? " \"" + host + '"' : "",
                            parameters.origin("host"),
                            parameters.side)
                    .hint("several hosts are separated by commas, and the port is given as port");
        }
    }
}

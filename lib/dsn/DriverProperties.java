package lib.dsn;

import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import lib.talk.Failure;

/** Everything but user, password and database, in the JDBC driver's own names and values. */
final class DriverProperties {
    /** Seconds; libpq's own default is to wait for as long as the operating system does. */
    static final int CONNECT_TIMEOUT = 10;

    private DriverProperties() {
    }

    /** @param warnings receives what the user should know */
    static Properties of(ConnectionParameters parameters, List<ServerAddress> servers, List<String> warnings) {
        Properties properties = new Properties();
        for (ConnectionParameter parameter : ConnectionParameter.ALL) {
            String value =
                    parameter.use() == ConnectionParameter.Use.DRIVER ? parameters.or(parameter.name(), null) : null;
            if (value != null) {
                properties.setProperty(parameter.property(), translate(parameter.name(), value));
            }
        }
        properties.setProperty("tcpKeepAlive", String.valueOf(parameters.number("keepalives", 1) != 0));
        // Zero and less wait for ever in libpq; the driver knows only zero.
        properties.setProperty("connectTimeout",
                String.valueOf(Math.max(0, parameters.number("connect_timeout", CONNECT_TIMEOUT))));
        DriverTls.put(parameters, servers, properties, warnings);
        putAddresses(parameters.side, servers, properties);
        return properties;
    }

    private static String translate(String keyword, String value) {
        return switch (keyword) {
            case "load_balance_hosts" -> String.valueOf(value.equals("random"));
            // The driver tells servers apart by transaction_read_only, so that it knows two kinds where libpq knows
            // four.
            case "target_session_attrs" -> switch (value) {
                case "read-write", "primary" -> "primary";
                case "read-only", "standby" -> "secondary";
                case "prefer-standby" -> "preferSecondary";
                default -> "any";
            };
            default -> value;
        };
    }

    private static void putAddresses(String side, List<ServerAddress> servers, Properties properties) {
        Map<String, String> addresses = new TreeMap<>();
        for (ServerAddress server : servers) {
            if (!server.address().isEmpty() && !server.host().isEmpty()) {
                String other = addresses.put(server.inUri(), server.address());
                if (other != null && !other.equals(server.address())) {
                    throw Failure.usage("the host \"%s\" of the %s has two addresses, \"%s\" and \"%s\"", server.host(),
                            side, other,
                            server.address()).hint("give one hostaddr for each host name");
                }
            }
        }
        if (!addresses.isEmpty()) {
            properties.setProperty("socketFactory", AddressSocketFactory.class.getName());
            properties.setProperty("socketFactoryArg", addresses.toString().replaceAll("[{}\\s]", ""));
        }
    }
}

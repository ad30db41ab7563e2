package lib.dsn;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import lib.talk.Failure;
import lib.talk.PrivateFile;

/** The key=value string for PostgreSQL's client tools (PostgreSQL manual, 34.1.1.1), resolved and without secrets. */
final class ClientConninfo {
    private static final String SERVICE = "tsmigrate";
    private static final int SYSTEM_ROOTS_SINCE = 16;
    private ClientConninfo() {
    }

    static String of(ConnectionParameters parameters, List<ServerAddress> servers, SideSockets sockets, String user,
            String database, String application, int clientMajor) {
        Map<String, String> values = values(parameters, servers, sockets, user, database, application, clientMajor);
        String password = parameters.or("sslpassword", null);
        if (password != null && knows(parameters, ConnectionParameter.of("sslpassword"), "…", clientMajor)) {
            values.put("service", SERVICE);
        }
        return values.entrySet().stream().map(entry -> entry.getKey() + '=' + quoted(entry.getValue()))
                .collect(Collectors.joining(" "));
    }

    /**
     * Writes the one secret for which libpq has neither a variable nor a file: the password of the key.
     *
     * @return a service file (PostgreSQL manual, 34.17)
     */
    static Path secretService(ConnectionParameters parameters) {
        String password = parameters.get("sslpassword");
        if (!password.equals(password.stripTrailing()) || password.matches("(?s).*[\n\r].*")) {
            throw Failure.usage(
                    "sslpassword of the %s ends in a blank or contains a line break, which no service file can hold",
                    parameters.side)
                    .hint("give the key another password: %s",
                            ClientKey.conversion(parameters.file("sslkey", ".postgresql/postgresql.key")));
        }
        return PrivateFile.write("service", "[" + SERVICE + "]\nsslpassword=" + password + "\n");
    }

    /** @return the values by keyword */
    static Map<String, String> values(ConnectionParameters parameters, List<ServerAddress> servers, SideSockets sockets,
            String user, String database,
            String application, int clientMajor) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("host", joined(servers, ServerAddress::host));
        values.put("hostaddr", joined(servers, ServerAddress::address));
        values.values().removeIf(list -> list.matches(",*"));
        values.put("port", joined(servers, server -> String.valueOf(server.port())));
        values.put("dbname", database);
        values.put("user", user);
        values.put("connect_timeout",
                String.valueOf(parameters.number("connect_timeout", DriverProperties.CONNECT_TIMEOUT)));
        values.put("application_name", application);
        keepalives(sockets).forEach((name, value) -> values.put(name, parameters.or(name, value)));
        values.putAll(others(parameters, clientMajor));
        if (sockets.timeout() > 0) {
            // Keepalives are not sent while data is unacknowledged.
            values.putIfAbsent("tcp_user_timeout", String.valueOf(TimeUnit.SECONDS.toMillis(sockets.timeout())));
        }
        return values;
    }

    /**
     * As the driver's sockets have them: a connection that lies idle while others copy must not be forgotten by a
     * firewall.
     */
    private static Map<String, String> keepalives(SideSockets sockets) {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("keepalives", "1");
        values.put("keepalives_idle", String.valueOf(SideSockets.IDLE));
        values.put("keepalives_interval", String.valueOf(SideSockets.INTERVAL));
        values.put("keepalives_count", String.valueOf(sockets.count()));
        return values;
    }

    private static Map<String, String> others(ConnectionParameters parameters, int clientMajor) {
        Map<String, String> others = new LinkedHashMap<>();
        for (ConnectionParameter parameter : ConnectionParameter.ALL) {
            String value = parameters.get(parameter.name());
            boolean passedOn =
                    value != null && !parameter.secret() && parameter.use() != ConnectionParameter.Use.IGNORED
                            && (parameter.use() != ConnectionParameter.Use.OURS || parameter.name().startsWith("ssl"));
            if (passedOn && knows(parameters, parameter, value, clientMajor)) {
                others.put(parameter.name(), value);
            }
        }
        return others;
    }

    private static boolean knows(ConnectionParameters parameters, ConnectionParameter parameter, String value,
            int clientMajor) {
        int since =
                parameter.name().equals("sslrootcert") && value.equals("system") ? SYSTEM_ROOTS_SINCE
                        : parameter.since();
        if (clientMajor < since && (parameter.protection() || parameter.since() < since)) {
            throw Failure
                    .of("the client tools of PostgreSQL %d do not know %s=%s%s, which the %s asks for",
                            clientMajor, parameter.name(), value,
                            parameters.origin(parameter.name()), parameters.side)
                    .hint("install the client tools of PostgreSQL %d or newer", since);
        }
        return clientMajor >= since;
    }

    private static String joined(List<ServerAddress> servers, Function<ServerAddress, String> part) {
        return servers.stream().map(part).collect(Collectors.joining(","));
    }

    private static String quoted(String value) {
        return value.matches("[\\w.,:/@%+-]+") ? value : '\'' + value.replace("\\", "\\\\").replace("'", "\\'") + '\'';
    }
}

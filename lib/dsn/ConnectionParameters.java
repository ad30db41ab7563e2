package lib.dsn;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.talk.Failure;

/**
 * The parameters of one side with what libpq adds to a connection string: the service file, then the environment
 * (PostgreSQL manual, 34.15). Every value is one that libpq accepts, and none is one that the JDBC driver would
 * silently not honour.
 */
final class ConnectionParameters {
    private static final Set<String> HOST = Set.of("host", "hostaddr");
    /** What says where a server is, and what may say so. */
    private static final Set<String> PLACE = Set.of("host", "hostaddr", "port", "dbname", "service", "servicefile");

    final String side;
    final Map<String, String> environment;
    private final Map<String, String> values;
    private final Map<String, String> origins = new LinkedHashMap<>();

    private ConnectionParameters(String side, Map<String, String> values, Map<String, String> environment) {
        this.side = side;
        this.environment = environment;
        this.values = values;
    }

    /** @throws Failure usage, naming the side */
    static ConnectionParameters of(String side, String text, Map<String, String> environment) {
        ConnectionParameters parameters =
                new ConnectionParameters(side, new LinkedHashMap<>(ConnectionString.parse(side, text)), environment);
        parameters.addService();
        parameters.addEnvironment();
        parameters.values.forEach(parameters::check);
        return parameters;
    }

    /** @return these parameters with one value replaced, unchecked */
    ConnectionParameters with(String keyword, String value) {
        ConnectionParameters other = new ConnectionParameters(side, new LinkedHashMap<>(values), environment);
        other.origins.putAll(origins);
        other.values.put(keyword, value);
        return other;
    }

    /**
     * The parameters of another server that is reached in the same way.
     *
     * @param text a connection string with what is different, which may be empty
     * @param place where the server is unless the text says so: host or hostaddr, port, dbname and user
     * @throws Failure usage, naming the other side
     */
    ConnectionParameters elsewhere(String otherSide, String text, Map<String, String> place) {
        ConnectionParameters other = new ConnectionParameters(otherSide,
                new LinkedHashMap<>(ConnectionString.parse(otherSide, text)), environment);
        if (other.values.containsKey("service")) {
            other.addService();
        }
        boolean moved = other.values.containsKey("host") || other.values.containsKey("hostaddr");
        place.forEach((name, value) -> {
            if (!moved || !HOST.contains(name)) {
                other.add(name, value, " (as the " + side + " has it)");
            }
        });
        String user = other.get("user");
        // A password belongs to a user, and a file of passwords is read where no password is given.
        boolean own = user != null && !user.equals(or("user", System.getProperty("user.name")))
                || other.values.containsKey("passfile");
        values.forEach((name, value) -> {
            if (!PLACE.contains(name) && !(own && name.equals("password"))) {
                other.add(name, value, " (of the " + side + ")");
            }
        });
        other.values.forEach(other::check);
        return other;
    }

    /** @return the value, or null if nothing gives one */
    String get(String keyword) {
        return values.get(keyword);
    }

    /** @return the value, or the other one if nothing gives one or it is empty */
    String or(String keyword, String other) {
        String value = values.get(keyword);
        return value == null || value.isEmpty() ? other : value;
    }

    /** @return the whole number, or the other one if nothing gives one */
    int number(String keyword, int other) {
        String value = or(keyword, null);
        return value == null ? other : Integer.parseInt(value.strip());
    }

    /** @return the file that a keyword names, or else the one of this name that libpq looks for in the home folder */
    Path file(String keyword, String inHome) {
        return Path.of(or(keyword, home().resolve(inHome).toString()));
    }

    /** @return where a value comes from, to follow its name in a message: empty for the connection string */
    String origin(String keyword) {
        return origins.getOrDefault(keyword, "");
    }

    /** @return the warnings: parameters that only the client tools obey */
    List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        values.forEach((name, value) -> {
            ConnectionParameter parameter = ConnectionParameter.of(name);
            if (parameter.use() == ConnectionParameter.Use.WARNED && !value.matches(parameter.harmless())) {
                warnings.add(
                        "%s%s holds for the client tools only: %s".formatted(name, origin(name), parameter.reason()));
            }
        });
        return warnings;
    }

    private Path home() {
        String home = environment.get("HOME");
        return Path.of(home == null || home.isEmpty() ? System.getProperty("user.home") : home);
    }

    private void addService() {
        String service = values.getOrDefault("service", environment.get("PGSERVICE"));
        if (service != null) {
            String file = values.getOrDefault("servicefile", environment.get("PGSERVICEFILE"));
            ServiceFile.look(side, service, file, home(), environment)
                    .forEach((name, value) -> add(name, value, " (in service \"" + service + "\")"));
        }
    }

    private void addEnvironment() {
        for (ConnectionParameter parameter : ConnectionParameter.ALL) {
            String value = parameter.variable() == null ? null : environment.get(parameter.variable());
            if (value != null && parameter.use() != ConnectionParameter.Use.IGNORED) {
                add(parameter.name(), value, " (in " + parameter.variable() + ")");
            }
        }
        if (environment.getOrDefault("PGREQUIRESSL", "").startsWith("1")) {
            add("sslmode", "require", " (in PGREQUIRESSL)");
        }
        if ("system".equals(get("sslrootcert"))) {
            add("sslmode", "verify-full", "");
        }
    }

    private void add(String name, String value, String origin) {
        if (values.putIfAbsent(name, value) == null) {
            origins.put(name, origin);
        }
    }

    private void check(String name, String value) {
        ConnectionParameter parameter = ConnectionParameter.of(name);
        if (!value.matches(parameter.values())) {
            Failure failure = Failure.usage("invalid %s \"%s\"%s for the %s", name, value, origin(name), side);
            throw parameter.values().matches("[a-z01|-]+")
                    ? failure.hint("it is one of %s", parameter.values().replace("|", ", ")) : failure;
        }
        if (parameter.use() == ConnectionParameter.Use.REFUSED && !value.matches(parameter.harmless())) {
            throw Failure.usage("%s%s cannot be used for the %s: %s", name, origin(name), side, parameter.reason());
        }
    }
}

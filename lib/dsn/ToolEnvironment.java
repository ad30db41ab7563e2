package lib.dsn;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The environment variables of a client tool: those that name files with secrets, which are written when the first tool
 * needs them, and those that must not be set. Safe for use by several threads.
 */
public final class ToolEnvironment {
    private final ConnectionParameters parameters;
    private final String password;
    private final Map<String, String> files = new TreeMap<>();

    /** @param password null if there is none */
    ToolEnvironment(ConnectionParameters parameters, String password) {
        this.parameters = parameters;
        this.password = password;
    }

    /** @return PGPASSFILE, and PGSERVICEFILE where there is a password for the key of a certificate */
    synchronized Map<String, String> files() {
        if (files.isEmpty()) {
            files.put("PGPASSFILE", PassFile.write(parameters.side, password).toString());
            if (parameters.or("sslpassword", null) != null) {
                files.put("PGSERVICEFILE", ClientConninfo.secretService(parameters).toString());
            }
        }
        return Map.copyOf(files);
    }

    /** @return the variables that must not reach a client tool, because libpq or the tool would obey them */
    public static Set<String> unset() {
        Set<String> names = new TreeSet<>(
                List.of("PGREQUIRESSL", "PGSYSCONFDIR", "PGREALM", "PGDATESTYLE", "PGTZ", "PGGEQO", "PG_COLOR",
                        "PG_COLORS"));
        ConnectionParameter.ALL.stream().map(ConnectionParameter::variable).filter(name -> name != null)
                .forEach(names::add);
        return names;
    }
}

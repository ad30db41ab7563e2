package lib.dsn;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.talk.Failure;

/**
 * Connection service files as libpq reads them (PostgreSQL manual, 34.17): {@code keyword=value} lines under
 * {@code [service]}, without quoting and without blanks around "=". LDAP look-ups are refused.
 */
final class ServiceFile {
    /**
     * Where packages of PostgreSQL keep the system-wide file: Debian, PGDG for Red Hat, the default of a build,
     * Homebrew.
     */
    private static final List<String> SYSTEM_FOLDERS =
            List.of("/etc/postgresql-common", "/etc/sysconfig/pgsql", "/usr/local/pgsql/etc",
                    "/opt/homebrew/etc/postgresql", "/usr/local/etc/postgresql");

    private final String side;
    private final String service;

    private ServiceFile(String side, String service) {
        this.side = side;
        this.service = service;
    }

    /**
     * Looks a service up: in the named file or else in the user's own, then in the system's.
     *
     * @param named the value of servicefile or PGSERVICEFILE, or null for {@code ~/.pg_service.conf}
     * @return values by keyword; of a keyword given twice, the first
     * @throws Failure usage, when the service or the named file is missing or a line is malformed
     */
    static Map<String, String> look(String side, String service, String named, Path home,
            Map<String, String> environment) {
        ServiceFile reader = new ServiceFile(side, service);
        Path own = named != null ? Path.of(named) : home.resolve(".pg_service.conf");
        if (named != null && !Files.exists(own)) {
            throw Failure.usage("service file \"%s\" for the %s not found", own, side);
        }
        Map<String, String> found = reader.read(own);
        String folder = environment.get("PGSYSCONFDIR");
        for (String system : folder != null ? List.of(folder) : SYSTEM_FOLDERS) {
            found = found != null ? found : reader.read(Path.of(system, "pg_service.conf"));
        }
        if (found == null) {
            throw Failure.usage("definition of service \"%s\" for the %s not found", service, side)
                    .hint("write it into %s under [%s], as lines of keyword=value", own, service);
        }
        return found;
    }

    /** @return null if the file is missing or does not define the service */
    private Map<String, String> read(Path file) {
        if (!Files.exists(file)) {
            return null;
        }
        try {
            // Not readAllLines: a stray byte in another service's comment must not stop this one.
            return parse(file, new String(Files.readAllBytes(file), StandardCharsets.UTF_8).split("\n"));
        } catch (IOException e) {
            throw Failure.usage("could not read service file \"%s\" for the %s", file, side).because(e);
        }
    }

    private Map<String, String> parse(Path file, String... lines) {
        Map<String, String> found = null;
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("[")) {
                if (found != null) {
                    return found;
                }
                found = line.startsWith("[" + service + "]") ? new LinkedHashMap<>() : null;
            } else if (found != null) {
                put(found, line, "service file \"" + file + "\", line " + (i + 1) + ", for the " + side);
            }
        }
        return found;
    }

    private static void put(Map<String, String> found, String line, String place) {
        int equals = line.indexOf('=');
        String name = line.substring(0, Math.max(0, equals));
        if (line.startsWith("ldap")) {
            throw Failure.usage("LDAP look-up in %s is not supported", place)
                    .hint("write the parameters themselves into the file");
        } else if (equals < 0) {
            throw Failure.usage("syntax error in %s", place).hint("a line is keyword=value");
        } else if (name.startsWith("service")) {
            throw Failure.usage("nested \"%s\" in %s", name.startsWith("servicefile") ? "servicefile" : "service",
                    place);
        } else if (ConnectionParameter.of(name) == null) {
            throw Failure
                    .usage("unknown keyword %sin %s", ConnectionParameter.isWord(name) ? '"' + name + "\" " : "", place)
                    .hint("a line is keyword=value, without blanks around the \"=\"");
        }
        found.putIfAbsent(name, line.substring(equals + 1));
    }
}

//SOURCES Sql.java
package lib;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** How a configuration setting of a role or a database is written in SQL. */
public final class Settings {
    /** Settings whose value is a list of names (GUC_LIST_QUOTE): stored already quoted, one by one. */
    private static final Set<String> LISTS = Set.of("local_preload_libraries", "search_path", "session_preload_libraries",
            "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories");

    private Settings() {
    }

    /** @return the name of a setting for SET; an extension's has a dot, which stays outside the quotes */
    public static String name(String setting) {
        List<String> parts = new ArrayList<>();
        for (String part : setting.split("\\.", -1)) {
            parts.add(Sql.ident(part));
        }
        return String.join(".", parts);
    }

    /** @return the value of a setting for SET, from the form in which pg_db_role_setting stores it */
    public static String value(String setting, String stored) {
        if (!LISTS.contains(setting.toLowerCase(java.util.Locale.ROOT))) {
            return Sql.literal(stored);
        }
        List<String> names = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < stored.length(); i++) {
            char c = stored.charAt(i);
            if (c == '"') {
                if (quoted && i + 1 < stored.length() && stored.charAt(i + 1) == '"') {
                    current.append('"');
                    i++;
                } else {
                    quoted = !quoted;
                }
            } else if (c == ',' && !quoted) {
                names.add(Sql.literal(current.toString()));
                current.setLength(0);
            } else if (quoted || c != ' ') {
                current.append(c);
            }
        }
        names.add(Sql.literal(current.toString()));
        return String.join(", ", names);
    }
}

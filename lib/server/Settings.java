package lib.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import lib.talk.Sql;

/** How a configuration setting of a role or a database is written in SQL. */
public final class Settings {
    /** Settings whose value is a list of names (GUC_LIST_QUOTE): stored already quoted, one by one. */
    private static final Set<String> LISTS =
            Set.of("local_preload_libraries", "search_path", "session_preload_libraries",
                    "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories");

    /**
     * Settings that a user can have on a source of version 12 or newer, and the version that has them no more (its
     * release notes).
     */
    private static final Map<String, Integer> REMOVED =
            Map.of("operator_precedence_warning", 14, "vacuum_cleanup_index_scale_factor", 14);

    private Settings() {
    }

    /** @return whether PostgreSQL had this setting before this major version and has it no more */
    public static boolean removed(String setting, int major) {
        return major >= REMOVED.getOrDefault(setting, Integer.MAX_VALUE);
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
        if (!LISTS.contains(setting.toLowerCase(Locale.ROOT))) {
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

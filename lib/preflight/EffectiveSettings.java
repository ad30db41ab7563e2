//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lib.catalog.DatabaseSettings;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.Session;
import lib.server.Settings;
import lib.settings.DriverSettings;
import lib.talk.Sql;
import lib.timescale.TimescaleSettings;

/**
 * The settings that decide what data and queries mean, as they hold in sessions of the user on both sides, wherever
 * they come from. Those of the source's server stay behind with it.
 */
final class EffectiveSettings {
    private static final String NAMES =
            """
            name IN ('IntervalStyle', 'lc_time', 'lc_numeric', 'standard_conforming_strings', 'backslash_quote',
              'default_text_search_config', 'transform_null_equals',
                     'array_nulls', 'search_path', 'bytea_output', 'xmlbinary', 'xmloption')
            -- What an extension has been told, and not what its version begins with.
            OR name LIKE '%.%' AND reset_val <> boot_val
               AND name !~ '(last_tuned|_workers|^pg_stat_statements|^auto_explain|^plpgsql)'
                 AND context IN ('user', 'superuser') AND NOT
            """ + TimescaleSettings.OF_SERVER;

    private EffectiveSettings() {
    }

    /**
     * @param ours what psql has on the source, {@code theirs} on the target
     * @param carried the settings of the database that come along
     * @param selection what is wanted of the source
     * @param database the name of the target's
     */
    static List<Finding> check(Session source, Selection selection, DriverSettings ours, Session target,
            DriverSettings theirs, List<String> carried, String database) {
        Map<String, String> here = read(source, ours);
        Map<String, String> there = read(target, theirs);
        List<String> differences = new ArrayList<>();
        Map<String, String> wanted = new TreeMap<>();
        here.forEach((name, value) -> {
            String other = DatabaseSettings.value(carried, name).orElse(there.get(name));
            if (other != null && !meaning(name, value).equals(meaning(name, other))
                    && !DatabaseSettings.sets(carried, name)) {
                differences.add(name + " is \"" + value + "\" there and \"" + other + "\" on the target");
                wanted.put(name, value);
            }
        });
        String nulls = DatabaseSettings.value(carried, "array_nulls").orElse(there.get("array_nulls"));
        ArrayNulls arrays = ArrayNulls.off(nulls) ? ArrayNulls.read(source, selection) : null;
        List<Finding> findings = new ArrayList<>(arrays == null ? List.of() : List.of(arrays.warning()));
        if (!differences.isEmpty()) {
            findings.add(Finding.warning("settings",
                    "if that matters, on the target: " + remedy(target, wanted, database),
                    "the source's server has settings that affect data and queries and that are not copied: %s",
                    String.join("; ", differences)));
        }
        return findings;
    }

    /** What a role has of its own holds against what its database says (PostgreSQL manual, ALTER ROLE). */
    private static String remedy(Session target, Map<String, String> wanted, String database) {
        Map<String, String> ofUser = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        target.list("reading the settings of the user",
                """
                SELECT pg_catalog.split_part(c, '=', 1), r.rolname
                  FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
                    AND r.rolname = session_user, pg_catalog.unnest(s.setconfig) c
                 WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d
                   WHERE d.datname = pg_catalog.current_database()))""",
                row -> ofUser.put(row.getString(1), row.getString(2)));
        return wanted.entrySet().stream()
                .map(setting -> "ALTER "
                        + (ofUser.containsKey(setting.getKey())
                                ? "ROLE " + Sql.ident(ofUser.get(setting.getKey())) + " IN " : "")
                        + "DATABASE " + Sql.ident(database) + " SET " + Settings.name(setting.getKey()) + " TO "
                        + Settings.value(setting.getKey(), setting.getValue()) + ";")
                .collect(Collectors.joining(" "));
    }

    /** What a session of ours pins has its own value in reset_val; what the driver sets has not. */
    private static Map<String, String> read(Session session, DriverSettings psql) {
        Map<String, String> values = new TreeMap<>();
        session.list("reading the settings of the server",
                "SELECT name, reset_val FROM pg_catalog.pg_settings WHERE " + NAMES,
                row -> values.put(row.getString(1), row.getString(2)));
        values.putAll(psql.texts());
        return values;
    }

    /**
     * Time zones and lists have several spellings; the encoding of a locale says nothing about what it writes, and C
     * writes English.
     */
    private static String meaning(String name, String value) {
        String plain = value.toLowerCase(Locale.ROOT).replaceAll("\\s", "");
        return name.startsWith("lc_") ? plain.replaceFirst("[.@].*", "").replaceFirst("^(posix|en_us)$", "c")
                : name.equals("TimeZone")
                        ? plain.replaceFirst("^etc/", "").replaceFirst("^(gmt|uct|zulu|universal)$", "utc")
                : plain;
    }
}

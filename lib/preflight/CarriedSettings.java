//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import lib.catalog.DatabaseSettings;
import lib.roles.RoleTarget;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.server.Settings;
import lib.talk.Sql;

/**
 * Settings that are copied and would make the target read-only or mislead it, because they were made for the source's
 * server or for the migration.
 */
public final class CarriedSettings {
    private static final String CHECK = "settings";

    /** @param role null for the database itself; {@code missing} are the schemas of a search_path that nobody has */
    private record Setting(String role, boolean inDatabase, String parameter, String value, String missing) {
        private String altering(String database) {
            String of = role == null ? "" : "ROLE " + Sql.ident(role) + (inDatabase ? " IN " : "");
            return "ALTER " + of + (role == null || inDatabase ? "DATABASE " + Sql.ident(database) : "");
        }

        private String description() {
            return role == null ? "the database" : "role \"" + role + "\"" + (inDatabase ? " in the database" : "");
        }
    }

    private CarriedSettings() {
    }

    /**
     * @param database the name of the target's
     * @param selective whether the settings of the database stay behind
     */
    static List<Finding> check(Session source, RoleTarget target, String database, boolean selective) {
        List<Finding> findings = new ArrayList<>();
        source.list("listing the settings that come along",
                """
                SELECT r.rolname, s.setdatabase <> 0, v.name, v.value,
                       CASE v.name WHEN 'search_path' THEN (
                         SELECT pg_catalog.string_agg(n, ', ') FROM pg_catalog.regexp_split_to_table(v.value,
                           '\\s*,\\s*') n
                          WHERE n NOT IN ('', '""', '"$user"', 'pg_temp') AND NOT EXISTS (SELECT
                            FROM pg_catalog.pg_namespace p WHERE pg_catalog.quote_ident(p.nspname) = n
                            OR p.nspname = n)) END
                  FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole,
                    pg_catalog.unnest(s.setconfig) c,
                       LATERAL (SELECT pg_catalog.split_part(c, '=', 1) AS name, pg_catalog.substr(c,
                         pg_catalog.strpos(c, '=') + 1) AS value) v
                 WHERE v.name IN ('default_transaction_read_only', 'search_path', 'role', 'session_preload_libraries',
                   'local_preload_libraries')
                   AND (s.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d
                     WHERE d.datname = pg_catalog.current_database()) AND %s
                        OR s.setdatabase = 0 AND r.oid IS NOT NULL)
                   AND (s.setrole = 0 OR r.oid <> 10 AND r.rolname !~ '^pg_') ORDER BY 1 NULLS FIRST, 2, 3"""
                        .formatted(!selective),
                row -> new Setting(row.getString(1), row.getBoolean(2), row.getString(3), row.getString(4),
                        row.getString(5)))
                .stream()
                // A role that is there keeps what it has.
                .filter(named -> (named.role == null || named.inDatabase || !target.exists(named.role))
                        && target.refusal(named.parameter).isEmpty())
                .forEach(named -> finding(named, database, findings));
        return findings;
    }

    private static void finding(Setting named, String database, List<Finding> findings) {
        String reset = "afterwards, on the target: " + named.altering(database) + " RESET "
                + Settings.name(named.parameter) + ";";
        switch (named.parameter) {
            case "default_transaction_read_only" -> {
                if (DatabaseSettings.isOn(named.value) && named.role == null) {
                    findings.add(frozen(database));
                } else if (DatabaseSettings.isOn(named.value)) {
                    findings.add(Finding.warning(CHECK, reset,
                            "%s will be read-only on the target too: default_transaction_read_only is copied",
                            named.description()));
                }
            }
            case "search_path" -> {
                if (named.missing != null) {
                    findings.add(Finding.warning(CHECK, reset,
                            "the search_path of %s is copied and names schemas that do not exist on the source: %s",
                            named.description(), named.missing));
                }
            }
            case "role" -> findings.add(Finding.warning(CHECK, reset,
                    "the setting \"role\" of %s is copied: its sessions act as role \"%s\" on the target too, with "
                            + "the rights of that role",
                    named.description(), named.value));
            default -> findings.add(Finding.warning(CHECK, reset,
                    "%s of %s is copied, and its sessions cannot start if the target's server lacks one of these "
                            + "libraries: %s",
                    named.parameter, named.description(), named.value));
        }
    }

    /**
     * @return a warning where our own sessions act as another role than the one that is connected: by a setting, which
     * libpq's options do not show
     */
    public static List<Finding> acting(Server server, Session session) {
        Server.Facts facts = server.facts();
        if (facts.user().equals(facts.login())) {
            return List.of();
        }
        String resets = String.join(" ", session.texts("listing the settings of role", """
                SELECT 'ALTER ' || pg_catalog.concat_ws(' IN ', CASE WHEN s.setrole <> 0
                  THEN 'ROLE ' || pg_catalog.quote_ident(r.rolname) WHEN s.setdatabase = 0 THEN 'ROLE ALL' END,
                         CASE WHEN s.setdatabase <> 0 THEN 'DATABASE ' || pg_catalog.quote_ident(d.datname)
                           END) || ' RESET role;'
                  FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole LEFT
                    JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
                 WHERE EXISTS (SELECT FROM pg_catalog.unnest(s.setconfig) c WHERE c LIKE 'role=%') AND (s.setrole = 0
                   OR r.rolname = session_user)
                   AND (s.setdatabase = 0 OR d.datname = pg_catalog.current_database()) ORDER BY 1"""));
        return List.of(Finding.warning(CHECK,
                resets.isEmpty() ? null
                        : "to act as the connecting user, on the " + server.side() + ": " + resets,
                "sessions of \"%s\" on the %s act as role \"%s\" because of a setting, with the rights of that role",
                facts.login(), server.side(), facts.user()));
    }

    /** @return what is said of a database that its owner has closed to writers, such as before a move */
    public static Finding frozen(String database) {
        return Finding.warning(CHECK,
                "to set it on the target too, afterwards: ALTER DATABASE " + Sql.ident(database)
                        + " SET default_transaction_read_only TO 'on';",
                "default_transaction_read_only of the database is not copied: the target would refuse every write");
    }
}

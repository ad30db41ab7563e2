package testbed;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the roles of sql/awkward-roles.sql can do in a database of theirs, as the server itself says when it is asked.
 */
public final class RoleAbilities {
    private static final Path SQL = Path.of("tests/sql");

    /** One line for each thing that one of the roles may do; superusers may do everything, which is not listed. */
    private static final String ALL = """
            WITH role AS (SELECT * FROM pg_roles WHERE rolname = ANY (ARRAY[%s])),
            asked AS (SELECT * FROM role WHERE NOT rolsuper),
            relation AS (SELECT c.*, c.oid::regclass::text AS called FROM pg_class c
              WHERE c.relnamespace = 'awkward'::regnamespace OR c.relname = 'pg_largeobject'),
            plain(p) AS (SELECT unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES',
              'TRIGGER'])),
            routine AS (SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'awkward'::regnamespace
              OR p.proname = 'pg_ls_waldir')
            SELECT rolname || ' is ' || concat_ws(' ', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE
              WHEN NOT rolinherit THEN 'NOINHERIT' END,
                     CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE
                       WHEN rolcanlogin THEN 'LOGIN' END,
                     CASE WHEN rolreplication THEN 'REPLICATION' END, CASE
                       WHEN rolbypassrls THEN 'BYPASSRLS' END, nullif(rolconnlimit, -1),
                     rolvaliduntil, shobj_description(oid, 'pg_authid')) FROM role
            UNION ALL SELECT r.rolname || ' may ' || w || ' ' || g.rolname
              FROM asked r, pg_roles g, unnest(ARRAY['MEMBER', 'USAGE', 'MEMBER WITH ADMIN OPTION']) w
                       WHERE r.oid <> g.oid AND g.rolname !~ '^(rds|_?tsdb|_aiven)' AND pg_has_role(r.oid, g.oid, w)
            UNION ALL SELECT rolname || ' may ' || p || g || ' on ' || called
              FROM asked, relation c, plain, unnest(ARRAY['', ' WITH GRANT OPTION']) g
                       WHERE relkind IN ('r', 'v', 'm') AND has_table_privilege(asked.oid, c.oid, p || g)
            UNION ALL SELECT rolname || ' may ' || p || g || ' on ' || called || ' ' || attname FROM asked, relation c
              JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0,
                             unnest(ARRAY['SELECT', 'UPDATE']) p, unnest(ARRAY['', ' WITH GRANT OPTION']) g
                       WHERE relname = 'note' AND has_column_privilege(asked.oid, c.oid, attnum, p || g)
            UNION ALL SELECT rolname || ' may ' || p || ' on ' || called
              FROM asked, relation c, unnest(ARRAY['USAGE', 'SELECT', 'UPDATE']) p
                       WHERE CASE relkind WHEN 'S' THEN has_sequence_privilege(asked.oid, c.oid, p) END
            UNION ALL SELECT rolname || ' may run ' || p.oid::regprocedure || g
              FROM asked, routine p, unnest(ARRAY['', ' WITH GRANT OPTION']) g
                       WHERE has_function_privilege(asked.oid, p.oid, 'EXECUTE' || g)
            UNION ALL SELECT rolname || ' may use awkward.state' FROM asked
              WHERE has_type_privilege(oid, 'awkward.state', 'USAGE')
            UNION ALL SELECT rolname || ' may ' || p || ' in awkward' FROM asked, unnest(ARRAY['USAGE', 'CREATE',
              'USAGE WITH GRANT OPTION']) p
                       WHERE has_schema_privilege(oid, 'awkward', p)
            UNION ALL SELECT rolname || ' may ' || p || ' in the database'
              FROM asked, unnest(ARRAY['CONNECT', 'CREATE', 'TEMPORARY', 'CREATE WITH GRANT OPTION']) p
                       WHERE has_database_privilege(oid, current_database(), p)
            UNION ALL SELECT rolname || ' owns ' || called FROM role JOIN relation ON relowner = role.oid
            UNION ALL SELECT coalesce(rolname, 'everybody') || ' may ' || privilege_type || ' large object ' || l.oid
                        FROM pg_largeobject_metadata l, aclexplode(lomacl) a LEFT JOIN role ON role.oid = grantee
                          WHERE grantee = 0 OR role.oid IS NOT NULL
            UNION ALL SELECT coalesce(g.rolname, 'everybody') || ' will ' || privilege_type || ' on ' ||
              defaclobjtype::text || ' of ' || pg_get_userbyid(defaclrole)
                        FROM pg_default_acl d, aclexplode(defaclacl) a LEFT JOIN role g ON g.oid = grantee
                       WHERE (grantee = 0 OR g.oid IS NOT NULL) AND defaclnamespace NOT IN (SELECT oid FROM pg_namespace
                         WHERE nspname ~ '^_timescaledb')
            UNION ALL SELECT coalesce(rolname, 'everybody') || CASE WHEN setdatabase > 0 THEN ' here'
              ELSE '' END || ' has ' || c
                        FROM pg_db_role_setting s LEFT JOIN role ON role.oid = setrole, unnest(setconfig) c
                       WHERE (setrole = 0 OR role.oid IS NOT NULL) AND setdatabase IN (0, (SELECT oid FROM pg_database
                         WHERE datname = current_database()))
             ORDER BY 1""";

    private RoleAbilities() {
    }

    /** Makes the roles, what they own, and what they may do there. */
    public static void plant(PgServer server, String database) {
        server.script(database, SQL.resolve("awkward-roles.sql"));
        server.script(database, SQL.resolve("routes.sql"));
    }

    /** @return a line for each thing that each of the roles is or may do */
    public static SortedSet<String> of(PgServer server, String database) {
        return server
                .rows(database,
                        ALL.formatted(roles().stream().map(role -> "'" + role.replace("'", "''") + "'")
                                .collect(Collectors.joining(", "))))
                .stream().map(row -> row.get(0)).collect(Collectors.toCollection(TreeSet::new));
    }

    /** @return of each role that may log in whether it can, with its password */
    public static Map<String, String> logins(PgServer server, String database, Map<String, String> passwords) {
        Map<String, String> outcomes = new TreeMap<>();
        passwords.forEach((role, password) -> {
            try {
                server.connect(database, role, password).close();
                outcomes.put(role, "in");
            } catch (SQLException e) {
                outcomes.put(role, e.getSQLState());
            }
        });
        return outcomes;
    }

    /** @return the passwords of all roles that may log in, by name */
    public static Map<String, String> passwords(PgServer source) {
        return source.rows("postgres", "SELECT rolname FROM pg_roles WHERE rolcanlogin").stream().map(row -> row.get(0))
                .filter(roles()::contains)
                .collect(Collectors.toMap(role -> role, role -> "w0rd of " + role));
    }

    /** What the file makes, so that nothing of a service is among it. */
    private static Set<String> roles() {
        return Set.copyOf(List.of("app_owner", "app_ro", "app_rw", "big_boss", "Rep_SUPERUSER_x", "sees_all",
                "no_inherit", "limited", "forever", "expired",
                "we\"ird 'name'; -- \\ $role$ %s", "GRANTED BY \"x\"", "WITH ADMIN OPTION", "select",
                "63_bytes_678901234567890123456789012345678901234567890123456789", "Größe Ω 漢字 🐘", "tsdbadmin_reader",
                "postgres_backup", "aiven_report",
                "watcher", "team_lead", "diamond_top", "diamond_left", "diamond_right", "diamond_bottom"));
    }
}

//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Rows.java Server.java Settings.java Sql.java
package lib;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The roles of a cluster as its catalogs know them, memberships and settings included, and the statements that make them elsewhere. Roles
 * that begin with {@code pg_} are the system's, and the bootstrap superuser is the cluster's own; neither is carried.
 */
public final class Roles {
    /**
     * One role.
     *
     * @param attributes such as {@code NOSUPERUSER INHERIT LOGIN CONNECTION LIMIT 5}, complete and always in the same order
     * @param superuser whether any of SUPERUSER, REPLICATION or BYPASSRLS is set, which only a superuser may give
     * @param verifier the stored password, never clear text (pg_authid.rolpassword), or null when there is none or it cannot be read
     * @param comment or null
     */
    public record Role(String name, String attributes, boolean superuser, String verifier, String validUntil, String comment) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** A role that is a member of another; {@code options} such as {@code WITH ADMIN OPTION}, or empty. */
    public record Membership(String role, String member, String options) {
    }

    /** A setting of a role; {@code database} is whether it holds in this database only. {@code value} is ready for SQL. */
    public record Setting(String role, boolean database, String name, String value) {
    }

    private final List<Role> roles;
    private final List<Membership> memberships;
    private final List<Setting> settings;
    private final boolean passwords;

    private Roles(List<Role> roles, List<Membership> memberships, List<Setting> settings, boolean passwords) {
        this.roles = roles;
        this.memberships = memberships;
        this.settings = settings;
        this.passwords = passwords;
    }

    /**
     * Reads the roles of a server.
     *
     * @param targetMajor the major version that the statements are for: from 16 on a membership has INHERIT and SET options
     */
    public static Roles read(Connection session, Server server, int targetMajor) {
        String side = server.side();
        boolean passwords = "t".equals(Rows.text(session, side, "asking for the right to read passwords",
                "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')"));
        List<Role> roles = Rows.list(session, side, "listing the roles", """
                SELECT r.rolname, pg_catalog.concat_ws(' ',
                         CASE WHEN r.rolsuper THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END,
                         CASE WHEN r.rolinherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
                         CASE WHEN r.rolcreaterole THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END,
                         CASE WHEN r.rolcreatedb THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
                         CASE WHEN r.rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END,
                         CASE WHEN r.rolreplication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
                         CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END,
                         'CONNECTION LIMIT ' || r.rolconnlimit),
                       r.rolsuper OR r.rolreplication OR r.rolbypassrls, %s, r.rolvaliduntil::text,
                       pg_catalog.shobj_description(r.oid, 'pg_authid')
                  FROM pg_catalog.%s r WHERE r.rolname !~ '^pg_' AND r.oid <> 10 ORDER BY r.rolname COLLATE "C\""""
                .formatted(passwords ? "r.rolpassword" : "NULL", passwords ? "pg_authid" : "pg_roles"),
                row -> new Role(row.getString(1), row.getString(2), row.getBoolean(3), row.getString(4), row.getString(5), row.getString(6)));
        return new Roles(roles, memberships(session, server, targetMajor), settings(session, side), passwords);
    }

    private static List<Membership> memberships(Connection session, Server server, int targetMajor) {
        boolean options = server.facts().major() >= 16 && targetMajor >= 16;
        return Rows.list(session, server.side(), "listing the role memberships", """
                SELECT r.rolname, m.rolname, %s
                  FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles r ON r.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member
                 WHERE m.rolname !~ '^pg_' AND m.oid <> 10
                 GROUP BY 1, 2 ORDER BY r.rolname COLLATE "C", m.rolname COLLATE "C\""""
                .formatted(options
                        ? "pg_catalog.format('WITH ADMIN %s, INHERIT %s, SET %s', bool_or(a.admin_option)::text,"
                                + " bool_or(a.inherit_option)::text, bool_or(a.set_option)::text)"
                        : "CASE WHEN bool_or(a.admin_option) THEN 'WITH ADMIN OPTION' ELSE '' END"),
                row -> new Membership(row.getString(1), row.getString(2), row.getString(3)));
    }

    private static List<Setting> settings(Connection session, String side) {
        return Rows.list(session, side, "listing the settings of roles", """
                SELECT r.rolname, s.setdatabase <> 0, pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
                  FROM pg_catalog.pg_db_role_setting s
                  JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS u(c, position)
                 WHERE r.rolname !~ '^pg_' AND r.oid <> 10
                   AND s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
                 ORDER BY r.rolname COLLATE "C", s.setdatabase, u.position""",
                row -> new Setting(row.getString(1), row.getBoolean(2), row.getString(3), Settings.value(row.getString(3), row.getString(4))));
    }

    public List<Role> roles() {
        return roles;
    }

    public List<Membership> memberships() {
        return memberships;
    }

    /** @return whether the stored passwords could be read */
    public boolean passwords() {
        return passwords;
    }

    /** @return the roles by name */
    public Map<String, Role> byName() {
        Map<String, Role> named = new TreeMap<>();
        roles.forEach(role -> named.put(role.name, role));
        return named;
    }

    /**
     * @param downgrade leaves away SUPERUSER, REPLICATION and BYPASSRLS, which only a superuser may give
     * @return the statements that create one role
     */
    public List<String> create(Role role, boolean downgrade) {
        String name = Sql.ident(role.name);
        String attributes = downgrade ? role.attributes.replaceAll("(NO)?(SUPERUSER|REPLICATION|BYPASSRLS) ?", "") : role.attributes;
        List<String> statements = new ArrayList<>();
        statements.add("CREATE ROLE " + name + " WITH " + attributes
                + (role.verifier == null ? "" : " PASSWORD " + Sql.literal(role.verifier))
                + (role.validUntil == null ? "" : " VALID UNTIL " + Sql.literal(role.validUntil)));
        if (role.comment != null) {
            statements.add("COMMENT ON ROLE " + name + " IS " + Sql.literal(role.comment));
        }
        settings.stream().filter(setting -> !setting.database && setting.role.equals(role.name)).forEach(
                setting -> statements.add("ALTER ROLE " + name + " SET " + Settings.name(setting.name) + " TO " + setting.value));
        return statements;
    }

    /** @return the statement that makes one role a member of another */
    public static String grant(Membership membership) {
        return "GRANT " + Sql.ident(membership.role) + " TO " + Sql.ident(membership.member)
                + (membership.options.isEmpty() ? "" : " " + membership.options);
    }

    /** @return the settings that hold in this database only, of all roles */
    public List<Setting> databaseSettings() {
        return settings.stream().filter(Setting::database).toList();
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.roles;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import lib.server.Server;
import lib.server.Session;
import lib.server.Settings;

/**
 * The roles of a cluster as its catalogs know them, with memberships, settings and grants on parameters. Roles that
 * begin with {@code pg_} are the system's, and the bootstrap superuser is the cluster's own; neither is among them.
 *
 * @param database the database whose settings of roles are among the settings
 * @param bootstrap the name of the bootstrap superuser
 * @param readable whether the stored passwords could be read
 */
public record Roles(String database, String bootstrap, boolean readable, List<Role> roles, List<Membership> memberships,
        List<Setting> settings,
        List<ParameterGrant> parameterGrants, List<ExternalProperty> elsewhere) {
    /** What a role may be given, in the order in which pg_dumpall writes it (PostgreSQL manual, CREATE ROLE). */
    public enum Attribute {
        SUPERUSER,
        INHERIT,
        CREATEROLE,
        CREATEDB,
        LOGIN,
        REPLICATION,
        BYPASSRLS
    }

    /**
     * One role.
     *
     * @param connectionLimit -1 for none
     * @param verifier the stored password, never clear text (pg_authid.rolpassword), or null when there is none or it
     * cannot be read
     * @param validUntil the end of the password as text, or null
     * @param comment or null
     */
    public record Role(String name, Set<Attribute> attributes, int connectionLimit, String verifier, String validUntil,
            String comment) {
        public boolean has(Attribute attribute) {
            return attributes.contains(attribute);
        }

        /** @return the same role with other attributes */
        Role with(Set<Attribute> others) {
            return new Role(name, others, connectionLimit, verifier, validUntil, comment);
        }

        /** @return the same role without its password */
        Role withoutPassword() {
            return new Role(name, attributes, connectionLimit, null, validUntil, comment);
        }

        /** Never the stored password: the text may end up in a log. */
        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * A role that is a member of another; {@code inherit} and {@code set} are null where the server is older than 16
     * and has no such options.
     */
    public record Membership(String role, String member, boolean admin, Boolean inherit, Boolean set) {
        /** @return the same membership without ADMIN OPTION */
        Membership withoutAdmin() {
            return new Membership(role, member, false, inherit, set);
        }
    }

    /**
     * A setting of a role; {@code database} is whether it holds in this database only. {@code value} is ready for SQL.
     */
    public record Setting(String role, boolean database, String name, String value) {
    }

    /** Privileges such as {@code SET, ALTER SYSTEM} on a parameter, since 15; {@code role} is null for PUBLIC. */
    public record ParameterGrant(String parameter, String role, String privileges, boolean grantable) {
    }

    /**
     * A property of roles that belongs to the cluster or to a module, with the statement that creates it elsewhere.
     */
    public record ExternalProperty(String what, String statement) {
    }

    /** The column with the stored passwords, as the questions of {@link #read} have it. */
    public static final String PASSWORD = "r.rolpassword";

    private static final String CARRIED = "%1$s.rolname !~ '^pg_' AND %1$s.oid <> 10";

    /** The attributes of role {@code r}, as {@link #attributes} reads them. */
    static final String ATTRIBUTES = """
            pg_catalog.concat_ws(' ', CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolinherit THEN 'INHERIT' \
            END,
                         CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
                         CASE WHEN r.rolcanlogin THEN 'LOGIN' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
                         CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END)""";

    /** Reads the roles of a server. */
    public static Roles read(Session session, Server server) {
        String side = server.side();
        boolean readable = "t".equals(session.text("asking for the right to read passwords",
                "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'SELECT')"));
        List<Role> roles = session.list("listing the roles", """
                SELECT r.rolname, %s, r.rolconnlimit, %s, r.rolvaliduntil::text, pg_catalog.shobj_description(r.oid,
                  'pg_authid')
                  FROM pg_catalog.%s r WHERE %s ORDER BY r.rolname COLLATE "C\""""
                .formatted(ATTRIBUTES, readable ? PASSWORD : "NULL", readable ? "pg_authid" : "pg_roles",
                        CARRIED.formatted("r")),
                row -> new Role(row.getString(1), attributes(row.getString(2)), row.getInt(3), row.getString(4),
                        row.getString(5),
                        row.getString(6)));
        String bootstrap = session.text("asking for the bootstrap superuser",
                "SELECT rolname FROM pg_catalog.pg_roles WHERE oid = 10");
        return new Roles(server.database(), bootstrap, readable, roles, memberships(session, server),
                settings(session),
                parameterGrants(session, server), elsewhere(session));
    }

    static Set<Attribute> attributes(String words) {
        Set<Attribute> attributes = EnumSet.noneOf(Attribute.class);
        for (String word : words.isEmpty() ? new String[0] : words.split(" ")) {
            attributes.add(Attribute.valueOf(word));
        }
        return attributes;
    }

    /**
     * Since PostgreSQL 16, one role can be granted to one member by several grantors: an option of one of the grants
     * counts.
     */
    static List<Membership> memberships(Session session, Server server) {
        boolean options = server.facts().major() >= 16;
        return session.list("listing the role memberships", """
                SELECT r.rolname, m.rolname, bool_or(a.admin_option), %s
                  FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
                    JOIN pg_catalog.pg_roles m ON m.oid = a.member
                 WHERE NOT (r.rolname ~ '^pg_' AND m.rolname ~ '^pg_') AND m.oid <> 10
                 GROUP BY 1, 2 ORDER BY r.rolname COLLATE "C", m.rolname COLLATE "C\""""
                .formatted(options ? "bool_or(a.inherit_option), bool_or(a.set_option)" : "NULL, NULL"),
                row -> new Membership(row.getString(1), row.getString(2), row.getBoolean(3), flag(row, 4),
                        flag(row, 5)));
    }

    private static Boolean flag(ResultSet row, int column) throws SQLException {
        String value = row.getString(column);
        return value == null ? null : value.equals("t");
    }

    private static List<Setting> settings(Session session) {
        return session.list("listing the settings of roles", """
                SELECT r.rolname, s.setdatabase <> 0, pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c,
                  pg_catalog.strpos(c, '=') + 1)
                  FROM pg_catalog.pg_db_role_setting s
                  JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, pg_catalog.unnest(s.setconfig) WITH ORDINALITY
                    AS u(c, position)
                 WHERE %s
                   AND s.setdatabase IN (0, (SELECT d.oid FROM pg_catalog.pg_database d
                     WHERE d.datname = pg_catalog.current_database()))
                 ORDER BY r.rolname COLLATE "C", s.setdatabase, u.position""".formatted(CARRIED.formatted("r")),
                row -> new Setting(row.getString(1), row.getBoolean(2), row.getString(3),
                        Settings.value(row.getString(3), row.getString(4))));
    }

    private static List<ParameterGrant> parameterGrants(Session session, Server server) {
        return server.facts().major() < 15 ? List.of() : session.list("listing the grants on parameters",
                """
                SELECT p.parname, r.rolname, pg_catalog.string_agg(a.privilege_type, ', '
                  ORDER BY a.privilege_type DESC), a.is_grantable
                  FROM pg_catalog.pg_parameter_acl p, pg_catalog.aclexplode(p.paracl) a LEFT
                    JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
                 WHERE a.grantee = 0 OR %s
                 GROUP BY 1, 2, 4 ORDER BY p.parname COLLATE "C", r.rolname COLLATE "C", 4"""
                        .formatted(CARRIED.formatted("r")),
                row -> new ParameterGrant(row.getString(1), row.getString(2), row.getString(3), row.getBoolean(4)));
    }

    private static List<ExternalProperty> elsewhere(Session session) {
        List<ExternalProperty> items = new ArrayList<>(session.list("listing the settings of all roles", """
                SELECT pg_catalog.split_part(c, '=', 1), pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)
                  FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) WITH ORDINALITY AS u(c, position)
                 WHERE s.setrole = 0 AND s.setdatabase = 0 ORDER BY u.position""",
                row -> new ExternalProperty("the setting of " + row.getString(1) + " for all roles",
                        "ALTER ROLE ALL SET "
                                + Settings.name(row.getString(1)) + " TO "
                                + Settings.value(row.getString(1), row.getString(2)))));
        items.addAll(session.list("listing the security labels of roles",
                """
                SELECT l.provider, r.rolname, pg_catalog.format('SECURITY LABEL FOR %%I ON ROLE %%I IS %%L', l.provider,
                  r.rolname, l.label)
                  FROM pg_catalog.pg_shseclabel l JOIN pg_catalog.pg_roles r ON r.oid = l.objoid
                 WHERE l.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND %s ORDER BY 3"""
                        .formatted(CARRIED.formatted("r")),
                row -> new ExternalProperty(
                        "the security label of provider \"" + row.getString(1) + "\" on role \"" + row.getString(2)
                                + "\"",
                        row.getString(3))));
        return items;
    }

    /** @return the roles by name */
    public Map<String, Role> byName() {
        Map<String, Role> named = new TreeMap<>();
        roles.forEach(role -> named.put(role.name, role));
        return named;
    }

    /** @return the settings of all roles for this database */
    public List<Setting> databaseSettings() {
        return settings.stream().filter(Setting::database).toList();
    }
}

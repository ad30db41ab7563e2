package lib.roles;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import lib.server.Settings;
import lib.talk.Sql;

/**
 * The statements that make roles and all that belongs to them, without a semicolon (PostgreSQL manual, CREATE ROLE,
 * ALTER ROLE, GRANT).
 */
final class RoleStatements {
    private RoleStatements() {
    }

    /**
     * @param named the attributes to name; a user who may not grant one may not write NOSUPERUSER or the like either
     */
    static String create(Roles.Role role, Set<Roles.Attribute> named) {
        return "CREATE ROLE " + Sql.ident(role.name()) + options(role, named);
    }

    /** @param named the attributes to name, as for {@link #create} */
    static String alter(Roles.Role role, Set<Roles.Attribute> named) {
        return "ALTER ROLE " + Sql.ident(role.name()) + options(role, named);
    }

    private static String options(Roles.Role role, Set<Roles.Attribute> named) {
        StringBuilder options = new StringBuilder(" WITH");
        for (Roles.Attribute attribute : Roles.Attribute.values()) {
            if (named.contains(attribute)) {
                options.append(role.has(attribute) ? " " : " NO").append(attribute);
            }
        }
        options.append(" CONNECTION LIMIT ").append(role.connectionLimit());
        if (role.verifier() != null) {
            options.append(" PASSWORD ").append(Sql.literal(role.verifier()));
        }
        if (role.validUntil() != null) {
            options.append(" VALID UNTIL ").append(Sql.literal(role.validUntil()));
        }
        return options.toString();
    }

    /** @return the role's comment, in a list that may be empty */
    static List<String> comment(Roles.Role role) {
        return role.comment() == null ? List.of()
                : List.of("COMMENT ON ROLE " + Sql.ident(role.name()) + " IS " + Sql.literal(role.comment()));
    }

    /** A setting that holds in every database. */
    static String set(Roles.Setting setting) {
        return "ALTER ROLE " + Sql.ident(setting.role()) + assignment(setting);
    }

    /** A setting that holds in one database. */
    static String set(Roles.Setting setting, String database) {
        return inDatabase(setting) + Sql.ident(database) + assignment(setting);
    }

    /** @return the part of a statement that stands before the name of the database */
    static String inDatabase(Roles.Setting setting) {
        return "ALTER ROLE " + Sql.ident(setting.role()) + " IN DATABASE ";
    }

    /** @return the part of a statement that stands after the role and the database */
    static String assignment(Roles.Setting setting) {
        return " SET " + Settings.name(setting.name()) + " TO " + setting.value();
    }

    /**
     * @param major the version of the server: before 16 a membership has neither INHERIT nor SET, and from there on
     * they have defaults
     */
    static String grant(Roles.Membership membership, int major) {
        List<String> options = new ArrayList<>();
        if (major >= 16 && membership.inherit() != null) {
            options.add("ADMIN " + word(membership.admin()));
            options.add("INHERIT " + word(membership.inherit()));
            options.add("SET " + word(membership.set()));
        } else if (membership.admin()) {
            options.add("ADMIN OPTION");
        }
        return "GRANT " + Sql.ident(membership.role()) + " TO " + Sql.ident(membership.member())
                + (options.isEmpty() ? "" : " WITH " + String.join(", ", options));
    }

    private static String word(boolean value) {
        return value ? "TRUE" : "FALSE";
    }

    static String grant(Roles.ParameterGrant grant) {
        return "GRANT " + grant.privileges() + " ON PARAMETER " + Settings.name(grant.parameter()) + " TO "
                + (grant.role() == null ? "PUBLIC" : Sql.ident(grant.role()))
                + (grant.grantable() ? " WITH GRANT OPTION" : "");
    }
}

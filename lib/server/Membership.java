package lib.server;

import lib.talk.Sql;

/**
 * What the connecting user may do as a member of a role, as conditions in SQL on any version of PostgreSQL. Since
 * PostgreSQL 16 these are three options of each membership, INHERIT, SET and ADMIN (PostgreSQL manual, GRANT, "GRANT on
 * Roles"). A superuser may do all of it. Each role is an expression of type oid, or a name as a literal.
 */
public final class Membership {
    private static final String SINCE_16 = "pg_catalog.current_setting('server_version_num')::int >= 160000";

    private Membership() {
    }

    /** @return whether the user has the privileges of the role, and owns what it owns, without further ado */
    public static String hasRightsOf(String role) {
        return "pg_catalog.pg_has_role(" + role + ", 'USAGE')";
    }

    /** @return whether the user is a member of the role, with whatever option */
    public static String isMemberOf(String role) {
        return "pg_catalog.pg_has_role(" + role + ", 'MEMBER')";
    }

    /**
     * @return whether the user may act as the role: SET ROLE to it, and give objects to it (PostgreSQL manual, ALTER
     * TABLE, "Notes")
     */
    public static String mayActAs(String role) {
        return "pg_catalog.pg_has_role(" + role + ", CASE WHEN " + SINCE_16 + " THEN 'SET' ELSE 'MEMBER' END)";
    }

    /**
     * @param role an expression of type oid
     * @return whether the user may grant the role, also to itself; superusers are granted by superusers only
     */
    public static String mayGrant(String role) {
        return unlessSuperuser(role, grantable());
    }

    /**
     * Membership in a superuser role does not count: code that a superuser owns has its rights.
     *
     * @param role an expression of type oid
     * @return whether the user may give objects to the role and still work on them, or can make itself a member that
     * may
     */
    public static String mayServe(String role) {
        return unlessSuperuser(role,
                "(" + hasRightsOf("other.oid") + " AND " + mayActAs("other.oid") + " OR " + grantable() + ")");
    }

    private static String unlessSuperuser(String role, String condition) {
        return "EXISTS (SELECT FROM pg_catalog.pg_roles other, pg_catalog.pg_roles me WHERE other.oid = " + role
                + " AND me.rolname = current_user AND (me.rolsuper OR NOT other.rolsuper AND " + condition + "))";
    }

    /**
     * Since PostgreSQL 16, ADMIN OPTION of a role whose privileges the user does not have is of no use (user.c,
     * check_role_grantor); before, whoever has CREATEROLE may grant every role.
     */
    private static String grantable() {
        return "CASE WHEN " + SINCE_16 + " THEN EXISTS (SELECT FROM pg_catalog.pg_auth_members a"
                + " WHERE a.roleid = other.oid AND a.admin_option AND " + hasRightsOf("a.member") + ")"
                + " ELSE me.rolcreaterole OR pg_catalog.pg_has_role(other.oid, 'MEMBER WITH ADMIN OPTION') END";
    }

    /**
     * A GRANT that names no option leaves those of a membership that is there as they are, and one that is new has
     * INHERIT by the attribute of the member; before PostgreSQL 16, the attribute alone decides.
     *
     * @param inherits whether the user has the attribute
     * @param major version of the server
     * @return the statements after which the user has the role's privileges and may act as it
     */
    public static String granting(String role, String user, boolean inherits, int major) {
        return "GRANT " + Sql.ident(role) + " TO " + Sql.ident(user)
                + (major >= 16 ? " WITH INHERIT TRUE, SET TRUE;"
                        : inherits ? ";" : "; ALTER ROLE " + Sql.ident(user) + " INHERIT;");
    }
}

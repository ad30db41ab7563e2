//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.Membership;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;

/**
 * What one grantor has granted the connecting user of a role, before the user takes more of it for a time. Since
 * PostgreSQL 16 each grantor has a row of pg_auth_members, whose options a further GRANT changes and REVOKE takes away
 * with them (PostgreSQL manual, GRANT, "Notes").
 *
 * @param grantor who grants it for the time; null where nobody can
 * @param inherit the option as it was, or null where this grantor had granted nothing
 * @param set likewise
 */
public record PriorMembership(String role, String grantor, Boolean inherit, Boolean set) {
    /**
     * The grantor is the user or a role whose rights the user has, with ADMIN OPTION; the server prefers the user.
     */
    private static final String SINCE_16 = """
            SELECT r.rolname, g.rolname, b.inherit_option, b.set_option, %2$s AND %3$s, g.oid IS NOT NULL
              FROM pg_catalog.pg_roles r
              LEFT JOIN LATERAL (SELECT u.oid, u.rolname FROM pg_catalog.pg_auth_members a
                JOIN pg_catalog.pg_roles u ON u.oid = a.member
                                  WHERE a.roleid = r.oid AND a.admin_option AND %4$s
                                  ORDER BY u.rolname <> current_user, u.oid LIMIT 1) g ON true
              LEFT JOIN pg_catalog.pg_auth_members b
                     ON b.roleid = r.oid AND b.grantor = g.oid AND b.member = (SELECT u.oid FROM pg_catalog.pg_roles u
                       WHERE u.rolname = current_user)
             WHERE r.rolname IN (%1$s) ORDER BY 1""";
    /** One that is there is there as a whole: to grant it anew does nothing, and to revoke it would take it away. */
    private static final String BEFORE_16 = """
            SELECT r.rolname, current_user, NULL, NULL, %2$s,
                   NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members b JOIN pg_catalog.pg_roles u ON u.oid = b.member
                                WHERE b.roleid = r.oid AND u.rolname = current_user)
              FROM pg_catalog.pg_roles r WHERE r.rolname IN (%1$s) ORDER BY 1""";

    /**
     * How the user stands to a role.
     *
     * @param able whether the user has its rights, and can act as the role where that is something else
     * @param open whether there is something to take that can be put back
     */
    record State(PriorMembership membership, boolean able, boolean open) {
    }

    /** @return how the connecting user stands to those of the roles that exist, in the order of their names */
    static List<State> ask(Session target, Server.Facts facts, Collection<String> roles) {
        return roles.isEmpty() ? List.of() : target.list("asking for memberships",
                (facts.major() >= 16 ? SINCE_16 : BEFORE_16)
                        .formatted(roles.stream().map(Sql::literal).collect(Collectors.joining(", ")),
                                Membership.hasRightsOf("r.oid"), Membership.mayActAs("r.oid"),
                                Membership.hasRightsOf("u.oid")),
                row -> new State(
                        new PriorMembership(row.getString(1), row.getString(2), option(row.getString(3)),
                                option(row.getString(4))),
                        row.getBoolean(5), row.getBoolean(6)));
    }

    /** @return a boolean of the server, which may be null */
    static Boolean option(String text) {
        return text == null ? null : (Boolean) text.equals("t");
    }

    /** @return the statement by which the connecting user gets all that the role may do */
    public String joining(Server.Facts facts) {
        return "GRANT " + Sql.ident(role) + " TO CURRENT_USER"
                + (facts.major() >= 16 ? " WITH INHERIT TRUE, SET TRUE" : "")
                + (grantor == null || grantor.equals(facts.user()) ? "" : by(facts));
    }

    /** @return the statement by which the connecting user has again what was there before */
    public String leaving(Server.Facts facts) {
        return leaving("CURRENT_USER") + (grantor.equals(facts.user()) ? "" : by(facts));
    }

    /** @return the statement that somebody else, such as a superuser, runs to end the membership */
    String leavingOfUser(Server.Facts facts) {
        return leaving(Sql.ident(facts.user())) + by(facts);
    }

    private String leaving(String member) {
        return inherit == null ? "REVOKE " + Sql.ident(role) + " FROM " + member
                : "GRANT " + Sql.ident(role) + " TO " + member + " WITH INHERIT " + word(inherit) + ", SET "
                        + word(set);
    }

    String by(Server.Facts facts) {
        return facts.major() >= 16 ? " GRANTED BY " + Sql.ident(grantor) : "";
    }

    private static String word(boolean option) {
        return option ? "TRUE" : "FALSE";
    }
}

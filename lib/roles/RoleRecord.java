//DEPS org.postgresql:postgresql:42.7.14
package lib.roles;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Sql;

/**
 * What a run does to the roles of a target, written down in the transaction that does it: which roles it creates, and
 * what it gives to roles that were there before. Roles are never dropped, because by then something else may belong to
 * them; what the others were given is taken back.
 */
public final class RoleRecord {
    /** A role's membership in another one, or its privilege on a parameter. */
    private record Key(long role, long member, long grantor, String parameter) {
    }

    /** Before version 16, a membership has one grantor and no options but ADMIN. */
    private static final int OPTIONS = 16;
    private static final int PARAMETERS = 15;
    private static final String MEMBERSHIPS = """
            SELECT m.roleid, m.member, m.grantor, '' AS parameter, pg_catalog.concat_ws(', ',
                'ADMIN ' || m.admin_option, 'INHERIT ' || (j->>'inherit_option'), 'SET ' || (j->>'set_option')) AS given
              FROM pg_catalog.pg_auth_members m, pg_catalog.to_jsonb(m) j""";
    /** A grant that adds ADMIN OPTION has another grantor then. */
    private static final String MEMBERSHIPS_BEFORE_16 = """
            SELECT m.roleid, m.member, 0::oid AS grantor, '' AS parameter, pg_catalog.concat(m.admin_option,
                ' GRANTED BY ', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.grantor))) AS given
              FROM pg_catalog.pg_auth_members m""";
    private static final String PARAMETER_GRANTS = """
            UNION ALL
            SELECT 0, x.grantee, x.grantor, p.parname, pg_catalog.string_agg(x.privilege_type
                || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', ' ORDER BY x.privilege_type)
              FROM pg_catalog.pg_parameter_acl p, pg_catalog.aclexplode(p.paracl) x
             WHERE x.grantee <> 10
             GROUP BY x.grantee, x.grantor, p.parname""";

    private final Session session;
    private final Map<Key, String> before;

    private RoleRecord(Session session) {
        this.session = session;
        before = given(session);
    }

    /** @param session in a transaction in which nothing has been done yet, beside a journal */
    static RoleRecord begin(Session session) {
        return new RoleRecord(session);
    }

    private static String all(Session session) {
        return (session.major() < OPTIONS ? MEMBERSHIPS_BEFORE_16 : MEMBERSHIPS)
                + (session.major() < PARAMETERS ? "" : "\n" + PARAMETER_GRANTS);
    }

    private static Map<Key, String> given(Session session) {
        Map<Key, String> given = new HashMap<>();
        session.list("listing memberships", all(session), row -> given.put(new Key(row.getLong(1), row.getLong(2),
                row.getLong(3), row.getString(4)), row.getString(5)));
        return given;
    }

    /** Writes down what has been done since. */
    void write(Collection<String> created) {
        List<String> statements = new ArrayList<>();
        if (!created.isEmpty()) {
            statements.add("INSERT INTO " + JournalTables.ROLE.sql()
                    + " SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname IN ("
                    + created.stream().map(Sql::literal).collect(Collectors.joining(", ")) + ")");
        }
        String rows = given(session).entrySet().stream()
                .filter(each -> !each.getValue().equals(before.get(each.getKey())))
                .map(each -> "(%d, %d, %d, %s, %s, %s)".formatted(each.getKey().role, each.getKey().member,
                        each.getKey().grantor, Sql.literal(each.getKey().parameter),
                        before.containsKey(each.getKey()) ? Sql.literal(before.get(each.getKey())) : "NULL",
                        Sql.literal(each.getValue())))
                .collect(Collectors.joining(", "));
        if (!rows.isEmpty()) {
            statements.add("INSERT INTO " + JournalTables.GIVEN.sql() + " VALUES " + rows);
        }
        if (!statements.isEmpty()) {
            session.run("writing the journal", String.join("; ", statements));
        }
    }

    /** @return the names of the roles that the run has created, as far as they are still there */
    public static List<String> created(Session target) {
        return target.texts("reading the journal", "SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.oid IN (SELECT "
                + "c.role FROM " + JournalTables.ROLE.sql() + " c) ORDER BY 1");
    }

    /**
     * @param all whether roles that the run has created are among those, too
     * @return the statements that take back what roles were given that had been there before; what has changed since is
     * not the run's any more
     */
    public static List<String> takingBack(Session target, boolean all) {
        return target.list("reading the journal", """
                SELECT g.parameter, r.rolname, CASE g.member WHEN 0 THEN NULL ELSE m.rolname END, o.rolname, g.before,
                       g.after
                  FROM %1$s g
                  JOIN (%2$s) n (role, member, grantor, parameter, given)
                    ON (n.role, n.member, n.grantor, n.parameter, n.given)
                       = (g.role, g.member, g.grantor, g.parameter, g.after)
                  LEFT JOIN pg_catalog.pg_roles r ON r.oid = g.role
                  LEFT JOIN pg_catalog.pg_roles m ON m.oid = g.member
                  LEFT JOIN pg_catalog.pg_roles o ON o.oid = g.grantor
                 WHERE %4$s OR g.role NOT IN (SELECT c.role FROM %3$s c)
                   AND g.member NOT IN (SELECT c.role FROM %3$s c)
                 ORDER BY g.ctid DESC""".formatted(JournalTables.GIVEN.sql(), all(target), JournalTables.ROLE.sql(),
                all),
                row -> row.getString(1).isEmpty()
                        ? ofMembership(row.getString(4) == null,
                                Sql.ident(row.getString(2)) + " %s " + Sql.ident(row.getString(3)),
                                row.getString(4), row.getString(5))
                        : List.of(ofParameter(row.getString(1), row.getString(3), row.getString(5), row.getString(6))))
                .stream().flatMap(List::stream).toList();
    }

    /**
     * @param old whether the server is older than version 16
     * @param named the role and its member with a place for the word between them
     */
    private static List<String> ofMembership(boolean old, String named, String grantor, String before) {
        String by = old ? "" : " GRANTED BY " + Sql.ident(grantor);
        if (before == null) {
            return List.of("REVOKE " + named.formatted("FROM") + by);
        } else if (old) {
            // Only a superuser may name another grantor; what the member has gained goes in any case.
            return List.of("REVOKE ADMIN OPTION FOR " + named.formatted("FROM"),
                    "REVOKE " + named.formatted("FROM") + "; GRANT " + named.formatted("TO")
                            + before.substring(before.indexOf(' ')));
        }
        return List.of("GRANT " + named.formatted("TO") + " WITH " + before + by);
    }

    private static String ofParameter(String parameter, String grantee, String before, String after) {
        List<String> had = before == null ? List.of() : List.of(before.split(", "));
        return List.of(after.split(", ")).stream().filter(each -> !had.contains(each))
                .map(each -> "REVOKE "
                        + (had.contains(each.replace("*", "")) ? "GRANT OPTION FOR " : "")
                        + each.replace("*", "") + " ON PARAMETER " + parameter(parameter) + " FROM "
                        + (Objects.isNull(grantee) ? "PUBLIC" : Sql.ident(grantee)))
                .collect(Collectors.joining("; "));
    }

    /** A name of two parts is quoted part by part. */
    private static String parameter(String name) {
        return List.of(name.split("\\.")).stream().map(Sql::ident).collect(Collectors.joining("."));
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.Membership;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Whether the connecting user may read all that is to be moved, asked before anything starts, with the GRANT for each
 * thing that fails.
 */
public final class Readability {
    /** So many of one schema, such as chunks, are told one by one. */
    private static final int MANY = 5;

    /**
     * The name of an owner whose member the user can become by itself, as the master user of a managed service can of
     * any other role: that lets it read all that is the owner's, where only the owner could grant it piece by piece.
     * Before PostgreSQL 16, a membership is of no use for that to who has NOINHERIT.
     */
    private static final String BECOMING = """
            (SELECT pg_catalog.quote_ident(o.rolname) FROM pg_catalog.pg_roles o, pg_catalog.pg_roles me
              WHERE o.oid = %s AND me.rolname = current_user AND NOT o.rolsuper
                AND (me.rolinherit OR pg_catalog.current_setting('server_version_num')::int >= 160000)
                AND NOT %s AND %s)"""
            .formatted("%s", Membership.hasRightsOf("o.oid"), Membership.mayGrant("o.oid"));

    /** @param owner whose member the user can become, or null */
    private record Unreadable(String schema, String name, String kind, String owner) {
    }

    private final Session source;
    private final String user;
    private final Selection selection;

    /** @param source a session on the source, as the user who will read */
    public Readability(Session source, String user, Selection selection) {
        this.source = source;
        this.user = Sql.ident(user);
        this.selection = selection;
    }

    /**
     * @return a finding for each relation, schema and large object that cannot be read, or one that says that all can
     */
    public List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(schemas());
        findings.addAll(relations());
        findings.addAll(rowSecurity());
        if (!selection.selective()) {
            findings.addAll(largeObjects());
        }
        if (findings.isEmpty()) {
            findings.add(Finding.ok("privileges", "every table, sequence and large object of the source can be read"));
        }
        return findings;
    }

    private List<Finding> schemas() {
        return source.list("checking the privileges on schemas", """
                SELECT pg_catalog.format('%%I', n.nspname), %s FROM pg_catalog.pg_namespace n
                 WHERE %s AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                   AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid
                     AND c.relkind IN ('r', 'p', 'S'))
                 ORDER BY 1""".formatted(BECOMING.formatted("n.nspowner"), selection.namespace("n")),
                row -> Finding.stop("privileges", grant("USAGE ON SCHEMA " + row.getString(1), row.getString(2)),
                        "schema %s of the source cannot be used", row.getString(1)));
    }

    /**
     * Tables of extensions too: pg_dump locks every one of them, whether it dumps their rows or not (getTables in its
     * source).
     */
    private List<Finding> relations() {
        String extensions = selection.selective() ? "false"
                : """
                EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
                         WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
                           AND d.deptype = 'e'
                           AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND (c.relkind <> 'S'
                             OR c.oid = ANY (x.extconfig)))""";
        List<Unreadable> found = source.list("checking the privileges on tables", """
                SELECT pg_catalog.quote_ident(n.nspname), pg_catalog.format('%%I.%%I', n.nspname, c.relname),
                  c.relkind = 'S', %s
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p', 'S') AND (%s OR %s) AND NOT CASE c.relkind
                         WHEN 'S' THEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
                         ELSE pg_catalog.has_table_privilege(c.oid, 'SELECT') END
                 ORDER BY 2""".formatted(BECOMING.formatted("c.relowner"), selection.relation("c", "n"), extensions),
                row -> new Unreadable(row.getString(1), row.getString(2), row.getBoolean(3) ? "sequence" : "table",
                        row.getString(4)));
        Map<List<String>, List<Unreadable>> grouped = found.stream()
                .collect(Collectors.groupingBy(one -> Arrays.asList(one.schema, one.kind, one.owner),
                        LinkedHashMap::new, Collectors.toList()));
        List<Finding> findings = new ArrayList<>();
        for (List<Unreadable> group : grouped.values()) {
            if (group.size() > MANY) {
                Unreadable first = group.get(0);
                findings.add(Finding.stop("privileges",
                        grant("SELECT ON ALL " + first.kind.toUpperCase(Locale.ROOT) + "S IN SCHEMA " + first.schema,
                                first.owner),
                        "%d %ss of schema %s of the source cannot be read", group.size(), first.kind, first.schema));
            } else {
                group.forEach(one -> findings.add(Finding.stop("privileges",
                        grant("SELECT ON " + one.kind.toUpperCase(Locale.ROOT) + " " + one.name, one.owner),
                        "%s %s of the source cannot be read",
                        one.kind, one.name)));
            }
        }
        return findings;
    }

    /** A GRANT that does not say so leaves INHERIT to the user's attribute, or to what was granted before. */
    private String grant(String privilege, String owner) {
        return owner == null ? "GRANT " + privilege + " TO " + user + ";"
                : "GRANT " + owner + " TO " + user + (source.major() >= 16 ? " WITH INHERIT TRUE;" : ";");
    }

    /**
     * With row_security off, as every session of ours has it, COPY of such a table fails; with it on, rows would be
     * missing. Only a superuser gives BYPASSRLS, and managed services have none; policies do not apply to the owner's
     * members either, unless they are forced.
     */
    private List<Finding> rowSecurity() {
        return source.list("checking row-level security", """
                SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname), c.relforcerowsecurity, %s
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity AND %s AND pg_catalog.row_security_active(c.oid)
                 ORDER BY 1""".formatted(BECOMING.formatted("c.relowner"), selection.relation("c", "n")),
                row -> Finding.stop("privileges", unhiding(row.getString(1), row.getBoolean(2), row.getString(3)),
                        "row-level security hides rows of table %s of the source",
                        row.getString(1)));
    }

    /** @param owner whose member the user can become, or null */
    private String unhiding(String table, boolean forced, String owner) {
        return owner == null ? "ALTER ROLE " + user + " BYPASSRLS;"
                : grant(null, owner) + (forced ? " ALTER TABLE " + table + " NO FORCE ROW LEVEL SECURITY;" : "");
    }

    private List<Finding> largeObjects() {
        return source.list("checking the privileges on large objects", """
                SELECT l.oid, %1$s FROM pg_catalog.pg_largeobject_metadata l
                 WHERE NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
                   AND NOT %2$s
                   AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(l.lomacl) a WHERE a.privilege_type = 'SELECT'
                                      AND CASE a.grantee WHEN 0 THEN true
                                        ELSE %3$s END)
                   AND NOT pg_catalog.current_setting('lo_compat_privileges')::boolean
                 ORDER BY 1""".formatted(BECOMING.formatted("l.lomowner"),
                Membership.hasRightsOf("l.lomowner"), Membership.hasRightsOf("a.grantee")),
                row -> Finding.stop("privileges", grant("SELECT ON LARGE OBJECT " + row.getString(1), row.getString(2)),
                        "large object %s of the source cannot be read", row.getString(1)));
    }
}

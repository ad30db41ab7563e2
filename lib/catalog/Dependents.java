package lib.catalog;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.ShellScript;
import lib.talk.Sql;

/**
 * The objects in a database that depend on an extension or on other objects (pg_depend, PostgreSQL manual, 53.18).
 */
public final class Dependents {
    /** How many are named in a message. */
    public static final int NAMED = 10;
    /** The relation that a filter for tables would have to exclude. */
    private static final String RELATION = """
            SELECT c.oid, pg_catalog.format('%I.%I', r.nspname, c.relname) AS name, c, r FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_namespace r ON r.oid = c.relnamespace
             WHERE c.oid = CASE n.classid
               WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN coalesce((SELECT x.indrelid
                 FROM pg_catalog.pg_index x WHERE x.indexrelid = n.objid), n.objid)
               WHEN 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN (SELECT x.adrelid FROM pg_catalog.pg_attrdef x
                 WHERE x.oid = n.objid)
               WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN (SELECT x.conrelid
                 FROM pg_catalog.pg_constraint x WHERE x.oid = n.objid)
               WHEN 'pg_catalog.pg_trigger'::pg_catalog.regclass THEN (SELECT x.tgrelid FROM pg_catalog.pg_trigger x
                 WHERE x.oid = n.objid)
               WHEN 'pg_catalog.pg_policy'::pg_catalog.regclass THEN (SELECT x.polrelid FROM pg_catalog.pg_policy x
                 WHERE x.oid = n.objid)
             END""";

    /**
     * One of them.
     *
     * @param description its kind and its name
     * @param relation the relation that it is or is a part of, as a pattern of pg_dump has it; null for none
     */
    public record User(String description, String relation) {
    }

    private Dependents() {
    }

    /**
     * Lists columns, defaults, indexes, constraints, views, functions, types and whatever else, each as its kind and
     * its name with its schema. The text of a function is not looked into.
     */
    public static List<String> of(Session session, String extension) {
        return descriptions(of(session, extension, null));
    }

    /**
     * @return what depends on it, without what a filter excludes, since that needs nothing; {@code selection} is null
     * for all
     */
    public static List<User> of(Session session, String extension, Selection selection) {
        return users(session, "looking for what uses extension " + extension,
                """
                SELECT d.classid, d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e
                  ON e.oid = d.refobjid
                 WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e'
                   AND e.extname = %s"""
                        .formatted(Sql.literal(extension)),
                wanted(selection));
    }

    /**
     * @param selection what is wanted; what a filter excludes needs nothing
     * @return what depends on single objects, which are given by their addresses in pg_depend; objects of the list that
     * depend on each other are not listed
     */
    public static List<User> of(Session session, Collection<Archive.Address> objects,
            Selection selection) {
        return objects.isEmpty() ? List.of() : users(
                session, "looking for what uses what is left out", objects.stream()
                        .map(object -> "(%d::pg_catalog.oid, %d::pg_catalog.oid)".formatted(object.catalog(),
                                object.oid()))
                        .collect(Collectors.joining(", ", "VALUES ", "")),
                wanted(selection));
    }

    private static String wanted(Selection selection) {
        return selection == null ? "true" : selection.relation("(t.c)", "(t.r)");
    }

    /** @return the filters that leave all of these out, with a conjunction for another way; empty where none does */
    public static String excluding(List<User> users) {
        return users.stream().anyMatch(user -> user.relation == null) ? ""
                : "leave that out too: " + users.stream().map(User::relation).distinct()
                        .map(name -> "--exclude-table " + ShellScript.quoted(name)).collect(Collectors.joining(" "))
                        + ", or ";
    }

    public static List<String> descriptions(List<User> users) {
        return users.stream().map(User::description).toList();
    }

    private static List<User> users(Session session, String doing, String objects, String wanted) {
        return session.list(doing, """
                WITH RECURSIVE own (classid, objid) AS (
                  (%s)
                  UNION SELECT d.classid, d.objid FROM own o JOIN pg_catalog.pg_depend d ON d.refclassid = o.classid
                    AND d.refobjid = o.objid
                   -- Parts, and the members of operator classes, are not listed as the extension's own.
                   WHERE d.deptype = 'i'
                      OR d.deptype = 'a' AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     AND (d.classid IN ('pg_catalog.pg_attrdef'::pg_catalog.regclass,
                       'pg_catalog.pg_constraint'::pg_catalog.regclass)
                      OR d.classid = o.classid AND EXISTS (SELECT FROM pg_catalog.pg_index i
                        WHERE i.indexrelid = d.objid AND i.indrelid = o.objid))
                      OR d.classid IN ('pg_catalog.pg_amop'::pg_catalog.regclass,
                        'pg_catalog.pg_amproc'::pg_catalog.regclass)
                     AND o.classid IN ('pg_catalog.pg_opfamily'::pg_catalog.regclass,
                       'pg_catalog.pg_opclass'::pg_catalog.regclass)),
                users (classid, objid, objsubid) AS (
                  SELECT d.classid, d.objid, d.objsubid FROM own o JOIN pg_catalog.pg_depend d
                    ON d.refclassid = o.classid AND d.refobjid = o.objid
                   WHERE d.deptype IN ('n', 'a') AND (d.classid, d.objid) NOT IN (SELECT classid, objid FROM own)
                     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = d.classid
                       AND x.objid = d.objid AND x.deptype = 'e')),
                named AS (
                  -- A view is known by its name, not by its rule.
                  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid, r.ev_class AS objid, 0
                    AS objsubid
                    FROM users u JOIN pg_catalog.pg_rewrite r ON r.oid = u.objid
                      WHERE u.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                  UNION SELECT classid, objid, objsubid FROM users WHERE classid <>
                    'pg_catalog.pg_rewrite'::pg_catalog.regclass)
                SELECT DISTINCT i.type || ' ' || i.identity, t.name FROM named n CROSS JOIN
                  LATERAL pg_catalog.pg_identify_object(n.classid, n.objid, n.objsubid) i
                  LEFT JOIN LATERAL (%s) t ON true
                 WHERE i.identity IS NOT NULL AND (t.oid IS NULL OR %s) ORDER BY 1""".formatted(objects, RELATION,
                wanted), row -> new User(row.getString(1), row.getString(2)));
    }
}

//SOURCES Archive.java Rows.java Sql.java
package lib;

import java.sql.Connection;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** What in a database cannot do without an extension or other objects: what depends on one of its own (pg_depend, PostgreSQL manual, 53.18). */
public final class Dependents {
    private static final int NAMED = 10;

    private Dependents() {
    }

    /**
     * Lists columns, defaults, indexes, constraints, views, functions, types and whatever else, each as its kind and its name with its schema.
     * The text of a function is not looked into.
     */
    public static List<String> of(Connection session, String side, String extension) {
        return users(session, side, "looking for what uses extension " + extension, """
                SELECT d.classid, d.objid FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                 WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e' AND e.extname = %s"""
                .formatted(Sql.literal(extension)));
    }

    /** @return the same for single objects, by what pg_depend calls them; what of them needs another of them is not listed */
    public static List<String> of(Connection session, String side, Collection<Archive.Address> objects) {
        return objects.isEmpty() ? List.of() : users(session, side, "looking for what uses what is left out", objects.stream()
                .map(object -> "(%d::pg_catalog.oid, %d::pg_catalog.oid)".formatted(object.catalog(), object.oid())).collect(Collectors.joining(", ", "VALUES ", "")));
    }

    private static List<String> users(Connection session, String side, String doing, String objects) {
        return Rows.texts(session, side, doing, """
                WITH RECURSIVE own (classid, objid) AS (
                  (%s)
                  UNION SELECT d.classid, d.objid FROM own o JOIN pg_catalog.pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid
                   -- Parts, and the members of operator classes, are not listed as the extension's own.
                   WHERE d.deptype = 'i'
                      OR d.deptype = 'a' AND o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     AND (d.classid IN ('pg_catalog.pg_attrdef'::pg_catalog.regclass, 'pg_catalog.pg_constraint'::pg_catalog.regclass)
                      OR d.classid = o.classid AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = d.objid AND i.indrelid = o.objid))
                      OR d.classid IN ('pg_catalog.pg_amop'::pg_catalog.regclass, 'pg_catalog.pg_amproc'::pg_catalog.regclass)
                     AND o.classid IN ('pg_catalog.pg_opfamily'::pg_catalog.regclass, 'pg_catalog.pg_opclass'::pg_catalog.regclass)),
                users (classid, objid, objsubid) AS (
                  SELECT d.classid, d.objid, d.objsubid FROM own o JOIN pg_catalog.pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid
                   WHERE d.deptype IN ('n', 'a') AND (d.classid, d.objid) NOT IN (SELECT classid, objid FROM own)
                     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = d.classid AND x.objid = d.objid AND x.deptype = 'e')),
                named AS (
                  -- A view is known by its name, not by its rule.
                  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid, r.ev_class AS objid, 0 AS objsubid
                    FROM users u JOIN pg_catalog.pg_rewrite r ON r.oid = u.objid WHERE u.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                  UNION SELECT classid, objid, objsubid FROM users WHERE classid <> 'pg_catalog.pg_rewrite'::pg_catalog.regclass)
                SELECT DISTINCT i.type || ' ' || i.identity FROM named n, pg_catalog.pg_identify_object(n.classid, n.objid, n.objsubid) i
                 WHERE i.identity IS NOT NULL ORDER BY 1""".formatted(objects));
    }

    /** @return the first ten, and how many more there are */
    public static String some(List<String> objects) {
        return String.join(", ", objects.subList(0, Math.min(NAMED, objects.size())))
                + (objects.size() > NAMED ? " and " + (objects.size() - NAMED) + " more" : "");
    }
}

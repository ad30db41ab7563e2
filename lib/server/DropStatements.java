//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.talk.Count;
import lib.talk.Sql;

/**
 * The statements that drop some objects, for hints: run in this order, each of them succeeds. CASCADE is used only
 * where another object depends on the dropped one, and that object is named (pg_depend, PostgreSQL manual, 53.18 and
 * 5.14 "Dependency Tracking").
 *
 * @param statements each without its semicolon
 * @param alsoDropped what goes with the objects and is none of them, each as its kind and its name with its schema
 */
public record DropStatements(List<String> statements, List<String> alsoDropped) {
    private static final int NAMED = 10;

    /**
     * An object to drop.
     *
     * @param catalog with {@code oid} its address in pg_depend
     * @param kind as DROP names it
     * @param identity quoted, with what it takes to be unique
     * @param extension of which it is a member, or null; members cannot be dropped alone (PostgreSQL manual, ALTER
     * EXTENSION)
     */
    public record DroppedObject(long catalog, long oid, String kind, String identity, String extension) {
    }

    /**
     * Parts go with the whole; place is that of the object in the list. A view depends by its rule, of which it is the
     * whole.
     */
    private static final String QUESTION = """
            WITH RECURSIVE own (place, classid, objid) AS (
              VALUES %s
              UNION SELECT o.place, d.classid, d.objid FROM own o JOIN pg_catalog.pg_depend d
                ON d.refclassid = o.classid AND d.refobjid = o.objid
               WHERE d.deptype IN ('a', 'i', 'P', 'S', 'x', 'e')),
            uses AS (
              SELECT o.place, d.classid, d.objid, d.objsubid FROM own o
                JOIN pg_catalog.pg_depend d ON d.refclassid = o.classid AND d.refobjid = o.objid
               WHERE d.deptype = 'n' AND NOT EXISTS (SELECT FROM own s WHERE s.place <= o.place
                 AND s.classid = d.classid AND s.objid = d.objid)),
            along (classid, objid, objsubid) AS (
              SELECT u.classid, u.objid, u.objsubid FROM uses u WHERE NOT EXISTS (SELECT FROM own s
                WHERE s.classid = u.classid AND s.objid = u.objid)
              UNION SELECT x.classid, x.objid, x.objsubid FROM along a CROSS JOIN LATERAL (
                SELECT d.classid, d.objid, d.objsubid FROM pg_catalog.pg_depend d
                 WHERE d.refclassid = a.classid AND d.refobjid = a.objid AND a.objsubid IN (0, d.refobjsubid)
                   AND d.deptype = 'n'
                UNION ALL SELECT d.refclassid, d.refobjid, d.refobjsubid FROM pg_catalog.pg_depend d
                 WHERE d.classid = a.classid AND d.objid = a.objid AND d.deptype = 'i') x
               WHERE NOT EXISTS (SELECT FROM own s WHERE s.classid = x.classid AND s.objid = x.objid))
            SELECT 'kept', u.place, NULL FROM uses u GROUP BY u.place
            UNION ALL SELECT 'part', o.place, NULL FROM own o JOIN own w ON w.classid = o.classid AND w.objid = o.objid
              AND w.place <> o.place
                JOIN (VALUES %1$s) l(place, classid, objid) ON l.place = o.place AND l.classid = o.classid
                  AND l.objid = o.objid
            UNION ALL SELECT 'identity', l.place, pg_catalog.format('%%s ALTER COLUMN %%I DROP IDENTITY',
              d.refobjid::pg_catalog.regclass, a.attname)
                FROM (VALUES %1$s) l(place, classid, objid) JOIN pg_catalog.pg_depend d ON d.classid = l.classid
                  AND d.objid = l.objid
                JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
               WHERE d.classid = d.refclassid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                 AND d.deptype = 'i' AND d.refobjsubid > 0
            UNION ALL SELECT DISTINCT 'along', NULL::int, i.type || ' ' || i.identity
                FROM along a, LATERAL pg_catalog.pg_identify_object(a.classid, a.objid, a.objsubid) i
               WHERE a.classid <> 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND i.identity IS NOT NULL
            ORDER BY 1, 2, 3""";

    /**
     * Asks for what depends on the objects.
     *
     * @param session one with an empty search path, so that every name is qualified
     * @param items in the order in which they are to be dropped, as far as nothing speaks against it; not empty
     */
    public static DropStatements of(Session session, List<DroppedObject> items) {
        String values = IntStream.range(0, items.size())
                .mapToObj(i -> "(%d, %d::pg_catalog.oid, %d::pg_catalog.oid)".formatted(i, items.get(i).catalog,
                        items.get(i).oid))
                .collect(Collectors.joining(", "));
        Map<String, Set<Integer>> places = new HashMap<>();
        Map<Integer, String> identities = new HashMap<>();
        List<String> alsoDropped = new ArrayList<>();
        session.list("looking for what depends on what is to be dropped", QUESTION.formatted(values),
                row -> {
                    if (row.getString(1).equals("along")) {
                        alsoDropped.add(row.getString(3));
                    } else if (row.getString(1).equals("identity")) {
                        identities.put(row.getInt(2), row.getString(3));
                    } else {
                        places.computeIfAbsent(row.getString(1), kind -> new HashSet<>()).add(row.getInt(2));
                    }
                    return null;
                });
        List<String> statements = new ArrayList<>();
        boolean cascades = false;
        for (int i = 0; i < items.size(); i++) {
            DroppedObject item = items.get(i);
            boolean kept = places.getOrDefault("kept", Set.of()).contains(i);
            if (item.extension != null) {
                statements.add(
                        "ALTER EXTENSION " + Sql.ident(item.extension) + " DROP " + item.kind + " " + item.identity);
            }
            if (item.extension != null ? (item.kind + item.identity).equals("SCHEMApublic")
                    : places.getOrDefault("part", Set.of()).contains(i)) {
                // It goes with another one, or is in nobody's way when it is no member.
            } else if (identities.containsKey(i)) {
                statements.add("ALTER TABLE " + identities.get(i));
            } else if (item.kind.equals("LARGE OBJECT")) {
                statements.add("SELECT pg_catalog.lo_unlink(" + item.identity + ")");
            } else {
                statements.add("DROP " + item.kind + (cascades ? " IF EXISTS " : " ") + item.identity
                        + (kept ? " CASCADE" : ""));
                cascades |= kept;
            }
        }
        return new DropStatements(statements, alsoDropped);
    }

    /** @return the statements, each with its semicolon */
    public String sql() {
        return statements.stream().map(statement -> statement + ";").collect(Collectors.joining(" "));
    }

    /** @return the dependent objects that are dropped, too, as a clause that begins with a comma, or "" */
    public String taking() {
        return alsoDropped.isEmpty() ? ""
                : ", with which goes " + Count.some(alsoDropped, NAMED);
    }
}

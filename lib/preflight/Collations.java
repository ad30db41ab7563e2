//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.server.Finding;
import lib.server.Session;

/**
 * Whether the target knows the collations that the source's objects use, and sorts by the same versions of them
 * (PostgreSQL manual, 24.2.3 and ALTER COLLATION, "Notes"). Indexes are built anew on the target, so another version
 * breaks nothing; but texts may sort differently.
 */
final class Collations {
    private static final String USED = """
            SELECT c.collname, n.nspname = 'pg_catalog', coalesce(pg_catalog.pg_collation_actual_version(c.oid), ''),
              pg_catalog.count(*)
              FROM pg_catalog.pg_depend d
              JOIN pg_catalog.pg_collation c ON c.oid = d.refobjid
              JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
             WHERE d.refclassid = 'pg_catalog.pg_collation'::pg_catalog.regclass AND d.objid >= 16384
             GROUP BY c.oid, c.collname, n.nspname ORDER BY 1""";

    private Collations() {
    }

    /**
     * Compares what the source uses, the default of the database included, with what the target has.
     *
     * @param create whether the target's database is yet to be made, which comes with the collations of template0 only
     */
    static List<Finding> check(Session source, Session target, boolean create) {
        Map<String, String> there = new HashMap<>();
        target.list("listing the collations",
                """
                SELECT c.collname, coalesce(pg_catalog.pg_collation_actual_version(c.oid), '')
                  FROM pg_catalog.pg_collation c
                 WHERE c.collnamespace = 'pg_catalog'::pg_catalog.regnamespace
                   AND c.collencoding IN (-1, (SELECT d.encoding FROM pg_catalog.pg_database d
                     WHERE d.datname = pg_catalog.current_database()))""",
                row -> there.put(row.getString(1), row.getString(2)));
        List<Finding> findings = new ArrayList<>();
        source.list("listing the collations in use", USED, row -> {
            String name = row.getString(1);
            String version = row.getString(3);
            // One that the user has made comes along; only those of the system have to be there.
            if (row.getBoolean(2) && !there.containsKey(name)) {
                return findings.add(Finding.stop("collations",
                        ("install the locale on the target's server, then%s: SELECT "
                                + "pg_import_system_collations('pg_catalog');")
                                .formatted(create
                                        ? " create the database and run in it, and leave out --create-database" : ""),
                        "collation \"%s\" is used by %d object(s) and does not exist on the target", name,
                        row.getLong(4)));
            } else if (row.getBoolean(2) && differ(version, there.get(name))) {
                return findings.add(sortsDifferently("collation \"" + name + "\"", version, there.get(name)));
            }
            return true;
        });
        String ofSource = source.text("reading the version of the database's collation", ofDatabase());
        String ofTarget = target.text("reading the version of the database's collation", ofDatabase());
        if (differ(ofSource, ofTarget)) {
            findings.add(sortsDifferently("the database's collation", ofSource, ofTarget));
        }
        if (findings.isEmpty()) {
            findings.add(Finding.ok("collations",
                    "the target has all collations that are used, in the same versions where versions are known"));
        }
        return findings;
    }

    private static boolean differ(String one, String other) {
        return !one.isEmpty() && !other.isEmpty() && !one.equals(other);
    }

    private static Finding sortsDifferently(String what, String source, String target) {
        return Finding.warning("collations", null,
                "%s is version %s on the source and %s on the target: texts may sort differently", what, source,
                target);
    }

    private static String ofDatabase() {
        return "SELECT coalesce(pg_catalog.to_jsonb(d)->>'datcollversion', '') FROM pg_catalog.pg_database d"
                + " WHERE d.datname = pg_catalog.current_database()";
    }
}

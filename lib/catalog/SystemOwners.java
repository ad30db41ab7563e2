//DEPS org.postgresql:postgresql:42.7.14
package lib.catalog;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lib.roles.TargetKind;
import lib.server.Finding;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Objects of the system and of extensions that were given to somebody. No dump carries their owners: initdb and CREATE
 * EXTENSION make them anew.
 */
public final class SystemOwners {
    /**
     * The bootstrap superuser's are no rows of pg_shdepend; what an extension's owner has of it goes with the
     * extension.
     */
    private static final String QUESTION = """
            SELECT pg_catalog.pg_get_userbyid(s.refobjid), i.type, i.identity, e.extname
              FROM pg_catalog.pg_shdepend s
              LEFT JOIN pg_catalog.pg_depend d ON d.classid = s.classid AND d.objid = s.objid AND d.deptype = 'e'
              LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid,
                LATERAL pg_catalog.pg_identify_object(s.classid, s.objid, 0) i
             WHERE s.dbid = (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())
               AND s.deptype = 'o'
               AND (e.oid IS NOT NULL AND s.refobjid <> e.extowner OR s.objid < 16384 AND e.oid IS NULL)
               AND s.classid NOT IN ('pg_catalog.pg_extension'::pg_catalog.regclass,
                 'pg_catalog.pg_largeobject'::pg_catalog.regclass)
               AND NOT (s.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND s.objid = 2200)
             ORDER BY 1, 2, 3""";

    private SystemOwners() {
    }

    /**
     * @param leftOut the extensions that stay behind
     * @return a warning for each owner whose objects will not belong to it on the target
     */
    public static List<Finding> check(Session source, TargetKind kind, Collection<String> leftOut) {
        Map<String, Map<String, String>> byOwner = new LinkedHashMap<>();
        source.list("looking for objects of the system with other owners", QUESTION,
                row -> leftOut.contains(String.valueOf(row.getString(4))) ? null
                        : byOwner.computeIfAbsent(row.getString(1), any -> new LinkedHashMap<>()).put(
                                row.getString(2) + " " + row.getString(3),
                                "ALTER " + row.getString(2).toUpperCase(Locale.ROOT) + " " + row.getString(3)
                                        + " OWNER TO " + Sql.ident(row.getString(1)) + ";"));
        return byOwner.entrySet().stream().map(entry -> Finding.warning("owners",
                "afterwards, " + kind.helper() + " may run: " + String.join(" ", entry.getValue().values()),
                "role \"%s\" owns objects of the system or of extensions on the source, and will not on the target: %s",
                entry.getKey(),
                String.join(", ", entry.getValue().keySet()))).toList();
    }
}

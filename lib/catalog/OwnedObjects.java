package lib.catalog;

import java.util.List;
import java.util.function.Predicate;
import lib.roles.RoleRules;
import lib.roles.TargetKind;
import lib.server.Session;

/**
 * The user's objects that have an owner, each with the words that ALTER and DROP call it by. Parts of other objects
 * (indexes, row types, array types, the functions that a range type brings along, sequences of identity columns) and
 * members of extensions are not listed.
 */
public final class OwnedObjects {
    /**
     * @param catalog the identifier of the system catalog, and with {@code oid} the object's address
     * @param kind such as {@code TABLE}
     * @param identity the quoted, qualified name with what it takes to be unique, as pg_identify_object gives it
     * @param schema the schema's name, or null for an object of the whole database
     * @param part whether the object follows another one's owner, as a sequence does that a column owns
     */
    public record Owned(long catalog, long oid, String kind, String identity, String schema, String owner,
            boolean part) {
        /**
         * @return whether this is the schema public, which every database has already and which keeps the owner that it
         * has there
         */
        public boolean isPublic() {
            return kind.equals("SCHEMA") && identity.equals("public");
        }

        @Override
        public String toString() {
            return kind.toLowerCase(java.util.Locale.ROOT) + " " + identity;
        }
    }

    private static final String ADDRESSES =
            """
            SELECT 'pg_namespace'::pg_catalog.regclass AS catalog, oid, 'SCHEMA' AS kind, oid AS namespace, nspowner
              AS owner, false AS part
              FROM pg_catalog.pg_namespace
            UNION ALL SELECT 'pg_class', c.oid, CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'TABLE'
              WHEN 'v' THEN 'VIEW'
                        WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                          WHEN 'f' THEN 'FOREIGN TABLE' END, relnamespace, relowner,
                        c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = 'pg_class'::pg_catalog.regclass
                                                      AND d.objid = c.oid AND d.refobjsubid > 0
                                                        AND d.deptype IN ('a', 'i'))
              FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND c.relpersistence <> 't'
            UNION ALL SELECT 'pg_type', t.oid, 'TYPE', typnamespace, typowner, false
              FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
             WHERE t.typtype IN ('b', 'd', 'e', 'r', 'p') AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e
               WHERE e.typarray = t.oid)
                OR t.typtype = 'c' AND c.relkind = 'c'
            UNION ALL SELECT 'pg_proc', p.oid, 'ROUTINE', pronamespace, proowner, false FROM pg_catalog.pg_proc p
             WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_proc'::pg_catalog.regclass
               AND d.objid = p.oid AND d.deptype = 'i')
            UNION ALL SELECT 'pg_operator', oid, 'OPERATOR', oprnamespace, oprowner, false FROM pg_catalog.pg_operator
            UNION ALL SELECT 'pg_opfamily', oid, 'OPERATOR FAMILY', opfnamespace, opfowner, false
              FROM pg_catalog.pg_opfamily
            UNION ALL SELECT 'pg_opclass', oid, 'OPERATOR CLASS', opcnamespace, opcowner, false
              FROM pg_catalog.pg_opclass
            UNION ALL SELECT 'pg_collation', oid, 'COLLATION', collnamespace, collowner, false
              FROM pg_catalog.pg_collation
            UNION ALL SELECT 'pg_conversion', oid, 'CONVERSION', connamespace, conowner, false
              FROM pg_catalog.pg_conversion
            UNION ALL SELECT 'pg_ts_dict', oid, 'TEXT SEARCH DICTIONARY', dictnamespace, dictowner, false
              FROM pg_catalog.pg_ts_dict
            UNION ALL SELECT 'pg_ts_config', oid, 'TEXT SEARCH CONFIGURATION', cfgnamespace, cfgowner, false
              FROM pg_catalog.pg_ts_config
            UNION ALL SELECT 'pg_statistic_ext', oid, 'STATISTICS', stxnamespace, stxowner, false
              FROM pg_catalog.pg_statistic_ext
            UNION ALL SELECT 'pg_foreign_data_wrapper', oid, 'FOREIGN DATA WRAPPER', NULL, fdwowner, false
              FROM pg_catalog.pg_foreign_data_wrapper
            UNION ALL SELECT 'pg_foreign_server', oid, 'SERVER', NULL, srvowner, false FROM pg_catalog.pg_foreign_server
            UNION ALL SELECT 'pg_language', oid, 'LANGUAGE', NULL, lanowner, false FROM pg_catalog.pg_language
            UNION ALL SELECT 'pg_publication', oid, 'PUBLICATION', NULL, pubowner, false FROM pg_catalog.pg_publication
            UNION ALL SELECT 'pg_event_trigger', oid, 'EVENT TRIGGER', NULL, evtowner, false
              FROM pg_catalog.pg_event_trigger
            UNION ALL SELECT 'pg_largeobject', oid, 'LARGE OBJECT', NULL, lomowner, false
              FROM pg_catalog.pg_largeobject_metadata""";

    private OwnedObjects() {
    }

    /**
     * @param session a session with an empty search path, so that every name is qualified
     * @return every such object, schemas first, but for those that were dropped since the session's snapshot: the
     * server knows no name of theirs any more; the schema {@code public} only when somebody has changed its owner or it
     * is not empty
     */
    public static List<Owned> list(Session session) {
        List<Owned> objects = session.list("listing the objects", """
                SELECT a.catalog::pg_catalog.oid, a.oid, a.kind,
                       CASE a.kind WHEN 'LARGE OBJECT' THEN a.oid::text
                         ELSE (pg_catalog.pg_identify_object(a.catalog, a.oid, 0)).identity END, n.nspname,
                           pg_catalog.pg_get_userbyid(a.owner), a.part
                  FROM (%s) a LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.namespace
                 WHERE (a.oid >= 16384 OR a.kind IN ('SCHEMA', 'LARGE OBJECT')) AND (n.oid IS NULL OR %s)
                   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = a.catalog AND x.objid = a.oid
                     AND x.deptype = 'e')
                 ORDER BY a.kind <> 'SCHEMA', a.catalog, a.oid""".formatted(ADDRESSES, Selection.userSchema("n")),
                row -> new Owned(row.getLong(1), row.getLong(2), row.getString(3), row.getString(4), row.getString(5),
                        row.getString(6),
                        row.getBoolean(7)));
        objects.removeIf(object -> object.identity == null);
        return objects;
    }

    /** @return whether an object of the target belongs to no role that a managed service has made for itself */
    public static Predicate<Owned> usersOwn(Session target) {
        List<String> roles =
                target.texts("listing the roles", "SELECT rolname FROM pg_catalog.pg_roles");
        return object -> RoleRules.of(RoleRules.What.ROLE, object.owner, TargetKind.POSTGRES, roles).isEmpty();
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The privileges that a schema dump does not hold: those on the database itself and on large objects (PostgreSQL
 * manual, 5.8).
 */
public final class Grants {
    private static final String QUERY = """
            SELECT %1$s, coalesce(r.rolname, ''), a.privilege_type, a.is_grantable, given,
                   CASE WHEN given AND a.grantor <> o.owner THEN g.rolname END
              FROM %2$s o,
                  LATERAL (
                    SELECT x.*, true AS given
                      FROM pg_catalog.aclexplode(o.acl) WITH ORDINALITY x(
                          grantor, grantee, privilege_type, is_grantable, position)
                     WHERE NOT EXISTS (
                       SELECT FROM pg_catalog.aclexplode(o.standard) s
                        WHERE s.grantee = x.grantee AND s.privilege_type = x.privilege_type
                          AND s.is_grantable = x.is_grantable)
                    UNION ALL
                    SELECT s.*, false
                      FROM pg_catalog.aclexplode(o.standard) WITH ORDINALITY s(
                          grantor, grantee, privilege_type, is_grantable, position)
                     WHERE NOT EXISTS (
                       SELECT FROM pg_catalog.aclexplode(o.acl) x
                        WHERE s.grantee = x.grantee AND s.privilege_type = x.privilege_type)) a
              LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
              LEFT JOIN pg_catalog.pg_roles g ON g.oid = a.grantor AND g.oid <> 10
             WHERE o.acl IS NOT NULL AND (a.grantee = 0 OR r.oid IS NOT NULL)
             ORDER BY 1, given, position""";

    private static final String GRANTEE =
            "CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END";

    private Grants() {
    }

    /** @return what must be granted and revoked on the source's database, said of the target's by its name */
    static List<String> onDatabase(Session source, String target) {
        return statements(source, "listing the privileges on the database", QUERY.formatted("''", """
                (
                  SELECT d.datdba AS owner, d.datacl AS acl, pg_catalog.acldefault('d', d.datdba) AS standard
                    FROM pg_catalog.pg_database d
                   WHERE d.datname = pg_catalog.current_database())"""),
                "DATABASE " + Sql.ident(target));
    }

    /** @return what must be granted and revoked on large objects */
    public static List<String> onLargeObjects(Session source) {
        return statements(source, "listing the privileges on large objects", QUERY.formatted("o.oid", """
                (
                  SELECT l.oid, l.lomowner AS owner, l.lomacl AS acl,
                         pg_catalog.acldefault('L', l.lomowner) AS standard
                    FROM pg_catalog.pg_largeobject_metadata l)"""), "LARGE OBJECT ");
    }

    private static List<String> statements(Session source, String doing, String sql, String object) {
        return source.list(doing, sql, row -> {
            String grantee = row.getString(2).isEmpty() ? "PUBLIC" : Sql.ident(row.getString(2));
            String what = row.getString(3) + " ON " + object + row.getString(1);
            String statement = row.getBoolean(5)
                    ? "GRANT " + what + " TO " + grantee + (row.getBoolean(4) ? " WITH GRANT OPTION" : "")
                    : "REVOKE " + what + " FROM " + grantee;
            // As pg_dump says it of other objects.
            return row.getString(6) == null ? statement
                    : "SET SESSION AUTHORIZATION " + Sql.ident(row.getString(6)) + ";\n" + statement
                            + ";\nRESET SESSION AUTHORIZATION";
        });
    }

    /** @return the roles that have granted what is not their own, but for the bootstrap superuser */
    public static List<String> grantors(Session source) {
        return source.texts("listing who has granted privileges", """
                SELECT DISTINCT r.rolname
                  FROM (
                        SELECT relacl, relowner FROM pg_catalog.pg_class
                        UNION ALL
                        SELECT a.attacl, c.relowner
                          FROM pg_catalog.pg_attribute a
                          JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
                        UNION ALL
                        SELECT proacl, proowner FROM pg_catalog.pg_proc
                        UNION ALL
                        SELECT nspacl, nspowner FROM pg_catalog.pg_namespace
                        UNION ALL
                        SELECT typacl, typowner FROM pg_catalog.pg_type
                        UNION ALL
                        SELECT lanacl, lanowner FROM pg_catalog.pg_language
                        UNION ALL
                        SELECT fdwacl, fdwowner FROM pg_catalog.pg_foreign_data_wrapper
                        UNION ALL
                        SELECT srvacl, srvowner FROM pg_catalog.pg_foreign_server
                        UNION ALL
                        SELECT lomacl, lomowner FROM pg_catalog.pg_largeobject_metadata
                        UNION ALL
                        SELECT datacl, datdba
                          FROM pg_catalog.pg_database
                         WHERE datname = pg_catalog.current_database()) o(acl, owner),
                      pg_catalog.aclexplode(o.acl) a
                  JOIN pg_catalog.pg_roles r ON r.oid = a.grantor
                 WHERE a.grantor <> o.owner AND r.oid <> 10
                 ORDER BY 1""");
    }

    /** @return COMMENT ON LARGE OBJECT statements, which a schema dump does not hold either */
    public static List<String> largeObjectComments(Session source) {
        List<String> statements = new ArrayList<>();
        source.list("listing the comments on large objects", """
                SELECT objoid, description
                  FROM pg_catalog.pg_description
                 WHERE classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass
                 ORDER BY 1""",
                row -> statements
                        .add("COMMENT ON LARGE OBJECT " + row.getString(1) + " IS " + Sql.literal(row.getString(2))));
        return statements;
    }

    /**
     * @param known a table with the identifiers of the entries of pg_default_acl that are to stay
     * @return what brings back the default privileges that hold where nothing is set (PostgreSQL manual, ALTER DEFAULT
     * PRIVILEGES)
     */
    public static List<String> defaultsSince(Session target, String known) {
        return target.texts("listing the default privileges", """
                WITH since AS (
                  SELECT pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %%I ', r.rolname)
                           || CASE WHEN n.oid IS NULL THEN '' ELSE pg_catalog.format('IN SCHEMA %%I ', n.nspname) END
                           AS head,
                         CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                           WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS'
                           WHEN 'L' THEN 'LARGE OBJECTS' END AS kind,
                         a.defaclacl AS acl,
                         CASE WHEN n.oid IS NULL THEN pg_catalog.acldefault(
                             CASE a.defaclobjtype WHEN 'S' THEN 's' ELSE a.defaclobjtype END, a.defaclrole)
                           END AS standard
                    FROM pg_catalog.pg_default_acl a
                    JOIN pg_catalog.pg_roles r ON r.oid = a.defaclrole
                    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace
                   WHERE a.oid NOT IN (SELECT oid FROM %s))
                SELECT DISTINCT head || 'REVOKE ALL ON ' || kind || ' FROM ' || %s, 1
                  FROM since, pg_catalog.aclexplode(acl)
                UNION ALL
                SELECT head || 'GRANT ' || privilege_type || ' ON ' || kind || ' TO ' || %s, 2
                  FROM since, pg_catalog.aclexplode(standard)
                 ORDER BY 2""".formatted(known, GRANTEE, GRANTEE));
    }

    /** @return the statements as one text, to be sent in one round trip */
    static String asOneText(List<String> statements) {
        return statements.stream().collect(Collectors.joining(";\n"));
    }
}

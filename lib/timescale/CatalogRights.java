package lib.timescale;

import java.util.List;
import lib.server.Session;

/**
 * What the user of a session lacks to load TimescaleDB's catalog and to turn restoring mode on and off. Of a database
 * without the extension it lacks nothing.
 */
public final class CatalogRights {
    /** Tables and sequences whose rows a dump holds (pg_extension.extconfig). */
    private static final String CONFIG = """
            FROM pg_catalog.pg_extension x CROSS JOIN pg_catalog.unnest(x.extconfig) u(oid)
              JOIN pg_catalog.pg_class c ON c.oid = u.oid
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE x.extname = 'timescaledb'""";

    private CatalogRights() {
    }

    /** @return the schemas, quoted, of tables to which the user cannot write as a load does */
    public static List<String> unwritable(Session session) {
        return schemas(session, """
                c.relkind = 'r' AND NOT (pg_catalog.has_table_privilege(c.oid, 'SELECT')
                  AND pg_catalog.has_table_privilege(c.oid, 'INSERT')
                     AND pg_catalog.has_table_privilege(c.oid, 'DELETE')
                     AND (c.relname NOT IN ('bgw_job', 'metadata') OR pg_catalog.has_table_privilege(c.oid,
                       'UPDATE')))""");
    }

    /** @return the schemas, quoted, of sequences that the user cannot set */
    public static List<String> unsettable(Session session) {
        return schemas(session,
                "CASE c.relkind WHEN 'S' THEN NOT pg_catalog.has_sequence_privilege(c.oid, 'UPDATE') END");
    }

    /** @return the schemas, quoted, that the user cannot use */
    public static List<String> unusable(Session session) {
        return schemas(session, "NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')");
    }

    private static List<String> schemas(Session session, String condition) {
        return session.texts("checking the privileges on TimescaleDB's catalog",
                "SELECT DISTINCT pg_catalog.quote_ident(n.nspname) " + CONFIG + " AND " + condition + " ORDER BY 1");
    }

    /**
     * The functions set a parameter of the database and stop the scheduler of jobs, which only superusers may.
     *
     * @return those, with their arguments, by which the user cannot switch restoring mode
     */
    public static List<String> switches(Session session) {
        return session.texts("checking the functions of restoring mode", """
                SELECT pg_catalog.format('%I.%I()', n.nspname, p.proname)
                  FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
                  JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname IN ('timescaledb_pre_restore',
                    'timescaledb_post_restore')
                  JOIN pg_catalog.pg_roles o ON o.oid = p.proowner
                 WHERE x.extname = 'timescaledb' AND NOT (p.prosecdef AND o.rolsuper
                   AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'))
                 ORDER BY p.proname DESC""");
    }
}

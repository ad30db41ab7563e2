//DEPS org.postgresql:postgresql:42.7.14
package lib.rebuild;

import java.util.List;
import lib.server.Session;

/**
 * Continuous aggregates whose query calls what users have written. TimescaleDB computes the arguments of time_bucket
 * while it makes an aggregate, with the rights of who makes it; a restore makes a view, which computes nothing.
 */
public final class AggregateCode {
    /**
     * An aggregate.
     *
     * @param oid of its view
     * @param name quoted where it has to be, qualified
     * @param function that it calls
     * @param owner of that function
     */
    public record Calling(long oid, String name, String function, String owner) {
    }

    /** Functions behind operators and casts too; what an extension or a superuser has brought is trusted. */
    private static final String CALLS = """
            WITH called AS (
              SELECT v.oid, pg_catalog.format('%I.%I', vn.nspname, v.relname) AS name, d.refclassid, d.refobjid
                FROM _timescaledb_catalog.continuous_agg g
                JOIN pg_catalog.pg_namespace vn ON vn.nspname = g.user_view_schema
                JOIN pg_catalog.pg_class v ON v.relnamespace = vn.oid AND v.relname = g.user_view_name
                JOIN pg_catalog.pg_namespace dn ON dn.nspname = g.direct_view_schema
                JOIN pg_catalog.pg_class w ON w.relnamespace = dn.oid AND w.relname = g.direct_view_name
                JOIN pg_catalog.pg_rewrite r ON r.ev_class = w.oid
                JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                  AND d.objid = r.oid)
            SELECT DISTINCT ON (c.oid) c.oid, c.name, p.oid::pg_catalog.regprocedure::text, o.rolname
              FROM called c LEFT JOIN pg_catalog.pg_operator q
                ON c.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND q.oid = c.refobjid
              JOIN pg_catalog.pg_proc p ON p.oid = CASE c.refclassid
                  WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN c.refobjid ELSE q.oprcode END
              JOIN pg_catalog.pg_roles o ON o.oid = p.proowner
             WHERE p.prokind = 'f' AND NOT o.rolsuper AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
               WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = p.oid AND e.deptype = 'e')
             ORDER BY c.oid, p.oid""";

    private AggregateCode() {
    }

    /** @param source a session on the source, which has the extension */
    public static List<Calling> of(Session source) {
        return source.list("looking for functions that continuous aggregates call", CALLS,
                row -> new Calling(row.getLong(1), row.getString(2), row.getString(3), row.getString(4)));
    }
}

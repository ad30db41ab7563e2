//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lib.server.Session;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * Calls of TimescaleDB's alter_job. Every argument of the extension's own function is given, in its place and cast to
 * exactly its type, because a call by names and with defaults goes to whatever function of that name fits better, and
 * anybody's may stand beside it; what fits exactly is taken before all others (PostgreSQL manual, 10.3 "Functions",
 * step 3.a). The arguments are others in every version.
 */
public final class AlterJob {
    /**
     * An SQL condition for a row {@code c} of the jobs: alter_job, whatever it changes, would have the configuration
     * checked by a function that neither a superuser nor the connecting user has written, with the rights of the
     * connecting user (ts_bgw_job_update_by_id in the extension's source). Versions before 2.7 have no such functions.
     * The extension's own for policies call what gives the present time of a hypertable with numbers for time
     * (set_integer_now_func), which any user may have written.
     */
    private static final String CHECKED = """
            pg_catalog.to_jsonb(c)->>'check_name' IS NOT NULL AND (NOT coalesce((
              SELECT pg_catalog.bool_and(o.rolsuper OR o.rolname = session_user) FROM pg_catalog.pg_proc f
                JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
                JOIN pg_catalog.pg_roles o ON o.oid = f.proowner
               WHERE n.nspname = pg_catalog.to_jsonb(c)->>'check_schema'
                 AND f.proname = pg_catalog.to_jsonb(c)->>'check_name'), false)
              OR EXISTS (SELECT FROM _timescaledb_catalog.dimension i JOIN pg_catalog.pg_namespace n
                ON n.nspname = i.integer_now_func_schema
                JOIN pg_catalog.pg_proc f ON f.pronamespace = n.oid AND f.proname = i.integer_now_func
                  JOIN pg_catalog.pg_roles o ON o.oid = f.proowner
               WHERE NOT (o.rolsuper OR o.rolname = session_user)))""";

    private AlterJob() {
    }

    /**
     * @param job an SQL expression for its identifier
     * @return for {@code check_config}: none, where the job's own may not run; {@link #checks} has what gives it back
     */
    static String unchecked(String job, String table) {
        return "(SELECT 0 FROM %s c WHERE c.id = %s AND %s)".formatted(table, job, CHECKED);
    }

    /**
     * @return a query for the statements that restore the functions removed by {@link #unchecked}; run it before they
     * are removed
     */
    public static String checks(String table) {
        return """
                SELECT pg_catalog.format('UPDATE %1$s SET check_schema = %%L, check_name = %%L WHERE id = %%s',
                         pg_catalog.to_jsonb(c)->>'check_schema', pg_catalog.to_jsonb(c)->>'check_name', c.id)
                           FROM %1$s c WHERE %2$s"""
                .formatted(table, CHECKED);
    }

    /** @return jobs with such functions */
    static List<String> checked(Session session, String table) {
        return session.texts("looking for jobs with functions that check them",
                """
                SELECT pg_catalog.format('job %%s (%%I.%%I)', c.id, c.proc_schema, c.proc_name) FROM %s c WHERE %s
                  ORDER BY c.id"""
                        .formatted(table, CHECKED));
    }

    /** Calls alter_job with {@link #unchecked}, and restores the functions in the same transaction. */
    static <T> T keepingChecks(Session session, String table, Supplier<T> work) {
        List<String> checks = session.texts("looking for functions that check jobs", checks(table));
        if (checks.isEmpty()) {
            return work.get();
        }
        session.run("changing jobs", "BEGIN");
        try {
            T result = work.get();
            session.run("changing jobs", String.join("; ", checks) + "; COMMIT");
            return result;
        } catch (Failure e) {
            if (!session.isClosed()) {
                session.run("changing jobs", "ROLLBACK");
            }
            throw e;
        }
    }

    /**
     * @param given SQL expressions of some arguments, by name; an argument that the version does not have is left away,
     * others have their defaults
     * @return a query for the text of a call, whatever the version of the extension is
     */
    static String query(Map<String, String> given) {
        String expressions = given.entrySet().stream().map(
                argument -> " WHEN " + Sql.literal(argument.getKey()) + " THEN " + Sql.literal(argument.getValue()))
                .sorted().collect(Collectors.joining());
        return """
                SELECT pg_catalog.format('%%I.%%I(', n.nspname, p.proname) ||
                  pg_catalog.string_agg(pg_catalog.format('(%%s)::%%I.%%I',
                         CASE a.name%s ELSE coalesce(pg_catalog.pg_get_function_arg_default(p.oid,
                           a.place::pg_catalog.int4), 'NULL') END,
                         s.nspname, t.typname), ', ' ORDER BY a.place) || ')'
                  FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                  JOIN pg_catalog.pg_proc p ON p.proname = 'alter_job' AND p.pronamespace = n.oid
                  JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                    AND d.objid = p.oid AND d.deptype = 'e'
                   AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid
                  JOIN pg_catalog.pg_roles o ON o.oid = p.proowner AND (o.rolsuper OR o.oid = 10
                    OR o.rolname = session_user)
                  CROSS JOIN ROWS FROM (pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]),
                    pg_catalog.unnest(p.proargnames)) WITH ORDINALITY a(type, name, place)
                  JOIN pg_catalog.pg_type t ON t.oid = a.type JOIN pg_catalog.pg_namespace s ON s.oid = t.typnamespace
                 WHERE e.extname = 'timescaledb' GROUP BY p.oid, n.nspname, p.proname ORDER BY p.oid LIMIT 1"""
                .formatted(expressions);
    }

    /** @return the call for the database of this session */
    static String call(Session session, Map<String, String> given) {
        return session.text("looking for TimescaleDB's alter_job", query(given));
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lib.server.Session;
import lib.talk.Failure;

/** Calls of TimescaleDB's alter_job. */
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
        return ExtensionCall.query("alter_job", given);
    }

    /** @return the call for the database of this session */
    static String call(Session session, Map<String, String> given) {
        return session.text("looking for TimescaleDB's alter_job", query(given));
    }
}

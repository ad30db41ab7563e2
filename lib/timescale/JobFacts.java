package lib.timescale;

import java.util.List;
import lib.server.FactQuery;

/**
 * What TimescaleDB's catalog knows about the user's jobs, policies among them; those with numbers below 1000 come with
 * the extension. Numbers of jobs are kept by a dump, those of hypertables in their configuration may differ.
 */
public final class JobFacts {
    private static final String TEMPLATE = """
            SELECT 'job' AS kind, j.id || ' ' || {procedure} || coalesce(' on ' || h.name, '') AS identity,
                   CASE WHEN j.hypertable_id IS NOT NULL THEN 'hypertable ' || h.name END AS parent,
                   'every ' || j.schedule_interval AS "is", {owner} AS owner,
                   {scheduled} AS scheduled, CASE WHEN j.fixed_schedule THEN 'fixed'
                     ELSE 'after the last run' END AS schedule,
                   j.initial_start::text AS "initial start", j.timezone AS "time zone", j.max_runtime::text
                     AS "max runtime",
                   j.max_retries::text AS "max retries", j.retry_period::text AS "retry period",
                   CASE WHEN j.proc_name ~ '^policy_' THEN j.config - 'hypertable_id' - 'mat_hypertable_id'
                     ELSE j.config END::text AS config,
                   CASE WHEN j.check_schema !~ '^_timescaledb_' THEN {name j.check_schema} || '.' || {name j.check_name}
                     END AS "check function"
              FROM {has bgw_job.id: _timescaledb_catalog.bgw_job else _timescaledb_config.bgw_job} j
              LEFT JOIN {hypertables} h ON h.id = j.hypertable_id
             WHERE j.id >= 1000 AND (j.hypertable_id IS NULL OR h.id IS NOT NULL)""";
    /** A name before 2.11, a regrole since. */
    private static final String OWNER =
            "(SELECT {name r.rolname} FROM pg_roles r WHERE j.owner::text IN (r.rolname, quote_ident(r.rolname)) "
                    + "LIMIT 1)";
    private static final String PROCEDURE =
            "CASE WHEN j.proc_schema IN ('_timescaledb_internal', '_timescaledb_functions') THEN j.proc_name::text"
                    + " ELSE {name j.proc_schema} || '.' || {name j.proc_name} END";

    private JobFacts() {
    }

    /**
     * @param paused whether jobs are paused on the target for the time being, so that it says nothing whether they are
     * scheduled
     */
    public static List<FactQuery> queries(boolean paused) {
        return List.of(FactQuery.ofTimescale("job", true,
                TEMPLATE.replace("{owner}", OWNER).replace("{procedure}", PROCEDURE)
                        .replace("{scheduled}",
                                paused ? "{unknown}" : "CASE WHEN j.scheduled THEN 'yes' ELSE 'no' END")));
    }
}

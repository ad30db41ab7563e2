//DEPS org.postgresql:postgresql:42.7.14
package lib.rebuild;

import java.util.ArrayList;
import java.util.List;
import lib.server.Session;
import lib.talk.Sql;
import lib.timescale.CatalogShape;

/**
 * Says what is written into TimescaleDB's catalog on the target itself, since no function does it: which parts of
 * continuous aggregates are out of date, and the jobs. Hypertables have the numbers of the source.
 */
public final class CatalogState {
    private static final String BEGUN = "continuous_aggs_materialization_ranges";
    private static final String OUT_OF_DATE = "continuous_aggs_materialization_invalidation_log";

    private final Rebuild rebuild;
    private final TargetApi api;
    private final CatalogShape shape;

    /** @param target a session on the target, which has the extension */
    public CatalogState(Rebuild rebuild, Session target) {
        this.rebuild = rebuild;
        api = new TargetApi(target);
        shape = CatalogShape.read(target);
    }

    /**
     * @return what gives every aggregate the state of the source, in one transaction: a refresh then computes what it
     * would compute there, and leaves what is older than the rows that it is computed from
     */
    public Making aggregates() {
        StringBuilder sql = new StringBuilder();
        rebuild.state().forEach((table, rows) -> {
            boolean there = shape.columns().stream().anyMatch(column -> column.startsWith(table + "."));
            // Where it has no place for what a refresh has begun with, that is out of date like other ranges.
            if (there || table.equals(BEGUN)) {
                String name = "_timescaledb_catalog." + (there ? table : OUT_OF_DATE);
                sql.append((there ? "DELETE FROM " + name + "; " : "") + """
                        INSERT INTO %1$s SELECT r.* FROM pg_catalog.jsonb_array_elements(
                          %2$s::pg_catalog.jsonb) j(row), pg_catalog.jsonb_populate_record(NULL::%1$s, j.row) r
                         WHERE coalesce(j.row->>'mat_hypertable_id', j.row->>'materialization_id',
                           j.row->>'hypertable_id')::pg_catalog.int4 IN (
                             SELECT id FROM _timescaledb_catalog.hypertable);
                        """.formatted(name, Sql.literal(rows)));
            }
        });
        return new Making("AGGREGATE STATE", "of all", sql.toString());
    }

    /** @return whether there are aggregates */
    public boolean hasAggregates() {
        return !rebuild.aggregates().isEmpty();
    }

    /**
     * @param owner an SQL expression for the owner of a row {@code j}, in place of the source's own
     * @return what makes the jobs, paused
     */
    public List<Making> jobs(String owner) {
        if (rebuild.jobs().equals("[]")) {
            return List.of();
        }
        List<Making> jobs = new ArrayList<>();
        String table = api.jobTable();
        String rows = "(SELECT e AS row, e->>'owner' AS owner FROM pg_catalog.jsonb_array_elements("
                + Sql.literal(rebuild.jobs()) + "::pg_catalog.jsonb) e) j";
        String schema = "CASE WHEN j.row->>'%1$s' IN ('_timescaledb_internal', '_timescaledb_functions') THEN "
                + Sql.literal(api.functions()) + " ELSE j.row->>'%1$s' END";
        jobs.add(new Making("JOBS", "of all", """
                DELETE FROM %1$s WHERE id >= 1000;
                INSERT INTO %1$s SELECT r.* FROM %2$s,
                  pg_catalog.jsonb_populate_record(NULL::%1$s, j.row
                    || pg_catalog.jsonb_build_object('scheduled', false, 'owner', %3$s)
                    || pg_catalog.jsonb_build_object('proc_schema', %4$s, 'check_schema', %5$s)) r
                 WHERE r.hypertable_id IS NULL OR r.hypertable_id IN (SELECT id FROM _timescaledb_catalog.hypertable);
                SELECT pg_catalog.setval(s.name, greatest(pg_catalog.nextval(s.name),
                    (SELECT pg_catalog.max(id) FROM %1$s)))
                  FROM (SELECT pg_catalog.pg_get_serial_sequence(%6$s, 'id') AS name) s;"""
                .formatted(table, rows, owner, schema.formatted("proc_schema"), schema.formatted("check_schema"),
                        Sql.literal(table))));
        return jobs;
    }
}

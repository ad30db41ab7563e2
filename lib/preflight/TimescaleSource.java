//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.Session;
import lib.server.Versions;
import lib.source.AddedDefaults;
import lib.talk.Count;
import lib.talk.Sql;
import lib.timescale.Timescale;

/** Whether what a source has in TimescaleDB can be moved. */
public final class TimescaleSource {
    private static final String CHECK = "timescaledb";
    private static final Set<String> TRIED = Set.of("2.13.1", "2.19.3", "2.22.1", "2.29.2");
    /** Where a continuous aggregate has no such column, all are in the new form (since 2.25). */
    private static final String OLD_FORM = """
            SELECT pg_catalog.format('%I.%I', view_schema, view_name) FROM timescaledb_information.continuous_aggregates
              c
             WHERE pg_catalog.to_jsonb(c)->>'finalized' = 'false' ORDER BY 1""";
    private static final String DISTRIBUTED = """
            SELECT pg_catalog.format('hypertable %I.%I', hypertable_schema, hypertable_name)
              FROM timescaledb_information.hypertables h
             WHERE pg_catalog.to_jsonb(h)->>'is_distributed' = 'true'
             UNION ALL SELECT 'data node ' || s.srvname FROM pg_catalog.pg_foreign_server s
               JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw
             WHERE w.fdwname = 'timescaledb_fdw' ORDER BY 1""";
    private static final String HYPERCORE = """
            SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
              JOIN pg_catalog.pg_am a ON a.oid = c.relam
              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE a.amname = 'hypercore' ORDER BY 1""";
    private static final String ALL_NULL =
            "SELECT 1 FROM _timescaledb_catalog.chunk WHERE compressed_chunk_id IS NOT NULL LIMIT 1";
    private static final String SKIPPING = "SELECT 1 FROM _timescaledb_catalog.chunk_column_stats LIMIT 1";
    private static final String DUE =
            """
            SELECT 'job ' || j.id || ' (' || j.proc_schema || '.' || j.proc_name || ')'
              FROM %s j LEFT JOIN _timescaledb_internal.bgw_job_stat s ON s.job_id = j.id
             WHERE %s AND j.scheduled AND coalesce(s.next_start, '-infinity') < pg_catalog.now() + interval '1 hour'
               ORDER BY 1""";

    /**
     * A version whose dumps cannot always be restored.
     *
     * @param first the first version that has it
     * @param mended the first one that has it no longer
     * @param used a query that returns a row where the source uses what is concerned
     */
    private record Defect(String first, String mended, String used, String text) {
    }

    /** The pull requests 8153 and 8211 of timescale/timescaledb. */
    private static final List<Defect> DEFECTS = List.of(
            new Defect("2.19", "2.20.1", ALL_NULL, "compressed chunks one of whose columns holds nothing but NULL"),
            new Defect("2.16", "2.20.3", SKIPPING, "hypertables with chunk skipping"));

    private final Session source;
    private final Timescale timescale;
    private final Selection selection;
    private final boolean jobsPaused;

    /** @param jobsPaused whether jobs will not run meanwhile */
    TimescaleSource(Session source, Timescale timescale, Selection selection, boolean jobsPaused) {
        this.source = source;
        this.timescale = timescale;
        this.selection = selection;
        this.jobsPaused = jobsPaused;
    }

    /** @return what stops, what to think of, or that all is well; none for a source without TimescaleDB */
    public static List<Finding> check(Session source, Selection selection, boolean jobsPaused) {
        Timescale timescale = Timescale.of(source);
        return timescale == null ? List.of() : new TimescaleSource(source, timescale, selection, jobsPaused).check();
    }

    private List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        if ("on".equals(source.text("asking for restoring mode",
                "SELECT pg_catalog.current_setting('timescaledb.restoring', true)"))) {
            // Its own views cannot be believed then.
            findings.add(Finding.stop(CHECK, "SELECT " + timescale.function("timescaledb_post_restore") + "();",
                    "the source is in restoring mode, as an unfinished restore leaves it"));
            return findings;
        }
        for (String aggregate : list("continuous aggregates", OLD_FORM)) {
            findings.add(Finding.stop(CHECK,
                    "CALL " + timescale.function("cagg_migrate") + "(" + Sql.literal(aggregate)
                            + "::pg_catalog.regclass, true, true);",
                    "continuous aggregate %s of the source is in the form of TimescaleDB before 2.7", aggregate));
        }
        List<String> distributed = list("distributed hypertables", DISTRIBUTED);
        if (!distributed.isEmpty()) {
            findings.add(
                    Finding.stop(CHECK, "copy them into ordinary hypertables, then drop them and delete the data nodes",
                            "the source is a multi-node database, which is not supported yet: %s",
                            Count.some(distributed)));
        }
        List<String> hypercore = list("access methods", HYPERCORE);
        if (!hypercore.isEmpty()) {
            findings.add(Finding.stop(CHECK,
                    hypercore.stream().map(chunk -> "ALTER TABLE " + chunk + " SET ACCESS METHOD heap;")
                            .collect(Collectors.joining(" ")),
                    "tables of the source have the access method hypercore, which newer versions of TimescaleDB do "
                            + "not: %s",
                    Count.some(hypercore)));
        }
        if (!selection.everything()
                && !list("hypertables", "SELECT hypertable_name FROM timescaledb_information.hypertables LIMIT 1")
                        .isEmpty()) {
            findings.add(Finding.stop(CHECK, "run it without filters",
                    "filters cannot be used where there are hypertables: each is kept in several schemas, and in "
                            + "the catalog of TimescaleDB"));
        }
        findings.addAll(AddedDefaults.check(source, timescale));
        findings.addAll(tried(timescale.version()));
        findings.addAll(defects(source, timescale.version()));
        if (findings.isEmpty()) {
            findings.add(Finding.ok(CHECK, "%s", timescale.version()));
        }
        findings.addAll(jobs());
        return findings;
    }

    private List<String> list(String what, String sql) {
        return source.texts("looking for " + what, sql);
    }

    /** @return a warning for a version that this toolkit was never tried with */
    public static List<Finding> tried(String version) {
        return TRIED.contains(version) ? List.of()
                : List.of(Finding.warning(CHECK, "try it with a copy of the source first",
                        "not tried with TimescaleDB %s, but with %s", version,
                        TRIED.stream().sorted().collect(Collectors.joining(", "))));
    }

    /** @return a warning for each thing that is used and that this version may not be able to restore */
    public static List<Finding> defects(Session source, String version) {
        return DEFECTS.stream()
                .filter(defect -> Versions.ORDER.compare(version, defect.first) >= 0
                        && Versions.ORDER.compare(version, defect.mended) < 0
                        && source.text("asking what is used", defect.used) != null)
                .map(defect -> Finding.warning(CHECK,
                        "on both sides, first in its session: ALTER EXTENSION timescaledb UPDATE TO '" + defect.mended
                                + "', or newer",
                        "TimescaleDB %s may fail to restore %s, which the source may have", version, defect.text))
                .toList();
    }

    private List<Finding> jobs() {
        List<String> due = jobsPaused ? List.of()
                : list("jobs", DUE.formatted(Timescale.jobTable(source), Timescale.ownJob("j.id")));
        return List
                .of(due.isEmpty()
                        ? Finding.ok("jobs",
                                jobsPaused ? "those of the source will be paused"
                                        : "none of the source is due within an hour")
                        : Finding.warning("jobs", "use --pause-jobs",
                                "%d job(s) of the source run or are due within an hour: %s",
                                due.size(), Count.some(due)));
    }
}

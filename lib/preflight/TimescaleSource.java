//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.Session;
import lib.source.AddedDefaults;
import lib.talk.Count;
import lib.talk.Sql;
import lib.timescale.Hypertables;
import lib.timescale.MultiNode;
import lib.timescale.RestoringMode;
import lib.timescale.Timescale;
import lib.timescale.TimescaleDefect;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleVersions;

/** Whether what a source has in TimescaleDB can be moved. */
public final class TimescaleSource {
    private static final String CHECK = "timescaledb";

    private final Session source;
    private final Timescale timescale;
    private final Selection selection;
    private final boolean jobsPaused;
    private final boolean rebuild;

    /**
     * @param jobsPaused whether jobs will not run meanwhile
     * @param rebuild whether hypertables are made anew
     */
    TimescaleSource(Session source, Timescale timescale, Selection selection, boolean jobsPaused, boolean rebuild) {
        this.rebuild = rebuild;
        this.source = source;
        this.timescale = timescale;
        this.selection = selection;
        this.jobsPaused = jobsPaused;
    }

    /** @return what stops, what to think of, or that all is well; none for a source without TimescaleDB */
    public static List<Finding> check(Session source, Selection selection, boolean jobsPaused, boolean rebuild) {
        Timescale timescale = Timescale.of(source);
        return timescale == null ? List.of() : new TimescaleSource(source, timescale, selection, jobsPaused, rebuild)
                .check();
    }

    private List<Finding> check() {
        List<Finding> findings = new ArrayList<>();
        if (RestoringMode.isOn(source)) {
            // Its own views cannot be believed then.
            findings.add(Finding.stop(CHECK, RestoringMode.turnOffStatement(timescale) + ";",
                    "the source is in restoring mode, as an unfinished restore leaves it"));
            return findings;
        }
        for (String aggregate : Hypertables.oldAggregates(source)) {
            findings.add(Finding.stop(CHECK,
                    "CALL " + timescale.function("cagg_migrate") + "(" + Sql.literal(aggregate)
                            + "::pg_catalog.regclass, true, true);",
                    "continuous aggregate %s of the source is in the form of TimescaleDB before 2.7", aggregate));
        }
        if (MultiNode.hasParts(source)) {
            findings.add(Finding.stop(CHECK, "name its access node as the source",
                    "the source is a data node of a multi-node database: it has a part of the rows"));
        }
        List<String> distributed = Hypertables.distributed(source);
        if (!distributed.isEmpty()) {
            findings.add(
                    Finding.stop(CHECK, "copy them into ordinary hypertables, then drop them and delete the data nodes",
                            "the source is a multi-node database, which is not supported yet: %s",
                            Count.some(distributed)));
        }
        List<String> hypercore = Hypertables.hypercore(source);
        if (!hypercore.isEmpty()) {
            findings.add(Finding.stop(CHECK,
                    hypercore.stream().map(chunk -> "ALTER TABLE " + chunk + " SET ACCESS METHOD heap;")
                            .collect(Collectors.joining(" ")),
                    "tables of the source have the access method hypercore, which newer versions of TimescaleDB do "
                            + "not: %s",
                    Count.some(hypercore)));
        }
        if (!selection.everything() && Hypertables.any(source)) {
            findings.add(Finding.stop(CHECK, "run it without filters",
                    "filters cannot be used where there are hypertables: each is kept in several schemas, and in "
                            + "the catalog of TimescaleDB"));
        }
        if (!rebuild) {
            // A query of a chunk fills them in.
            findings.addAll(AddedDefaults.check(source, timescale));
        }
        findings.addAll(tried(timescale.version()));
        findings.addAll(defects(source, timescale.version()));
        if (findings.isEmpty()) {
            findings.add(Finding.ok(CHECK, "%s", timescale.version()));
        }
        findings.addAll(jobs());
        return findings;
    }

    /** @return a warning for a version that this toolkit was never tried with */
    static List<Finding> tried(String version) {
        return TimescaleVersions.TRIED.contains(version) ? List.of()
                : List.of(Finding.warning(CHECK, "try it with a copy of the source first",
                        "not tested with TimescaleDB %s, only with %s", version,
                        String.join(", ", TimescaleVersions.TRIED)));
    }

    /** @return a warning for each thing that is used and that this version may not be able to restore */
    static List<Finding> defects(Session source, String version) {
        return TimescaleDefect.of(source, version).stream()
                .map(defect -> Finding.warning(CHECK,
                        "on both sides, first in its session: " + TimescaleExtension.update(defect.mended())
                                + ", or newer",
                        "TimescaleDB %s may fail to restore %s, which the source may have", version, defect.what()))
                .toList();
    }

    private List<Finding> jobs() {
        List<String> due = jobsPaused ? List.of()
                : Timescale.dueJobs(source);
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

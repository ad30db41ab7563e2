//DEPS org.postgresql:postgresql:42.7.14
package lib.migrate;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.Extensions;
import lib.catalog.Grants;
import lib.catalog.MigrationOptions;
import lib.dump.FinishedDump;
import lib.dump.PlainLoad;
import lib.dump.RestoredRows;
import lib.facts.Difference;
import lib.journal.Journal;
import lib.journal.Memberships;
import lib.journal.RunIdentity;
import lib.load.ArchiveLoad;
import lib.load.ExclusiveTarget;
import lib.load.LoadMethod;
import lib.load.Loading;
import lib.load.SearchPathTrial;
import lib.preflight.NewerTimescale;
import lib.preflight.Preflight;
import lib.roles.RolePlan;
import lib.rows.Parallelism;
import lib.rows.RowMover;
import lib.rows.StreamedRows;
import lib.server.Session;
import lib.server.TargetLock;
import lib.settings.ComputingSessions;
import lib.source.Contents;
import lib.source.FrozenSource;
import lib.source.Inventory;
import lib.source.LeftBehind;
import lib.source.Schema;
import lib.source.Tablespaces;
import lib.source.WriteCounters;
import lib.talk.Attempt;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Report;
import lib.talk.Steps;
import lib.tools.DumpFormat;
import lib.tools.Tool;
import lib.verify.AnnouncedDifferences;
import lib.verify.ArrivalCheck;
import lib.verify.DifferenceTable;
import lib.verify.Omissions;

/**
 * The second half of a migration: loads what was read of the source into the target, compares both sides and says what
 * has arrived. Owners come before what the server computes with their rights, rows before indexes, constraints and
 * triggers, privileges after these, and event triggers last of all.
 */
final class MigrationLoad {
    private final MigrationOrder order;
    private final MigrationOptions wanted;
    private final FrozenSource source;
    private final Contents contents;
    private final Preflight preflight;
    private final Parallelism parallelism;
    private final boolean earlierDump;
    private final Console console;
    private final Steps steps;
    private final Report report;
    private boolean complete;

    /**
     * @param contents of the source, but for what stays behind
     * @param earlierDump whether the rows are those of a dump that is older than the snapshot of this run
     */
    MigrationLoad(MigrationOrder order, FrozenSource source, Contents contents, Preflight preflight,
            Parallelism parallelism, boolean earlierDump, Console console, Steps steps, Report report) {
        this.order = order;
        this.wanted = order.wanted().withWorkers(parallelism.workers());
        this.source = source;
        this.contents = contents;
        this.preflight = preflight;
        this.parallelism = parallelism;
        this.earlierDump = earlierDump;
        this.console = console;
        this.steps = steps;
        this.report = report;
    }

    /** @return whether every step was done, so that the account is worth reading even when both sides differ */
    boolean complete() {
        return complete;
    }

    /**
     * Runs every step.
     *
     * @param attempt is notified when the target is changed
     * @throws Failure refused or step; differences, when verification found some
     */
    void run(ComputingSessions target, Attempt attempt) throws SQLException {
        RunIdentity identity = identity();
        source.explainFailures(() -> ExclusiveTarget.run(target.server(), wanted, identity, attempt, steps, console,
                (lock, to, memberships) -> load(lock, to, memberships, identity, target, attempt)));
    }

    private RunIdentity identity() {
        if (order.files() != null) {
            return FinishedDump.identity(order.files().out(), wanted);
        }
        synchronized (source.snapshot().holder()) {
            return RunIdentity.of(source.snapshot().holder(), wanted);
        }
    }

    /** @return the extensions that are to be created, with their owners where they have any */
    static List<Extensions.Extension> extensions(MigrationOptions wanted, Preflight preflight) {
        return preflight.extensions().all().stream()
                .filter(extension -> extension.installed() == null && !wanted.leaveOut().contains(extension.name()))
                .map(extension -> wanted.noOwner() ? extension : preflight.extensionOwners().by(extension)).toList();
    }

    private void load(TargetLock lock, Session to, Memberships memberships, RunIdentity identity,
            ComputingSessions target, Attempt attempt) {
        List<Extensions.Extension> extensions = extensions(wanted, preflight);
        Loading loading = new Loading(wanted, contents, lock, target, to, memberships, console, steps, report);
        LoadMethod method = method(lock, target, to, extensions);
        attempt.begin();
        List<String> refusedRoles = new ArrayList<>();
        Runnable roles = () -> {
            refusedRoles.addAll(steps.run("roles", () -> preflight.rolePlan().apply(to), RolePlan.Outcome::roles)
                    .leftOut());
            refusedRoles.forEach(text -> report.note("left out: %s", text));
        };
        Map<Long, Long> positions = new HashMap<>();
        // Sequences are outside the snapshot; the later value is the safe one.
        Supplier<List<Inventory.Sequence>> sequences = () -> {
            List<Inventory.Sequence> now = sequences();
            now.forEach(sequence -> positions.put(sequence.oid(), sequence.value()));
            return now;
        };
        // An archive with rows holds these too.
        List<String> privileges = order.files() != null || contents.selective() ? List.of()
                : Grants.onLargeObjects(source.snapshot().holder());
        Journal journal =
                loading.run(method, identity, roles, preflight.leftBehind(), extensions, sequences, privileges);
        if (wanted.prepare()) {
            loading.endPass(journal);
            complete = true;
            new FirstPass(report, console).end(source, contents, to, method.loadedRows());
            return;
        }
        ArrivalCheck check = new ArrivalCheck(order.verify(), console, report);
        WriteCounters since = source.writtenSince();
        if (!earlierDump) {
            check.written(since);
        }
        List<Difference> differences = check.run(source, target, positions, parallelism.workers(),
                expected(target, loading)
                        .tablespaces(contents.timescale() == null && contents.tablespaces().isEmpty() ? Set.of()
                                : Tablespaces.missing(source.snapshot().holder(), to)),
                steps);
        // It was not needed for as long as the comparison took.
        to.renewIfLost(target.server()::session);
        loading.resumeJobs();
        loading.end(journal);
        complete = true;
        if (!differences.isEmpty()) {
            throw DifferenceTable.failure(differences, source.changesOfSchema(), order.comparison(), console.verbose());
        }
        report.note("%s",
                check.arrived(method.loadedRows(),
                        new Omissions().leftBehind(preflight.leftBehind())
                                .extensions(preflight.extensions(), wanted.leaveOut())
                                .part("what the filters exclude", !wanted.filters().none())
                                .part("owners", wanted.noOwner()).part("privileges", wanted.noPrivileges())
                                .count("refused privileges and settings",
                                        loading.refusedCount() + refusedRoles.size())
                                .count("default_transaction_read_only", loading.readOnlySettings().size())
                                .count("comments", preflight.keptComments().size())));
    }

    /** @return where they stand now; a dump can be older than the newest of them */
    private List<Inventory.Sequence> sequences() {
        Set<Long> dumped = contents.sequences().stream().map(Inventory.Sequence::oid).collect(Collectors.toSet());
        return source.inventory().sequences().stream()
                .filter(sequence -> order.files() == null || dumped.contains(sequence.oid())).toList();
    }

    private LoadMethod method(TargetLock lock, ComputingSessions target, Session to,
            List<Extensions.Extension> extensions) {
        Tool tool = new Tool(preflight.tools(), console);
        if (order.files() != null && order.files().format() == DumpFormat.PLAIN) {
            return new PlainLoad(tool, target.server(), to, order.files().out(), contents, parallelism.workers(),
                    console,
                    steps);
        }
        Archive archive = order.files() == null ? source.archive() : Archive.open(tool, order.files().out());
        Schema schema = new Schema(archive.into(target.server().dsn()), contents, preflight.leftBehind(),
                extensions.stream().map(Extensions.Extension::name).toList(), to);
        RowMover rows =
                order.files() != null
                        ? new RestoredRows(schema, contents, target, to, parallelism.workers(), console, steps)
                        : new StreamedRows(source.snapshot(), target, to,
                                tables(),
                                source.inventory().largeObjects(), parallelism,
                                order.rate(), wanted.prepare(), lock, preflight.extensions().same(), console, steps);
        return new ArchiveLoad(schema, contents, archive, rows,
                new SearchPathTrial(preflight.pathNeeds(), contents, rows, false, target, console), target, to, steps,
                parallelism, wanted.prepare());
    }

    private List<Inventory.Table> tables() {
        Set<Long> without = new HashSet<>(preflight.leftBehind().objects(0));
        if (contents.rebuild() != null) {
            // The chunks of aggregates that stay behind.
            Set<Long> gone = new HashSet<>(source.contents().rebuild().chunks());
            gone.removeAll(contents.rebuild().chunks());
            without.addAll(gone);
        }
        return source.inventory().tablesWithout(without);
    }

    /** What was announced before, and is no difference. */
    private AnnouncedDifferences expected(ComputingSessions target, Loading loading) {
        Set<String> leftOut = new HashSet<>(preflight.leftBehind().names());
        leftOut.addAll(wanted.leaveOut());
        RolePlan roles = preflight.rolePlan();
        AnnouncedDifferences announced = new AnnouncedDifferences(target.server().facts().user(), roles.announced(),
                roles.unreachable(), leftOut,
                wanted.noOwner(), wanted.noPrivileges(),
                wanted.filters().excludeData()).jobOwners(loading.lostJobOwners()).gone(roles.gone().replaced())
                .refusals(loading.refusals())
                .comments(preflight.keptComments()).powers(roles.powersThere())
                .extensionOwners(preflight.extensionOwners().others())
                .defaults(preflight.defaultPrivileges()::explain).standing(preflight.standing()::explain);
        if (contents.rebuild() == null) {
            return announced;
        }
        synchronized (source.snapshot().holder()) {
            return announced.rebuilt(source.snapshot().holder(), preflight.leftBehind().all().stream()
                    .filter(NewerTimescale::isOne).map(LeftBehind.Item::name).toList());
        }
    }
}

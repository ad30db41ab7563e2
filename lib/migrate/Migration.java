//DEPS org.postgresql:postgresql:42.7.14
package lib.migrate;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import lib.catalog.Archive;
import lib.catalog.DatabaseSettings;
import lib.catalog.Extensions;
import lib.catalog.Grants;
import lib.catalog.Selection;
import lib.dsn.Dsn;
import lib.dump.DumpFiles;
import lib.dump.DumpWriter;
import lib.dump.NotRetried;
import lib.dump.PlainDump;
import lib.dump.PlainLoad;
import lib.dump.RestoredRows;
import lib.facts.Difference;
import lib.journal.Journal;
import lib.journal.Memberships;
import lib.load.ArchiveLoad;
import lib.load.ClaimedTarget;
import lib.load.LoadMethod;
import lib.load.Loading;
import lib.load.Rehearsal;
import lib.preflight.DateStyleCheck;
import lib.preflight.DiskSpace;
import lib.preflight.Preflight;
import lib.roles.RolePlan;
import lib.rows.Parallelism;
import lib.rows.RowMover;
import lib.rows.StreamedRows;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.server.TargetLock;
import lib.server.Verdict;
import lib.settings.ComputingSessions;
import lib.source.Contents;
import lib.source.Freezing;
import lib.source.FrozenSource;
import lib.source.Inventory;
import lib.source.PausedJobs;
import lib.source.Schema;
import lib.source.Tablespaces;
import lib.talk.Attempt;
import lib.talk.Background;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Report;
import lib.talk.Steps;
import lib.tools.ClientTools;
import lib.tools.DumpFormat;
import lib.tools.Tool;
import lib.verify.AnnouncedDifferences;
import lib.verify.ArrivalCheck;
import lib.verify.DifferenceTable;
import lib.verify.LeftOut;

/**
 * Moves a database in the order that is safe: nothing is changed before every check has passed, owners come before what
 * the server computes with their rights, rows before indexes, constraints and triggers, privileges after these, and
 * event triggers last of all.
 */
public final class Migration {
    private final Console console;
    private final MigrationOrder order;
    private final Report report = new Report();
    private final Steps steps;
    private final Attempt attempt;
    private Parallelism parallelism;
    private boolean complete;
    private boolean dryRun;
    private String script;
    private volatile Contents contents;

    public Migration(Console console, MigrationOrder order) {
        this.console = console;
        this.order = order;
        this.steps = new Steps(console, report);
        this.attempt = new Attempt(console, "the source is unchanged");
    }

    /** @return the account of the run, as far as it has come */
    public Report report() {
        return report;
    }

    /** @return whether every step was done, so that the account is worth reading even when both sides differ */
    public boolean complete() {
        return complete;
    }

    /**
     * Runs every step.
     *
     * @throws Failure refused, when nothing was changed; step, when work had begun; differences, when verification
     * found some
     */
    public void run(Dsn source, Dsn target, ClientTools clients) {
        attempt.run(() -> {
            Background<Server> from = Background.begin("source", () -> Server.connectToStay(source));
            try {
                if (source.password() == null && System.console() != null) {
                    // Whoever may have to ask for a password does so before the other one can.
                    from.get();
                }
                TargetDatabase to = TargetDatabase.connect(target, order.createDatabase(), Server::connectToStay);
                try {
                    migrate(from.get(), to, clients);
                } finally {
                    to.server().abandon();
                }
            } catch (Failure e) {
                // What is wrong with the source is said first.
                from.get();
                throw e;
            } finally {
                from.then(Server::abandon);
            }
        });
    }

    /**
     * Runs every check and changes nothing.
     *
     * @return a shell script that does with PostgreSQL's own programs what {@link #run} does
     * @throws Failure refused
     */
    public String script(Dsn source, Dsn target, ClientTools clients) {
        dryRun = true;
        run(source, target, clients);
        return script;
    }

    private void migrate(Server source, TargetDatabase database, ClientTools clients) throws SQLException {
        report.head("source  %s (PostgreSQL %s)", source.dsn(), source.facts().version());
        report.head("target  %s (PostgreSQL %s)", database.dsn(), database.server().facts().version());
        Selection selection;
        Preflight preflight;
        Freezing early = null;
        Session to = database.server().session();
        try (Session from = source.session()) {
            selection = Selection.resolve(from, order.filters());
            parallelism = Parallelism.of(order.jobs(), from, to, order.pauseJobs(), console);
            preflight = new Preflight(source, from, database.server(), to,
                    new Preflight.Plan(selection, parallelism.jobs(), order.leaveOut(), order.granted(),
                            database.missing() ? database.dsn().database() : null, order.restart(),
                            order.pauseJobs(), order.kind(), order.noOwner()),
                    console);
            if (preflight.begin(clients) && order.files() == null && !order.pauseJobs() && !PausedJobs.exists(from)) {
                // It only reads, and takes as long as the checks.
                early = Freezing.begin(source, tool(preflight),
                        tool -> freeze(source, database, selection, preflight, tool));
            }
            steps.run("preflight", () -> {
                List<Finding> findings = preflight.run();
                // What a script computes, psql does.
                findings.removeIf(finding -> dryRun && finding.check().equals(DateStyleCheck.CHECK));
                if (order.files() != null) {
                    findings.add(DiskSpace.check(from, selection, order.files().out()));
                }
                return Verdict.of(findings, console, report);
            });
        } catch (RuntimeException e) {
            if (early != null) {
                early.stop();
            }
            throw e;
        } finally {
            // The next one to need a session need not connect.
            database.server().keep(to);
        }
        if (early != null) {
            move(early.source(), database, preflight);
        } else {
            PausedJobs.during(order.pauseJobs(), source, console,
                    () -> move(freeze(source, database, selection, preflight, tool(preflight)), database, preflight));
        }
    }

    private FrozenSource freeze(Server source, TargetDatabase database, Selection selection, Preflight preflight,
            Tool tool) {
        return FrozenSource.take(source, selection, preflight.extensions().same(), order.filters().arguments(), tool,
                console, now -> {
                    contents = now.contents();
                    dump(now, preflight, database);
                });
    }

    private Tool tool(Preflight preflight) {
        return new Tool(preflight.tools(), console);
    }

    private DumpWriter writer(Preflight preflight) {
        return order.files() == null ? null
                : new DumpWriter(order.files(), preflight.tools(), tool(preflight), console);
    }

    private void move(FrozenSource source, TargetDatabase database, Preflight preflight) throws SQLException {
        try (FrozenSource frozen = source) {
            contents = contents.without(preflight.uncarried().relations());
            if (dryRun) {
                if (order.files() == null || order.files().format() != DumpFormat.PLAIN) {
                    Verdict.of(NotRetried.check(contents, preflight.pathNeeds(), NotRetried.Loader.script("migrate")),
                            console, report);
                }
                script = new MigrationScript(frozen, contents, database, preflight, extensions(preflight),
                        order.loading(parallelism.jobs()), order.filters())
                        .text(writer(preflight), order.files());
                return;
            }
            Server target = database.server();
            if (database.missing()) {
                target = database.create(DatabaseSettings.creation(frozen.snapshot().holder()));
                attempt.begin();
                console.say("created database \"%s\" on the target", target.dsn().database());
            }
            load(frozen, preflight.computing(target), preflight);
        }
    }

    /** With files in between, they are finished before the target is touched. */
    private void dump(FrozenSource source, Preflight preflight, TargetDatabase target) {
        if (order.files() != null) {
            if (order.files().format() == DumpFormat.PLAIN) {
                Verdict.of(
                        new PlainDump(contents, order.noOwner(), order.leaveOut()).check(preflight.uncarried(),
                                preflight.pathNeeds(), preflight.extensions(), target),
                        console,
                        report);
            }
            if (!dryRun) {
                steps.run("dump", () -> DumpFiles.summary(writer(preflight).write(source, contents).files()));
                report.note("the dump is in \"%s\"", order.files().out());
            }
        }
    }

    private List<Extensions.Extension> extensions(Preflight preflight) {
        return preflight.extensions().all().stream()
                .filter(extension -> extension.installed() == null && !order.leaveOut().contains(extension.name()))
                .map(extension -> order.noOwner() ? extension : preflight.extensionOwners().by(extension)).toList();
    }

    private void load(FrozenSource source, ComputingSessions target, Preflight preflight) throws SQLException {
        source.explaining(() -> ClaimedTarget.during(target.server(), order.restart(), attempt, steps, console,
                (lock, to, memberships) -> load(lock, to, memberships, source, target, preflight,
                        extensions(preflight))));
    }

    private void load(TargetLock lock, Session to, Memberships memberships, FrozenSource source,
            ComputingSessions target, Preflight preflight, List<Extensions.Extension> extensions) {
        Loading loading = new Loading(order.loading(parallelism.jobs()), contents, lock, target, to, memberships,
                console, steps, report);
        LoadMethod delivery = delivery(source, target, to, preflight, extensions);
        attempt.begin();
        RolePlan.Outcome given = steps.run("roles", () -> preflight.rolePlan().apply(to), RolePlan.Outcome::roles);
        given.leftOut().forEach(text -> report.note("left out: %s", text));
        Map<Long, Long> positions = new HashMap<>();
        // Sequences are outside the snapshot; the later value is the safe one.
        Supplier<List<Inventory.Sequence>> sequences = () -> {
            List<Inventory.Sequence> now = source.inventory().sequences();
            now.forEach(sequence -> positions.put(sequence.oid(), sequence.value()));
            return now;
        };
        // An archive with rows holds these too.
        List<String> privileges = order.files() != null || contents.selective() ? List.of()
                : Grants.onLargeObjects(source.snapshot().holder());
        Journal journal = loading.run(delivery, preflight.uncarried(), extensions, sequences, privileges);
        ArrivalCheck check = new ArrivalCheck(order.verify(), console, report);
        check.written(source.writtenSince());
        List<Difference> differences = check.run(source, target, positions, parallelism.jobs(),
                expected(target, preflight, loading)
                        .tablespaces(contents.timescale() == null && contents.tablespaces().isEmpty() ? Set.of()
                                : Tablespaces.missing(source.snapshot().holder(), to)),
                steps);
        loading.resumeJobs();
        loading.end(journal);
        complete = true;
        if (!differences.isEmpty()) {
            throw DifferenceTable.failure(differences, source.changesOfSchema(), order.comparison(), console.verbose());
        }
        report.note("%s",
                check.arrived(delivery.arrived(),
                        new LeftOut().things(preflight.uncarried()).extensions(preflight.extensions(), order.leaveOut())
                                .part("what the filters exclude", !order.filters().none())
                                .part("owners", order.noOwner()).part("privileges", order.noPrivileges())
                                .count("refused privileges and settings", loading.leftOut() + given.leftOut().size())
                                .count("default_transaction_read_only", loading.frozen().size())
                                .count("comments", preflight.keptComments().size())));
    }

    private LoadMethod delivery(FrozenSource source, ComputingSessions target, Session to, Preflight preflight,
            List<Extensions.Extension> extensions) {
        Tool tool = tool(preflight);
        if (order.files() != null && order.files().format() == DumpFormat.PLAIN) {
            return new PlainLoad(tool, target.server().dsn(), to, order.files().out(), contents, console, steps);
        }
        Archive archive = order.files() == null ? source.archive() : Archive.open(tool, order.files().out());
        Schema schema = new Schema(archive.into(target.server().dsn()), contents, preflight.uncarried(),
                extensions.stream().map(Extensions.Extension::name).toList(), to);
        RowMover rows =
                order.files() != null ? new RestoredRows(schema, contents, to, parallelism.jobs(), console, steps)
                        : new StreamedRows(source.snapshot(), target, to,
                                source.inventory().tablesWithout(preflight.uncarried().objects(0)),
                                source.inventory().largeObjects(), parallelism,
                                order.rate(), console, steps);
        return new ArchiveLoad(schema, contents, archive, rows,
                new Rehearsal(preflight.pathNeeds(), contents, rows, false, target, console), target, to, steps,
                parallelism);
    }

    /** What was announced before, and is no difference. */
    private AnnouncedDifferences expected(ComputingSessions target, Preflight preflight, Loading loading) {
        Set<String> leftOut = new HashSet<>(preflight.uncarried().names());
        leftOut.addAll(order.leaveOut());
        RolePlan roles = preflight.rolePlan();
        return new AnnouncedDifferences(target.server().facts().user(), roles.announced(), roles.unreachable(), leftOut,
                order.noOwner(), order.noPrivileges(),
                order.filters().excludeData()).jobOwners(loading.lostJobOwners()).gone(roles.gone().replaced())
                .refusals(loading.refusals())
                .comments(preflight.keptComments()).powers(roles.powersThere())
                .extensionOwners(preflight.extensionOwners().others())
                .defaults(preflight.defaultPrivileges()::explain);
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.migrate;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import lib.catalog.DatabaseSettings;
import lib.catalog.MigrationOptions;
import lib.catalog.Selection;
import lib.dsn.Dsn;
import lib.dump.DumpFiles;
import lib.dump.DumpWriter;
import lib.dump.FinishedDump;
import lib.dump.LoaderLimits;
import lib.dump.Manifest;
import lib.dump.PlainDump;
import lib.preflight.DateStyleCheck;
import lib.preflight.DiskSpace;
import lib.preflight.Preflight;
import lib.rows.Parallelism;
import lib.server.DatabaseIdentity;
import lib.server.Finding;
import lib.server.JournalTables;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.server.Verdict;
import lib.source.Contents;
import lib.source.FrozenSource;
import lib.source.PausedJobs;
import lib.talk.Attempt;
import lib.talk.Background;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Report;
import lib.talk.Steps;
import lib.tools.ClientTools;
import lib.tools.DumpFormat;
import lib.tools.Tool;

/**
 * Moves a database in the order that is safe: nothing is changed before every check has passed, owners come before what
 * the server computes with their rights, rows before indexes, constraints and triggers, privileges after these, and
 * event triggers last of all.
 */
public final class Migration {
    /** What is known once everything was checked and the source is frozen. */
    private record Ready(FrozenSource source, Contents contents, TargetDatabase target, Preflight preflight,
            Parallelism parallelism) {
    }

    /** What is done then. */
    private interface Work<T> {
        T run(Ready ready) throws SQLException;
    }

    private final Console console;
    private final MigrationOrder order;
    private final MigrationOptions wanted;
    private final Report report = new Report();
    private final Steps steps;
    private final Attempt attempt;
    private boolean earlierDump;
    private MigrationLoad load;

    public Migration(Console console, MigrationOrder order) {
        this.console = console;
        this.order = order;
        this.wanted = order.wanted();
        this.steps = new Steps(console, report);
        String unchanged = "the source is unchanged";
        this.attempt = wanted.prepare() ? Attempt.repeatable(console, unchanged)
                : Attempt.resumable(console, unchanged);
    }

    /** @return the account of the run, as far as it has come */
    public Report report() {
        return report;
    }

    /** @return whether every step was done, so that the account is worth reading even when both sides differ */
    public boolean complete() {
        return load != null && load.complete();
    }

    /**
     * Runs every step.
     *
     * @throws Failure when nothing was changed; step, when work had begun; differences, when verification found some
     */
    public void run(Dsn source, Dsn target, ClientTools clients) {
        connect(source, target, (from, to) -> prepare(from, to, clients, false, this::load));
    }

    /**
     * Runs every check and changes nothing.
     *
     * @return a shell script that does with PostgreSQL's own programs what {@link #run} does
     * @throws Failure when it fails
     */
    public String script(Dsn source, Dsn target, ClientTools clients) {
        return connect(source, target, (from, to) -> prepare(from, to, clients, true, this::script));
    }

    /** What is done with both servers. */
    private interface Sides<T> {
        T run(Server source, TargetDatabase target) throws SQLException;
    }

    private <T> T connect(Dsn source, Dsn target, Sides<T> work) {
        return attempt.ask(() -> {
            Background<Server> from = Background.begin("source", () -> Server.connectToStay(source));
            try {
                if (source.password() == null && System.console() != null) {
                    // If a password has to be typed, one side asks for it after the other.
                    from.get();
                }
                TargetDatabase to = TargetDatabase.connect(target, wanted.createDatabase(), true);
                try {
                    return work.run(from.get(), to);
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

    /** Checks both sides, freezes the source, and has the work done with it. */
    private <T> T prepare(Server source, TargetDatabase database, ClientTools clients, boolean dryRun, Work<T> work)
            throws SQLException {
        report.header("source  %s (PostgreSQL %s)", source.dsn(), source.facts().version());
        report.header("target  %s (PostgreSQL %s)", database.dsn(), database.server().facts().version());
        Selection selection;
        Preflight preflight;
        Parallelism parallelism;
        FrozenSource.Pending early = null;
        Session to = database.server().session();
        try (Session from = source.session()) {
            selection = Selection.resolve(from, wanted.filters());
            parallelism = Parallelism.of(wanted.workers(), from, to, wanted.pauseJobs(), console);
            preflight = new Preflight(source, from, database, to, wanted.withWorkers(parallelism.workers()), selection,
                    console);
            if (preflight.begin(clients) && order.files() == null && !wanted.pauseJobs() && !PausedJobs.exists(from)) {
                // It only reads, and takes as long as the checks.
                early = FrozenSource.begin(source, tool(preflight),
                        tool -> freeze(source, database, selection, preflight, tool, dryRun));
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
            return finish(early.source(), database, preflight, parallelism, dryRun, work);
        }
        Attempt.Question<T> rest =
                () -> finish(freeze(source, database, selection, preflight, tool(preflight), dryRun), database,
                        preflight, parallelism, dryRun, work);
        return dryRun ? rest.ask() : PausedJobs.during(wanted.pauseJobs(), source, console, rest);
    }

    private <T> T finish(FrozenSource source, TargetDatabase database, Preflight preflight,
            Parallelism parallelism, boolean dryRun, Work<T> work) throws SQLException {
        try (FrozenSource frozen = source) {
            Contents contents = order.files() == null || dryRun ? frozen.contents()
                    : Manifest.read(order.files().out()).contents();
            return work.run(new Ready(frozen, contents.without(preflight.leftBehind().relations()), database, preflight,
                    parallelism));
        }
    }

    private FrozenSource freeze(Server source, TargetDatabase database, Selection selection, Preflight preflight,
            Tool tool, boolean dryRun) {
        return FrozenSource.take(source, selection, preflight.extensions().same(), wanted.rebuild(),
                wanted.filters().arguments(), tool,
                console, now -> {
                    if (order.files() != null) {
                        dump(now, preflight, database, dryRun);
                    }
                    return null;
                }).source();
    }

    /** With files in between, they are finished before the target is touched. */
    private void dump(FrozenSource source, Preflight preflight, TargetDatabase target, boolean dryRun) {
        if (order.files().format() == DumpFormat.PLAIN) {
            Verdict.of(
                    new PlainDump(source.contents(), wanted.noOwner(), wanted.leaveOut()).check(preflight.leftBehind(),
                            preflight.pathNeeds(), preflight.extensions(), target),
                    console, report);
        }
        if (!dryRun) {
            Optional<Manifest> earlier = earlier(source, target);
            steps.run("dump", () -> earlier.isPresent() ? FinishedDump.text(earlier.get())
                    : DumpFiles.summary(writer(preflight).write(source, source.contents(), () -> {}).files()));
            report.note("the dump is in \"%s\"", order.files().out());
            earlierDump = earlier.isPresent();
            earlier.ifPresent(dump -> report.note("what was written to the source after %s is not in the dump",
                    dump.snapshot().time()));
        }
    }

    /** @return the dump of an interrupted run; without it, nothing that this run has loaded can be gone on with */
    private Optional<Manifest> earlier(FrozenSource source, TargetDatabase target) {
        Optional<Manifest> earlier =
                FinishedDump.find(order.files(), DatabaseIdentity.withoutAddress(source.snapshot().holder()), console);
        if (!wanted.resume() || target.missing()) {
            return earlier;
        }
        try (Session to = target.server().session()) {
            if (JournalTables.exist(to) && earlier.isEmpty()) {
                throw Failure.of("the dump that the interrupted run has loaded is not in \"%s\"", order.files().out())
                        .hint("give the --dir and --format of that run; to begin anew, run with --restart in place of "
                                + "--resume");
            } else if (earlier.isPresent() && JournalTables.exist(to)) {
                FinishedDump.identity(order.files().out(), wanted).refuseOther(to);
            }
            return earlier;
        }
    }

    private Tool tool(Preflight preflight) {
        return new Tool(preflight.tools(), console);
    }

    private DumpWriter writer(Preflight preflight) {
        return order.files() == null ? null
                : new DumpWriter(order.files(), preflight.tools(), tool(preflight), console);
    }

    private String script(Ready ready) {
        if (order.files() == null || order.files().format() != DumpFormat.PLAIN) {
            Verdict.of(
                    LoaderLimits.check(ready.contents, ready.preflight.pathNeeds(),
                            LoaderLimits.Loader.script("migrate")),
                    console, report);
        }
        return new MigrationScript(ready.source, ready.contents, ready.target, ready.preflight,
                MigrationLoad.extensions(wanted, ready.preflight), wanted.withWorkers(ready.parallelism.workers()))
                .text(writer(ready.preflight), order.files());
    }

    private Void load(Ready ready) throws SQLException {
        Server target = ready.target.server();
        if (ready.target.missing()) {
            target = ready.target.create(DatabaseSettings.creation(ready.source.snapshot().holder()),
                    attempt::begin);
            console.say("created database \"%s\" on the target", target.dsn().database());
        }
        load = new MigrationLoad(order, ready.source, ready.contents, ready.preflight, ready.parallelism, earlierDump,
                console, steps, report);
        load.run(ready.preflight.computing(target), attempt);
        return null;
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.util.List;
import java.util.Set;
import lib.catalog.Archive;
import lib.catalog.Extensions;
import lib.catalog.MigrationOptions;
import lib.dsn.Dsn;
import lib.facts.Difference;
import lib.journal.Journal;
import lib.journal.Memberships;
import lib.journal.RunIdentity;
import lib.load.ArchiveLoad;
import lib.load.ArchiveScript;
import lib.load.ExclusiveTarget;
import lib.load.LoadMethod;
import lib.load.Loading;
import lib.load.SearchPathTrial;
import lib.roles.MissingRoles;
import lib.rows.Parallelism;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.server.TargetLock;
import lib.server.Verdict;
import lib.settings.ComputingSessions;
import lib.settings.DriverSettings;
import lib.source.Contents;
import lib.source.Schema;
import lib.talk.Attempt;
import lib.talk.Background;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ProgressLine;
import lib.talk.Report;
import lib.talk.ShellScript;
import lib.talk.Steps;
import lib.tools.ClientTools;
import lib.tools.NewerSettings;
import lib.tools.Tool;
import lib.verify.DifferenceTable;
import lib.verify.Omissions;

/**
 * Loads a dump into a database, as a migration would load it from its source. All that has to be known of the source
 * stands in the dump's manifest; nothing is changed before dump and target have passed every check.
 */
final class Restoration {
    private final Console console;
    private final RestoreCheck.Order order;
    private final Report report = new Report();
    private final Steps steps;
    private final Attempt attempt;
    private final Manifest manifest;
    private final RunIdentity identity;
    private boolean complete;

    /** @throws Failure when the dump has no manifest that can be used */
    Restoration(Console console, RestoreCheck.Order order) {
        this.console = console;
        this.order = order;
        steps = new Steps(console, report);
        manifest = Manifest.read(order.in());
        identity = FinishedDump.identity(order.in(), order.wanted());
        attempt = Attempt.resumable(console, "the dump is unchanged");
        boolean timescale = manifest.contents().timescale() != null;
        if (timescale != order.timescale()) {
            throw Failure
                    .of("the dump \"%s\" is of a database %s TimescaleDB", order.in(),
                            timescale ? "with" : "without")
                    .hint("%s %s", RestoreCheck.Order.command(timescale), ShellScript.quoted(order.in().toString()));
        }
    }

    /** @return the account of the run, as far as it has come */
    Report report() {
        return report;
    }

    /** @return whether every step was done, so that the account is worth reading even when something is missing */
    boolean complete() {
        return complete;
    }

    /**
     * Runs every step.
     *
     * @throws Failure when nothing was changed; step, when work had begun; differences, when something is missing in
     * the end
     */
    void run(Dsn target, ClientTools clients) {
        attempt.run(() -> {
            DumpFiles.checkSizes(order.in(), manifest.files());
            TargetDatabase database = TargetDatabase.connect(target, order.wanted().createDatabase());
            try {
                run(database, clients);
            } finally {
                // A session that a check has left for the load would stay when there is none.
                database.server().abandon();
            }
        });
    }

    private void run(TargetDatabase database, ClientTools clients) {
        report.header("dump    %s (PostgreSQL %s, %s)", order.in(), manifest.source().version(),
                manifest.snapshot().time());
        report.header("target  %s (PostgreSQL %s)", database.dsn(), database.server().facts().version());
        // A program takes its time to begin.
        Background<DriverSettings> psql = settings(clients, database.server());
        RestoreCheck check = new RestoreCheck(manifest, database, order, psql::get);
        steps.run("preflight", () -> Verdict.of(check.run(), console, report));
        Tool tool = new Tool(client(clients, database.server()), console);
        Archive archive = manifest.isPlain() ? null : Archive.open(tool, order.in());
        steps.run("checksums", this::checkContents);
        Server server = database.server();
        if (database.missing()) {
            server = database.create(manifest.source().creation(), attempt::begin);
            psql = settings(clients, server);
            console.say("created database \"%s\" on the target", server.database());
        }
        load(new ComputingSessions(server, psql::get), check, tool, archive);
    }

    private Background<DriverSettings> settings(ClientTools clients, Server target) {
        return Background.begin("settings",
                () -> DriverSettings.ask(new Tool(client(clients, target), console), target.dsn()));
    }

    private ClientTools.Installation client(ClientTools clients, Server target) {
        return clients.pickOne(manifest.dump().clientMajor(), target.facts().major(),
                "to read a dump that pg_dump " + manifest.dump().client() + " has made").with("psql");
    }

    private String checkContents() {
        DumpFiles files = new DumpFiles();
        ProgressLine line = console.progress(() -> "checksums: " + Bytes.text(files.done()) + " read");
        try {
            files.checkContents(order.in(), manifest.files(), order.wanted().workers());
        } finally {
            line.close();
        }
        return DumpFiles.summary(manifest.files());
    }

    private void load(ComputingSessions target, RestoreCheck check, Tool tool, Archive archive) {
        ExclusiveTarget.run(target.server(), order.wanted(), identity, attempt, steps, console,
                (lock, to, memberships) -> load(lock, to, memberships, target, check, tool, archive));
    }

    private void load(TargetLock lock, Session to, Memberships memberships, ComputingSessions target,
            RestoreCheck check, Tool tool, Archive archive) {
        Contents contents = manifest.contents().without(check.leftBehind().relations());
        List<Extensions.Extension> extensions = extensions(check);
        attempt.begin();
        Loading loading = new Loading(loading(), contents, lock, target, to, memberships, console, steps, report);
        LoadMethod method;
        if (archive == null) {
            method = new PlainLoad(tool, target.server(), to, order.in(), contents, order.wanted().workers(), console,
                    steps);
        } else {
            Schema schema = new Schema(archive.into(target.server().dsn()), contents, check.leftBehind(),
                    extensions.stream().map(Extensions.Extension::name).toList(), to);
            RestoredRows rows = new RestoredRows(schema, contents, target, to, order.wanted().workers(), console,
                    steps);
            SearchPathTrial rehearsal =
                    new SearchPathTrial(manifest.needs().without(order.wanted().leaveOut()), contents, rows, true,
                            target,
                            console);
            method = new ArchiveLoad(schema, contents, archive, rows, rehearsal, target, to, steps,
                    Parallelism.requested(order.wanted().workers()), false);
        }
        Journal journal =
                loading.run(method, identity, () -> {}, check.leftBehind(), extensions, contents::sequences,
                        List.of());
        ManifestCheck manifestCheck = new ManifestCheck(contents, to);
        List<Difference> differences =
                steps.run("check", () -> manifestCheck.differences(Loading.objects(contents, check.leftBehind())),
                        found -> found.isEmpty() ? "everything that the manifest names is there"
                                : Count.of(found.size(), "difference"));
        Verdict.of(manifestCheck.emptyTables(), console, report);
        loading.resumeJobs();
        loading.end(journal);
        complete = true;
        if (!differences.isEmpty()) {
            throw Failure.differences("%s between the dump and the target", Count.of(differences.size(), "difference"))
                    .detail("%s",
                            Printable.lines(DifferenceTable.lines(differences.stream().limit(20).toList(), false)));
        }
        report.note("%s",
                new Omissions().leftBehind(check.leftBehind()).extensions(check.extensions(), order.wanted().leaveOut())
                        .part("owners", order.wanted().noOwner())
                        .part("privileges", order.wanted().noPrivileges())
                        .count("refused privileges and settings", loading.refusedCount())
                        .count("default_transaction_read_only", loading.readOnlySettings().size())
                        .count("comments", check.keptComments().size()).lastLine(method.loadedRows()));
    }

    private List<Extensions.Extension> extensions(RestoreCheck check) {
        return check.extensions().all().stream()
                .filter(extension -> extension.installed() == null
                        && !order.wanted().leaveOut().contains(extension.name()))
                .map(extension -> loading().noOwner() ? extension : check.extensionOwners().by(extension)).toList();
    }

    /**
     * Runs every check and changes nothing.
     *
     * @return a shell script that does with PostgreSQL's own programs what {@link #run} does
     */
    String script(Dsn target, ClientTools clients) {
        return attempt.ask(() -> {
            DumpFiles.checkSizes(order.in(), manifest.files());
            TargetDatabase database = TargetDatabase.connect(target, order.wanted().createDatabase());
            try {
                return script(database, clients);
            } finally {
                database.server().abandon();
            }
        });
    }

    private String script(TargetDatabase database, ClientTools clients) {
        RestoreCheck check = new RestoreCheck(manifest, database, order, DriverSettings::none);
        List<Finding> findings = check.run();
        if (!manifest.isPlain()) {
            findings.addAll(LoaderLimits.check(manifest.contents(), manifest.needs().without(order.wanted().leaveOut()),
                    LoaderLimits.Loader.script(RestoreCheck.Order.command(order.timescale()))));
        }
        Verdict.of(findings, console, report);
        ClientTools.Installation client = client(clients, database.server());
        int major = database.server().facts().major();
        if (!manifest.isPlain() && NewerSettings.unknown(client.major(), major)) {
            throw Failure.of(
                    "pg_restore %d sets a parameter that PostgreSQL %d does not have, so a script with it would "
                            + "stop there",
                    client.major(), major)
                    .hint("run the same without --dry-run, or dump again with pg_dump %d", major);
        }
        return script(database, check, client);
    }

    private String script(TargetDatabase database, RestoreCheck check, ClientTools.Installation client) {
        Contents contents = manifest.contents().without(check.leftBehind().relations());
        List<Extensions.Extension> extensions = extensions(check);
        ShellScript script = new ShellScript(
                "%s: from %s to %s".formatted(RestoreCheck.Order.command(order.timescale()), order.in(),
                        database.dsn()),
                Server.loading())
                .programs(client.folder().toString());
        try (Session to = database.server().session()) {
            LoadingScript loading =
                    new LoadingScript(script, loading(), contents, check.leftBehind(), database, to, MissingRoles.NONE);
            loading.database(manifest.source().creation(), client.major());
            loading.prepare(manifest.isPlain() ? PlainDump.extensionsBefore(to, extensions) : extensions, Set.of(),
                    manifest.isPlain());
            if (manifest.isPlain()) {
                loading.run(order.in());
            } else {
                Archive archive = Archive.open(new Tool(client, console), order.in());
                Schema schema = new Schema(archive, contents, check.leftBehind(),
                        extensions.stream().map(Extensions.Extension::name).toList(), to);
                ArchiveScript parts = new ArchiveScript(script, ShellScript.quoted(order.in().toString()), true,
                        archive.entries(), schema, contents);
                loading.restore(parts, extensions, loading.of(parts), List.of());
            }
        }
        return script.text();
    }

    private MigrationOptions loading() {
        return order.wanted().of(manifest.dump().owners(), manifest.dump().privileges());
    }
}

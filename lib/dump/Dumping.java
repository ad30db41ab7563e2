//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import lib.catalog.ReservedSchemas;
import lib.catalog.Selection;
import lib.catalog.SelfReferences;
import lib.dsn.Dsn;
import lib.preflight.CarriedSettings;
import lib.preflight.DiskSpace;
import lib.preflight.Preflight;
import lib.preflight.Readability;
import lib.preflight.TableChecks;
import lib.preflight.TimescaleSource;
import lib.server.DatabaseIdentity;
import lib.server.Finding;
import lib.server.OldestVersion;
import lib.server.Server;
import lib.server.Session;
import lib.server.Verdict;
import lib.source.Contents;
import lib.source.FrozenSource;
import lib.source.LeftBehind;
import lib.source.PathNeeds;
import lib.source.PausedJobs;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Report;
import lib.talk.ShellScript;
import lib.talk.Steps;
import lib.tools.ClientTools;
import lib.tools.DumpFormat;
import lib.tools.Tool;

/**
 * Dumps a database by itself: nothing is written unless all of it can be read, and what a dump does not hold is named.
 */
public final class Dumping {

    private final Console console;
    private final DumpOrder order;
    private final Server source;
    private final ClientTools.Installation client;
    private final Tool tool;

    /**
     * Connects to the source.
     *
     * @throws Failure when it cannot be connected to, is too old, or there is no pg_dump for it
     */
    public Dumping(Console console, DumpOrder order, Dsn dsn, ClientTools clients) {
        this.console = console;
        this.order = order;
        source = Server.connect(dsn);
        OldestVersion.require(source.side(), source.facts());
        int major = source.facts().major();
        int wanted = order.compression() == null ? 0 : order.compression().clientMajor();
        client = clients.pickOne(Math.max(major, wanted), Integer.MAX_VALUE,
                wanted > major ? "for compression " + order.compression() : "for a source of version " + major);
        tool = new Tool(client, console);
    }

    /** @return a shell script that makes the same dump, without its manifest */
    public String script() {
        ShellScript script = new ShellScript("dump: of %s into %s".formatted(source.dsn(), order.out()), List.of())
                .programs(client.folder().toString());
        Selection selection;
        try (Session session = source.session()) {
            selection = Selection.resolve(session, order.wanted().filters());
        }
        try (FrozenSource frozen =
                FrozenSource
                        .take(source, selection, Set.of(), false, order.wanted().filters().arguments(), tool, console,
                                now -> null)
                        .source()) {
            if (order.format() == DumpFormat.PLAIN) {
                Verdict.of(LoaderLimits.check(frozen.contents(), PathNeeds.NONE, LoaderLimits.PSQL), console,
                        new Report());
            }
            new DumpWriter(order, client, tool, console).print(script, frozen.archive(), frozen.contents());
        }
        return script.text();
    }

    /** Writes the dump. */
    public void run() throws SQLException {
        Steps steps = new Steps(console, new Report());
        Selection selection;
        Optional<Manifest> earlier;
        try (Session session = source.session()) {
            selection = Selection.resolve(session, order.wanted().filters());
            earlier = FinishedDump.find(order, DatabaseIdentity.withoutAddress(session), console);
            if (earlier.isPresent()) {
                steps.run("dump", () -> FinishedDump.text(earlier.get()));
            } else {
                steps.run("checks", () -> Verdict.of(findings(session, selection), console, new Report()));
            }
        }
        Manifest manifest = earlier.isPresent() ? earlier.get()
                : PausedJobs.during(order.wanted().pauseJobs(), source, console, () -> dump(steps, selection));
        Verdict.of(manifest.needs().check(
                manifest.contents().timescale() == null ? "restore-postgres" : "restore-timescale", Set.of(), true),
                console, new Report());
        Contents contents = manifest.contents();
        if (order.format() == DumpFormat.PLAIN) {
            Verdict.of(LoaderLimits.check(contents, manifest.needs(), LoaderLimits.PSQL), console, new Report());
            PlainDump.early(contents).forEach(
                    text -> console.warn("%s: restore-timescale will not take it; use --format directory", text));
        }
        console.say("\"%s\" holds %s, %s, %s", order.out(), Count.of(contents.tables().size(), "table"),
                Count.of(contents.sequences().size(), "sequence"),
                Count.of(contents.objects().stream().filter(object -> object.kind().equals("LARGE OBJECT")).count(),
                        "large object"));
    }

    private Manifest dump(Steps steps, Selection selection) {
        DumpWriter writer = new DumpWriter(order, client, tool, console);
        Cleanup.Task interrupted = Cleanup.onExit(() -> console.warn("interrupted: nothing of the dump is left"));
        try {
            FrozenSource.Taken<Manifest> taken =
                    FrozenSource.take(source, selection, Set.of(), false, order.wanted().filters().arguments(),
                            tool, console,
                            now -> steps.run("dump", () -> writer.write(now, now.contents(), console::begin),
                                    manifest -> DumpFiles.summary(manifest.files())));
            try (FrozenSource frozen = taken.source()) {
                console.explain("the snapshot %s is released", frozen.snapshot().id());
            }
            return taken.read();
        } finally {
            if (!Cleanup.stopping()) {
                interrupted.cancel();
            }
        }
    }

    private List<Finding> findings(Session session, Selection selection) {
        List<Finding> findings = new ArrayList<>(CarriedSettings.acting(source, session));
        findings.addAll(new Readability(session, source.facts().user(), selection).check());
        if (Preflight.go(findings)) {
            findings.addAll(TimescaleSource.check(session, selection, order.wanted().pauseJobs(), false));
        }
        findings.addAll(TableChecks.leftOut(session, source.facts(), selection));
        findings.add(DiskSpace.check(session, selection, order.out()));
        for (LeftBehind.Item item : LeftBehind.find(session, source, true, selection).all()) {
            String text = item.kind() + ": " + item.name() + ": " + item.reason();
            findings.add(item.name().equals(Selection.OWN_SCHEMA) && item.kind().equals(ReservedSchemas.KIND)
                    ? Finding.stop("not in the dump",
                            ReservedSchemas.remedy(item.name(), item.reason()) + ", or dump --exclude-schema "
                                    + item.name(),
                            "%s", text)
                    : Finding.warning(
                            item.kind().equals(SelfReferences.KIND) ? "cannot be restored" : "not in the dump", null,
                            "%s", text));
        }
        return findings;
    }
}

///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/preflight/package-info.java
//MAIN AlignVersion
//DESCRIPTION Make extension versions equal on both sides, or say why they cannot be

import java.sql.SQLException;
import lib.server.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import lib.catalog.Extensions;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.preflight.ExtensionCheck;
import lib.preflight.ExtensionCreation;
import lib.preflight.ExtensionOwners;
import lib.preflight.TimescaleAlignment;
import lib.server.Finding;
import lib.server.Server;
import lib.server.StepFile;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.ShellScript;
import lib.talk.Shown;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "align-version", description = "Make extension versions equal on both sides, or say why they cannot be",
        sortOptions = false,
        synopsisHeading = "%nUsage:%n  ", customSynopsis = "align-version [OPTION]...",
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the target has every extension, less what --leave-out accepted",
                "1:an extension could not be created or updated",
                "2:wrong usage", "3:refused before anything was changed"},
        footer = {"", "Extensions that the target lacks are created there, in the version of the source",
                "or the nearest one. Those that it has are not changed, but for timescaledb: both",
                "sides need the same version. An empty target's is created anew in the source's,",
                "and an update happens on the side that --on names.", "",
                "Examples:", "  align-version --source service=old --target service=new",
                "  align-version --source service=old --target service=new --on source"})
class AlignVersion implements Callable<Integer> {
    private static final String ROW = "%-24s %-12s %-12s %s";

    @Mixin
    Console console;
    @Mixin
    Endpoints endpoints;
    @Option(names = "--leave-out", paramLabel = "NAME", order = 14,
            description = "accept that the target goes without this extension")
    List<String> leaveOut = new ArrayList<>();
    @Option(names = "--on", paramLabel = "SIDE", order = 13,
            description = "update timescaledb on this side, source or target, where the versions differ")
    String on;
    @Option(names = "--dry-run", order = 34,
            description = "change nothing; print a shell script that does the same with psql")
    boolean dryRun;
    @Mixin
    StepFile step;

    public static void main(String... args) {
        System.exit(Console.run(new AlignVersion(), args));
    }

    @Override
    public Integer call() throws SQLException {
        if (on != null && !on.equals("source") && !on.equals("target")) {
            throw Failure.usage("--on must be source or target, got \"%s\"", on);
        }
        Dsn from = endpoints.source(console);
        Dsn to = endpoints.target(console);
        Server source = Server.connect(from);
        Server target = Server.connect(to);
        if (step.isDone(console, source, target)) {
            return Failure.OK;
        }
        List<Extensions.Installed> wanted;
        Extensions before;
        List<TimescaleAlignment.Step> steps;
        try (Session here = source.session(); Session there = target.session()) {
            List<Extensions.Installed> installed = Extensions.installed(here);
            before = Extensions.compare(installed, there, name -> true);
            judge(new ExtensionCheck(here, there, target.facts(), before, leaveOut).beforeAlignment());
            Optional<TimescaleAlignment.Plan> plan = before.all().stream()
                    .filter(extension -> extension.name().equals(TimescaleAlignment.NAME)
                            && !leaveOut.contains(extension.name()))
                    .map(extension -> TimescaleAlignment.of(here, there, extension).plan(Optional.ofNullable(on)))
                    .findFirst();
            creation(before, here, there, target).mayCreate();
            steps = plan.map(TimescaleAlignment.Plan::steps).orElse(List.of());
            wanted = installed.stream()
                    .map(extension -> plan.isPresent() && extension.name().equals(TimescaleAlignment.NAME)
                            ? extension.in(plan.get().version()) : extension)
                    .toList();
        }
        ShellScript script = new ShellScript("align-version: on %s".formatted(to), Server.pinned());
        // An update would end every session that has timescaledb's library loaded.
        for (TimescaleAlignment.Step step : steps) {
            if (dryRun) {
                script.step("timescaledb on the " + step.side() + ", in a session of its own")
                        .sql(ShellScript.Side.of(step.side()), step.statements());
            } else {
                step.run(step.side().equals("source") ? source : target);
            }
        }
        try (Session here = source.session(); Session there = target.session()) {
            Extensions after = Extensions.compare(wanted, there, name -> true);
            warn(owners(after, there, target).check());
            create(creation(after, here, there, target), script);
            table(before.all(), steps);
        }
        if (!dryRun) {
            step.write();
        }
        return Failure.OK;
    }

    /** Their roles come with dump-roles, which goes first. */
    private ExtensionOwners owners(Extensions extensions, Session there, Server target) {
        return new ExtensionOwners(extensions, there, target.facts(), target.dsn().database(), Map.of(), leaveOut);
    }

    private ExtensionCreation creation(Extensions extensions, Session here, Session there, Server target) {
        ExtensionOwners owners = owners(extensions, there, target);
        return new ExtensionCreation(here, there, target, extensions.all().stream()
                .filter(extension -> extension.installed() == null && !leaveOut.contains(extension.name()))
                .map(owners::by).toList());
    }

    private void create(ExtensionCreation creation, ShellScript script) {
        warn(creation.foreignSchemas());
        if (!dryRun) {
            creation.run();
            return;
        }
        List<String> statements = creation.statements().stream().map(Map.Entry::getKey).toList();
        if (statements.isEmpty()) {
            script.step("No extension is to be created");
        } else {
            List<String> all = new ArrayList<>(List.of("BEGIN"));
            all.addAll(statements);
            all.add("COMMIT");
            script.step("Extensions").sql(ShellScript.Side.TARGET, all);
        }
        console.out(Shown.product(script.text()));
    }

    /** Says what was found, and goes on only when nothing stops the work. */
    private void judge(List<Finding> findings) {
        List<Finding> stops = findings.stream().filter(finding -> finding.level() == Finding.Level.STOP).toList();
        // What was accepted to be left out stands in the table.
        warn(findings.stream()
                .filter(finding -> finding.level() == Finding.Level.WARNING && !finding.check().equals("left out"))
                .toList());
        if (stops.size() == 1) {
            throw Failure.refused("%s", stops.get(0).told()).hint("%s", stops.get(0).remedy());
        }
        for (Finding stop : stops) {
            console.error("%s", stop.told());
            console.hint("%s", stop.remedy());
        }
        if (!stops.isEmpty()) {
            throw Failure.refused("%d extensions stand in the way; nothing was changed", stops.size());
        }
    }

    private void warn(List<Finding> findings) {
        for (Finding finding : findings) {
            console.warn("%s", finding.told());
            if (finding.fix() != null) {
                console.hint("%s", finding.remedy());
            }
        }
    }

    private void table(List<Extensions.Extension> extensions, List<TimescaleAlignment.Step> steps) {
        line(ROW.formatted("extension", "source", "target", "result"));
        for (Extensions.Extension extension : extensions) {
            String has = extension.installed() == null ? "-" : extension.installed();
            line(ROW.formatted(extension.name(), extension.version(), has, result(extension, steps)));
        }
    }

    private String result(Extensions.Extension extension, List<TimescaleAlignment.Step> steps) {
        if (leaveOut.contains(extension.name())) {
            return "left out";
        } else if (extension.name().equals(TimescaleAlignment.NAME) && !steps.isEmpty()) {
            return steps.stream().map(TimescaleAlignment.Step::result)
                    .collect(Collectors.joining(", ", dryRun ? "to be " : "", ""));
        }
        return extension.installed() == null ? (dryRun ? "to be created: " : "created: ") + extension.chosen()
                : extension.same() ? "equal" : "not changed";
    }

    /** With --dry-run, stdout is for a script that can be pasted. */
    private void line(String text) {
        if (dryRun) {
            console.say("%s", text);
        } else {
            console.out("%s", text);
        }
    }
}

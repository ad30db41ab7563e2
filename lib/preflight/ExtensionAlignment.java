//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import lib.catalog.Extensions;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionSettings;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ShellScript;
import lib.timescale.TimescaleExtension;

/**
 * Makes the versions of the extensions equal on both sides: creates those that the target lacks, and gives timescaledb
 * the same version. What was found on the way is said on the console.
 */
public final class ExtensionAlignment {
    private static final String ROW = "%-24s %-12s %-12s %s";

    private final Console console;
    private final Server source;
    private final Server target;
    private final Collection<String> leaveOut;
    private final Extensions before;
    private final List<TimescaleAlignment.Step> steps;
    private final List<Extensions.Installed> wanted;

    /**
     * Asks both sides, and changes nothing.
     *
     * @param leaveOut the extensions that the target may go without
     * @param on the side on which timescaledb may be updated, if any
     * @throws Failure when the versions cannot be made equal
     */
    public ExtensionAlignment(Console console, Server source, Server target, Collection<String> leaveOut,
            Optional<String> on) {
        this.console = console;
        this.source = source;
        this.target = target;
        this.leaveOut = leaveOut;
        try (Session here = source.session(); Session there = target.session()) {
            List<Extensions.Installed> installed = Extensions.installed(here);
            before = Extensions.compare(installed, there, name -> true);
            judge(new ExtensionCheck(here, there, target.facts(), before, leaveOut).beforeAlignment());
            Optional<TimescaleAlignment.Plan> plan = before.all().stream()
                    .filter(extension -> extension.name().equals(TimescaleExtension.NAME)
                            && !leaveOut.contains(extension.name()))
                    .map(extension -> TimescaleAlignment.of(here, there, extension).plan(on))
                    .findFirst();
            creation(before, here, there).mayCreate();
            steps = plan.map(TimescaleAlignment.Plan::steps).orElse(List.of());
            wanted = installed.stream()
                    .map(extension -> plan.isPresent() && extension.name().equals(TimescaleExtension.NAME)
                            ? extension.in(plan.get().version()) : extension)
                    .toList();
        }
    }

    /**
     * Changes the version of timescaledb where it has to be, then creates the extensions.
     *
     * @throws Failure when nothing was changed; step, when one side has the other version already
     */
    public void run() {
        List<String> changed = new ArrayList<>();
        try {
            for (TimescaleAlignment.Step step : steps) {
                // An update would end every session that has timescaledb's library loaded.
                step.run(step.side().equals("source") ? source : target, console);
                changed.add(step.result());
            }
            try (Session here = source.session(); Session there = target.session()) {
                creation(here, there).run(console);
            }
        } catch (Failure e) {
            throw changed.isEmpty() ? e
                    : e.hint("%stimescaledb stays as it is now (%s); run align-version again",
                            new Printable(e.hint() == null ? "" : e.hint() + "\n"), String.join(", ", changed));
        }
    }

    /** @return what {@link #run} does, as a shell script that does it with psql */
    public String script() {
        ShellScript script = new ShellScript("align-version: on %s".formatted(target.dsn()), SessionSettings.PINNED);
        for (TimescaleAlignment.Step step : steps) {
            script.step("timescaledb on the " + step.side() + ", in a session of its own")
                    .sql(ShellScript.Side.of(step.side()), step.statements());
        }
        try (Session here = source.session(); Session there = target.session()) {
            List<String> statements =
                    creation(here, there).statements().stream().map(Map.Entry::getKey).toList();
            if (statements.isEmpty()) {
                return script.step("No extension has to be created").text();
            }
            List<String> all = new ArrayList<>(List.of("BEGIN"));
            all.addAll(statements);
            all.add("COMMIT");
            return script.step("Extensions").sql(ShellScript.Side.TARGET, all).text();
        }
    }

    /** The extensions that are to be created once timescaledb has its version; what they lack there is said. */
    private ExtensionCreation creation(Session here, Session there) {
        Extensions after = Extensions.compare(wanted, there, name -> true);
        warn(owners(after, there).check());
        ExtensionCreation creation = creation(after, here, there);
        warn(creation.foreignSchemas());
        return creation;
    }

    private ExtensionCreation creation(Extensions extensions, Session here, Session there) {
        ExtensionOwners owners = owners(extensions, there);
        return new ExtensionCreation(here, there, target, extensions.all().stream()
                .filter(extension -> extension.installed() == null && !leaveOut.contains(extension.name()))
                .map(owners::by).toList());
    }

    /** The roles of the owners come with dump-roles, which is run first. */
    private ExtensionOwners owners(Extensions extensions, Session there) {
        return new ExtensionOwners(extensions, there, target.facts(), target.database(), Map.of(), leaveOut);
    }

    /** Says what was found, and goes on only when nothing stops the work. */
    private void judge(List<Finding> findings) {
        List<Finding> stops = findings.stream().filter(finding -> finding.level() == Finding.Level.STOP).toList();
        // What was accepted to be left out stands in the table.
        warn(findings.stream()
                .filter(finding -> finding.level() == Finding.Level.WARNING && !finding.check().equals("left out"))
                .toList());
        if (stops.size() == 1) {
            throw Failure.of("%s", stops.get(0).message()).hint("%s", stops.get(0).remedy());
        }
        for (Finding stop : stops) {
            console.error("%s", stop.message());
            console.hint("%s", stop.remedy());
        }
        if (!stops.isEmpty()) {
            throw Failure.of("%d extensions prevent the migration; nothing was changed", stops.size());
        }
    }

    private void warn(List<Finding> findings) {
        for (Finding finding : findings) {
            console.warn("%s", finding.message());
            if (finding.fix() != null) {
                console.hint("%s", finding.remedy());
            }
        }
    }

    /**
     * @param done whether the changes were made, or are still to be made
     * @return a line for each extension of the source, after a heading
     */
    public List<String> table(boolean done) {
        List<String> lines = new ArrayList<>(List.of(ROW.formatted("extension", "source", "target", "result")));
        for (Extensions.Extension extension : before.all()) {
            String has = extension.installed() == null ? "-" : extension.installed();
            lines.add(ROW.formatted(extension.name(), extension.version(), has, result(extension, done)));
        }
        return lines;
    }

    private String result(Extensions.Extension extension, boolean done) {
        if (leaveOut.contains(extension.name())) {
            return "left out";
        } else if (extension.name().equals(TimescaleExtension.NAME) && !steps.isEmpty()) {
            return steps.stream().map(TimescaleAlignment.Step::result)
                    .collect(Collectors.joining(", ", done ? "" : "to be ", ""));
        }
        return extension.installed() == null ? (done ? "created: " : "to be created: ") + extension.chosen()
                : extension.same() ? "equal" : "not changed";
    }
}

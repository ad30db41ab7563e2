///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/journal/package-info.java ../lib/verify/package-info.java
//MAIN Verify
//DESCRIPTION Compare two databases, objects and rows, and list every difference

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import lib.catalog.Filters;
import lib.catalog.Selection;
import lib.compare.ComparedRows;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.facts.Difference;
import lib.journal.Memberships;
import lib.server.OldestVersion;
import lib.server.SameDatabase;
import lib.server.Server;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.Snapshot;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ProgressLine;
import lib.verify.DifferenceTable;
import lib.verify.UnavoidableDifferences;
import lib.verify.UndecidedRelation;
import lib.verify.Verification.Level;
import lib.verify.Verification;
import lib.verify.VerificationScript;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "verify", description = "Compare two databases, objects and rows, and list every difference",
        sortOptions = false,
        synopsisHeading = "%nUsage:%n  ", customSynopsis = "verify [OPTION]...", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything of the source is on the target", "1:the comparison could not be finished",
                "2:wrong usage",
                "3:a side cannot be compared or reached", "4:there are differences", "130:interrupted by Ctrl-C",
                "143:ended by SIGTERM"},
        footer = {"", "What exists only on the target is not a difference. Nothing is changed for good:",
                "memberships of --join-owners are revoked at the end, and a materialized view of",
                "the target that differs is refreshed in a transaction that is rolled back.", "",
                "Example:", "  verify --source postgresql://app@old/shop --target postgresql://app@new/shop \\",
                "         --level counts"})
class Verify implements Callable<Integer> {
    @Option(names = "--level", paramLabel = "LEVEL", order = 10, defaultValue = "checksums",
            description = "compare objects, counts (also numbers of rows), sample (also contents, of large tables "
                    + "some) or "
                    + "checksums (all contents; default)")
    String level;
    @Option(names = {"-j", "--jobs"}, paramLabel = "NUM", order = 11, defaultValue = "4",
            description = "compare this many tables at a time (default: ${DEFAULT-VALUE})")
    int jobs;
    @Option(names = "--permitted", order = 12,
            description = "ignore differences that only a superuser of the target could have avoided")
    boolean permitted;
    @Option(names = "--join-owners", order = 13,
            description = "join the roles that own objects of the target for the run, to read their tables")
    boolean joinOwners;
    @Option(names = "--dry-run", order = 34,
            description = "compare nothing; print a shell script that runs the same queries with psql")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    Filters filters;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        if (jobs < 1) {
            throw Failure.usage("--jobs must be at least 1, not \"%d\"", jobs);
        }
        Level wanted = Level.of(level);
        Dsn from = endpoints.source(console);
        Dsn to = endpoints.target(console);
        Server source = connect(from);
        Server target = connect(to);
        Selection selection = selection(source);
        if (dryRun) {
            console.out(Printable.multiline(new VerificationScript(source, target, selection).text(wanted)));
            return Failure.OK;
        }
        SameDatabase.refuse(source, target);
        Predicate<Difference> unexpected = permitted ? permitted(source, target).negate() : difference -> true;
        Memberships joined = joinOwners ? Memberships.ofOwners(target, console) : null;
        try (joined; Snapshot snapshot = Snapshot.take(source, selection, console)) {
            return compare(new Verification(snapshot, ComputingSessions.on(target, endpoints.environment(), console),
                    selection, console, jobs), wanted, unexpected);
        }
    }

    private static Server connect(Dsn dsn) {
        Server server = Server.connect(dsn);
        OldestVersion.require(server.side(), server.facts());
        return server;
    }

    private Selection selection(Server source) {
        try (Session session = source.session()) {
            return Selection.resolve(session, filters);
        }
    }

    private static Predicate<Difference> permitted(Server source, Server target) {
        try (Session ours = source.session(); Session theirs = target.session()) {
            return UnavoidableDifferences.of(source, ours, target, theirs)::covers;
        }
    }

    private int compare(Verification verification, Level wanted, Predicate<Difference> unexpected) {
        List<Difference> differences;
        ProgressLine line = console.progress(verification::state);
        try {
            differences = verification.run(wanted).stream().filter(unexpected).toList();
        } finally {
            line.close();
        }
        DifferenceTable.lines(differences, console.verbose()).forEach(text -> console.out("%s", text));
        List<UndecidedRelation> undecided = verification.undecided();
        undecided.forEach(relation -> console.warn("not decided: %s", relation));
        ComparedRows rows = verification.compared();
        String compared = wanted == Level.OBJECTS ? "objects" : rows.text();
        if (differences.isEmpty()) {
            console.say("%s compared%s: no differences%s", compared,
                    wanted == Level.SAMPLE ? " (" + rows.contents() + ")" : "",
                    undecided.isEmpty() ? "" : ", " + undecided.size() + " not decided");
            return Failure.OK;
        }
        console.say("%s compared", compared);
        throw Failure.differences("%s", Count.of(differences.size(), "difference"));
    }

    public static void main(String... args) {
        System.exit(Console.run(new Verify(), args));
    }
}

///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:MaxRAMPercentage=60 -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/preflight/package-info.java
//MAIN PreflightCheck
//DESCRIPTION Look at both servers and say whether a migration can go ahead

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import lib.catalog.Filters;
import lib.catalog.MigrationOptions;
import lib.catalog.QueryScript;
import lib.catalog.Selection;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.preflight.Preflight;
import lib.roles.TargetKindOption;
import lib.rows.Parallelism;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.talk.Attempt;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.OutputFile;
import lib.talk.Printable;
import lib.tools.ClientTools;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "preflight", description = "Look at both servers and say whether a migration can go ahead",
        sortOptions = false,
        customSynopsis = "preflight [OPTION]...", synopsisHeading = "%nUsage:%n  ", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:go", "2:wrong usage", "3:no-go, or a side cannot be reached or asked",
                "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "Nothing is changed on either side. Each finding is one line; a stop or a warning",
                "is followed by its remedy, if there is one.", "",
                "Example:", "  preflight --source postgresql://app@old/shop \\",
                "            --target postgresql://app@new/shop", ""})
class PreflightCheck implements Callable<Integer> {
    private static final List<String> NO_QUESTIONS = List.of(
            "What is no question to a server: which client programs are installed on this machine.",
            "Whether both sides are one database is seen from a lock that lasts as long as its session, which ends "
                    + "here with the block.",
            "A target that is yet to be created is asked through another database of its server, which TARGET must "
                    + "name then.");

    @Option(names = {"-j", "--jobs"}, paramLabel = "NUM", order = 10,
            description = "how many tables the migration will copy at once (default: as migrate chooses)")
    Integer jobs;
    @Option(names = "--create-database", order = 11,
            description = "the migration will create the target's database if it is missing")
    boolean createDatabase;
    @Option(names = "--restart", order = 12, description = "the migration will first remove what a failed run created")
    boolean restart;
    @Option(names = "--pause-jobs", order = 13,
            description = "the migration will keep TimescaleDB's jobs on the source from running")
    boolean pauseJobs;
    @Option(names = "--leave-out", paramLabel = "CLASS|NAME", order = 14,
            description = "accept that this cannot be carried and stays behind")
    List<String> leaveOut = new ArrayList<>();
    @Option(names = "--grant-anyway", paramLabel = "ROLE", order = 14,
            description = "grant this role of the target, and let it own code, even where it can do more than on "
                    + "the source")
    List<String> grantAnyway = new ArrayList<>();
    @Option(names = "--no-owner", order = 30,
            description = "the migration will make the connecting user the owner of everything")
    boolean noOwner;
    @Option(names = "--client-needed", paramLabel = "FILE", hidden = true,
            description = "write to this file which major version of the client programs is missing, if any: a "
                    + "line for programs")
    Path clientNeeded;
    @Option(names = "--dry-run", order = 34,
            description = "check nothing; print a shell script that runs the same queries with psql")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    TargetKindOption kind;
    @Mixin
    Filters filters;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        if (jobs != null && jobs < 1) {
            throw Failure.usage("--jobs must be at least 1, got %d", jobs);
        }
        // It never begins to change anything, so that whatever fails is a refusal.
        new Attempt(console, "both sides are unchanged").run(this::check);
        return Failure.OK;
    }

    private void check() {
        Dsn sourceDsn = endpoints.source(console);
        Dsn targetDsn = endpoints.target(console);
        Server source = Server.connect(sourceDsn);
        TargetDatabase target = TargetDatabase.connect(targetDsn, createDatabase);
        try (Session from = source.session(); Session to = target.server().session()) {
            List<Finding> findings = new ArrayList<>();
            Runnable asking = () -> {
                int workers = Parallelism.of(jobs == null ? 0 : jobs, from, to, pauseJobs, console).workers();
                MigrationOptions wanted =
                        new MigrationOptions(filters, workers, leaveOut, grantAnyway, createDatabase, restart, noOwner,
                                false,
                                pauseJobs, kind.given());
                Preflight preflight = new Preflight(source, from, target, to, wanted,
                        Selection.resolve(from, filters), console);
                preflight.begin(ClientTools.find(endpoints.environment()));
                findings.addAll(preflight.run());
                if (clientNeeded != null && preflight.neededClient() != null) {
                    new OutputFile(clientNeeded, true).write(preflight.neededClient() + "\n");
                }
            };
            if (dryRun) {
                List<Session.Asked> asked = Collections.synchronizedList(new ArrayList<>());
                from.record(asked);
                to.record(asked);
                asking.run();
                console.out(Printable.multiline(
                        new QueryScript("preflight: of %s and %s".formatted(source.dsn(), target.server().dsn()),
                                NO_QUESTIONS)
                                .ask(asked).text()));
                return;
            }
            asking.run();
            for (Finding finding : findings) {
                console.out("%-8s %-18s %s", finding.level().word(), finding.check(), finding.message());
                if (finding.fix() != null) {
                    console.out("%-8s %-18s   fix: %s", "", "", finding.remedy());
                }
            }
            long stops = findings.stream().filter(finding -> finding.level() == Finding.Level.STOP).count();
            if (stops > 0) {
                throw Failure.refused("no-go: %d finding(s) stop a migration", stops);
            }
            console.out("go");
        }
    }

    public static void main(String... args) {
        System.exit(Console.run(new PreflightCheck(), args));
    }
}

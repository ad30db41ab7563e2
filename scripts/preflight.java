///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:MaxRAMPercentage=60 -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/preflight/package-info.java
//MAIN PreflightCheck
//DESCRIPTION Look at both servers and say whether a migration can go ahead

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lib.catalog.Filters;
import lib.catalog.MigrationOptions;
import lib.convert.Conversions;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.nodes.DataNodeOption;
import lib.preflight.PreflightRun;
import lib.preflight.ProposalRun;
import lib.roles.TargetKindOption;
import lib.server.Server;
import lib.server.TargetDatabase;
import lib.talk.Attempt;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.OutputFile;
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
    @Option(names = {"-j", "--jobs"}, paramLabel = "NUM", order = 10,
            description = "how many tables the migration will copy at once (default: as migrate chooses)")
    Integer jobs;
    @Option(names = "--create-database", order = 11,
            description = "the migration will create the target's database if it is missing")
    boolean createDatabase;
    @Option(names = "--resume", order = 12, description = "the migration will go on where a failed run ended")
    boolean resume;
    @Option(names = "--restart", order = 12, description = "the migration will first remove what a failed run created")
    boolean restart;
    @Option(names = "--pause-jobs", order = 13,
            description = "the migration will keep TimescaleDB's jobs on the source from running")
    boolean pauseJobs;
    @Option(names = "--rebuild", order = 13,
            description = "the migration will make hypertables anew, so that TimescaleDB's versions need not be equal")
    boolean rebuild;
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
    @Option(names = "--hypertables", paramLabel = "FILE", order = 31,
            description = "the tables that the migration will make hypertables, and how (see docs/hypertables.md)")
    Path hypertables;
    @Option(names = "--propose-hypertables", paramLabel = "FILE", order = 31,
            description = "check nothing; write to this file which tables could become hypertables, and how")
    Path propose;
    @Option(names = "--proposal-memory", paramLabel = "SIZE", order = 32,
            description = "the memory of the target's server, for the chunk intervals of a proposal, such as 64GB "
                    + "(default: 4 times its shared_buffers)")
    String memory;
    @Option(names = "--proposal-tables", paramLabel = "SIZE", order = 32,
            description = "the size from which a table is looked at for a proposal, with its indexes (default: 100MB)")
    String least;
    @Option(names = "--overwrite", order = 33, description = "replace the file of --propose-hypertables if it exists")
    boolean overwrite;
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
    DataNodeOption dataNodes;
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
        if (propose != null && (dryRun || hypertables != null)) {
            throw Failure.usage("--propose-hypertables checks nothing: use it without %s",
                    dryRun ? "--dry-run" : "--hypertables");
        } else if (propose == null && (memory != null || least != null || overwrite)) {
            throw Failure.usage("--proposal-memory, --proposal-tables and --overwrite are for --propose-hypertables");
        }
        // It never begins to change anything, so that whatever fails is a refusal.
        new Attempt(console, "both sides are unchanged").run(this::check);
        return Failure.OK;
    }

    private void check() {
        Conversions conversions = hypertables == null ? null : Conversions.read(hypertables);
        ProposalRun proposal = propose == null ? null : ProposalRun.of(propose, overwrite, memory, least);
        Dsn from = endpoints.source(console);
        Dsn to = endpoints.target(console);
        if (proposal != null) {
            proposal.write(Server.connect(from), TargetDatabase.connect(to, false).server(), filters, console);
            return;
        }
        PreflightRun run = new PreflightRun(Server.connect(from), TargetDatabase.connect(to, createDatabase),
                new MigrationOptions(filters, jobs == null ? 0 : jobs, leaveOut, grantAnyway, createDatabase, restart,
                        resume, false,
                        noOwner, false, pauseJobs, rebuild, kind.given()),
                console).converting(conversions).dataNodes(dataNodes.connections());
        if (dryRun) {
            console.out(run.script(endpoints.environment()));
            return;
        }
        PreflightRun.Answer answer = run.ask(endpoints.environment());
        if (clientNeeded != null && answer.neededClient() != null) {
            new OutputFile(clientNeeded, true).write(answer.neededClient() + "\n");
        }
        answer.print(console);
    }

    public static void main(String... args) {
        System.exit(Console.run(new PreflightCheck(), args));
    }
}

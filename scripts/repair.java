///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/load/package-info.java
//MAIN RepairCommand
//DESCRIPTION Find and mend what an aborted migration has left behind

import java.util.concurrent.Callable;
import lib.dsn.Endpoints;
import lib.load.Discard;
import lib.load.Repair;
import lib.server.Server;
import lib.source.MovedJobsRepair;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "repair", description = "Find and mend what an aborted migration has left behind", sortOptions = false,
        customSynopsis = "repair [OPTION]...", synopsisHeading = "%nUsage:%n  ",
        optionListHeading = "%nOptions:%n", exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:nothing is left to mend", "1:something could not be mended", "2:wrong usage",
                "3:a migration is at work there, or the server cannot be reached", "130:interrupted by Ctrl-C",
                "143:ended by SIGTERM"},
        footer = {"", "Checks the sides that are given: the target for restoring mode that was left on",
                "and memberships that were granted, the source for jobs that were paused. A",
                "migration restores all that by itself however it ends, unless it is killed with",
                "kill -9. With what it has loaded by then migrate --resume goes on; --discard",
                "removes it.", "",
                "Example:", "  repair --source service=old --target postgresql://tsdbadmin@new/tsdb", ""})
class RepairCommand implements Callable<Integer> {
    @Option(names = "--discard", order = 10,
            description = "leave the target as it was before an interrupted migration: remove what that has made")
    boolean discard;
    @Option(names = "--dry-run", order = 33,
            description = "change nothing; print a shell script that does the same with psql")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        if (discard && (dryRun || !endpoints.hasTarget())) {
            throw Failure.usage("--discard is for a target, and has no --dry-run");
        }
        if (endpoints.hasSource()) {
            MovedJobsRepair jobs = new MovedJobsRepair(Server.connect(endpoints.source(console)));
            if (dryRun) {
                console.out(jobs.script());
            } else {
                jobs.run(console, done -> console.out("%s", done));
            }
        }
        if (endpoints.hasTarget() || !endpoints.hasSource()) {
            Server target = Server.connect(endpoints.target(console));
            Repair load = new Repair(target);
            if (discard && new Discard(target).run(console)) {
                return Failure.OK;
            }
            if (dryRun) {
                console.out(Printable.multiline(load.script()));
            } else {
                load.run(console, done -> console.out("%s", done));
            }
        }
        return Failure.OK;
    }

    public static void main(String... args) {
        System.exit(Console.run(new RepairCommand(), args));
    }
}

///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/load/package-info.java
//MAIN RepairCommand
//DESCRIPTION Find and mend what an aborted migration has left behind

import java.sql.SQLException;
import java.util.concurrent.Callable;
import lib.dsn.Endpoints;
import lib.load.Repair;
import lib.server.Server;
import lib.server.Session;
import lib.source.PausedJobs;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ShellScript;
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
                "kill -9. What it has loaded by then is removed by migrate --restart.", "",
                "Example:", "  repair --source service=old --target postgresql://tsdbadmin@new/tsdb", ""})
class RepairCommand implements Callable<Integer> {
    @Option(names = "--dry-run", order = 33,
            description = "change nothing; print a shell script that does the same with psql")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        if (endpoints.hasSource()) {
            source(Server.connect(endpoints.source(console)));
        }
        if (endpoints.hasTarget() || !endpoints.hasSource()) {
            target(new Repair(Server.connect(endpoints.target(console))));
        }
        return Failure.OK;
    }

    private void source(Server source) {
        try (Session session = source.session()) {
            if (dryRun) {
                ShellScript script = new ShellScript("repair: the jobs of %s".formatted(source.dsn()), Server.pinned());
                console.out(Printable.multiline((PausedJobs.exists(session)
                        ? script.step("Jobs that were paused").sql(ShellScript.Side.SOURCE, PausedJobs.plan(session))
                        : script.step("No job is paused")).text()));
            } else if (!PausedJobs.exists(session)) {
                PausedJobs.foreignRecord(session).ifPresent(refusal -> {
                    throw refusal;
                });
                console.out("source: nothing to mend");
            } else {
                PausedJobs.restore(session).forEach(done -> console.out("source: %s", done));
            }
        }
    }

    private void target(Repair repair) {
        if (dryRun) {
            console.out(Printable.multiline(repair.script()));
        } else if (!repair.run(console, done -> console.out("%s", done))) {
            console.out("%s", repair.halfLoaded()
                    ? "target: nothing to mend; what an interrupted run has loaded is removed by the same command "
                            + "again with --restart"
                    : "target: nothing to mend");
        }
    }

    public static void main(String... args) {
        System.exit(Console.run(new RepairCommand(), args));
    }
}

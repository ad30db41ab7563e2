///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/journal/package-info.java
//MAIN StatusCommand
//DESCRIPTION Say where the migration into a database stands

import java.util.concurrent.Callable;
import lib.dsn.Endpoints;
import lib.journal.StatusReport;
import lib.server.Server;
import lib.talk.Console;
import lib.talk.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "status", description = "Say where the migration into a database stands", sortOptions = false,
        modelTransformer = Endpoints.TargetOnly.class, customSynopsis = "status [OPTION]...",
        synopsisHeading = "%nUsage:%n  ", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the target has answered, also where no run is known", "2:wrong usage",
                "3:the target cannot be reached or asked, or what is there is not to be trusted",
                "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "Reads on the target what the run has written down there, from any machine, as the",
                "user that it runs as. Nothing is changed.", "",
                "Example:", "  status --target postgresql://app@new/shop", ""})
class StatusCommand implements Callable<Integer> {
    @Option(names = "--json", order = 13, description = "print the same as JSON")
    boolean json;
    @Option(names = "--dry-run", order = 34,
            description = "print a shell script that runs the same queries with psql")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        Server target = Server.connectToStay(endpoints.target(console));
        if (dryRun) {
            console.out(StatusReport.script(target));
        } else {
            StatusReport report = StatusReport.of(target);
            console.out(json ? report.json() : report.lines());
        }
        return Failure.OK;
    }

    public static void main(String... args) {
        System.exit(Console.run(new StatusCommand(), args));
    }
}

///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/preflight/package-info.java
//MAIN AlignVersion
//DESCRIPTION Make extension versions equal on both sides, or say why they cannot be

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.preflight.ExtensionAlignment;
import lib.server.Server;
import lib.server.StepFile;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
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
                "2:wrong usage", "3:refused before anything was changed",
                "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "Extensions that the target lacks are created there, in the version of the source",
                "or the nearest one. Those that it has are not changed, except timescaledb, which",
                "needs the same version on both sides: on an empty target it is created anew in",
                "the version of the source; --on allows an update on one side.", "",
                "Examples:", "  align-version --source service=old --target service=new",
                "  align-version --source service=old --target service=new --on source"})
class AlignVersion implements Callable<Integer> {
    @Option(names = "--on", paramLabel = "SIDE", order = 13,
            description = "update timescaledb on this side, source or target, where the versions differ")
    String on;
    @Option(names = "--leave-out", paramLabel = "NAME", order = 14,
            description = "accept that the target goes without this extension")
    List<String> leaveOut = new ArrayList<>();
    @Option(names = "--dry-run", order = 34,
            description = "change nothing; print a shell script that does the same with psql")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    StepFile step;
    @Mixin
    Console console;

    @Override
    public Integer call() {
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
        ExtensionAlignment alignment =
                new ExtensionAlignment(console, source, target, leaveOut, Optional.ofNullable(on));
        if (dryRun) {
            console.out(Printable.multiline(alignment.script()));
            // Standard output is for a script that can be pasted.
            alignment.table(false).forEach(line -> console.say("%s", line));
        } else {
            alignment.run();
            alignment.table(true).forEach(line -> console.out("%s", line));
            step.write();
        }
        return Failure.OK;
    }

    public static void main(String... args) {
        System.exit(Console.run(new AlignVersion(), args));
    }
}

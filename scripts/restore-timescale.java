///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/dump/package-info.java
//MAIN RestoreTimescale
//DESCRIPTION Restore a dump into a TimescaleDB database, in parallel

import java.sql.SQLException;
import java.util.concurrent.Callable;
import lib.dsn.Endpoints;
import lib.dump.RestoreOptions;
import lib.talk.Console;
import lib.talk.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "restore-timescale", description = "Restore a dump into a TimescaleDB database, in parallel",
        sortOptions = false,
        modelTransformer = Endpoints.TargetOnly.class, customSynopsis = "restore-timescale [OPTION]... DUMP",
        synopsisHeading = "%nUsage:%n  ", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything in the dump arrived, less what --leave-out accepted",
                "1:a step failed after work had begun", "2:wrong usage",
                "3:refused before anything was changed", "4:something that the manifest names is missing",
                "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "DUMP is what the command dump has written, with its manifest beside it; both",
                "are checked before the target is touched. TimescaleDB's version must be the same",
                "as the source's. Its restoring mode is on while rows arrive, and off afterwards,",
                "however the command ends.", "",
                "Example:", "  restore-timescale --target postgresql://tsdbadmin@new/tsdb --jobs 4 plant", ""})
class RestoreTimescale implements Callable<Integer> {
    @Mixin
    Endpoints endpoints;
    @Mixin
    RestoreOptions options;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        options.restore(endpoints, console, true);
        return Failure.OK;
    }

    public static void main(String... args) {
        System.exit(Console.run(new RestoreTimescale(), args));
    }
}

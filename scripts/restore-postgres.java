///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/dump/package-info.java
//MAIN RestorePostgres
//DESCRIPTION Restore a dump into a PostgreSQL database, in parallel

import java.sql.SQLException;
import java.util.concurrent.Callable;
import lib.dsn.Endpoints;
import lib.dump.RestoreOptions;
import lib.talk.Console;
import lib.talk.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "restore-postgres", description = "Restore a dump into a PostgreSQL database, in parallel",
        sortOptions = false,
        modelTransformer = Endpoints.TargetOnly.class, customSynopsis = "restore-postgres [OPTION]... DUMP",
        synopsisHeading = "%nUsage:%n  ", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything in the dump arrived, less what --leave-out accepted",
                "1:a step failed after work had begun", "2:wrong usage",
                "3:refused before anything was changed", "4:something that the manifest names is missing",
                "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "DUMP is what the command dump has written, with its manifest beside it; both",
                "are checked before the target is touched.", "",
                "Example:", "  restore-postgres --target postgresql://app@new/shop --jobs 4 shop", ""})
class RestorePostgres implements Callable<Integer> {
    @Mixin
    Endpoints endpoints;
    @Mixin
    RestoreOptions options;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        options.restore(endpoints, console, false);
        return Failure.OK;
    }

    public static void main(String... args) {
        System.exit(Console.run(new RestorePostgres(), args));
    }
}

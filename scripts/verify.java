///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/verify/package-info.java
//MAIN Verify
//DESCRIPTION Compare two databases, objects and rows, and list every difference

import java.util.concurrent.Callable;
import lib.catalog.Filters;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.server.Server;
import lib.talk.Console;
import lib.talk.Failure;
import lib.verify.DatabaseComparison;
import lib.verify.Verification.Level;
import lib.verify.Verification;
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
    @Option(names = "--rebuild", order = 14,
            description = "expect hypertables that were made anew by migrate --rebuild, also of the same version")
    boolean rebuild;
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
        Verification.Level wanted = Verification.Level.of(level);
        Dsn from = endpoints.source(console);
        Dsn to = endpoints.target(console);
        DatabaseComparison comparison = new DatabaseComparison(Server.connect(from), Server.connect(to),
                new DatabaseComparison.Order(filters, wanted, jobs, permitted, joinOwners, rebuild), console);
        if (dryRun) {
            console.out(comparison.script());
        } else {
            comparison.run(endpoints.environment());
        }
        return Failure.OK;
    }

    public static void main(String... args) {
        System.exit(Console.run(new Verify(), args));
    }
}

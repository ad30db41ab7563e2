///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/ClientTools.java ../lib/Console.java ../lib/Dsn.java ../lib/Endpoints.java ../lib/Failure.java
//SOURCES ../lib/Report.java ../lib/Restoration.java ../lib/RestoreCheck.java
//MAIN RestorePostgres
//DESCRIPTION Restore a dump into a PostgreSQL database, in parallel

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lib.ClientTools;
import lib.Console;
import lib.Dsn;
import lib.Endpoints;
import lib.Failure;
import lib.Report;
import lib.Restoration;
import lib.RestoreCheck;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "restore-postgres", description = "Restore a dump into a PostgreSQL database, in parallel", sortOptions = false,
        modelTransformer = Endpoints.TargetOnly.class, customSynopsis = "restore-postgres [OPTION]... DUMP", synopsisHeading = "%nUsage:%n  ", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything in the dump arrived, less what --leave-out accepted", "1:a step failed after work had begun", "2:wrong usage",
            "3:refused before anything was changed", "4:something that the manifest names is missing", "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "DUMP is what the command dump has written, with its manifest beside it; both", "are checked before the target is touched.", "",
            "Example:", "  restore-postgres --target postgresql://app@new/shop --jobs 4 shop", ""})
class RestorePostgres implements Callable<Integer> {
    @CommandLine.Parameters(paramLabel = "DUMP", description = "the file or folder of the dump")
    Path in;
    @Mixin
    Endpoints endpoints = new Endpoints();
    @Option(names = {"-j", "--jobs"}, paramLabel = "NUM", order = 10, defaultValue = "4",
            description = "load and index this many tables at once (default: 4)")
    int jobs;
    @Option(names = "--create-database", order = 11, description = "create the target's database if it is missing, like the source's")
    boolean createDatabase;
    @Option(names = "--restart", order = 12, description = "first remove from the target what a failed run made there")
    boolean restart;
    @Option(names = "--leave-out", paramLabel = "CLASS|NAME", order = 14, description = "accept that this cannot be restored and stays behind")
    List<String> leaveOut = new ArrayList<>();
    @Option(names = "--no-owner", order = 30, description = "leave everything to the connecting user")
    boolean noOwner;
    @Option(names = {"-x", "--no-privileges"}, order = 31, description = "do not restore privileges (grant/revoke)")
    boolean noPrivileges;
    @Option(names = "--dry-run", order = 33, description = "print the commands and the SQL that would be run, and change nothing")
    boolean dryRun;
    @Mixin
    Console console = new Console();

    @Override
    public Integer call() {
        if (jobs < 1) {
            throw Failure.usage("--jobs must be at least 1, got %d", jobs);
        }
        if (!Files.exists(in)) {
            throw Failure.usage("\"%s\" does not exist", in);
        }
        Dsn target = endpoints.target(console);
        RestoreCheck.Order order = new RestoreCheck.Order(in, jobs, leaveOut, createDatabase, restart, noOwner, noPrivileges);
        Restoration restoration = new Restoration(console, order);
        ClientTools clients = ClientTools.find(endpoints.environment());
        if (dryRun) {
            restoration.plan(target, clients).forEach(line -> console.out("%s", line));
        } else {
            restore(restoration, target, clients);
        }
        return Failure.OK;
    }

    private void restore(Restoration restoration, Dsn target, ClientTools clients) {
        try {
            restoration.run(target, clients);
        } finally {
            if (restoration.complete()) {
                Report report = restoration.report();
                (console.quiet() ? report.lines() : report.outline()).forEach(line -> console.out("%s", line));
            }
        }
    }

    public static void main(String[] args) {
        System.exit(Console.run(new RestorePostgres(), args));
    }
}

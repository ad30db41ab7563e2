///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/dump/package-info.java
//MAIN Dump
//DESCRIPTION Dump a database with a manifest that says what is in it

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import lib.catalog.Filters;
import lib.catalog.MigrationOptions;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.dump.DumpOrder;
import lib.dump.Dumping;
import lib.server.Server;
import lib.server.StepFile;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.tools.ClientTools;
import lib.tools.Compression;
import lib.tools.DumpFormat;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "dump", description = "Dump a database with a manifest that says what is in it", sortOptions = false,
        modelTransformer = Endpoints.SourceOnly.class, customSynopsis = "dump [OPTION]... --out=PLACE",
        synopsisHeading = "%nUsage:%n  ", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the dump and its manifest are complete", "1:the dump failed; nothing of it is left",
                "2:wrong usage",
                "3:refused before anything was written", "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "pg_dump does the work, under one snapshot; while it lasts, nothing can be",
                "truncated. The manifest is written last, to PLACE.manifest.json.",
                "Roles are not part of a database; dump-roles takes them.", "",
                "Example:", "  dump --source postgresql://app@old/shop --out shop --jobs 4", ""})
class Dump implements Callable<Integer> {
    private static final int PARALLEL = 4;

    @Option(names = {"-o", "--out"}, paramLabel = "PLACE", order = 3, required = true,
            description = "the file or folder to write")
    Path out;
    @Option(names = {"-F", "--format"}, paramLabel = "FORMAT", order = 10, defaultValue = "directory",
            description = "plain, custom or directory (default: directory)")
    String format;
    @Option(names = {"-j", "--jobs"}, paramLabel = "NUM", order = 11,
            description = "dump this many tables at once, in format directory (default: 4)")
    Integer jobs;
    @Option(names = {"-Z", "--compress"}, paramLabel = "SPEC", order = 12,
            description = "none, gzip, lz4 or zstd, with :LEVEL if wanted; the last two need pg_dump 16 or newer")
    String compress;
    @Option(names = "--resume", order = 13,
            description = "use a dump that is finished already; make again what an interrupted run has left")
    boolean resume;
    @Option(names = "--no-owner", order = 30, description = "leave the owners out of the dump")
    boolean noOwner;
    @Option(names = {"-x", "--no-privileges"}, order = 31,
            description = "leave privileges (grant/revoke) out of the dump")
    boolean noPrivileges;
    @Option(names = "--overwrite", order = 32, description = "replace an existing dump")
    boolean overwrite;
    @Option(names = "--pause-jobs", order = 34,
            description = "keep TimescaleDB's jobs on the source from running during the dump")
    boolean pauseJobs;
    @Option(names = "--dry-run", order = 33,
            description = "write nothing; print a shell script that makes the same dump with pg_dump")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    Filters filters;
    @Mixin
    StepFile step;
    @Mixin
    Console console;

    @Override
    public Integer call() throws SQLException {
        DumpFormat written = DumpFormat.of(format);
        if (jobs != null && jobs < 1) {
            throw Failure.usage("--jobs must be at least 1, got %d", jobs);
        }
        if (jobs != null && jobs > 1 && written != DumpFormat.DIRECTORY) {
            throw Failure.usage("only format directory is written by several workers at once, not %s", written.word());
        }
        if (resume && overwrite) {
            throw Failure.usage("--resume uses a finished dump, and --overwrite replaces it: give one of them");
        }
        Compression compression = compress == null ? null : Compression.of(compress);
        Dsn source = endpoints.source(console);
        if (step.wanted()) {
            Server server = Server.connect(source);
            if (step.isDone(console, server)) {
                return Failure.OK;
            }
            source = server.dsn();
        }
        MigrationOptions wanted = new MigrationOptions(filters, jobs == null ? PARALLEL : jobs, List.of(), List.of(),
                false, false, resume && !dryRun, false, noOwner,
                noPrivileges, pauseJobs, false, null);
        DumpOrder order = new DumpOrder(wanted, out, written, compression, overwrite);
        order.check(false);
        Dumping dumping = new Dumping(console, order, source, ClientTools.find(endpoints.environment()));
        if (dryRun) {
            console.out(Printable.multiline(dumping.script()));
        } else {
            dumping.run();
            step.write();
        }
        return Failure.OK;
    }

    public static void main(String... args) {
        System.exit(Console.run(new Dump(), args));
    }
}

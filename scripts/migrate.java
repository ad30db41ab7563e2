///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:MaxRAMPercentage=60 -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/migrate/package-info.java
//MAIN Migrate
//DESCRIPTION Move a PostgreSQL or TimescaleDB database, whole and verified

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import lib.catalog.Filters;
import lib.catalog.MigrationOptions;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.dump.DumpOrder;
import lib.migrate.Joining;
import lib.migrate.Migration;
import lib.migrate.MigrationOrder;
import lib.roles.TargetKindOption;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.OutputFile;
import lib.talk.Printable;
import lib.talk.Report;
import lib.tools.ClientTools;
import lib.tools.Compression;
import lib.tools.DumpFormat;
import lib.verify.Verification;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "migrate", description = "Move a PostgreSQL or TimescaleDB database, whole and verified",
        sortOptions = false,
        customSynopsis = "migrate [OPTION]...", synopsisHeading = "%nUsage:%n  ", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:everything arrived, less what --leave-out accepted", "1:a step failed after work had begun",
                "2:wrong usage",
                "3:refused before anything was changed", "4:verification found differences",
                "75:--join alone: there is no run, or it has ended before its end",
                "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "Rows stream from the source to the target; nothing of them is kept on this",
                "machine without --via-files. The source is only read; --pause-jobs changes when",
                "its jobs are due, and restores that at the end.", "",
                "Example:", "  migrate --source postgresql://app@old/shop --target postgresql://app@new/shop", ""})
class Migrate implements Callable<Integer> {
    /** As dump has it. */
    private static final int DUMP_JOBS = 4;
    /** What goes with --join. */
    private static final List<String> OF_JOINER = List.of("--join", "--source", "--target", "--jobs", "--max-rate",
            "--server-timeout", "--quiet", "--verbose", "--no-color");

    @Option(names = {"-j", "--jobs"}, paramLabel = "NUM", order = 10,
            description = "copy and index this many tables at once (default: two for each core, from 2 to 8)")
    Integer jobs;
    @Option(names = "--max-rate", paramLabel = "RATE", order = 10,
            description = "copy at most this many bytes of rows a second, such as 50MB")
    String maxRate;
    @Option(names = "--create-database", order = 11,
            description = "create the target's database if it is missing, like the source's")
    boolean createDatabase;
    @Option(names = "--resume", order = 12,
            description = "go on where a failed run ended: what it has copied is compared with the source and kept")
    boolean resume;
    @Option(names = "--prepare", order = 12,
            description = "a pass before the downtime: rows and indexes, while the application still writes; then "
                    + "--resume")
    boolean prepare;
    @Option(names = "--join", order = 12,
            description = "help a run that another machine has begun: copy some of its rows until it ends")
    boolean join;
    @Option(names = "--restart", order = 12,
            description = "first remove from the target what a failed run created there")
    boolean restart;
    @Option(names = "--verify", paramLabel = "LEVEL", order = 13, defaultValue = "sample",
            description = "compare afterwards: none, objects, counts, sample or checksums (default: sample)")
    String verify;
    @Option(names = "--leave-out", paramLabel = "CLASS|NAME", order = 14,
            description = "accept that this cannot be carried and stays behind")
    List<String> leaveOut = new ArrayList<>();
    @Option(names = "--grant-anyway", paramLabel = "ROLE", order = 14,
            description = "grant this role of the target, and let it own code, even where it can do more than on "
                    + "the source")
    List<String> grantAnyway = new ArrayList<>();
    @Option(names = "--via-files", order = 15,
            description = "write a dump first and restore it, instead of streaming the rows")
    boolean viaFiles;
    @Option(names = "--dir", paramLabel = "DIR", order = 16,
            description = "the folder for the dump of --via-files (default: the current one)")
    Path dir;
    @Option(names = {"-F", "--format"}, paramLabel = "FORMAT", order = 17,
            description = "its format: plain, custom or directory (default: directory)")
    String format;
    @Option(names = {"-Z", "--compress"}, paramLabel = "SPEC", order = 18,
            description = "its compression, as in dump")
    String compress;
    @Option(names = "--pause-jobs", order = 19,
            description = "keep TimescaleDB's jobs on the source from running during the migration")
    boolean pauseJobs;
    @Option(names = "--rebuild", order = 19,
            description = "make hypertables anew, so that TimescaleDB's versions need not be equal")
    boolean rebuild;
    @Option(names = "--no-owner", order = 30, description = "make the connecting user the owner of everything")
    boolean noOwner;
    @Option(names = {"-x", "--no-privileges"}, order = 31, description = "do not carry privileges (grant/revoke)")
    boolean noPrivileges;
    @Option(names = {"-o", "--out"}, paramLabel = "FILE", order = 32,
            description = "write the summary to this file too")
    Path out;
    @Option(names = "--overwrite", order = 33,
            description = "replace existing files: the file of --out, the dump of --via-files")
    boolean overwrite;
    @Option(names = "--dry-run", order = 34,
            description = "change nothing; print a shell script that does the same with pg_dump, pg_restore and psql")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    TargetKindOption kind;
    @Mixin
    Filters filters;
    @Mixin
    Console console;
    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        OutputFile summary = check();
        Dsn source = endpoints.source(console);
        Dsn target = endpoints.target(console);
        if (join) {
            new Joining(console, jobs == null ? 0 : jobs, rate(), endpoints.environment()).run(source, target);
            return Failure.OK;
        }
        MigrationOptions wanted =
                new MigrationOptions(filters, jobs == null ? 0 : jobs, leaveOut, grantAnyway, createDatabase, restart,
                        resume || prepare && !restart, prepare,
                        noOwner, noPrivileges, pauseJobs, rebuild, kind.given());
        Migration migration = new Migration(console, new MigrationOrder(wanted, rate(),
                verify.equalsIgnoreCase("none") ? null : Verification.Level.of(verify, "none"), files(wanted, source)));
        try {
            ClientTools clients = ClientTools.find(endpoints.environment());
            if (dryRun) {
                console.out(Printable.multiline(migration.script(source, target, clients)));
            } else {
                migration.run(source, target, clients);
            }
            return Failure.OK;
        } finally {
            if (migration.complete()) {
                // Also when both sides differ: what was left out is what the operator needs then.
                summarize(migration.report(), summary);
            }
        }
    }

    /**
     * @return the file of {@code --out}, or null
     * @throws Failure usage, for what is wrong with the options themselves
     */
    OutputFile check() {
        if (jobs != null && jobs < 1) {
            throw Failure.usage("--jobs must be at least 1, got %d", jobs);
        }
        if (resume) {
            refuse("--resume goes on with a failed run", Set.of("--restart", "--prepare", "--dry-run")::contains);
        }
        if (prepare) {
            refuse("--prepare goes with rows that stream", Set.of("--via-files", "--dry-run")::contains);
            // The last pass compares: until then the source goes on.
            refuse("--prepare compares nothing", name -> name.equals("--verify") && !verify.equalsIgnoreCase("none"));
        }
        if (rebuild) {
            refuse("--rebuild makes hypertables through the servers alone", name -> name.equals("--via-files")
                    || name.equals("--dry-run"));
        }
        if (join) {
            // What arrives is decided by the run.
            refuse("--join takes from the run what is to be done", name -> !OF_JOINER.contains(name));
        }
        return OutputFile.of(out, overwrite);
    }

    /** @param wrong whether an option that was given does not go with what is said of another one */
    private void refuse(String why, Predicate<String> wrong) {
        spec.commandLine().getParseResult().matchedOptions().stream().map(OptionSpec::longestName).filter(wrong)
                .findFirst().ifPresent(name -> {
                    throw Failure.usage("%s: without %s", why, name);
                });
    }

    private void summarize(Report report, OutputFile summary) {
        (console.quiet() ? report.lines() : report.outline()).forEach(line -> console.out("%s", line));
        if (summary != null) {
            summary.writeSummary(report.text(), console);
        }
    }

    private DumpOrder files(MigrationOptions wanted, Dsn source) {
        if (!viaFiles) {
            if (dir != null || format != null || compress != null) {
                throw Failure.usage("--dir, --format and --compress go with --via-files");
            }
            return null;
        }
        // A run that is done again replaces the dump of the failed one.
        return DumpOrder.inFolder(wanted.withWorkers(jobs == null ? DUMP_JOBS : jobs), dir == null ? Path.of("") : dir,
                source.database(), DumpFormat.of(format == null ? "directory" : format),
                compress == null ? null : Compression.of(compress), overwrite || restart);
    }

    private long rate() {
        if (maxRate == null) {
            return 0;
        }
        if (viaFiles) {
            throw Failure.usage("--max-rate goes with rows that stream, not with --via-files");
        }
        long rate = Bytes.parse(maxRate);
        if (rate < 1) {
            throw Failure.usage("invalid rate \"%s\": must be a number of bytes a second, such as 50MB", maxRate);
        }
        return rate;
    }

    public static void main(String... args) {
        System.exit(Console.run(new Migrate(), args));
    }
}

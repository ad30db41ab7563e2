///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/roles/package-info.java
//MAIN DumpRoles
//DESCRIPTION Write the roles of a cluster as SQL that the target accepts

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.roles.RoleDump;
import lib.roles.RoleReport;
import lib.roles.TargetKindOption;
import lib.server.OldestVersion;
import lib.server.Server;
import lib.server.StepFile;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.OutputFile;
import lib.talk.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "dump-roles", description = "Write the roles of a cluster as SQL that the target accepts",
        sortOptions = false,
        synopsisHeading = "%nUsage:%n  ", customSynopsis = "dump-roles [OPTION]...", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the roles are written, less what was reported", "1:writing or applying failed",
                "2:wrong usage", "3:refused before anything was changed",
                "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "A target is optional. If there is one, the SQL fits its roles and the rights of",
                "its user there. Nothing is written to it without --apply.", "",
                "Example:", "  dump-roles --source postgresql://postgres@old/shop -o roles.sql",
                "  psql -X -v ON_ERROR_STOP=1 -d shop -f roles.sql"})
class DumpRoles implements Callable<Integer> {
    @Option(names = "--target-version", paramLabel = "NUM", order = 11,
            description = "major version of a target that is not connected to (default: the source's)")
    Integer version;
    @Option(names = "--apply", order = 12, description = "create the roles on the target, instead of printing the SQL")
    boolean apply;
    @Option(names = "--grant-anyway", paramLabel = "ROLE", order = 12,
            description = "grant this role of the target even where it can do more than on the source; repeatable")
    List<String> grantAnyway = new ArrayList<>();
    @Option(names = "--no-passwords", order = 12, description = "write no passwords")
    boolean noPasswords;
    @Option(names = "--json", order = 13,
            description = "print what becomes of each role as JSON, the SQL to the file of --out only")
    boolean json;
    @Option(names = {"-o", "--out"}, paramLabel = "FILE", order = 32,
            description = "write the SQL, with passwords, to this file of mode 0600")
    Path out;
    @Option(names = "--overwrite", order = 33, description = "replace the file of --out if it exists")
    boolean overwrite;
    @Option(names = "--dry-run", order = 34,
            description = "change nothing; print a shell script that creates the roles with psql, without passwords")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    TargetKindOption kind;
    @Mixin
    StepFile step;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        if (version != null && endpoints.hasTarget()) {
            throw Failure.usage("--target-version is for a target that is not connected to")
                    .hint("leave out one of --target and --target-version");
        }
        if (version != null && version < OldestVersion.MAJOR) {
            throw Failure.usage("--target-version must be %d or newer, got %d", OldestVersion.MAJOR, version);
        }
        if (apply && !endpoints.hasTarget()) {
            throw Failure.usage("--apply needs a target").hint("use --target or set TARGET");
        }
        OutputFile file = OutputFile.of(out, overwrite);
        Dsn from = endpoints.source(console);
        Dsn to = endpoints.hasTarget() ? endpoints.target(console) : null;
        Server source = Server.connect(from);
        OldestVersion.require(source.side(), source.facts());
        Server target = to == null ? null : Server.connect(to);
        if (target == null ? step.isDone(console, source) : step.isDone(console, source, target)) {
            return Failure.OK;
        }
        boolean toFile = file != null && !dryRun;
        boolean applied = apply && !dryRun;
        boolean passwords = (toFile || applied) && !noPasswords;
        RoleDump roles =
                RoleDump.of(source, target, new RoleDump.Order(kind.given(), version, passwords, grantAnyway), console);
        RoleReport report = roles.report();
        report.print(console);
        if (passwords) {
            report.printWithoutPassword(console, from.user());
        } else if (!noPasswords && !json) {
            console.warn("no passwords are written to stdout: use --out");
        }
        if (toFile || applied) {
            console.begin();
        }
        if (toFile) {
            file.write(roles.sql() + "\n");
        }
        if (applied) {
            roles.apply();
        }
        if (json) {
            console.out(Printable.multiline(report.json()));
        } else if (dryRun) {
            console.out(roles.script());
        } else if (!toFile && !applied) {
            console.out(Printable.multiline(roles.sql()));
        }
        console.say("%s", report.summary());
        if (!dryRun) {
            step.write();
        }
        return Failure.OK;
    }

    public static void main(String... args) {
        System.exit(Console.run(new DumpRoles(), args));
    }
}

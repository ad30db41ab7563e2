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
import lib.roles.RecognizedKind;
import lib.roles.RoleReport;
import lib.roles.RoleScript;
import lib.roles.RoleTarget;
import lib.roles.RoleTranslation;
import lib.roles.Roles;
import lib.roles.TargetKind;
import lib.roles.TargetKindOption;
import lib.server.OldestVersion;
import lib.server.Server;
import lib.server.Session;
import lib.server.StepFile;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.OutputFile;
import lib.talk.Printable;
import lib.talk.ShellScript;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "dump-roles", description = "Write the roles of a cluster as SQL that the target accepts",
        sortOptions = false,
        synopsisHeading = "%nUsage:%n  ", customSynopsis = "dump-roles [OPTION]...", optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the roles are written, less what was reported", "1:reading, writing or applying failed",
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
        if (step.wanted()) {
            Server there = to == null ? null : Server.connect(to);
            if (there == null ? step.isDone(console, source) : step.isDone(console, source, there)) {
                return Failure.OK;
            }
            to = there == null ? null : there.dsn();
        }
        Roles roles;
        RoleTarget target;
        Server loader = null;
        try (Session session = source.session()) {
            roles = Roles.read(session, source);
            if (to != null) {
                loader = Server.connect(to);
            }
            target = loader == null ? unseen(source, session) : ask(loader);
        }
        boolean toFile = file != null && !dryRun;
        boolean applied = apply && !dryRun;
        boolean passwords = (toFile || applied) && !noPasswords;
        RoleTranslation translation = new RoleTranslation(roles, target, true, passwords, grantAnyway);
        RoleReport report = new RoleReport(roles, translation, passwords);
        report.print(console);
        if (passwords) {
            report.printWithoutPassword(console, from.user());
        } else if (!noPasswords && !json) {
            console.warn("no passwords are written to stdout: use --out");
        }
        String sql = RoleScript.of(roles, translation, header(source, translation, passwords && roles.readable()));
        if (dryRun && !json) {
            console.out(Printable.multiline(new ShellScript("dump-roles: the roles of %s".formatted(from), List.of())
                    .step("Roles, without passwords")
                    .sql(ShellScript.Side.TARGET, sql).text()));
        } else if (toFile || !applied) {
            write(sql, toFile ? file : null);
        }
        if (applied) {
            run(loader, sql);
        }
        if (json) {
            console.out(Printable.multiline(report.json()));
        }
        console.say("%s", report.summary());
        if (!dryRun) {
            step.write();
        }
        return Failure.OK;
    }

    private static void run(Server target, String sql) {
        try (Session session = target.session()) {
            session.run("creating the roles", sql);
        }
    }

    private void write(String sql, OutputFile file) {
        if (file != null) {
            file.write(sql + "\n");
        } else if (!json) {
            console.out(Printable.multiline(sql));
        }
    }

    private RoleTarget unseen(Server source, Session session) {
        if (kind.given() == null) {
            console.say(
                    "there is no target to ask: the roles are for PostgreSQL, where a superuser loads them; see "
                            + "--target-kind");
        }
        return RoleTarget.assumed(kind.given() == null ? TargetKind.POSTGRES : kind.given(),
                version == null ? source.facts().major() : version, source, session);
    }

    private RoleTarget ask(Server target) {
        Server.Facts facts = target.facts();
        if (!facts.superuser() && !facts.createRole()) {
            throw Failure.refused("user \"%s\" of the target may not create roles", facts.user())
                    .hint("name another user in --target, or write the roles for a superuser: without --target, with "
                            + "--target-version %d",
                            facts.major());
        }
        try (Session session = target.session()) {
            RecognizedKind recognized = RecognizedKind.of(kind.given(), target, session);
            console.explain("the target is %s", recognized);
            return RoleTarget.ask(recognized.kind(), target, session);
        }
    }

    private static List<String> header(Server source, RoleTranslation translation, boolean passwords) {
        List<String> head = new ArrayList<>();
        head.add("Roles of %s (PostgreSQL %s), for PostgreSQL %d".formatted(source.dsn(), source.facts().version(),
                translation.target().major()));
        head.add("To be run by " + translation.target().user().map(user -> "\"" + user + "\"").orElse("a superuser")
                + " in the database that takes the place of \"" + source.database() + "\"; it may be run again");
        head.add(passwords ? "Passwords are in it as they are stored: keep it to yourself" : "Passwords are not in it");
        return head;
    }

    public static void main(String... args) {
        System.exit(Console.run(new DumpRoles(), args));
    }
}

///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/passwords/package-info.java
//MAIN MstPasswords
//DESCRIPTION Give passwords to roles that have arrived without

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.passwords.PasswordAssignment;
import lib.passwords.PasswordChange;
import lib.passwords.PasswordFile;
import lib.passwords.PasswordGenerator;
import lib.passwords.PasswordPrompt;
import lib.passwords.PasswordRoles;
import lib.passwords.PasswordStore;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Printable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "mst-passwords", description = "Give passwords to roles that have arrived without", sortOptions = false,
        synopsisHeading = "%nUsage:%n  ", customSynopsis = "mst-passwords [OPTION]...",
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:every role that was asked for has a password", "1:the passwords could not be set",
                "2:wrong usage",
                "3:refused before anything was changed", "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "Managed services do not show the passwords of roles, so a migration from there",
                "cannot carry them. Roles that have a password keep it.", "",
                "Example:", "  mst-passwords --source service=old --target service=new --out passwords.csv"})
class MstPasswords implements Callable<Integer> {
    @Option(names = "--roles", paramLabel = "NAME", order = 10,
            description = "only this role; repeatable (default: those of the source)")
    List<String> roles = new ArrayList<>();
    @Option(names = "--leave-out", paramLabel = "NAME", order = 11, description = "leave out this role; repeatable")
    List<String> leaveOut = new ArrayList<>();
    @Option(names = "--length", paramLabel = "NUM", order = 12, defaultValue = "24",
            description = "length of generated passwords (default: ${DEFAULT-VALUE})")
    int length;
    @Option(names = "--alphabet", paramLabel = "CHARS", order = 13, defaultValue = PasswordGenerator.READABLE,
            description = "what they are made of (default: letters and digits except look-alikes)")
    String alphabet;
    @Option(names = "--from-file", paramLabel = "FILE", order = 14,
            description = "take the passwords from this file of mode 0600")
    Path fromFile;
    @Option(names = "--prompt", order = 15, description = "ask for each password at the terminal")
    boolean prompt;
    @Option(names = {"-o", "--out"}, paramLabel = "FILE", order = 30,
            description = "write the passwords to this file of mode 0600; roles in it keep theirs")
    Path out;
    @Option(names = "--format", paramLabel = "FORMAT", order = 31, defaultValue = "csv",
            description = "form of that file: csv (default) or pgpass")
    String format;
    @Option(names = "--overwrite", order = 32, description = "give new passwords also to roles that have one")
    boolean overwrite;
    @Option(names = "--show", order = 33, description = "print the passwords to stdout, too")
    boolean show;
    @Option(names = "--dry-run", order = 34,
            description = "change nothing; print a shell script in which psql asks for each password")
    boolean dryRun;
    @Mixin
    Endpoints endpoints;
    @Mixin
    Console console;

    @Override
    public Integer call() {
        PasswordGenerator generator = new PasswordGenerator(length, alphabet);
        PasswordFile.Form form = PasswordFile.Form.of(format);
        check();
        Dsn to = endpoints.target(console);
        Dsn from = endpoints.hasSource() ? endpoints.source(console) : null;
        Map<String, String> given =
                fromFile == null ? Map.of() : PasswordFile.read(fromFile).given(fromFile, to, roles);
        if (prompt && !dryRun) {
            PasswordPrompt.check();
        }
        PasswordStore store = out == null ? null : PasswordStore.open(out, form, to);
        Server target = Server.connect(to);
        PasswordRoles known = PasswordRoles.read(target, from == null ? null : Server.connect(from));
        PasswordAssignment assignment = new PasswordAssignment(console, known, store,
                new PasswordAssignment.Order(roles, leaveOut, given, overwrite));
        if (dryRun) {
            console.out(Printable.multiline(assignment.script(to)));
            return Failure.OK;
        }
        Map<String, String> passwords =
                prompt ? assignment.asked(PasswordPrompt::ask) : assignment.generated(generator);
        if (!passwords.isEmpty()) {
            try (Session session = target.session()) {
                PasswordChange change = new PasswordChange(session, passwords);
                if (show) {
                    console.out(Printable.multiline(PasswordFile.empty(form).with(target.dsn(), passwords).shown()));
                }
                change.run(store, console);
            }
        }
        console.say("%s set%s", Count.of(passwords.size(), "password"),
                out == null || passwords.isEmpty() ? "" : "; see \"" + out + '"');
        return Failure.OK;
    }

    private void check() {
        if (prompt && fromFile != null) {
            throw Failure.usage("--prompt and --from-file exclude each other");
        }
        if (!prompt && fromFile == null && !show && !dryRun && out == null) {
            throw Failure.usage("generated passwords need a file").hint("use --out, or --show to have them printed");
        }
        if (out != null && fromFile != null
                && out.toAbsolutePath().normalize().equals(fromFile.toAbsolutePath().normalize())) {
            throw Failure.usage("--from-file and --out are the same file")
                    .hint("leave out --out: the passwords are in a file already");
        }
    }

    public static void main(String... args) {
        System.exit(Console.run(new MstPasswords(), args));
    }
}

///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/passwords/package-info.java
//MAIN MstPasswords
//DESCRIPTION Give passwords to roles that have arrived without

import java.nio.file.Path;
import lib.server.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import lib.dsn.Dsn;
import lib.dsn.Endpoints;
import lib.passwords.PasswordChange;
import lib.passwords.PasswordFile;
import lib.passwords.PasswordGenerator;
import lib.passwords.PasswordPrompt;
import lib.passwords.PasswordRoles;
import lib.passwords.PasswordStore;
import lib.server.Server;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.ShellScript;
import lib.talk.Shown;
import lib.talk.Sql;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(name = "mst-passwords", description = "Give passwords to roles that have arrived without", sortOptions = false,
        synopsisHeading = "%nUsage:%n  ", customSynopsis = "mst-passwords [OPTION]...",
        optionListHeading = "%nOptions:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:every role that was asked for has a password", "1:the passwords could not be set",
                "2:wrong usage",
                "3:refused before anything was changed", "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "Managed services show nobody the passwords of roles, so a migration from there",
                "brings none. Those of roles that have one stay as they are.", "",
                "Example:", "  mst-passwords --source service=old --target service=new --out passwords.csv"})
class MstPasswords implements Callable<Integer> {
    @Mixin
    Console console;
    @Mixin
    Endpoints endpoints;
    @Option(names = "--roles", paramLabel = "NAME", order = 10,
            description = "only this role; repeatable (default: those of the source)")
    List<String> roles = new ArrayList<>();
    @Option(names = "--leave-out", paramLabel = "NAME", order = 11, description = "not this role; repeatable")
    List<String> leaveOut = new ArrayList<>();
    @Option(names = "--length", paramLabel = "NUM", order = 12, defaultValue = "24",
            description = "length of generated passwords (default: ${DEFAULT-VALUE})")
    int length;
    @Option(names = "--alphabet", paramLabel = "CHARS", order = 13, defaultValue = PasswordGenerator.READABLE,
            description = "what they are made of (default: letters and digits but for look-alikes)")
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
            converter = FormConverter.class,
            description = "form of that file: csv (default) or pgpass")
    PasswordFile.Form form;
    @Option(names = "--overwrite", order = 32, description = "give new passwords also to roles that have one")
    boolean overwrite;
    @Option(names = "--show", order = 33, description = "print the passwords to stdout, too")
    boolean show;
    @Option(names = "--dry-run", order = 34,
            description = "change nothing; print a shell script in which psql asks for each password")
    boolean dryRun;

    public static void main(String... args) {
        System.exit(Console.run(new MstPasswords(), args));
    }

    @Override
    public Integer call() throws SQLException {
        PasswordGenerator generator = new PasswordGenerator(length, alphabet);
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
        Dsn to = endpoints.target(console);
        Dsn from = endpoints.hasSource() ? endpoints.source(console) : null;
        Map<String, String> given = fromFile == null ? Map.of() : given(to);
        if (prompt && !dryRun) {
            PasswordPrompt.check();
        }
        PasswordStore store = out == null ? null : PasswordStore.open(out, form, to);
        Server target = Server.connect(to);
        PasswordRoles known = PasswordRoles.read(target, from == null ? null : Server.connect(from));

        Map<String, String> passwords = new LinkedHashMap<>(pending(store, known));
        Map<String, String> held = store == null || overwrite ? Map.of() : store.held();
        Set<String> lacking = lacking(known, given.keySet(), held.keySet());
        if (dryRun) {
            lacking.addAll(passwords.keySet());
            console.out(Shown.product(script(to, lacking)));
            return Failure.OK;
        }
        if (!overwrite) {
            lacking.removeAll(passwords.keySet());
        }
        for (String role : lacking) {
            String kept = held.getOrDefault(role, generator.next());
            (prompt ? PasswordPrompt.ask(role) : Optional.of(given.getOrDefault(role, kept))).ifPresentOrElse(
                    password -> passwords.put(role, password),
                    () -> console.say("role \"%s\" is left without a password", role));
        }
        if (!passwords.isEmpty()) {
            set(target, passwords, store);
        }
        console.say("%s set%s", Count.of(passwords.size(), "password"),
                out == null || passwords.isEmpty() ? "" : "; see \"" + out + '"');
        return Failure.OK;
    }

    private Map<String, String> given(Dsn target) {
        Map<String, String> given = PasswordFile.read(fromFile).passwords(target);
        given.forEach((role, password) -> {
            if (password.isEmpty()) {
                throw Failure.usage("\"%s\" has an empty password for role \"%s\"", fromFile, role);
            }
        });
        if (given.isEmpty()) {
            throw Failure.usage("\"%s\" has no password for %s", fromFile, target)
                    .hint("expected are lines of host:port:database:user:password, or CSV with the header "
                            + "role,password");
        }
        roles.stream().filter(role -> !given.containsKey(role)).findFirst().ifPresent(role -> {
            throw Failure.usage("\"%s\" has no password for role \"%s\"", fromFile, role);
        });
        return given;
    }

    /** @return what an interrupted run may have set or not, to be set now */
    private Map<String, String> pending(PasswordStore store, PasswordRoles known) {
        Map<String, String> pending = store == null ? Map.of() : new LinkedHashMap<>(store.pending());
        pending.keySet().removeAll(leaveOut);
        known.check(pending.keySet());
        pending.keySet().forEach(role -> console.say("role \"%s\" gets the password of an interrupted run", role));
        return pending;
    }

    private Set<String> lacking(PasswordRoles known, Set<String> given, Set<String> held) {
        Set<String> chosen = new LinkedHashSet<>(roles);
        if (roles.isEmpty() && !given.isEmpty()) {
            given.stream().filter(role -> !known.isUser(role)).forEach(chosen::add);
        } else if (roles.isEmpty()) {
            chosen.addAll(known.lacking(overwrite));
        }
        leaveOut.stream().filter(role -> !known.exists(role)).findFirst().ifPresent(role -> {
            throw Failure.refused("the target has no role \"%s\" to leave out", role);
        });
        chosen.removeAll(leaveOut);
        known.check(chosen);
        chosen.removeIf(role -> {
            boolean keeps = !overwrite && (known.known() ? known.hasPassword(role) : held.contains(role));
            if (keeps) {
                console.say("role \"%s\" keeps its password", role);
            }
            return keeps;
        });
        if (roles.isEmpty() && given.isEmpty() && !known.known() && !chosen.isEmpty()) {
            console.warn(
                    "the user of the target cannot see which roles have a password: every role of the source gets "
                            + "a new one");
        }
        return chosen;
    }

    private String script(Dsn target, Set<String> names) {
        ShellScript script = new ShellScript("mst-passwords: passwords for roles of %s".formatted(target),
                List.of("password_encryption=scram-sha-256"));
        if (names.isEmpty()) {
            return script.step("No role lacks a password").text();
        }
        // Without a terminal psql would take the following lines of the script for passwords.
        script.step("psql asks for each password, and sends what SCRAM makes of it").line(": </dev/tty");
        names.forEach(role -> script.tool("psql", ShellScript.Side.TARGET,
                List.of("--no-psqlrc", "--quiet", "--command=\\password " + Sql.ident(role))));
        return script.text();
    }

    private void set(Server target, Map<String, String> passwords, PasswordStore store) throws SQLException {
        try (Session session = target.session()) {
            PasswordChange change = new PasswordChange(session, passwords);
            if (show) {
                passwords.keySet().stream().filter(role -> !Shown.of(role).text().equals(role)).findFirst()
                        .ifPresent(role -> {
                            throw Failure.refused("role \"%s\" has characters that a terminal would not show", role)
                                    .hint("use --out instead of --show");
                        });
                console.out(Shown
                        .product(PasswordFile.empty(form).with(target.dsn(), passwords).content().stripTrailing()));
            }
            change.run(store);
        }
    }

    static class FormConverter implements ITypeConverter<PasswordFile.Form> {
        @Override
        public PasswordFile.Form convert(String value) {
            return Stream.of(PasswordFile.Form.values()).filter(form -> form.toString().equals(value)).findFirst()
                    .orElseThrow(() -> new TypeConversionException("expected csv or pgpass, not \"" + value + "\""));
        }
    }
}

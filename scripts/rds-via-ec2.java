///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8 -XDstringConcat=inline -J-XX:+UseSerialGC -J-XX:TieredStopAtLevel=1
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/aws/package-info.java ../lib/ssh/package-info.java migrate.java preflight.java
//MAIN RdsViaEc2
//DESCRIPTION Move an RDS database through an EC2 machine made beside it

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import lib.aws.Aws;
import lib.aws.AwsOptions;
import lib.aws.Ec2Down;
import lib.aws.Ec2Options;
import lib.aws.Ec2Plan;
import lib.aws.Ec2Planner;
import lib.aws.Ec2RunOptions;
import lib.aws.Ec2Script;
import lib.aws.Ec2State;
import lib.aws.Ec2Up;
import lib.aws.WorkFolder;
import lib.dsn.Dsn;
import lib.ssh.RemoteHelpers;
import lib.ssh.RemoteHost;
import lib.ssh.RemoteRun;
import lib.ssh.Ssh;
import lib.ssh.Tunnel;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.OutputFile;
import lib.talk.Printable;
import lib.talk.ShellScript;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

@Command(name = "rds-via-ec2", description = "Move an RDS database through an EC2 machine made beside it",
        sortOptions = false,
        subcommands = {RdsViaEc2.Plan.class, RdsViaEc2.Up.class, RdsViaEc2.Run.class, RdsViaEc2.Down.class},
        synopsisHeading = "%nUsage:%n  ", customSynopsis = "rds-via-ec2 COMMAND [OPTION]...",
        optionListHeading = "%nOptions:%n", exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:a step failed after something was made or removed", "2:wrong usage",
                "3:refused before anything was changed",
                "4:verification found differences", "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "Commands, each with its own --help:", "  plan  say what up would make; change nothing",
                "  up    make the machine, or go on where an up was interrupted",
                "  run   run preflight and migrate there, and follow them", "  down  remove all that up has made", "",
                "Examples:", "  rds-via-ec2 plan --db-instance shop", "  rds-via-ec2 up --db-instance shop",
                "  rds-via-ec2 run --source postgresql://app@shop.abc.eu-west-1.rds.amazonaws.com/shop \\",
                "                  --target postgresql://app@new/shop",
                "  rds-via-ec2 down"})
class RdsViaEc2 {
    /** Shown in a plan; the id itself is drawn when something is made. */
    private static final String NO_RUN = "RUN";
    private static final String FOLDER = "rds-via-ec2";
    /** The options of run that are for this machine, and that migrate has too. */
    private static final Set<String> HERE =
            Set.of("--source", "--target", "--out", "--overwrite", "--dir", "--no-color");

    @Mixin
    Console console;

    @Command(name = "plan", description = "Say what up would make for an RDS instance; change nothing",
            sortOptions = false, synopsisHeading = "%nUsage:%n  ",
            customSynopsis = "rds-via-ec2 plan --db-instance ID [OPTION]...", optionListHeading = "%nOptions:%n")
    static class Plan implements Callable<Integer> {
        @Mixin
        Ec2Options options;
        @Mixin
        AwsOptions account;
        @Mixin
        WorkFolder folder;
        @Mixin
        Console console;

        @Override
        public Integer call() {
            options.check();
            try (Aws aws = account.open()) {
                Ec2Plan plan = new Ec2Planner(aws, options, folder.path(), console).plan();
                plan.lines(NO_RUN).forEach(line -> console.out("%s", line));
            }
            return Failure.OK;
        }
    }

    @Command(name = "up", description = "Make the machine, or go on where an up was interrupted", sortOptions = false,
            synopsisHeading = "%nUsage:%n  ",
            customSynopsis = "rds-via-ec2 up --db-instance ID [OPTION]...", optionListHeading = "%nOptions:%n",
            footer = {"", "With a state file in the folder it goes on as planned then, less what other options",
                    "say now. The machine itself cannot be changed once it is made."})
    static class Up implements Callable<Integer> {
        @Mixin
        Ec2Options options;
        @Mixin
        AwsOptions account;
        @Mixin
        WorkFolder folder;
        @Mixin
        Ec2RunOptions work;
        @Mixin
        Console console;

        @Override
        public Integer call() {
            work.check();
            options.check();
            Optional<Ec2State> former = Ec2State.find(folder.path());
            try (Aws aws = former.map(state -> account.open(state.plan())).orElseGet(account::open)) {
                Ec2State state = new Ec2Planner(aws, options, folder.path(), console).run(former);
                if (work.dryRun()) {
                    console.out(Printable.multiline(Ec2Script.up(state)));
                    return Failure.OK;
                }
                state.plan().lines(state.run()).stream().filter(line -> !line.isEmpty())
                        .forEach(line -> console.say("%s", line));
                work.ask(former.isEmpty() ? "make this?" : "go on with this?");
                Ec2State done = new Ec2Up(aws, folder.make(), work.waiting(), console).run(state);
                console.out("ssh -i %s %s@%s", ShellScript.quoted(done.key().toString()), done.user(), done.address());
            }
            return Failure.OK;
        }
    }

    @Command(name = "down", description = "Remove all that up has made", sortOptions = false,
            synopsisHeading = "%nUsage:%n  ",
            customSynopsis = "rds-via-ec2 down [OPTION]...", optionListHeading = "%nOptions:%n")
    static class Down implements Callable<Integer> {
        @Option(names = "--keep-instance", order = 20,
                description = "close the database to the machine, and keep the machine")
        boolean keepInstance;
        @Mixin
        AwsOptions account;
        @Mixin
        WorkFolder folder;
        @Mixin
        Ec2RunOptions work;
        @Mixin
        Console console;

        @Override
        public Integer call() {
            work.check();
            Ec2State state = Ec2State.read(folder.path());
            if (work.dryRun()) {
                console.out(Printable.multiline(Ec2Script.down(state, keepInstance)));
                return Failure.OK;
            }
            work.ask(keepInstance ? "close the database to the machine of run %s?".formatted(state.run())
                    : "remove all that run %s has made?".formatted(state.run()));
            try (Aws aws = account.open(state.plan())) {
                new Ec2Down(aws, folder.path(), work.waiting(), console).run(state, keepInstance);
            }
            return Failure.OK;
        }
    }

    @Command(name = "run", description = "Run preflight and migrate on the machine that up has made, and follow them",
            sortOptions = false,
            customSynopsis = "rds-via-ec2 run [OPTION]...", synopsisHeading = "%nUsage:%n  ",
            optionListHeading = "%nOptions:%n",
            modelTransformer = RdsViaEc2.OfRun.class, exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {"0:everything arrived, less what --leave-out accepted",
                    "1:a step failed after work had begun, or the connection was lost",
                    "2:wrong usage", "3:refused before anything was changed", "4:verification found differences",
                    "130:interrupted by Ctrl-C",
                    "143:ended by SIGTERM, or by --stop"},
            footer = {"", "The migration goes on when this command ends, or the connection does. The same",
                    "command shows how it goes on.", "",
                    "Example:",
                    "  rds-via-ec2 run --source postgresql://app@shop.abc.eu-west-1.rds.amazonaws.com/shop \\",
                    "                  --target postgresql://app@new/shop", ""})
    static class Run extends Migrate {
        @Option(names = "--host", paramLabel = "[USER@]ADDRESS[:PORT]", order = 4,
                description = "run on this machine instead of the one that up has made")
        String host;
        @Option(names = "--identity", paramLabel = "FILE", order = 5,
                description = "the private key for --host (default: those that ssh tries)")
        Path identity;
        @Option(names = "--join-dir", paramLabel = "DIR", order = 6,
                description = "the folder of another up, whose machine helps to copy rows")
        List<Path> joinDirs = new ArrayList<>();
        @Option(names = "--join-host", paramLabel = "[USER@]ADDRESS[:PORT]", order = 6,
                description = "another machine that helps to copy rows")
        List<String> joinHosts = new ArrayList<>();
        @Option(names = "--tunnel", order = 6, description = "run here instead, and reach the source through ssh")
        boolean tunnel;
        @Option(names = "--stop", order = 7, description = "end the run, as Ctrl-C ends migrate")
        boolean stop;

        @Override
        public Integer call() {
            OutputFile summary = check();
            Dsn source = endpoints.source(console);
            Dsn target = endpoints.target(console);
            Ssh ssh = new Ssh(machine());
            if (tunnel) {
                try (Tunnel opened = Tunnel.open(ssh, source)) {
                    endpoints.reachSource(opened.through(source));
                    return super.call();
                }
            }
            RemoteRun.Result result = dryRun || helpers().isEmpty() ? run(ssh, source, target)
                    : runWithHelpers(ssh, RemoteRun.asked(source), RemoteRun.asked(target));
            result.out().lines().forEach(line -> console.out("%s", Printable.alreadyPrintable(line)));
            if (summary != null && !result.summary().isEmpty()) {
                summary.writeSummary(Printable.multiline(result.summary()).text(), console);
            }
            return result.code();
        }

        private RemoteRun.Result run(Ssh ssh, Dsn source, Dsn target) {
            RemoteRun run = new RemoteRun(console, ssh, source, target, false);
            return stop ? run.stop() : run.run(words(new PreflightCheck(), "--dry-run"), words(new Migrate()));
        }

        private RemoteRun.Result runWithHelpers(Ssh ssh, Dsn source, Dsn target) {
            RemoteHelpers helpers = new RemoteHelpers(console, helpers(), source, target);
            if (!stop) {
                helpers.begin(words(new PreflightCheck(), "--dry-run"), words(new Migrate()));
            }
            return helpers.beside(() -> run(ssh, source, target));
        }

        private List<Ssh> helpers() {
            return Stream.concat(joinDirs.stream().map(Run::made),
                    joinHosts.stream().map(other -> RemoteHost.parse(other, identity, null))).map(Ssh::new).toList();
        }

        private static RemoteHost made(Path folder) {
            Ec2State state = Ec2State.ready(folder);
            return new RemoteHost(state.address(), 0, state.user(), state.key(), state.knownHosts(folder));
        }

        private RemoteHost machine() {
            Path folder = dir == null ? Path.of(FOLDER) : dir;
            // That of migrate is for its dump.
            dir = null;
            return host != null ? RemoteHost.parse(host, identity, null) : made(folder);
        }

        /** The command and those of our options that it has too, as they were given; what is for here stays here. */
        private List<String> words(Object command, String... not) {
            CommandSpec known = CommandSpec.forAnnotatedObject(command);
            List<String> words = new ArrayList<>(List.of(command.getClass().getSimpleName()));
            for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
                String name = option.longestName();
                if (known.findOption(name) == null || HERE.contains(name) || List.of(not).contains(name)) {
                    continue;
                }
                if (option.arity().max() == 0) {
                    words.add(name);
                } else {
                    option.originalStringValues().forEach(value -> words.add(name + '=' + value));
                }
            }
            return words;
        }
    }

    /** What migrate has and run has not, because no file is to stay on the machine; its folder is another one. */
    static class OfRun implements IModelTransformer {
        @Override
        public CommandSpec transform(CommandSpec command) {
            List.of("--join", "--via-files", "--format", "--compress")
                    .forEach(name -> command.remove(command.findOption(name)));
            OptionSpec folder = command.findOption("--dir");
            command.remove(folder);
            OptionSpec overwrite = command.findOption("--overwrite");
            command.remove(overwrite);
            command.addOption(OptionSpec.builder(overwrite).description("replace that file if it exists").build());
            return command.addOption(OptionSpec.builder(folder).order(3)
                    .description("folder of the state that up has left (default: " + FOLDER + ")").build());
        }
    }

    public static void main(String... args) {
        System.exit(Console.run(new RdsViaEc2(), args));
    }
}

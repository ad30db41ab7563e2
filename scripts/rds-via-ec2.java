///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/Aws.java ../lib/AwsOptions.java ../lib/Console.java ../lib/Ec2Down.java ../lib/Ec2Options.java ../lib/Ec2Plan.java
//SOURCES ../lib/Ec2Planning.java ../lib/Ec2Script.java ../lib/Ec2State.java ../lib/Ec2Up.java ../lib/Ec2Work.java ../lib/Failure.java
//SOURCES ../lib/ShellScript.java ../lib/WorkFolder.java
//MAIN RdsViaEc2
//DESCRIPTION Move an RDS database through an EC2 machine made beside it

import java.util.concurrent.Callable;
import lib.Aws;
import lib.AwsOptions;
import lib.Console;
import lib.Ec2Down;
import lib.Ec2Options;
import lib.Ec2Plan;
import lib.Ec2Planning;
import lib.Ec2Script;
import lib.Ec2State;
import lib.Ec2Up;
import lib.Ec2Work;
import lib.Failure;
import lib.ShellScript;
import lib.WorkFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "rds-via-ec2", description = "Move an RDS database through an EC2 machine made beside it", sortOptions = false,
        subcommands = {RdsViaEc2.Plan.class, RdsViaEc2.Up.class, RdsViaEc2.Down.class}, synopsisHeading = "%nUsage:%n  ", customSynopsis = "rds-via-ec2 COMMAND [OPTION]...",
        optionListHeading = "%nOptions:%n", exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:done", "1:a step failed after something was made or removed", "2:wrong usage", "3:refused before anything was changed",
            "130:interrupted by Ctrl-C", "143:ended by SIGTERM"},
        footer = {"", "Commands, each with its own --help:", "  plan  say what up would make; change nothing", "  up    make the machine, or go on where an up was interrupted",
            "  down  remove all that up has made", "",
            "Examples:", "  rds-via-ec2 plan --db-instance shop", "  rds-via-ec2 up --db-instance shop", "  rds-via-ec2 down"})
class RdsViaEc2 {
    /** Shown in a plan; the id itself is drawn when something is made. */
    private static final String NO_RUN = "RUN";

    @Mixin
    Console console = new Console();

    public static void main(String[] args) {
        System.exit(Console.run(new RdsViaEc2(), args));
    }

    @Command(name = "plan", description = "Say what up would make for an RDS instance; change nothing", sortOptions = false, synopsisHeading = "%nUsage:%n  ",
            customSynopsis = "rds-via-ec2 plan --db-instance ID [OPTION]...", optionListHeading = "%nOptions:%n")
    static class Plan implements Callable<Integer> {
        @Mixin
        Console console = new Console();
        @Mixin
        Ec2Options wishes;
        @Mixin
        AwsOptions account;
        @Mixin
        WorkFolder folder;

        @Override
        public Integer call() {
            wishes.check();
            try (Aws aws = account.open()) {
                Ec2Plan plan = new Ec2Planning(aws, wishes, folder.path(), console).plan();
                plan.lines(NO_RUN).forEach(line -> console.out("%s", line));
            }
            return Failure.OK;
        }
    }

    @Command(name = "up", description = "Make the machine, or go on where an up was interrupted", sortOptions = false, synopsisHeading = "%nUsage:%n  ",
            customSynopsis = "rds-via-ec2 up --db-instance ID [OPTION]...", optionListHeading = "%nOptions:%n",
            footer = {"", "With a state file in the folder it goes on as planned then, less what other options", "say now. The machine itself cannot be changed once it is made."})
    static class Up implements Callable<Integer> {
        @Mixin
        Console console = new Console();
        @Mixin
        Ec2Options wishes;
        @Mixin
        AwsOptions account;
        @Mixin
        WorkFolder folder;
        @Mixin
        Ec2Work work;

        @Override
        public Integer call() {
            work.check();
            wishes.check();
            Ec2State former = Ec2State.exists(folder.path()) ? Ec2State.read(folder.path()) : null;
            try (Aws aws = former == null ? account.open() : account.open(former.plan())) {
                Ec2Planning planning = new Ec2Planning(aws, wishes, folder.path(), console);
                Ec2State state = former == null ? Ec2State.begin(planning.plan()) : former.replanned(planning.plan(former));
                if (work.dryRun()) {
                    console.out("%s", Ec2Script.up(state));
                    return Failure.OK;
                }
                state.plan().lines(state.run()).stream().filter(line -> !line.isEmpty()).forEach(line -> console.say("%s", line));
                work.ask(former == null ? "make this?" : "go on with this?");
                Ec2State done = new Ec2Up(aws, folder.make(), work.patience(), console).run(state);
                console.out("ssh -i %s %s@%s", ShellScript.quoted(done.key().toString()), done.user(), done.address());
            }
            return Failure.OK;
        }
    }

    @Command(name = "down", description = "Remove all that up has made", sortOptions = false, synopsisHeading = "%nUsage:%n  ",
            customSynopsis = "rds-via-ec2 down [OPTION]...", optionListHeading = "%nOptions:%n")
    static class Down implements Callable<Integer> {
        @Mixin
        Console console = new Console();
        @Mixin
        AwsOptions account;
        @Mixin
        WorkFolder folder;
        @Mixin
        Ec2Work work;
        @Option(names = "--keep-instance", order = 20, description = "close the database to the machine, and keep the machine")
        boolean keepInstance;

        @Override
        public Integer call() {
            work.check();
            Ec2State state = Ec2State.read(folder.path());
            if (work.dryRun()) {
                console.out("%s", Ec2Script.down(state, keepInstance));
                return Failure.OK;
            }
            work.ask(keepInstance ? "close the database to the machine of run %s?".formatted(state.run()) : "remove all that run %s has made?".formatted(state.run()));
            try (Aws aws = account.open(state.plan())) {
                new Ec2Down(aws, folder.path(), work.patience(), console).run(state, keepInstance);
            }
            return Failure.OK;
        }
    }
}

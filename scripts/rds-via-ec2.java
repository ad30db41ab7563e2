///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 17+
//JAVAC_OPTIONS -encoding UTF-8
//JAVA_OPTIONS -XX:+UseSerialGC -Xmn16m -XX:TieredStopAtLevel=1
//DEPS info.picocli:picocli:4.7.7
//SOURCES ../lib/Aws.java ../lib/AwsOptions.java ../lib/Console.java ../lib/Ec2Options.java ../lib/Ec2Plan.java ../lib/Ec2Planning.java
//SOURCES ../lib/Failure.java
//MAIN RdsViaEc2
//DESCRIPTION Move an RDS database through an EC2 machine made beside it

import java.nio.file.Path;
import java.util.concurrent.Callable;
import lib.Aws;
import lib.AwsOptions;
import lib.Console;
import lib.Ec2Options;
import lib.Ec2Plan;
import lib.Ec2Planning;
import lib.Failure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "rds-via-ec2", description = "Move an RDS database through an EC2 machine made beside it", sortOptions = false,
        subcommands = RdsViaEc2.Plan.class, synopsisHeading = "%nUsage:%n  ", customSynopsis = "rds-via-ec2 COMMAND [OPTION]...",
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
        @Option(names = "--dir", paramLabel = "DIR", order = 30, defaultValue = "rds-via-ec2",
                description = "folder for state and keys (default: ${DEFAULT-VALUE})")
        Path folder;

        @Override
        public Integer call() {
            wishes.check();
            try (Aws aws = account.open()) {
                Ec2Plan plan = new Ec2Planning(aws, wishes, folder).plan();
                plan.lines(NO_RUN).forEach(line -> console.out("%s", line));
            }
            return Failure.OK;
        }
    }
}

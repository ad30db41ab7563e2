//DEPS info.picocli:picocli:4.7.7
package lib.aws;

import java.time.Duration;
import lib.talk.Confirmation;
import lib.talk.Failure;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How what is made and removed in AWS is gone about. */
public final class Ec2RunOptions {
    @Mixin
    private Confirmation confirmation;
    @Option(names = "--wait", paramLabel = "SECONDS", order = 31, defaultValue = "600",
            description = "how long to wait for AWS at most (default: ${DEFAULT-VALUE})")
    private int wait;
    @Option(names = "--dry-run", order = 33,
            description = "change nothing; print a shell script that does the same with AWS's own command line")
    private boolean dryRun;

    /** @throws Failure usage, when there is nothing to wait for */
    public void check() {
        if (wait < 1) {
            throw Failure.usage("--wait must be 1 or more, got %d", wait);
        }
    }

    public Ec2Wait waiting() {
        return new Ec2Wait(Duration.ofSeconds(wait));
    }

    public boolean dryRun() {
        return dryRun;
    }

    /** @throws Failure usage or refused, unless the operator agrees */
    public void ask(String question) {
        confirmation.ask(question);
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.AwsAccount;
import testbed.CommandRun;

/** What rds-via-ec2 refuses gets through by the options and the commands that it says. */
class FollowedMachineHintsTest {
    private static final String PLAN = "plan --ssh-from 203.0.113.7 --db-instance shop";
    @RegisterExtension
    private static final AwsAccount ACCOUNT = new AwsAccount();
    @TempDir
    private Path temporary;

    /** @param next the words of the next run, with the groups of the hint */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            plan --ssh-from 203.0.113.7 | choose one with (--db-instance); list them: aws rds \
            describe-db-instances | plan --ssh-from 203.0.113.7 $1 shop
            plan --ssh-from 203.0.113.7 --db-instance shoe | use (--db-instance) with one of: (\\S+) | plan --ssh-from \
            203.0.113.7 $1 $2
            plan --db-instance shop --ssh-from all | such as (203.0.113.7/32) | plan --db-instance shop --ssh-from $1
            plan --db-instance shop --check-address-url http://127.0.0.1:1/ | give the addresses that ssh may come \
            from with (--ssh-from) ADDRESS/32 | plan --db-instance shop $1 203.0.113.7/32
            PLAN --key-name own | (leave both out) to have a new key pair made | PLAN
            PLAN --instance-type m1.nosuch | choose another (--instance-type), or a --subnet in another zone | PLAN $1 \
            t3.large
            PLAN --subnet subnet-0 | (list) them: aws ec2 describe-subnets --filters \
            Name=vpc-id,Values=vpc- | PLAN --subnet SUBNET
            PLAN --instance-type m6g.large --image ami-00000003 | choose another (--image) or another \
            (--instance-type) | PLAN --image ami-00000003 $2 t3.large
            PLAN --image ami-99999999 | choose another (--image), or leave it out | PLAN
            up --ssh-from 203.0.113.7 --db-instance shop --wait 8 | confirm with (--yes), or see with (--dry-run) \
            what would be done | up --ssh-from 203.0.113.7 --db-instance shop --wait 8 $1
            up --ssh-from 203.0.113.7 --db-instance shop | confirm with (--yes), or see with (--dry-run) what would \
            be done | up \
            --ssh-from 203.0.113.7 --db-instance shop $2
            """)
    void an_option_that_the_hint_names(String words, String hint, String next) {
        Path folder = temporary.resolve("work");
        CommandRun refused = ACCOUNT.run(folder, words.replace("PLAN", PLAN));
        assertNotEquals(0, refused.code());
        Matcher said = Pattern.compile("hint: .*" + (hint == null ? "" : hint)).matcher(refused.failure());
        assertTrue(said.find() || hint == null, refused.err());
        String all = next.replace("PLAN", PLAN).replace("SUBNET", ACCOUNT.moto().subnet("b"));
        for (int group = 1; hint != null && group <= said.groupCount(); group++) {
            all = all.replace("$" + group, said.group(group));
        }
        CommandRun run = ACCOUNT.run(folder, all);
        assertEquals(0, run.code(), refused.failure() + "\n" + all + "\n" + run.err());
    }

    /** As it is printed, without the region and the address of AWS, which the folder knows. */
    private static CommandRun printed(CommandRun refused, String before) {
        Matcher command =
                Pattern.compile(Pattern.quote(before) + "rds-via-ec2 (\\w+ --dir) (\\S+)").matcher(refused.failure());
        assertTrue(command.find(), refused.err());
        List<String> words = new ArrayList<>(List.of(command.group(1).split(" ")));
        words.addAll(List.of(command.group(2).replace("'", ""), "--yes", "--wait", "8"));
        return CommandRun.of("RdsViaEc2", Map.of(), words.toArray(String[]::new));
    }

    @Test
    void a_command_that_the_hint_names() {
        Path folder = temporary.resolve("work");
        assertEquals(0, ACCOUNT.run(folder, "up --db-instance shop --ssh-from 203.0.113.7 --yes --wait 8").code());
        CommandRun deferred = ACCOUNT.run(folder, "up --instance-type t3.xlarge --yes");
        assertEquals(2, deferred.code());
        CommandRun down = printed(deferred, "remove it first: ");
        assertEquals(0, down.code(), down.err());
        assertEquals(List.of(), ACCOUNT.made());
        CommandRun again = ACCOUNT.run(folder,
                "up --db-instance shop --ssh-from 203.0.113.7 --instance-type t3.xlarge --yes --wait 8");
        assertEquals(0, again.code(), again.err());
        CommandRun other = ACCOUNT.run(folder, "up --db-instance other --yes");
        assertEquals(2, other.code());
        assertEquals(0, printed(other, "use another --dir for each, or remove that run first: ").code());
        ACCOUNT.proxy().fail("ec2:RunInstances", 9, 503, "RequestLimitExceeded", "no");
        CommandRun interrupted = ACCOUNT.run(folder, "up --db-instance shop --ssh-from 203.0.113.7 --yes --wait 2");
        assertEquals(1, interrupted.code());
        ACCOUNT.proxy().reset();
        CommandRun on = printed(interrupted, "go on with: ");
        assertEquals(0, on.code(), on.err());
        assertEquals(0, printed(interrupted, "or remove what was made: ").code());
        assertEquals(List.of(), ACCOUNT.made());
        CommandRun nothing = ACCOUNT.run(folder, "down");
        assertTrue(nothing.failure().contains("name the folder of up with --dir"), nothing.err());
    }
}

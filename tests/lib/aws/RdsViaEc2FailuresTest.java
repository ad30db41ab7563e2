//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS software.amazon.awssdk:ec2:2.34.0

package lib.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.AwsAccount;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Moto;
import testbed.Run;
import testbed.Soak;
import testbed.Terminal;

/** What goes wrong with AWS: each says what, why and what to run next, and leaves nothing that down does not remove. */
class RdsViaEc2FailuresTest {
    private static final String UP = "up --db-instance shop --ssh-from 203.0.113.7 --yes --wait 2";
    private static final String NEXT = """
            hint: %sgo on with: rds-via-ec2 up --dir FOLDER
            hint: or remove what was made: rds-via-ec2 down --dir FOLDER""";

    @RegisterExtension
    private static final AwsAccount ACCOUNT = new AwsAccount();

    @TempDir
    private Path temporary;
    private Path folder;

    @BeforeEach
    void name_a_folder() {
        folder = temporary.resolve("work");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            always | ec2:ImportKeyPair | 400 | InvalidKeyPair.Duplicate | AWS refuses ec2:ImportKeyPair: the name is \
            taken (InvalidKeyPair.Duplicate) | remove what has that name if it is yours, or wait a minute: AWS lists \
            new resources with a delay
            soak | ec2:CreateSecurityGroup | 400 | InvalidGroup.Duplicate | AWS refuses ec2:CreateSecurityGroup: the \
            name is taken (InvalidGroup.Duplicate) | remove what has that name if it is yours, or wait a minute: AWS \
            lists new resources with a delay
            soak | ec2:AuthorizeSecurityGroupIngress | 400 | RulesPerSecurityGroupLimitExceeded | a quota of this AWS \
            account does not permit ec2:AuthorizeSecurityGroupIngress (RulesPerSecurityGroupLimitExceeded) | remove \
            what is not needed any more, or have the quota raised (AWS console, Service Quotas)
            always | ec2:RunInstances | 400 | VcpuLimitExceeded | a quota of this AWS account does not permit \
            ec2:RunInstances (VcpuLimitExceeded) | choose a smaller --instance-type, or have the quota raised (AWS \
            console, Service Quotas)
            soak | ec2:RunInstances | 400 | InstanceLimitExceeded | a quota of this AWS account does not permit \
            ec2:RunInstances (InstanceLimitExceeded) | choose a smaller --instance-type, or have the quota raised (AWS \
            console, Service Quotas)
            soak | ec2:RunInstances | 500 | InsufficientInstanceCapacity | AWS has no capacity for this machine type \
            here at the moment (InsufficientInstanceCapacity) | choose another --instance-type, or a --subnet in \
            another availability \
            zone
            soak | ec2:RunInstances | 403 | UnauthorizedOperation | AWS does not permit ec2:RunInstances | have the \
            permission "ec2:RunInstances" added to the policy of this AWS user or role; docs/rds-via-ec2.md lists all \
            that are needed
            always | ec2:RunInstances | 503 | RequestLimitExceeded | AWS throttles ec2:RunInstances: too many calls in \
            this account and region | wait a minute
            always | ec2:DescribeInstanceStatus | 403 | UnauthorizedOperation | AWS does not permit \
            ec2:DescribeInstanceStatus | have the permission "ec2:DescribeInstanceStatus" added to the policy of this \
            AWS user or role; docs/rds-via-ec2.md lists all that are needed
            """)
    void an_up_that_fails_can_go_on_and_can_be_undone(String run, String action, int status, String code,
            String message, String hint) {
        Soak.assumeIn(run);
        ACCOUNT.proxy().fail(action, 9, status, code, "AWS's words. Encoded authorization failure message: 4PA8xGm");
        CommandRun up = ACCOUNT.run(folder, UP);
        assertEquals("error: " + message + "\ndetail: AWS's words.\nhint: " + hint + "\n" + NEXT.formatted("then "),
                failure(up));
        assertEquals(1, up.code());
        ACCOUNT.proxy().reset();
        CommandRun down = ACCOUNT.run(folder, "down --yes --wait 8");
        assertEquals(0, down.code(), down.err());
        assertEquals(List.of(), ACCOUNT.made());
    }

    @Test
    void with_a_smaller_type_it_goes_on_where_a_quota_had_stopped_it() {
        ACCOUNT.proxy().fail("ec2:RunInstances", 1, 400, "VcpuLimitExceeded", "no");
        assertEquals(1, ACCOUNT.run(folder, UP).code());
        CommandRun run = ACCOUNT.run(folder, "up --instance-type t3.large --yes --wait 8");
        assertEquals(0, run.code(), run.err());
        assertEquals(1, ACCOUNT.proxy().calls().stream().filter("ec2:CreateSecurityGroup"::equals).count());
        try (Aws aws = ACCOUNT.moto().aws()) {
            assertEquals("t3.large",
                    aws.ec2().describeInstances().reservations().get(0).instances().get(0).instanceTypeAsString());
        }
        CommandRun deferred = ACCOUNT.run(folder, "up --instance-type t3.xlarge --yes");
        assertEquals(
                "error: the machine exists already and cannot be changed\nhint: remove it first: "
                        + "rds-via-ec2 down --dir FOLDER",
                failure(deferred));
        assertEquals(2, deferred.code());
    }

    @Test
    void a_little_throttling_and_lateness_is_waited_out() {
        ACCOUNT.proxy().fail("ec2:CreateSecurityGroup", 2, 503, "RequestLimitExceeded", "Request limit exceeded.")
                .fail("ec2:AuthorizeSecurityGroupIngress", 1, 400, "InvalidGroup.NotFound",
                        "The security group does not exist");
        CommandRun up = ACCOUNT.run(folder, UP);
        assertEquals(0, up.code(), up.err());
        ACCOUNT.proxy().fail("ec2:DeleteSecurityGroup", 2, 400, "DependencyViolation",
                "resource has a dependent object");
        CommandRun down = ACCOUNT.run(folder, "down --yes --wait 8");
        assertEquals(0, down.code(), down.err());
        assertEquals(List.of(), ACCOUNT.made());
    }

    @Test
    void a_machine_that_does_not_start_is_reported_and_waited_for_again() {
        ACCOUNT.proxy().change("ec2:DescribeInstances", "<code>16</code>(\\s*)<name>running</name>",
                "<code>0</code>$1<name>pending</name>");
        CommandRun up = ACCOUNT.run(folder, UP);
        String machine = Ec2State.read(folder).made().get(Ec2State.INSTANCE);
        assertEquals("error: the machine " + machine
                + " did not start within 2 s\nhint: wait longer with --wait, or look at it: "
                + "aws ec2 get-console-output --latest --instance-id " + machine + "\n" + NEXT.formatted("then "),
                failure(up));
        assertEquals(1, up.code());
        ACCOUNT.proxy().reset();
        assertEquals(0, ACCOUNT.run(folder, "up --yes --wait 8").code());
        assertEquals(machine, Ec2State.read(folder).made().get(Ec2State.INSTANCE));
    }

    @Test
    void a_machine_that_never_becomes_ready_is_reported() {
        ACCOUNT.proxy().change("ec2:DescribeInstanceStatus", "<status>ok</status>", "<status>initializing</status>");
        CommandRun up = ACCOUNT.run(folder, UP);
        String machine = Ec2State.read(folder).made().get(Ec2State.INSTANCE);
        assertEquals(
                "error: the machine " + machine
                        + " runs but did not become ready within 2 s: its checks are \"initializing initializing\"",
                failure(up).lines().findFirst().orElseThrow());
        assertEquals(1, up.code());
    }

    @Test
    void a_machine_that_dies_at_once_is_replaced_by_the_next_up() {
        ACCOUNT.proxy().change("ec2:DescribeInstances", "<code>16</code>(\\s*)<name>running</name>",
                "<code>48</code>$1<name>terminated</name>");
        CommandRun up = ACCOUNT.run(folder, UP);
        assertTrue(failure(up).matches(
                "(?s)error: the machine i-\\w+ is terminated instead of running\ndetail: .*\nhint: the next up "
                        + "makes another one\n.*"),
                failure(up));
        ACCOUNT.proxy().reset();
        try (Aws aws = ACCOUNT.moto().aws()) {
            aws.ec2().terminateInstances(request -> request.instanceIds(failure(up).split(" ")[3]));
        }
        assertEquals(0, ACCOUNT.run(folder, "up --yes --wait 8").code());
        assertFalse(failure(up).contains(Ec2State.read(folder).made().get(Ec2State.INSTANCE)));
        assertEquals("2", Ec2State.read(folder).made().get(Ec2State.ATTEMPT));
        assertEquals(0, ACCOUNT.run(folder, "down --yes --wait 8").code());
        assertEquals(List.of(), ACCOUNT.made());
    }

    @ParameterizedTest
    @CsvSource({"ec2:RevokeSecurityGroupIngress, soak", "ec2:TerminateInstances, always",
            "ec2:DeleteSecurityGroup, soak", "ec2:DeleteKeyPair, always"})
    void a_down_that_fails_keeps_the_state_and_can_be_repeated(String action, String run) {
        Soak.assumeIn(run);
        assertEquals(0, ACCOUNT.run(folder, UP).code());
        ACCOUNT.proxy().fail(action, 1, 403, "UnauthorizedOperation", "no");
        CommandRun down = ACCOUNT.run(folder, "down --yes --wait 2");
        assertEquals("error: AWS does not permit " + action + "\ndetail: no\nhint: have the permission \"" + action
                + "\" added to the policy of this AWS user or role; docs/rds-via-ec2.md lists all that are "
                + "needed\nhint: then run again: rds-via-ec2 down --dir FOLDER",
                failure(down));
        assertEquals(1, down.code());
        assertEquals(0, ACCOUNT.run(folder, "down --yes --wait 8").code());
        assertEquals(List.of(), ACCOUNT.made());
    }

    @Test
    void a_resource_that_does_not_go_is_named() {
        assertEquals(0, ACCOUNT.run(folder, UP).code());
        // It says that it has removed the key pair, and has not.
        ACCOUNT.proxy().fail("ec2:DeleteKeyPair", 1, 200, "none", "none");
        CommandRun down = ACCOUNT.run(folder, "down --yes --wait 2");
        assertEquals(
                "error: not everything was removed\ndetail: key "
                        + "pair " + Ec2State.read(folder).made().get(Ec2State.KEY_PAIR)
                        + "\nhint: run again: rds-via-ec2 down --dir FOLDER",
                failure(down));
        assertEquals(1, down.code());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            plan --ssh-from 203.0.113.7 | 2 | error: no RDS instance was given
            plan --db-instance shop --ssh-from everywhere | 2 | error: --ssh-from "everywhere" is not a block of IPv4 \
            addresses
            plan --db-instance shop --volume 5 | 2 | error: --volume must be between 10 and 16384 GiB, got 5
            plan --db-instance shop --key-name own | 2 | error: --key-name and --key-file go together
            plan --db-instance shop --profile nosuch | 2 | error: there is no AWS profile "nosuch"
            plan --db-instance shoe --ssh-from 203.0.113.7 | 3 | error: there is no RDS instance "shoe" in region \
            us-east-1
            plan --db-instance shop --ssh-from 203.0.113.7 --instance-type m1.nosuch | 3 | error: the availability \
            zone us-east-1b has no machine of type m1.nosuch
            plan --db-instance shop --ssh-from 203.0.113.7 --subnet subnet-0 | 3 | error: there is no subnet \
            "subnet-0" in the VPC VPC of the database
            plan --db-instance shop --ssh-from 203.0.113.7 --instance-type m6g.large --image ami-00000003 | 3 | error: \
            the image ami-00000003 is for processors of type x86_64, and the machine has arm64
            plan --db-instance shop --check-address-url http://127.0.0.1:1/ | 3 | error: could not find out this \
            machine's address from "http://127.0.0.1:1/": it cannot be reached
            up --db-instance shop --ssh-from 203.0.113.7 | 2 | error: there is no terminal to confirm this at: make \
            this?
            down | 3 | error: there is no "FOLDER/rds-via-ec2.json": nothing was made from this folder
            """)
    void what_cannot_be_is_refused_before_anything_is_made(String words, int code, String error) {
        CommandRun run = ACCOUNT.run(folder, words);
        assertEquals(error, failure(run).lines().findFirst().orElse(run.err()).replaceAll("vpc-\\w+", "VPC"));
        assertEquals(code, run.code());
        assertEquals(List.of(), ACCOUNT.made());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            UnauthorizedOperation | AWS does not permit ec2:DescribeSubnets | have the permission \
            "ec2:DescribeSubnets" added to the policy of this AWS user or role
            AuthFailure | AWS does not accept the credentials (AuthFailure) | see which identity you have: aws sts \
            get-caller-identity; or choose other credentials with --profile
            """)
    void a_plan_that_may_not_read_is_refused(String code, String message, String hint) {
        ACCOUNT.proxy().fail("ec2:DescribeSubnets", 1, 403, code, "no");
        CommandRun run = ACCOUNT.run(folder, "plan --db-instance shop --ssh-from 203.0.113.7");
        assertEquals("error: " + message, failure(run).lines().findFirst().orElseThrow());
        assertTrue(failure(run).contains("hint: " + hint), failure(run));
        assertEquals(3, run.code());
    }

    @Test
    void a_profile_that_does_not_exist_is_refused_with_the_command_that_lists_those_that_do() {
        CommandRun run = ACCOUNT.run(folder, "plan --db-instance shop --profile nosuch");
        assertEquals("error: there is no AWS profile \"nosuch\"\nhint: list them: aws configure list-profiles",
                failure(run));
        assertEquals(2, run.code());
    }

    @Test
    void without_a_way_in_from_the_internet_a_subnet_must_be_chosen() {
        ACCOUNT.moto().close(ACCOUNT.moto().subnets());
        CommandRun run = ACCOUNT.run(folder, "plan --db-instance shop --ssh-from 203.0.113.7");
        assertEquals(
                "error: no subnet in the VPC VPC of the database is open to the Internet, so ssh could not reach "
                        + "the machine\n"
                        + "hint: if you reach the VPC another way, such as a VPN, choose one with --subnet: "
                        + String.join(", ", ACCOUNT.moto().subnets()),
                failure(run).replaceAll("vpc-\\w+", "VPC"));
        assertEquals(3, run.code());
        CommandRun up = ACCOUNT.run(folder, UP + " --subnet " + ACCOUNT.moto().subnet("b"));
        assertEquals(0, up.code(), up.err());
        try (Aws aws = ACCOUNT.moto().aws()) {
            assertEquals(aws.ec2().describeInstances().reservations().get(0).instances().get(0).privateIpAddress(),
                    Ec2State.read(folder).address());
        }
    }

    @Test
    void missing_credentials_are_said_in_one_line() {
        List<String> command = ChildCommand.java("RdsViaEc2", "plan", "--db-instance", "shop", "--ssh-from",
                "203.0.113.7", "--region", Moto.REGION);
        try (ChildCommand plan = ChildCommand.start(command, temporary, Map.of("AWS_EC2_METADATA_DISABLED", "true"))) {
            CommandRun run = plan.end();
            assertEquals(
                    "error: no AWS credentials were found\ndetail: Profile file contained no credentials for "
                            + "profile 'default'\n"
                            + "hint: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run aws configure, or choose a "
                            + "--profile",
                    failure(run));
            assertEquals(3, run.code());
        }
    }

    @Test
    void a_broken_state_file_is_refused() throws IOException {
        Files.createDirectory(folder);
        Files.writeString(folder.resolve(Ec2State.FILE), "{\"formatVersion\": 1");
        CommandRun run = ACCOUNT.run(folder, "down --yes");
        assertEquals("error: \"FOLDER/rds-via-ec2.json\" is broken, or of another version of tsmigrate\n"
                + "hint: list what runs have made, and remove it by hand: aws ec2 describe-tags --filters "
                + "Name=key,Values=tsmigrate",
                failure(run));
        assertEquals(3, run.code());
    }

    @Test
    void at_a_terminal_it_asks_first() {
        String question = "make this? [y/N]";
        try (Terminal terminal = ACCOUNT.terminal(folder, UP.replace(" --yes", ""))) {
            Run up = terminal.answer(question, "").end();
            assertTrue(up.out().endsWith("not confirmed; nothing was changed\n"), up.out());
            assertEquals(3, up.code());
        }
        assertEquals(List.of(), ACCOUNT.made());
        assertFalse(Files.exists(folder));
        try (Terminal terminal = ACCOUNT.terminal(folder, UP.replace(" --yes", ""))) {
            assertEquals(0, terminal.answer(question, "y").end().code());
        }
        assertFalse(ACCOUNT.made().isEmpty());
    }

    @Test
    void a_folder_is_for_one_database() {
        assertEquals(0, ACCOUNT.run(folder, UP).code());
        CommandRun run = ACCOUNT.run(folder, "up --db-instance other --yes");
        assertEquals("error: the folder holds a run for the RDS instance \"shop\", not \"other\"",
                failure(run).lines().findFirst().orElseThrow());
        assertEquals(2, run.code());
    }

    private String failure(CommandRun run) {
        return run.failure().replace(folder.toString(), "FOLDER");
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS software.amazon.awssdk:ec2:2.34.0

package lib.aws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.IpPermission;
import software.amazon.awssdk.services.ec2.model.SecurityGroupRule;
import software.amazon.awssdk.services.ec2.model.UserIdGroupPair;
import testbed.AwsAccount;
import testbed.CacheFolder;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Moto;
import testbed.PastedScript;
import testbed.Requirement;
import testbed.Run;
import testbed.Soak;

/** The machine beside an RDS instance: what is planned is made, and what is made is removed. */
class RdsViaEc2Test {
    private static final String UP = "up --db-instance shop --ssh-from 203.0.113.7 --yes --wait 8";

    @RegisterExtension
    private static final AwsAccount ACCOUNT = new AwsAccount();

    @TempDir
    private Path temporary;
    private Path folder;

    @BeforeEach
    void name_a_folder() {
        folder = temporary.resolve("work");
    }

    @Test
    void a_plan_names_everything_and_makes_nothing() {
        CommandRun run = ACCOUNT.run(folder, "plan --db-instance shop --ssh-from 203.0.113.7");
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                database        shop: postgres 15.4, 100 GiB, HOST:5432, available
                place           VPC, SUBNET in us-east-1b, open to the Internet

                key pair        tsmigrate-RUN, new, private key in FOLDER/id_ed25519
                security group  tsmigrate-RUN, new, for the machine
                  inbound       tcp 22 from 203.0.113.7/32
                  outbound      everything
                security group  GUARD, of the database
                  inbound       tcp 5432 from tsmigrate-RUN, a new rule
                machine         m7i.large (x86_64), 110 GiB of gp3, encrypted
                  image         ami-00000003, ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260401
                tag of each     tsmigrate=RUN
                """,
                run.out().replaceAll("shop\\.\\w+\\.us-east-1\\.rds\\.amazonaws\\.com", "HOST")
                        .replaceAll("vpc-\\w+", "VPC")
                        .replaceAll("subnet-\\w+", "SUBNET").replace(ACCOUNT.guard(), "GUARD")
                        .replace(folder.toString(), "FOLDER"));
        assertEquals(List.of(), ACCOUNT.made());
        assertFalse(Files.exists(folder));
    }

    @Test
    void a_plan_follows_its_options() {
        CommandRun run = ACCOUNT.run(folder,
                "plan --db-instance shop --ssh-from 203.0.113.0/24 --instance-type m6g.large --volume 300");
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                  inbound       tcp 22 from 203.0.113.0/24
                machine         m6g.large (arm64), 300 GiB of gp3, encrypted
                  image         ami-00000004, ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-20260401
                """, run.out().lines().filter(line -> line.matches("machine .*|  image .*|.* tcp 22 .*"))
                .collect(Collectors.joining("\n", "", "\n")));
    }

    @Test
    void this_machines_address_is_asked_for_where_it_is_not_said() throws IOException {
        HttpServer service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (exchange) {
                exchange.getResponseBody().write("203.0.113.9\n".getBytes(StandardCharsets.US_ASCII));
            }
        });
        service.start();
        try {
            String url = "http://127.0.0.1:" + service.getAddress().getPort();
            CommandRun run = ACCOUNT.run(folder, "plan --db-instance shop --check-address-url " + url);
            assertTrue(run.out().contains("  inbound       tcp 22 from 203.0.113.9/32\n"), run.out() + run.err());
            assertEquals("rds-via-ec2: asking " + url + " for this machine's address\n", run.err());
        } finally {
            service.stop(0);
        }
    }

    @Test
    void up_makes_what_is_planned_and_down_removes_it() throws IOException {
        CommandRun up = ACCOUNT.run(folder, UP);
        assertEquals(0, up.code(), up.err());
        Ec2State state = Ec2State.read(folder);
        assertEquals("ssh -i " + folder + "/id_ed25519 ubuntu@" + state.address() + "\n", up.out());
        try (Aws aws = ACCOUNT.moto().aws()) {
            Instance machine =
                    aws.ec2().describeInstances(request -> request.instanceIds(state.made().get(Ec2State.INSTANCE)))
                            .reservations().get(0).instances().get(0);
            assertEquals("m7i.large ami-00000003 tsmigrate-" + state.run() + " " + state.address(),
                    machine.instanceTypeAsString() + " " + machine.imageId()
                            + " " + machine.keyName() + " " + machine.publicIpAddress());
            assertEquals(List.of(state.made().get(Ec2State.GROUP)),
                    machine.networkInterfaces().get(0).groups().stream().map(group -> group.groupId()).toList());
            assertEquals(110, aws.ec2().describeVolumes().volumes().get(0).size());
            List<SecurityGroupRule> rules = aws.ec2()
                    .describeSecurityGroupRules(request -> request.filters(Aws.filter("tag:tsmigrate", state.run())))
                    .securityGroupRules();
            assertEquals(
                    Set.of(state.made().get(Ec2State.GROUP) + " tcp 22-22 203.0.113.7/32",
                            ACCOUNT.guard() + " tcp 5432-5432 " + state.made().get(Ec2State.GROUP)),
                    rules.stream().map(RdsViaEc2Test::words).collect(Collectors.toSet()));
        }
        assertEquals("rwx------", mode(folder));
        assertEquals("rw-------", mode(folder.resolve("id_ed25519")));
        assertEquals("rw-------", mode(folder.resolve("rds-via-ec2.json")));

        CommandRun down = ACCOUNT.run(folder, "down --yes --wait 8");
        assertEquals(0, down.code(), down.err());
        assertEquals("nothing is left in us-east-1 with the tag tsmigrate=" + state.run()
                + ": AWS lists no machine, volume, network interface, security group, rule or key pair\n", down.out());
        assertEquals(List.of(), ACCOUNT.made());
        assertEquals("", files());
    }

    @ParameterizedTest
    @CsvSource({"ec2:ImportKeyPair, soak", "ec2:CreateSecurityGroup, always", "ec2:AuthorizeSecurityGroupIngress, soak",
            "ec2:RunInstances, always"})
    void what_a_killed_up_has_made_unseen_is_found_again(String action, String run) {
        Soak.assumeIn(run);
        ACCOUNT.proxy().hold(action);
        try (ChildCommand up = ACCOUNT.start(folder, UP)) {
            up.await("AWS has done " + action, () -> ACCOUNT.proxy().holds());
            up.signal("KILL");
            up.end();
        }
        ACCOUNT.proxy().reset();
        CommandRun again = ACCOUNT.run(folder, "up --yes --wait 8");
        assertEquals(0, again.code(), again.err());
        assertEquals(List.of(), ACCOUNT.proxy().calls().stream().filter(action::equals)
                .skip(action.contains("Authorize") ? 1 : 0).toList());
        assertEquals(0, ACCOUNT.run(folder, "down --yes --wait 8").code());
        assertEquals(List.of(), ACCOUNT.made());
    }

    @Test
    void down_alone_cleans_up_after_a_kill() {
        ACCOUNT.proxy().hold("ec2:RunInstances");
        try (ChildCommand up = ACCOUNT.start(folder, UP)) {
            up.await("AWS has the machine", () -> ACCOUNT.proxy().holds());
            up.signal("KILL");
            up.end();
        }
        ACCOUNT.proxy().reset();
        assertFalse(ACCOUNT.made().isEmpty());
        CommandRun down = ACCOUNT.run(folder, "down --yes --wait 8");
        assertEquals(0, down.code(), down.err());
        assertEquals(List.of(), ACCOUNT.made());
    }

    @Test
    void a_machine_that_is_kept_does_not_reach_the_database() {
        ACCOUNT.run(folder, UP);
        CommandRun down = ACCOUNT.run(folder, "down --keep-instance --yes --wait 8");
        String machine = Ec2State.read(folder).made().get(Ec2State.INSTANCE);
        assertEquals(
                "the database is closed to the machine; the machine " + machine
                        + " is kept, and costs money until: rds-via-ec2 down --dir " + folder + "\n",
                down.out());
        try (Aws aws = ACCOUNT.moto().aws()) {
            assertEquals(List.of(), aws.ec2()
                    .describeSecurityGroupRules(request -> request.filters(Aws.filter("group-id", ACCOUNT.guard())))
                    .securityGroupRules()
                    .stream().filter(rule -> !rule.isEgress()).toList());
        }
        assertTrue(ACCOUNT.made().contains(machine));
        assertEquals(0, ACCOUNT.run(folder, "up --yes --wait 8").code());
        assertEquals(machine, Ec2State.read(folder).made().get(Ec2State.INSTANCE));
        // AWS does not remove a group that a rule of another one names, whoever made it.
        try (Aws aws = ACCOUNT.moto().aws()) {
            aws.ec2()
                    .authorizeSecurityGroupIngress(request -> request.groupId(ACCOUNT.guard())
                            .ipPermissions(IpPermission.builder().ipProtocol("tcp").fromPort(6432)
                                    .toPort(6432)
                                    .userIdGroupPairs(UserIdGroupPair.builder()
                                            .groupId(Ec2State.read(folder).made().get(Ec2State.GROUP)).build())
                                    .build()));
        }
        assertEquals(0, ACCOUNT.run(folder, "down --yes --wait 8").code());
        assertEquals(List.of(), ACCOUNT.made());
    }

    @Test
    void ssh_from_a_new_address_replaces_the_old_one() {
        ACCOUNT.run(folder, UP);
        CommandRun run = ACCOUNT.run(folder, "up --ssh-from 203.0.113.8 --yes --wait 8");
        assertEquals(0, run.code(), run.err());
        try (Aws aws = ACCOUNT.moto().aws()) {
            assertEquals(List.of("203.0.113.8/32"), aws.ec2().describeSecurityGroupRules(request -> request.filters(
                    Aws.filter("group-id", Ec2State.read(folder).made().get(Ec2State.GROUP)))).securityGroupRules()
                    .stream().filter(rule -> !rule.isEgress())
                    .map(SecurityGroupRule::cidrIpv4).toList());
        }
    }

    @Test
    void the_scripts_of_dry_runs_do_the_same() {
        Requirement.program("aws", "awscli");
        CommandRun up = ACCOUNT.run(folder, UP + " --dry-run");
        assertEquals(List.of(), ACCOUNT.made());
        Run made = PastedScript.run(up, Moto.ENVIRONMENT).orFail();
        Set<String> kinds = kinds();
        assertTrue(made.out().strip().matches("(?s).*\nssh -i " + folder + "/id_ed25519 ubuntu@[0-9.]+"), made.out());
        ACCOUNT.reset();
        CacheFolder.delete(folder);
        ACCOUNT.run(folder, UP);
        assertEquals(kinds(), kinds);
        CommandRun down = ACCOUNT.run(folder, "down --dry-run");
        PastedScript.run(down, Moto.ENVIRONMENT).orFail();
        assertEquals(List.of(), ACCOUNT.made());
        PastedScript.run(down, Moto.ENVIRONMENT).orFail();
        assertEquals("rds-via-ec2.json", files());
    }

    @Test
    void a_key_pair_of_ones_own_is_used_and_stays() throws IOException {
        Path key = Files.writeString(temporary.resolve("own.pem"), "a private key");
        try (Aws aws = ACCOUNT.moto().aws()) {
            aws.ec2().createKeyPair(request -> request.keyName("own"));
            List<String> before = ACCOUNT.moto().things();
            CommandRun up = ACCOUNT.run(folder, UP + " --key-name own --key-file " + key);
            assertEquals("ssh -i " + key + " ubuntu@" + Ec2State.read(folder).address() + "\n", up.out(), up.err());
            assertEquals(0, ACCOUNT.run(folder, "down --yes --wait 8").code());
            assertEquals(before, ACCOUNT.moto().things());
        }
        assertEquals("a private key", Files.readString(key));
    }

    @Test
    void the_policy_in_the_page_permits_the_calls_that_are_made_and_no_others() throws IOException {
        ACCOUNT.run(folder, "plan --db-instance shop --ssh-from 203.0.113.7");
        ACCOUNT.run(folder, UP);
        ACCOUNT.run(folder, "down --yes --wait 8");
        Set<String> called = new TreeSet<>(ACCOUNT.proxy().calls());
        // No call of its own: AWS asks for it where something is made with a tag (Amazon EC2 user guide, "Tag resources
        // during creation").
        called.add("ec2:CreateTags");
        String page = Files.readString(Path.of("docs", "rds-via-ec2.md"));
        assertEquals(called,
                Pattern.compile("\"((?:ec2|rds):\\w+)\"").matcher(page).results()
                        .map((MatchResult action) -> action.group(1))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    /** What was made, by the kind of each thing. */
    private static Set<String> kinds() {
        return ACCOUNT.made().stream().map(item -> item.replaceFirst("-.*", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String words(SecurityGroupRule rule) {
        return "%s %s %d-%d %s".formatted(rule.groupId(), rule.ipProtocol(), rule.fromPort(), rule.toPort(),
                rule.cidrIpv4() == null ? rule.referencedGroupInfo().groupId() : rule.cidrIpv4());
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private String files() {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().collect(Collectors.joining(" "));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

//DEPS software.amazon.awssdk:ec2:2.34.0
package lib.aws;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ShellScript;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.ec2.model.HttpTokensState;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceNetworkInterfaceSpecification;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.IpPermission;
import software.amazon.awssdk.services.ec2.model.IpRange;
import software.amazon.awssdk.services.ec2.model.ResourceType;
import software.amazon.awssdk.services.ec2.model.Tag;
import software.amazon.awssdk.services.ec2.model.TagSpecification;
import software.amazon.awssdk.services.ec2.model.UserIdGroupPair;
import software.amazon.awssdk.services.ec2.model.VolumeType;

/**
 * Makes what is planned, one thing after another. Each is looked for by its tag first, and written down when it is
 * there, so that whatever interrupts a run, the next one goes on with what is missing.
 */
public final class Ec2Up {
    /** A machine that ends is not there any more. */
    private static final Set<InstanceStateName> OVER =
            Set.of(InstanceStateName.SHUTTING_DOWN, InstanceStateName.TERMINATED);
    /** AWS lists new resources with a delay (Amazon EC2 API reference, "Eventual consistency"). */
    private static final int TRIES = 6;
    private static final long PAUSE_MILLIS = 1_000;

    private final Aws aws;
    private final Path folder;
    private final Ec2Wait wait;
    private final Console console;
    private Ec2State state;
    private Ec2Resources there;

    public Ec2Up(Aws aws, Path folder, Ec2Wait wait, Console console) {
        this.aws = aws;
        this.folder = folder;
        this.wait = wait;
        this.console = console;
    }

    /**
     * Does what is left to do.
     *
     * @param begun the state of the run, new or as an earlier attempt has left it
     * @return the state with everything made, the machine ready for ssh
     * @throws Failure step; the state file says what was made until then
     */
    public Ec2State run(Ec2State begun) {
        console.begin();
        state = begun.write(folder);
        String next = "go on with: rds-via-ec2 up --dir %1$s\nor remove what was made: rds-via-ec2 down --dir %1$s"
                .formatted(Printable.of(ShellScript.quoted(folder.toString())));
        Cleanup.Task interrupted = Cleanup.onExit(() -> next.lines().forEach(line -> console.hint("%s", line)));
        try {
            return aws.ask(this::make);
        } catch (Failure e) {
            throw e.hint("%s", new Printable(e.hint() == null ? next : e.hint() + "\nthen " + next));
        } finally {
            if (!Cleanup.stopping()) {
                interrupted.cancel();
            }
        }
    }

    private Ec2State make() {
        there = Ec2Resources.of(aws, state.run());
        if (state.plan().key().made()) {
            made(Ec2State.KEY_PAIR, "key pair", there.keys().stream().map(key -> key.keyPairId()), this::key);
        }
        String group = made(Ec2State.GROUP, "security group", there.groups().stream().map(each -> each.groupId()),
                this::group);
        ssh(group);
        String guard = state.plan().database().group();
        made(Ec2State.DATABASE_RULE, "rule for the database",
                there.rules(guard).map(rule -> rule.securityGroupRuleId()),
                () -> rule(guard, permission(state.plan().database().port())
                        .userIdGroupPairs(UserIdGroupPair.builder().groupId(group).description(name()).build())));
        String machine = made(Ec2State.INSTANCE, "machine",
                there.instances().stream().filter(instance -> !over(instance)).map(Instance::instanceId),
                () -> instance(group));
        ready(machine);
        return state;
    }

    /** One rule for one block of addresses: where this machine has moved, the rule for its former address goes. */
    private void ssh(String group) {
        String from = state.plan().sshFrom();
        made(Ec2State.SSH_RULE, "rule for ssh",
                there.rules(group).filter(rule -> from.equals(rule.cidrIpv4())).map(rule -> rule.securityGroupRuleId()),
                () -> rule(group, permission(22)
                        .ipRanges(IpRange.builder().cidrIp(from).description("ssh to " + name()).build())));
        List<String> others = there.rules(group).filter(rule -> !from.equals(rule.cidrIpv4()))
                .map(rule -> rule.securityGroupRuleId()).toList();
        if (!others.isEmpty()) {
            aws.ec2().revokeSecurityGroupIngress(request -> request.groupId(group).securityGroupRuleIds(others));
            console.say("revoked: %s, for another address", String.join(", ", others));
        }
    }

    /** Finds or makes a thing; either way it is in the state file afterwards. */
    private String made(String item, String description, Stream<String> found, Supplier<String> make) {
        String known = found.findFirst().orElse(null);
        String id = known == null ? make.get() : known;
        console.say("%s: %s%s", description, id, known == null ? "" : ", which is there already");
        state = state.with(item, id).write(folder);
        return id;
    }

    private String key() {
        String text = new Ec2Key(state.key()).publicKey();
        return aws.ec2()
                .importKeyPair(request -> request.keyName(name()).publicKeyMaterial(SdkBytes.fromUtf8String(text))
                        .tagSpecifications(tags(ResourceType.KEY_PAIR)))
                .keyPairId();
    }

    private String group() {
        return aws.ec2().createSecurityGroup(request -> request.groupName(name()).vpcId(state.plan().database().vpc())
                .description("machine of tsmigrate for " + state.plan().database().id())
                .tagSpecifications(tags(ResourceType.SECURITY_GROUP))).groupId();
    }

    private static IpPermission.Builder permission(int port) {
        return IpPermission.builder().ipProtocol("tcp").fromPort(port).toPort(port);
    }

    private String rule(String group, IpPermission.Builder permission) {
        return settled(() -> aws.ec2()
                .authorizeSecurityGroupIngress(request -> request.groupId(group).ipPermissions(permission.build())
                        .tagSpecifications(tags(ResourceType.SECURITY_GROUP_RULE)))
                .securityGroupRules().get(0).securityGroupRuleId());
    }

    private String instance(String group) {
        if (state.made().containsKey(Ec2State.INSTANCE)) {
            lost();
        }
        // The token makes AWS answer a repeated request with the same machine.
        String token = name() + "-" + state.made().getOrDefault(Ec2State.ATTEMPT, "1");
        Ec2Plan.Machine machine = state.plan().machine();
        Ec2Plan.Place place = state.plan().place();
        BlockDeviceMapping disk = BlockDeviceMapping.builder().deviceName(machine.device())
                .ebs(volume -> volume.volumeSize(machine.volume())
                        .volumeType(VolumeType.GP3).encrypted(true).deleteOnTermination(true))
                .build();
        InstanceNetworkInterfaceSpecification card =
                InstanceNetworkInterfaceSpecification.builder().deviceIndex(0).subnetId(place.subnet()).groups(group)
                        .associatePublicIpAddress(place.open()).deleteOnTermination(true).build();
        return settled(() -> aws.ec2().runInstances(request -> request.clientToken(token).minCount(1).maxCount(1)
                .imageId(machine.image()).instanceType(machine.type()).keyName(state.plan().keyName(state.run()))
                .blockDeviceMappings(disk).networkInterfaces(card)
                .metadataOptions(options -> options.httpTokens(HttpTokensState.REQUIRED))
                .tagSpecifications(tags(ResourceType.INSTANCE), tags(ResourceType.VOLUME),
                        tags(ResourceType.NETWORK_INTERFACE)))
                .instances().get(0).instanceId());
    }

    /** A machine that died needs another one, by another token. */
    private void lost() {
        String attempt = String.valueOf(Integer.parseInt(state.made().getOrDefault(Ec2State.ATTEMPT, "1")) + 1);
        state = state.with(Ec2State.INSTANCE, null).with(Ec2State.ADDRESS, null).with(Ec2State.ATTEMPT, attempt)
                .write(folder);
    }

    /** Waits until the machine runs and has passed AWS's own checks, after which ssh answers. */
    private void ready(String machine) {
        console.say("waiting for the machine, %d s at most", wait.patience().toSeconds());
        String lookUp =
                "wait longer with --wait, or look at it: aws ec2 get-console-output --latest --instance-id " + machine;
        Instance instance =
                wait.until(() -> described(machine), it -> it != null && it.state().name() != InstanceStateName.PENDING,
                        it -> Failure
                                .of("the machine %s did not start within %d s", machine, wait.patience().toSeconds())
                                .hint("%s", lookUp));
        if (over(instance)) {
            lost();
        }
        if (instance.state().name() != InstanceStateName.RUNNING) {
            throw Failure.of("the machine %s is %s instead of running", machine, instance.state().nameAsString())
                    .detail("%s", reason(instance))
                    .hint("%s", over(instance) ? "the next up makes another one"
                            : "start it: aws ec2 start-instances --instance-ids " + machine);
        }
        String address = state.plan().place().open() ? instance.publicIpAddress() : instance.privateIpAddress();
        if (address == null) {
            throw Failure.of("the machine %s has no public address", machine)
                    .hint("check its subnet %s in the AWS console", state.plan().place().subnet());
        }
        wait.until(() -> status(machine), "ok ok"::equals,
                last -> Failure.of("the machine %s runs but did not become ready within %d s: its checks are \"%s\"",
                        machine,
                        wait.patience().toSeconds(), last).hint("%s", lookUp));
        state = state.with(Ec2State.ADDRESS, address).write(folder);
    }

    private static String reason(Instance instance) {
        String reason = instance.stateReason() == null ? null : instance.stateReason().message();
        return reason == null || reason.isBlank() ? "AWS gives no reason" : reason;
    }

    private Instance described(String machine) {
        return aws.ec2().describeInstances(request -> request.filters(Aws.filter("instance-id", machine)))
                .reservations().stream()
                .flatMap(reservation -> reservation.instances().stream()).findFirst().orElse(null);
    }

    /** The checks of the machine and of what it runs on (Amazon EC2 user guide, "Status checks"). */
    private String status(String machine) {
        return aws.ec2().describeInstanceStatus(request -> request.instanceIds(machine)).instanceStatuses().stream()
                .map(each -> each.instanceStatus().statusAsString() + " " + each.systemStatus().statusAsString())
                .findFirst().orElse("not known yet");
    }

    private static boolean over(Instance instance) {
        return OVER.contains(instance.state().name());
    }

    private TagSpecification tags(ResourceType kind) {
        return TagSpecification.builder().resourceType(kind)
                .tags(Tag.builder().key(Ec2Plan.TAG).value(state.run()).build(),
                        Tag.builder().key("Name").value(name()).build())
                .build();
    }

    /** Calls for something that needs what was made a moment ago. */
    private static <T> T settled(Supplier<T> call) {
        for (int left = TRIES;; left--) {
            try {
                return call.get();
            } catch (AwsServiceException e) {
                if (left == 1 || !AwsErrors.is(e, "InvalidGroup.NotFound", "InvalidKeyPair.NotFound")) {
                    throw e;
                }
            }
            Ec2Wait.pause(PAUSE_MILLIS);
        }
    }

    private String name() {
        return Ec2Plan.name(state.run());
    }
}

//DEPS software.amazon.awssdk:ec2:2.34.0
package lib.aws;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ShellScript;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.SecurityGroup;
import software.amazon.awssdk.services.ec2.model.SecurityGroupRule;

/**
 * Removes exactly what a run has made, in the order that AWS permits: the way to the database first, then the machine,
 * then what guarded it. What is removed is found by the tag, not by the state file, so that nothing is forgotten that
 * was made a moment before a run was killed.
 */
public final class Ec2Down {
    private final Aws aws;
    private final Path folder;
    private final Ec2Wait wait;
    private final Console console;

    public Ec2Down(Aws aws, Path folder, Ec2Wait wait, Console console) {
        this.aws = aws;
        this.folder = folder;
        this.wait = wait;
        this.console = console;
    }

    /**
     * Removes all, or with {@code keepInstance} only the way to the database.
     *
     * @throws Failure when something could not be removed; the state file stays then
     */
    public void run(Ec2State state, boolean keepInstance) {
        String again = "run again: rds-via-ec2 down --dir " + Printable.of(ShellScript.quoted(folder.toString()));
        console.begin();
        try {
            aws.ask(() -> {
                Ec2Resources there = Ec2Resources.of(aws, state.run());
                closeDatabase(state, there);
                if (keepInstance) {
                    reportKept(state);
                } else {
                    remove(state, there);
                }
                return null;
            });
        } catch (Failure e) {
            throw e.hint("%s", new Printable(e.hint() == null ? again : e.hint() + "\nthen " + again));
        }
    }

    private void closeDatabase(Ec2State state, Ec2Resources there) {
        Map<String, List<String>> rules = databaseRules(state.plan().database().group(), there)
                .collect(Collectors.groupingBy(SecurityGroupRule::groupId,
                        Collectors.mapping(SecurityGroupRule::securityGroupRuleId, Collectors.toList())));
        rules.forEach((group, ids) -> {
            aws.ec2().revokeSecurityGroupIngress(request -> request.groupId(group).securityGroupRuleIds(ids));
            console.say("revoked in the database's security group %s: %s", group, String.join(", ", ids));
        });
    }

    /**
     * Those with the tag, and whatever else lets the machine's group in, since a group that another one names cannot be
     * removed.
     */
    private Stream<SecurityGroupRule> databaseRules(String guard, Ec2Resources there) {
        List<String> own = there.groups().stream().map(SecurityGroup::groupId).toList();
        Stream<SecurityGroupRule> naming = own.isEmpty() ? Stream.of() : inGroup(guard).stream()
                .filter(rule -> rule.referencedGroupInfo() != null
                        && own.contains(rule.referencedGroupInfo().groupId()));
        Set<String> seen = new HashSet<>();
        return Stream.concat(there.rules().stream().filter(rule -> !own.contains(rule.groupId())), naming)
                .filter(rule -> !rule.isEgress() && seen.add(rule.securityGroupRuleId()));
    }

    private List<SecurityGroupRule> inGroup(String group) {
        try {
            return aws.ec2().describeSecurityGroupRules(request -> request.filters(Aws.filter("group-id", group)))
                    .securityGroupRules();
        } catch (AwsServiceException e) {
            if (AwsErrors.is(e, "InvalidGroup.NotFound")) {
                return List.of();
            }
            throw e;
        }
    }

    private void reportKept(Ec2State state) {
        state.with(Ec2State.DATABASE_RULE, null).write(folder);
        console.out("the database is closed to the machine; %s", state.made().containsKey(Ec2State.INSTANCE)
                ? "the machine %s is kept, and costs money until: rds-via-ec2 down --dir %s".formatted(
                        state.made().get(Ec2State.INSTANCE),
                        Printable.of(ShellScript.quoted(folder.toString())))
                : "there is no machine");
    }

    private void remove(Ec2State state, Ec2Resources there) {
        List<String> machines = there.instances().stream().map(Instance::instanceId).toList();
        if (!machines.isEmpty()) {
            aws.ec2().terminateInstances(request -> request.instanceIds(machines));
            console.say("terminating the machine %s, which takes a minute or two", String.join(", ", machines));
            wait.until(() -> Ec2Resources.instances(aws, state.run()), List::isEmpty,
                    left -> Failure
                            .of("the machine %s was not terminated within %d s", left.get(0).instanceId(),
                                    wait.patience().toSeconds())
                            .hint("wait longer with --wait"));
        }
        there.groups().forEach(group -> {
            wait.until(() -> removed(group.groupId()), gone -> gone,
                    last -> Failure.of("the security group %s is still in use", group.groupId())
                            .hint("see by what: aws ec2 describe-network-interfaces --filters Name=group-id,Values=%s",
                                    group.groupId()));
            console.say("removed the security group %s", group.groupId());
        });
        there.keys().forEach(key -> {
            aws.ec2().deleteKeyPair(request -> request.keyName(key.keyName()));
            console.say("removed the key pair %s", key.keyName());
        });
        checkRemoved(state);
        removeState(state);
    }

    private boolean removed(String group) {
        try {
            aws.ec2().deleteSecurityGroup(request -> request.groupId(group));
            return true;
        } catch (AwsServiceException e) {
            if (AwsErrors.is(e, "DependencyViolation")) {
                return false;
            } else if (AwsErrors.is(e, "InvalidGroup.NotFound")) {
                return true;
            }
            throw e;
        }
    }

    private void checkRemoved(Ec2State state) {
        wait.until(() -> Ec2Resources.of(aws, state.run()).descriptions(), List::isEmpty,
                left -> Failure.of("not everything was removed").detail("%s", Printable.lines(left)));
        console.out(
                "nothing is left in %s with the tag %s=%s: AWS lists no machine, volume, network interface, "
                        + "security group, rule or key pair",
                aws.region(), Ec2Plan.TAG, state.run());
    }

    private void removeState(Ec2State state) {
        if (state.plan().key().made()) {
            new Ec2Key(state.key()).remove();
        }
        try {
            Files.deleteIfExists(folder.resolve(Ec2State.FILE));
        } catch (IOException e) {
            throw Failure.of("could not remove \"%s\": %s", folder.resolve(Ec2State.FILE), e.getMessage()).because(e);
        }
    }
}

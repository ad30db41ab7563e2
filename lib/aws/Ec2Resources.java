//DEPS software.amazon.awssdk:ec2:2.34.0
package lib.aws;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.ec2.model.Instance;
import software.amazon.awssdk.services.ec2.model.InstanceStateName;
import software.amazon.awssdk.services.ec2.model.KeyPairInfo;
import software.amazon.awssdk.services.ec2.model.NetworkInterface;
import software.amazon.awssdk.services.ec2.model.SecurityGroup;
import software.amazon.awssdk.services.ec2.model.SecurityGroupRule;
import software.amazon.awssdk.services.ec2.model.Volume;

/**
 * What of a run there is in AWS, by its tag. AWS lists a terminated machine for an hour; here it counts as gone.
 *
 * @param rules those of the machine's group and of the database's
 */
record Ec2Resources(List<Instance> instances, List<Volume> volumes, List<NetworkInterface> interfaces,
        List<SecurityGroup> groups,
        List<SecurityGroupRule> rules, List<KeyPairInfo> keys) {
    /** Asks AWS, with one call for each kind. */
    static Ec2Resources of(Aws aws, String run) {
        Filter tag = Aws.filter("tag:" + Ec2Plan.TAG, run);
        return new Ec2Resources(instances(aws, run),
                aws.ec2().describeVolumes(request -> request.filters(tag)).volumes(),
                aws.ec2().describeNetworkInterfaces(request -> request.filters(tag)).networkInterfaces(),
                aws.ec2().describeSecurityGroups(request -> request.filters(tag)).securityGroups(),
                aws.ec2().describeSecurityGroupRules(request -> request.filters(tag)).securityGroupRules(),
                aws.ec2().describeKeyPairs(request -> request.filters(tag)).keyPairs());
    }

    /** @return the machines of a run that are not terminated */
    static List<Instance> instances(Aws aws, String run) {
        return aws.ec2().describeInstances(request -> request.filters(Aws.filter("tag:" + Ec2Plan.TAG, run)))
                .reservations().stream()
                .flatMap(reservation -> reservation.instances().stream())
                .filter(instance -> instance.state().name() != InstanceStateName.TERMINATED).toList();
    }

    /** @return the rules that a run has made in a group */
    Stream<SecurityGroupRule> rules(String group) {
        return rules.stream().filter(rule -> rule.groupId().equals(group));
    }

    /** @return everything that is left, in words, without what vanishes with the machine */
    List<String> descriptions() {
        List<String> lines = new ArrayList<>();
        instances.forEach(
                instance -> lines.add("machine " + instance.instanceId() + ", " + instance.state().nameAsString()));
        volumes.forEach(volume -> lines.add("volume " + volume.volumeId()));
        interfaces.forEach(each -> lines.add("network interface " + each.networkInterfaceId()));
        rules.forEach(rule -> lines.add("rule " + rule.securityGroupRuleId() + " in " + rule.groupId()));
        groups.forEach(group -> lines.add("security group " + group.groupId()));
        keys.forEach(key -> lines.add("key pair " + key.keyPairId()));
        return lines;
    }
}

package lib.aws;

import java.util.List;
import lib.talk.ShellScript;

/** What {@code up} and {@code down} do, as commands of AWS's own command line and of OpenSSH. */
public final class Ec2Script {
    private final Ec2State state;
    private final ShellScript script;

    private Ec2Script(String command, Ec2State state) {
        this.state = state;
        script = new ShellScript("rds-via-ec2 %s: %s".formatted(command, state.plan().database().id()), List.of());
        Ec2Plan plan = state.plan();
        // Variables for these have changed from version to version of AWS's command line.
        script.line("aws() { command aws --region " + ShellScript.quoted(plan.region())
                + (plan.profile() == null ? "" : " --profile " + ShellScript.quoted(plan.profile()))
                + (plan.endpoint() == null ? "" : " --endpoint-url " + ShellScript.quoted(plan.endpoint()))
                + " \"$@\"; }");
        script.line("run=" + ShellScript.quoted(state.run()));
    }

    /** @return what up would do for a run from its beginning */
    public static String up(Ec2State state) {
        return new Ec2Script("up", state).up();
    }

    /** @return what down would do; nothing of it is an error if it is gone already */
    public static String down(Ec2State state, boolean keepInstance) {
        return new Ec2Script("down", state).down(keepInstance);
    }

    private String up() {
        Ec2Plan plan = state.plan();
        Ec2Plan.Machine machine = plan.machine();
        String key = ShellScript.quoted(plan.key().file());
        script.line("tags() { echo \"ResourceType=$1,Tags=[{Key=" + Ec2Plan.TAG
                + ",Value=$run},{Key=Name,Value=tsmigrate-$run}]\"; }");
        if (plan.key().made()) {
            script.step("Key pair").line("mkdir -p \"$(dirname " + key + ")\"")
                    .line("ssh-keygen -q -t ed25519 -N '' -C tsmigrate -f " + key)
                    .line("aws ec2 import-key-pair --key-name \"tsmigrate-$run\" --public-key-material fileb://"
                            + ShellScript.quoted(plan.key().file() + ".pub")
                            + " --tag-specifications \"$(tags key-pair)\"");
        }
        script.step("Security group of the machine: ssh from here only")
                .line("group=$(aws ec2 create-security-group --group-name \"tsmigrate-$run\" --vpc-id "
                        + plan.database().vpc()
                        + " --description 'machine of tsmigrate' --tag-specifications \"$(tags security-group)\" "
                        + "--query GroupId --output text)")
                .line("aws ec2 authorize-security-group-ingress --group-id \"$group\" --protocol tcp --port 22 --cidr "
                        + plan.sshFrom()
                        + " --tag-specifications \"$(tags security-group-rule)\"");
        script.step("Security group of the database: the machine may come in")
                .line("aws ec2 authorize-security-group-ingress --group-id " + plan.database().group()
                        + " --protocol tcp --port " + plan.database().port()
                        + " --source-group \"$group\" --tag-specifications \"$(tags security-group-rule)\"");
        script.step("Machine").line(
                ("instance=$(aws ec2 run-instances --image-id %s --instance-type %s --key-name %s --subnet-id %s "
                        + "--security-group-ids \"$group\" %s"
                        + " --block-device-mappings "
                        + "'DeviceName=%s,Ebs={VolumeSize=%d,VolumeType=gp3,Encrypted=true,DeleteOnTermination=true}'"
                        + " --metadata-options HttpTokens=required --tag-specifications \"$(tags instance)\" "
                        + "\"$(tags volume)\" \"$(tags network-interface)\""
                        + " --query 'Instances[0].InstanceId' --output text)").formatted(machine.image(),
                                machine.type(),
                                plan.key().made() ? "\"tsmigrate-$run\"" : ShellScript.quoted(plan.key().name()),
                                plan.place().subnet(),
                                plan.place().open() ? "--associate-public-ip-address"
                                        : "--no-associate-public-ip-address",
                                machine.device(), machine.volume()))
                .line("aws ec2 wait instance-status-ok --instance-ids \"$instance\"")
                .line("address=$(aws ec2 describe-instances --instance-ids \"$instance\" --query "
                        + "'Reservations[0].Instances[0]."
                        + (plan.place().open() ? "PublicIpAddress" : "PrivateIpAddress") + "' --output text)")
                .line("echo ssh -i " + key + " " + Ec2Plan.USER + "@\"$address\"");
        return script.text();
    }

    private String down(boolean keepInstance) {
        String guard = state.plan().database().group();
        script.line("tag=\"Name=tag:" + Ec2Plan.TAG + ",Values=$run\"");
        script.step("Security group of the database")
                .line("rules=$(aws ec2 describe-security-group-rules --filters \"$tag\" --query "
                        + "\"SecurityGroupRules[?GroupId=='"
                        + guard
                        + "'].SecurityGroupRuleId\" --output text)")
                .line("[ -z \"$rules\" ] || aws ec2 revoke-security-group-ingress --group-id " + guard
                        + " --security-group-rule-ids $rules");
        if (!keepInstance) {
            script.step("Machine, with its volume")
                    .line("instances=$(aws ec2 describe-instances --filters \"$tag\" "
                            + "Name=instance-state-name,Values=pending,running,stopping,stopped"
                            + " --query 'Reservations[].Instances[].InstanceId' --output text)")
                    .line("[ -z \"$instances\" ] || aws ec2 terminate-instances --instance-ids $instances")
                    .line("[ -z \"$instances\" ] || aws ec2 wait instance-terminated --instance-ids $instances");
            script.step("Security group of the machine, key pair")
                    .line("for group in $(aws ec2 describe-security-groups --filters \"$tag\" --query "
                            + "'SecurityGroups[].GroupId' --output text); do"
                            + " aws ec2 delete-security-group --group-id \"$group\"; done")
                    .line("for key in $(aws ec2 describe-key-pairs --filters \"$tag\" --query 'KeyPairs[].KeyName' "
                            + "--output text); do"
                            + " aws ec2 delete-key-pair --key-name \"$key\"; done");
            if (state.plan().key().made()) {
                script.line("rm -f " + ShellScript.quoted(state.plan().key().file()) + " "
                        + ShellScript.quoted(state.plan().key().file() + ".pub"));
            }
        }
        return script.text();
    }
}

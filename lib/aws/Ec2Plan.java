package lib.aws;

import java.util.List;

/**
 * Everything that {@code up} makes: one machine that reaches the database, and what guards it. Names carry the run's
 * id, and so does the tag of each resource.
 *
 * @param profile the AWS profile, or null
 * @param endpoint where the calls go instead of AWS, or null
 * @param sshFrom the block of addresses that ssh may come from
 */
public record Ec2Plan(String profile, String region, String endpoint, RdsFacts database, Place place, Machine machine,
        Key key, String sshFrom) {
    /** The key of the tag that every resource gets; its value is the run's id. */
    public static final String TAG = "tsmigrate";
    /** The user of Canonical's images (Ubuntu on AWS documentation). */
    public static final String USER = "ubuntu";

    /** Where the machine stands; a subnet that is not open has no public addresses, and ssh has to come from inside. */
    public record Place(String subnet, String zone, boolean open) {
    }

    /** What it is; the volume is in GiB, {@code device} is the name of the root volume in the image. */
    public record Machine(String type, String architecture, int volume, String image, String imageName, String device) {
    }

    /** A key pair: its name in AWS, or null for one to be made, and the file with the private key. */
    public record Key(String name, String file) {
        boolean made() {
            return name == null;
        }
    }

    /** @return this plan with another block of addresses that ssh may come from */
    Ec2Plan withSshFrom(String block) {
        return new Ec2Plan(profile, region, endpoint, database, place, machine, key, block);
    }

    /** @return the name of what a run makes */
    static String name(String run) {
        return TAG + "-" + run;
    }

    /** @return the name of the key pair that the machine gets */
    String keyName(String run) {
        return key.made() ? name(run) : key.name();
    }

    /** @return the plan in words, as lines */
    public List<String> lines(String run) {
        String name = name(run);
        return List.of(
                "database        %s: %s %s, %d GiB, %s:%d, %s".formatted(database.id(), database.engine(),
                        database.version(), database.storage(),
                        database.host(), database.port(), database.status()),
                "place           %s, %s in %s, %s".formatted(database.vpc(), place.subnet(), place.zone(),
                        place.open() ? "open to the Internet"
                                : "not open to the Internet: ssh has to come from inside"),
                "",
                "key pair        %s, private key in %s"
                        .formatted(key.made() ? name + ", new" : key.name() + ", which exists", key.file()),
                "security group  %s, new, for the machine".formatted(name),
                "  inbound       tcp 22 from %s".formatted(sshFrom),
                "  outbound      everything",
                "security group  %s, of the database".formatted(database.group()),
                "  inbound       tcp %d from %s, a new rule".formatted(database.port(), name),
                "machine         %s (%s), %d GiB of gp3, encrypted".formatted(machine.type(), machine.architecture(),
                        machine.volume()),
                "  image         %s, %s".formatted(machine.image(), machine.imageName()),
                "tag of each     %s=%s".formatted(TAG, run));
    }
}

//DEPS software.amazon.awssdk:ec2:2.34.0
package lib.aws;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.talk.Failure;
import software.amazon.awssdk.services.ec2.model.Image;

/** The images that Canonical publishes of Ubuntu for EC2 (Ubuntu on AWS documentation, "Find Ubuntu images on AWS"). */
final class Ec2Images {
    private static final String CANONICAL = "099720109477";
    /** AWS's names of the processors that Canonical publishes for, and Canonical's own. */
    private static final Map<String, String> PROCESSORS = Map.of("x86_64", "amd64", "arm64", "arm64");

    static final Set<String> ARCHITECTURES = PROCESSORS.keySet();

    private final Aws aws;

    Ec2Images(Aws aws) {
        this.aws = aws;
    }

    /**
     * Finds an image.
     *
     * @param wanted its identifier, or null for the newest one of Ubuntu's newest LTS release
     * @throws Failure when there is none for this processor
     */
    Image image(String wanted, String architecture) {
        // Of an identifier that is none, AWS makes an error; no image fits a filter by it.
        Image image =
                wanted == null ? newest(architecture)
                        : aws.ec2().describeImages(request -> request.filters(Aws.filter("image-id", wanted))).images()
                                .stream().findFirst()
                                .orElseThrow(() -> Failure
                                        .of("there is no image \"%s\" in region %s", wanted, aws.region())
                                        .hint("choose another --image, or leave it out"));
        if (!architecture.equals(image.architectureAsString())) {
            throw Failure
                    .of("the image %s is for processors of type %s, and the machine has %s", wanted,
                            image.architectureAsString(), architecture)
                    .hint("choose another --image or another --instance-type");
        }
        return image;
    }

    private Image newest(String architecture) {
        String[] names = releases().stream()
                .map(release -> "ubuntu/images/hvm-ssd*/ubuntu-*-" + release + "-" + PROCESSORS.get(architecture)
                        + "-server-*")
                .toArray(String[]::new);
        return aws.ec2()
                .describeImages(request -> request.owners(CANONICAL).filters(Aws.filter("name", names),
                        Aws.filter("state", "available")))
                .images().stream()
                .max(Comparator.comparing((Image image) -> release(image.name())).thenComparing(Image::creationDate))
                .orElseThrow(() -> Failure
                        .of("there is no image of Ubuntu %s for %s in region %s", String.join(" or ", releases()),
                                architecture, aws.region())
                        .hint("choose an image with --image"));
    }

    private static String release(String name) {
        return name.replaceFirst(".*/ubuntu-[a-z]+-(\\d\\d\\.\\d\\d)-.*", "$1");
    }

    /**
     * The two newest LTS releases, which come in April of every even year; in the year itself there may be no image
     * yet.
     */
    private static List<String> releases() {
        int year = LocalDate.now(ZoneOffset.UTC).getYear() % 100 / 2 * 2;
        return List.of("%02d.04".formatted(year), "%02d.04".formatted(year - 2));
    }
}

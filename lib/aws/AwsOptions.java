//DEPS info.picocli:picocli:4.7.7
package lib.aws;

import picocli.CommandLine.Option;

/** Which AWS account and region is meant, as AWS's own command line takes it. */
public final class AwsOptions {
    @Option(names = "--profile", paramLabel = "NAME", order = 50,
            description = "profile of the AWS configuration files (default: $AWS_PROFILE)")
    private String profile;
    @Option(names = "--region", paramLabel = "REGION", order = 51,
            description = "AWS region (default: $AWS_REGION, or that of the profile)")
    private String region;
    @Option(names = "--endpoint-url", paramLabel = "URL", order = 52,
            description = "send requests to this URL instead of AWS")
    private String endpoint;

    public Aws open() {
        return Aws.open(profile, region, endpoint);
    }

    /** Opens the account and region that something was planned for, less what the options say. */
    public Aws open(Ec2Plan plan) {
        return Aws.open(profile == null ? plan.profile() : profile, region == null ? plan.region() : region,
                endpoint == null ? plan.endpoint() : endpoint);
    }
}

//DEPS info.picocli:picocli:4.7.7
//SOURCES Aws.java
package lib;

import picocli.CommandLine.Option;

/** Which AWS account and region is meant, as AWS's own command line takes it. */
public final class AwsOptions {
    @Option(names = "--profile", paramLabel = "NAME", order = 50, description = "profile of the AWS configuration files (default: $AWS_PROFILE)")
    private String profile;
    @Option(names = "--region", paramLabel = "REGION", order = 51, description = "AWS region (default: $AWS_REGION, or that of the profile)")
    private String region;
    @Option(names = "--endpoint-url", paramLabel = "URL", order = 52, description = "where the calls go instead of AWS")
    private String endpoint;

    /** Opens what is meant; an option that is not given is as it was for the state's `up`. */
    public Aws open() {
        return Aws.open(profile, region, endpoint);
    }

    /** The same for what an earlier run has made: where no option is given, its own account and region are meant. */
    public Aws open(String formerProfile, String formerRegion, String formerEndpoint) {
        return Aws.open(profile == null ? formerProfile : profile, region == null ? formerRegion : region, endpoint == null ? formerEndpoint : endpoint);
    }
}

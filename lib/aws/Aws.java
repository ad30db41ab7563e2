//DEPS software.amazon.awssdk:ec2:2.34.0
//DEPS software.amazon.awssdk:rds:2.34.0
//DEPS software.amazon.awssdk:url-connection-client:2.34.0
//DEPS software.amazon.awssdk:sts:2.34.0
//DEPS software.amazon.awssdk:sso:2.34.0
//DEPS software.amazon.awssdk:ssooidc:2.34.0
//DEPS org.slf4j:slf4j-nop:1.7.36
package lib.aws;

import java.net.URI;
import java.time.Duration;
import java.util.function.Supplier;
import lib.talk.Failure;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.profiles.ProfileFile;
import software.amazon.awssdk.profiles.ProfileFileSystemSetting;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.Filter;
import software.amazon.awssdk.services.rds.RdsClient;

/**
 * Calls to AWS in one region. Credentials, profiles and retries are those of the AWS SDK ("Default credentials provider
 * chain" in the AWS SDK for Java 2 developer guide).
 *
 * @param profile the profile of the AWS configuration files, or null for the usual one
 * @param endpoint where the calls go instead of AWS, or null
 */
public record Aws(Ec2Client ec2, RdsClient rds, String profile, String region, String endpoint)
        implements AutoCloseable {
    private static final Duration ATTEMPT = Duration.ofSeconds(30);

    /**
     * Prepares the calls; nothing is sent yet.
     *
     * @param region the region, or null for that of the environment or the profile
     * @throws Failure usage, when no region is known, or the profile or the URL is none
     */
    public static Aws open(String profile, String region, String endpoint) {
        if (profile != null && ProfileFile.defaultProfileFile().profile(profile).isEmpty()) {
            throw Failure.usage("there is no AWS profile \"%s\"", profile)
                    .hint("list them: aws configure list-profiles");
        }
        String place = region(profile, region);
        SdkHttpClient http =
                UrlConnectionHttpClient.builder().connectionTimeout(ATTEMPT).socketTimeout(ATTEMPT).build();
        DefaultCredentialsProvider credentials = DefaultCredentialsProvider.builder().profileName(profile).build();
        return new Aws(with(Ec2Client.builder().httpClient(http), credentials, place, endpoint).build(),
                with(RdsClient.builder().httpClient(http), credentials, place, endpoint).build(), profile,
                place, endpoint);
    }

    private static <B extends AwsClientBuilder<B, ?>> B with(B builder, DefaultCredentialsProvider credentials,
            String region, String endpoint) {
        builder.credentialsProvider(credentials).region(Region.of(region))
                .overrideConfiguration(settings -> settings.addExecutionInterceptor(new AwsErrors()));
        if (endpoint != null) {
            builder.endpointOverride(address(endpoint));
        }
        return builder;
    }

    private static URI address(String endpoint) {
        try {
            URI address = URI.create(endpoint);
            if (address.getScheme() != null && address.getHost() != null) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // Said below, like every other text that is none.
        }
        throw Failure.usage("--endpoint-url \"%s\" is not a URL", endpoint)
                .hint("such as https://ec2.internal.example.com");
    }

    private static String region(String profile, String given) {
        try {
            String name = profile == null ? ProfileFileSystemSetting.AWS_PROFILE.getStringValueOrThrow() : profile;
            return given == null ? DefaultAwsRegionProviderChain.builder().profileName(name).build().getRegion().id()
                    : given;
        } catch (SdkException e) {
            throw Failure.usage("no AWS region is known").because(e)
                    .hint("use --region, such as --region eu-central-1, or set AWS_REGION");
        }
    }

    /**
     * Does work that calls AWS.
     *
     * @throws Failure when a call fails; it names the call and what to do
     */
    public <T> T ask(Supplier<T> work) {
        try {
            return work.get();
        } catch (SdkException e) {
            throw AwsErrors.failure(e);
        }
    }

    /** @return a condition of a call that lists something */
    public static Filter filter(String name, String... values) {
        return Filter.builder().name(name).values(values).build();
    }

    @Override
    public void close() {
        ec2.close();
        rds.close();
    }
}

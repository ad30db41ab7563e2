//DEPS software.amazon.awssdk:ec2:2.34.0
package lib.aws;

import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import lib.talk.Failure;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;

/**
 * Turns the errors of calls to AWS into a {@link Failure} that names the call the way policies do, such as
 * {@code ec2:RunInstances}. The codes are those of the EC2 API reference, "Error codes for the Amazon EC2 API".
 */
final class AwsErrors implements ExecutionInterceptor {
    private static final Set<String> DENIED = Set.of("UnauthorizedOperation", "AccessDenied", "AccessDeniedException");
    private static final Set<String> STRANGER =
            Set.of("AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken",
                    "ExpiredTokenException", "RequestExpired", "IncompleteSignature", "UnrecognizedClientException");
    private static final Set<String> NO_CAPACITY =
            Set.of("InsufficientInstanceCapacity", "InsufficientCapacity", "Unsupported", "InstanceTypeNotSupported");

    /** The SDK names all places where it has looked; what is wrong with a profile is the news. */
    private static final String LIST =
            "(?s)Unable to load credentials from any.*ProfileCredentialsProvider\\(.*?\\)\\): (.*?)(: "
                    + "ProfileFile\\(.*)?, Container.*";

    /** The call that has failed, in the words of policies; it travels with the error of the SDK. */
    private static final class Call extends RuntimeException {
        private static final long serialVersionUID = 1;

        Call(String name) {
            super(name, null, false, false);
        }

        static String of(SdkException error) {
            return Stream.of(error.getSuppressed()).filter(Call.class::isInstance).map(Throwable::getMessage)
                    .findFirst().orElse("a call");
        }
    }

    @Override
    public Throwable modifyException(Context.FailedExecution context, ExecutionAttributes attributes) {
        context.exception().addSuppressed(
                new Call(attributes.getAttribute(SdkExecutionAttribute.SERVICE_NAME).toLowerCase(Locale.ROOT) + ":"
                        + attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME)));
        return context.exception();
    }

    /** @return what a call has failed with, in our words */
    static Failure failure(SdkException error) {
        return (error instanceof AwsServiceException answer && answer.awsErrorDetails() != null ? answered(answer)
                : unreached(error)).because(error);
    }

    /** @return whether AWS answered with one of these error codes */
    static boolean is(AwsServiceException answer, String... codes) {
        return answer.awsErrorDetails() != null && Set.of(codes).contains(answer.awsErrorDetails().errorCode());
    }

    private static Failure answered(AwsServiceException answer) {
        String call = Call.of(answer);
        String code = String.valueOf(answer.awsErrorDetails().errorCode());
        return failure(call, code, answer.isThrottlingException())
                .detail("%s", shortMessage(answer.awsErrorDetails().errorMessage()));
    }

    private static Failure failure(String call, String code, boolean throttled) {
        if (DENIED.contains(code)) {
            return Failure.of("AWS does not permit %s", call)
                    .hint("have the permission \"%s\" added to the policy of this AWS user or role; "
                            + "docs/rds-via-ec2.md lists all that are needed",
                            call);
        }
        if (STRANGER.contains(code)) {
            return Failure.of("AWS does not accept the credentials (%s)", code)
                    .hint("see which identity you have: aws sts get-caller-identity; or choose other credentials with "
                            + "--profile");
        }
        if (throttled) {
            return Failure.of("AWS throttles %s: too many calls in this account and region", call)
                    .hint("wait a minute");
        }
        if (code.endsWith("LimitExceeded")) {
            boolean instances = code.startsWith("Vcpu") || code.startsWith("Instance");
            return Failure.of("a quota of this AWS account does not permit %s (%s)", call, code)
                    .hint("%s, or have the quota raised (AWS console, Service Quotas)",
                            instances ? "choose a smaller --instance-type" : "remove what is not needed any more");
        }
        if (NO_CAPACITY.contains(code)) {
            return Failure.of("AWS has no capacity for this machine type here at the moment (%s)", code)
                    .hint("choose another --instance-type, or a --subnet in another availability zone");
        }
        if (code.endsWith(".Duplicate")) {
            return Failure.of("AWS refuses %s: the name is taken (%s)", call, code)
                    .hint("remove what has that name if it is yours, or wait a minute: AWS lists new resources with a "
                            + "delay");
        }
        return Failure.of("AWS refuses %s (%s)", call, code);
    }

    private static Failure unreached(SdkException error) {
        String message = shortMessage(error.getMessage());
        if (message.contains("credentials")) {
            return Failure.of("no AWS credentials were found").detail("%s", message.replaceFirst(LIST, "$1"))
                    .hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, run aws configure, or choose a --profile");
        }
        return Failure.of("could not reach AWS for %s", Call.of(error)).detail("%s", message)
                .hint("check the network, --region and --endpoint-url");
    }

    /** The authorization message that AWS adds is long, encoded, and for the administrator's eyes. */
    private static String shortMessage(String message) {
        return String.valueOf(message).replaceFirst("(?s)\\s*Encoded authorization failure message:.*", "")
                .replace('\n', ' ').strip();
    }
}

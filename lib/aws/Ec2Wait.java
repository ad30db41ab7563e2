//DEPS software.amazon.awssdk:ec2:2.34.0
package lib.aws;

import java.time.Duration;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import lib.talk.Failure;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.waiters.Waiter;
import software.amazon.awssdk.core.waiters.WaiterAcceptor;
import software.amazon.awssdk.retries.api.BackoffStrategy;

/**
 * Waits for what AWS does in its own time, by the SDK's waiter. Its ready-made ones for EC2 know machines only, of
 * neither of whose two checks they say how it stands, and no security group or tag.
 *
 * @param timeout after which it is given up
 */
record Ec2Wait(Duration patience) {
    private static final Duration BREATH = Duration.ofSeconds(5);

    /**
     * Asks again and again.
     *
     * @param enough of an answer, says whether it is what is waited for
     * @param late of the last answer, for which it is asked once more, says what to fail with
     */
    <T> T until(Supplier<T> question, Predicate<T> enough, Function<T, Failure> late) {
        Duration pause = patience.dividedBy(4).compareTo(BREATH) < 0 ? patience.dividedBy(4) : BREATH;
        // The SDK takes the class for the sake of its type alone.
        @SuppressWarnings("unchecked")
        Class<T> any = (Class<T>) Object.class;
        Waiter<T> waiter = Waiter.builder(any)
                .addAcceptor(WaiterAcceptor.successOnResponseAcceptor(enough))
                .addAcceptor(WaiterAcceptor.retryOnResponseAcceptor(enough.negate()))
                .overrideConfiguration(settings -> settings.maxAttempts(Integer.MAX_VALUE).waitTimeout(patience)
                        .backoffStrategyV2(BackoffStrategy.fixedDelayWithoutJitter(pause)))
                .build();
        try {
            return waiter.run(question).matched().response().orElseThrow();
        } catch (SdkClientException e) {
            // What a call has thrown comes wrapped, and a waiter that gives up has no cause.
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            T last = question.get();
            if (enough.test(last)) {
                return last;
            }
            throw late.apply(last);
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of("interrupted while waiting for AWS").because(e);
        }
    }
}

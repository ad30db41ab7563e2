package lib.aws;

import java.time.Duration;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import lib.talk.Failure;

/**
 * Waits for what AWS does in its own time.
 *
 * @param patience after which it is given up
 */
record Ec2Wait(Duration patience) {
    private static final Duration BREATH = Duration.ofSeconds(5);

    /**
     * Asks again and again.
     *
     * @param enough of an answer, says whether it is what is waited for
     * @param late of the last answer, says what to fail with
     */
    <T> T until(Supplier<T> question, Predicate<T> enough, Function<T, Failure> late) {
        long end = System.nanoTime() + patience.toNanos();
        T answer = question.get();
        while (!enough.test(answer)) {
            if (System.nanoTime() >= end) {
                throw late.apply(answer);
            }
            pause(Math.min(BREATH.toMillis(), patience.toMillis() / 4));
            answer = question.get();
        }
        return answer;
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.step("interrupted while waiting for AWS").because(e);
        }
    }
}

package lib.talk;

import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs the steps of a command one after another. Each is reported when it is done, with its duration, and listed in the
 * report.
 */
public final class Steps {
    private final Console console;
    private final Report report;

    public Steps(Console console, Report report) {
        this.console = console;
        this.report = report;
    }

    /** @param work does the step and says what came of it */
    public void run(String name, Supplier<String> work) {
        run(name, work, result -> result);
    }

    /** @return what the work returned; {@code result} puts it into words */
    public <T> T run(String name, Supplier<T> work, Function<T, String> result) {
        console.explain("%s …", name);
        long start = System.nanoTime();
        T value = work.get();
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        int retries = console.takeRetries();
        String text = result.apply(value)
                + (retries == 0 ? "" : ", " + Count.of(retries, "operation") + " tried again");
        report.step(name, took, text);
        console.say("%s: %s (%.1f s)", name, text, took.toMillis() / 1000.0);
        return value;
    }
}

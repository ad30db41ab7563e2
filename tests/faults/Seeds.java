//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Assumptions;

/**
 * The attempts of a campaign, each with a seed of its own: from the clock and printed, or what {@code TSMIGRATE_FAULT}
 * says, such as {@code KILLED:-12345}, which does that one again.
 */
final class Seeds {
    private static final String CHOSEN = System.getenv().getOrDefault("TSMIGRATE_FAULT", "");
    /** How many runs may end before their moment, until it is left at that. */
    private static final int LATE = 3;

    private final Campaign campaign;
    private final Fault fault;
    private final Random random = new Random();
    private final List<Attempt> attempts = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();

    private Seeds(Campaign campaign, Fault fault) {
        this.campaign = campaign;
        this.fault = fault;
    }

    /** @return whether writers change the schema, too: where {@code TSMIGRATE_FAULT_SCHEMA} is set */
    static boolean schemaChanges() {
        return !System.getenv().getOrDefault("TSMIGRATE_FAULT_SCHEMA", "").isEmpty();
    }

    /**
     * Tries a fault a number of times, and fails with all that has gone wrong.
     *
     * @param rounds how many times
     */
    static void tryAll(Campaign campaign, Fault fault, int rounds) {
        Seeds seeds = new Seeds(campaign, fault);
        if (CHOSEN.isEmpty()) {
            for (int i = 0; i < rounds; i++) {
                boolean struck = false;
                for (int late = 0; !struck && late < LATE; late++) {
                    struck = seeds.attempt(seeds.within(i, rounds));
                }
            }
        } else {
            Assumptions.assumeTrue(CHOSEN.startsWith(fault + ":"), "TSMIGRATE_FAULT is " + CHOSEN);
            seeds.attempt(Long.parseLong(CHOSEN.substring(fault.name().length() + 1)));
        }
        seeds.summarize();
        assertEquals("", String.join("\n", seeds.failures));
    }

    /** @return one whose moment is in one of the equal parts of a run */
    private long within(int part, int parts) {
        while (true) {
            long seed = random.nextInt();
            if ((int) (Campaign.moment(new Random(seed)) * parts) == part) {
                return seed;
            }
        }
    }

    /** @return whether anything was struck */
    private boolean attempt(long seed) {
        Attempt attempt = new Attempt(campaign, fault, seed);
        failures.addAll(tried(fault + ":" + seed, attempt));
        attempts.add(attempt);
        return attempt.struck();
    }

    /** @return what has gone wrong, each with the name of the attempt */
    private static List<String> tried(String name, Trial trial) {
        List<String> found = new ArrayList<>();
        try {
            trial.run();
        } catch (RuntimeException e) {
            found.add(e.toString());
        }
        found.addAll(trial.failures());
        System.out.printf("  %s: %s%n", name, trial.account());
        found.forEach(failure -> System.out.println("    " + failure.strip().replace("\n", "\n    ")));
        return found.stream().map(failure -> name + ": " + failure).toList();
    }

    /**
     * Tries something else a number of times, and fails with all that has gone wrong.
     *
     * @param trial makes one from a seed
     */
    static void tryAll(String name, int rounds, LongFunction<Trial> trial) {
        List<String> failures = new ArrayList<>();
        if (CHOSEN.isEmpty()) {
            Random random = new Random();
            for (int i = 0; i < rounds; i++) {
                long seed = random.nextInt();
                failures.addAll(tried(name + ":" + seed, trial.apply(seed)));
            }
        } else {
            Assumptions.assumeTrue(CHOSEN.startsWith(name + ":"), "TSMIGRATE_FAULT is " + CHOSEN);
            failures.addAll(tried(CHOSEN, trial.apply(Long.parseLong(CHOSEN.substring(name.length() + 1)))));
        }
        assertEquals("", String.join("\n", failures));
    }

    private void summarize() {
        double[] seconds = attempts.stream().mapToDouble(Attempt::seconds).filter(each -> each > 0).sorted().toArray();
        long[] kept = attempts.stream().mapToLong(Attempt::kept).filter(each -> each >= 0).sorted().toArray();
        System.out.printf("  %s: %d struck; then %d runs with %s, %s s in the median, undisturbed %.1f; %s rows were "
                + "there in the median%n", fault, attempts.stream().filter(Attempt::struck).count(), seconds.length,
                Campaign.RESUME, seconds.length == 0 ? "-" : "%.1f".formatted(seconds[seconds.length / 2]),
                campaign.millis(1) / 1e3, kept.length == 0 ? "no" : String.valueOf(kept[kept.length / 2]));
    }
}

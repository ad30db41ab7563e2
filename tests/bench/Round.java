package bench;

/**
 * One contender's one try.
 *
 * @param number counts from 1
 * @param servers CPU seconds of the source and of the target
 * @param problem why its time does not count, empty if it does
 */
public record Round(Contender contender, int number, Measured measured, double servers, String problem) {
    /** @return whether the target then held what the source holds */
    public boolean counts() {
        return problem.isEmpty();
    }

    /** Says on one line how it went. */
    void line() {
        System.out.printf("%2d  %-24s %7.1f s  CPU %6.1f s, servers %6.1f s  %5d MiB  %6d MB written  %s%n", number,
                contender.title(), measured.seconds(),
                measured.cpu(), servers, measured.peak() >> 20, measured.written() / 1_000_000, problem);
    }
}

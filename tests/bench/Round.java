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
}

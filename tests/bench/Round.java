package bench;

/**
 * One contender's one try.
 *
 * @param link whether tool, source and target were apart
 * @param number counts from 1
 * @param problem why its time does not count, empty if it does
 */
record Round(Workload workload, boolean link, Contender contender, int number, Measured measured, String problem) {
    boolean counts() {
        return problem.isEmpty();
    }
}

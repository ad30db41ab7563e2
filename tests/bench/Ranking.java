package bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** What one contender's rounds of a contest come to. */
record Ranking(Contender contender, List<Round> rounds) {
    /** @return false if a round of it did not count: then none does */
    boolean counts() {
        return rounds.stream().allMatch(Round::counts);
    }

    /** Why it does not count. */
    String problem() {
        return rounds.stream().map(Round::problem).filter(problem -> !problem.isEmpty()).findFirst().orElse("");
    }

    /** The median; beyond all others where it does not count. */
    double seconds() {
        return counts() ? median(round -> round.measured().seconds()) : Double.POSITIVE_INFINITY;
    }

    double fastest() {
        return rounds.stream().mapToDouble(round -> round.measured().seconds()).min().orElseThrow();
    }

    double slowest() {
        return rounds.stream().mapToDouble(round -> round.measured().seconds()).max().orElseThrow();
    }

    /** The median of something of each round. */
    double median(ToDoubleFunction<Round> value) {
        double[] sorted = rounds.stream().mapToDouble(value).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

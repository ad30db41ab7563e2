package bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A contest that is over.
 *
 * @param link whether tool, source and target were apart
 * @param contents what was moved, in words
 * @param size the number in these words
 * @param servers between which servers, in words
 * @param bytes its size on the source's disk
 */
public record WorkloadResult(Workload workload, boolean link, String contents, int size, String servers, long bytes,
        List<Round> rounds) {
    String title() {
        return workload.title() + (link ? " over a link" : "");
    }

    /** The contenders, the fastest first. */
    List<Ranking> rankings() {
        Map<Contender, List<Round>> turns = new LinkedHashMap<>();
        rounds.forEach(round -> turns.computeIfAbsent(round.contender(), contender -> new ArrayList<>()).add(round));
        return turns.entrySet().stream().map(entry -> new Ranking(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(Ranking::seconds)).toList();
    }

    Optional<Ranking> ranking(String contender) {
        return rankings().stream()
                .filter(ranking -> ranking.contender().name().equals(contender) && ranking.counts()).findFirst();
    }

    /** The seconds that are 1 in ratios: those of migrate, or of the fastest where it did not take part. */
    double unit() {
        return ranking("migrate").or(() -> rankings().stream().filter(Ranking::counts).findFirst())
                .map(Ranking::seconds).orElse(1.0);
    }
}

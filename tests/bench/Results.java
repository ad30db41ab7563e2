package bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All rounds of a run, and what they come to. */
final class Results {
    /** One workload's rounds. */
    record Part(Workload workload, boolean link, String contents, String servers, long bytes, List<Round> rounds) {
        /** The contenders, the fastest first. */
        List<Line> lines() {
            Map<Contender, List<Round>> turns = new LinkedHashMap<>();
            rounds.forEach(round -> turns.computeIfAbsent(round.contender(), contender -> new ArrayList<>()).add(round));
            List<Line> lines = turns.entrySet().stream().map(entry -> new Line(entry.getKey(), entry.getValue())).toList();
            return lines.stream().sorted(Comparator.comparing(Line::seconds)).toList();
        }

        /** The time that is 1 in ratios: that of migrate, or the fastest one's where it did not take part. */
        double unit() {
            return lines().stream().filter(line -> line.contender().name().equals("migrate") && line.counts()).findFirst()
                    .or(() -> lines().stream().filter(Line::counts).findFirst()).map(Line::seconds).orElse(1.0);
        }
    }

    /** One contender's rounds of a workload. */
    record Line(Contender contender, List<Round> rounds) {
        boolean counts() {
            return rounds.stream().allMatch(Round::counts);
        }

        /** The median; beyond all others where a round did not count. */
        double seconds() {
            return counts() ? median(rounds.stream().map(round -> round.measured().seconds()).toList()) : Double.POSITIVE_INFINITY;
        }

        double cpu() {
            return median(rounds.stream().map(round -> round.measured().cpu()).toList());
        }

        double peak() {
            return median(rounds.stream().map(round -> (double) round.measured().peak()).toList());
        }

        double written() {
            return median(rounds.stream().map(round -> (double) round.measured().written()).toList());
        }

        private static double median(List<Double> values) {
            List<Double> sorted = values.stream().sorted().toList();
            int middle = sorted.size() / 2;
            return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        }
    }

    private final List<Part> parts = new ArrayList<>();

    void add(Workload workload, boolean link, String contents, String servers, long bytes, List<Round> rounds) {
        parts.add(new Part(workload, link, contents, servers, bytes, rounds));
    }

    String text() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            text.append("%s%s, %s%n".formatted(part.workload().title(), part.link() ? " over the link" : "", part.servers()));
            part.lines().forEach(line -> text.append(String.format(Locale.ROOT, line.counts() ? "%6.2f  %7.1f s  %s%n" : "  none         –  %3$s%n",
                    line.seconds() / part.unit(), line.seconds(), line.contender().title())));
        }
        return text.toString();
    }
}

package bench;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import testbed.Run;

/** What is worth to be known beside the times. */
final class Notes {
    private static final int STARTS = 5;

    private Notes() {
    }

    /** What a chunk costs among many, against one among fewer. */
    static List<String> perChunk(List<WorkloadResult> outcomes) {
        Optional<WorkloadResult> few =
                outcomes.stream().filter(outcome -> outcome.workload() == Workload.SOMECHUNKS).findFirst();
        Optional<WorkloadResult> many =
                outcomes.stream().filter(outcome -> outcome.workload() == Workload.MANYCHUNKS).findFirst();
        return many.filter(outcome -> few.isPresent()).stream()
                .flatMap(outcome -> outcome.rankings().stream().filter(Ranking::counts)
                        .flatMap(ranking -> few.get().ranking(ranking.contender().name()).stream()
                                .map(same -> each(outcome, ranking, few.get(), same))))
                .toList();
    }

    /**
     * How long it takes until the first line of code of a command runs, the median of some starts after a first one.
     */
    static String startUp() {
        List<String> command = List.of("./jbang", "migrate", "--version");
        Run.of(command).orFail();
        double[] seconds = Stream.generate(() -> {
            long start = System.nanoTime();
            Run.of(command).orFail();
            return (System.nanoTime() - start) / 1e9;
        }).limit(STARTS).mapToDouble(Double::doubleValue).sorted().toArray();
        return String.format(Locale.ROOT, "`%s` takes %.2f s.", String.join(" ", command), seconds[STARTS / 2]);
    }

    /** What the two servers alone cost, moved by the shortest script that there is, against what contenders take. */
    static String floor(Round floor, WorkloadResult outcome) {
        double least = floor.servers() / Runtime.getRuntime().availableProcessors();
        String said = String.format(Locale.ROOT,
                "%s: the two servers alone need %.1f CPU seconds for COPY out and in, in binary, indexes and "
                        + "ANALYZE: %.1f s on "
                        + "these cores.",
                outcome.title(), floor.servers(), least);
        String times = String.join(", ", outcome.rankings().stream().filter(Ranking::counts)
                .filter(ranking -> !ranking.contender().isPrepared())
                .map(ranking -> String.format(Locale.ROOT, "%s %.2f", ranking.contender().title(),
                        ranking.seconds() / least))
                .toList());
        return floor.counts() ? said + " Times of that: " + times + "."
                : "No floor for " + outcome.title() + ": " + floor.problem();
    }

    private static String each(WorkloadResult many, Ranking manyTime, WorkloadResult few, Ranking fewTime) {
        double one = 1000 * manyTime.seconds() / many.size();
        double other = 1000 * fewTime.seconds() / few.size();
        return String.format(Locale.ROOT, "%s: %.2f ms per chunk of %,d, %.2f ms per chunk of %,d; ratio %.2f.",
                manyTime.contender().title(), one, many.size(),
                other, few.size(), one / other);
    }
}

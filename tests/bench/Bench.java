//DEPS info.picocli:picocli:4.7.7

package bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.opentest4j.TestAbortedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What `make bench` runs: every contender moves every workload, in rounds, side by side. */
@Command(name = "bench", mixinStandardHelpOptions = true)
final class Bench implements Callable<Integer> {
    @Option(names = "--workloads", defaultValue = "")
    String workloads;
    @Option(names = "--contenders", defaultValue = "")
    String contenders;
    @Option(names = "--rounds", defaultValue = "3")
    int rounds;
    @Option(names = "--scale", defaultValue = "1")
    double scale;
    @Option(names = "--minutes", defaultValue = "40")
    int minutes;
    @Option(names = "--results", defaultValue = "build/bench")
    Path results;

    public static void main(String[] args) {
        System.exit(new CommandLine(new Bench()).execute(Arrays.stream(args).filter(arg -> !arg.endsWith("=")).toArray(String[]::new)));
    }

    @Override
    public Integer call() {
        List<Workload> chosen = workloads.isEmpty() ? List.of(Workload.values()) : Arrays.stream(workloads.split(",")).map(Workload::of).toList();
        List<Contender> all = Contender.select(contenders);
        Deadline deadline = new Deadline(Duration.ofMinutes(minutes), chosen);
        Results found = new Results();
        for (Workload workload : chosen) {
            System.out.printf("%n%s: %s%n", workload.title(), workload.contents(scale));
            deadline.begin(workload);
            try (Arena arena = Arena.of(workload, scale)) {
                Contest contest = new Contest(arena, workload, false, able(all), rounds, deadline);
                found.add(workload, false, workload.contents(scale), arena.servers(), arena.bytes(), contest.run());
            } catch (TestAbortedException e) {
                System.out.println("skipped: " + e.getMessage());
            }
        }
        System.out.println();
        System.out.print(found.text());
        return 0;
    }

    /** Those whose programs are here; the others are named. */
    private static List<Contender> able(List<Contender> all) {
        Optional<String> missing = Pgcopydb.unavailable();
        List<Contender> able = new ArrayList<>(all);
        if (able.removeIf(contender -> missing.isPresent() && contender.programs().contains("pgcopydb"))) {
            System.out.println("skipped: pgcopydb: " + missing.orElseThrow());
        }
        return able;
    }
}

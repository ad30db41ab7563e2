//DEPS info.picocli:picocli:4.7.7

package bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.opentest4j.TestAbortedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import testbed.Requirement;

/** What `make bench` runs: every contender moves every workload, in rounds, side by side. */
@Command(name = "bench", mixinStandardHelpOptions = true)
final class Bench implements Callable<Integer> {
    @Option(names = "WORKLOADS", description = "separated by commas; all if not given")
    String workloads = "";
    @Option(names = "CONTENDERS", description = "separated by commas, pgcopydb for all that begin so; all if not given")
    String contenders = "";
    @Option(names = "LINKED", description = "workloads that are also moved over a link; \"none\" for none",
            defaultValue = "timeseries")
    String linked;
    @Option(names = "ROUNDS", defaultValue = "3")
    int rounds;
    @Option(names = "SCALE", description = "the size of each workload, 1 for the usual one", defaultValue = "1")
    double scale;
    @Option(names = "MINUTES", description = "no round begins that would not end by then", defaultValue = "40")
    int minutes;
    @Option(names = "RESULTS", description = "the folder for the results", defaultValue = "build/bench")
    Path results;

    private final List<String> notes = new ArrayList<>();
    private final List<WorkloadResult> outcomes = new ArrayList<>();
    private String command;

    /** @param args make's variables; those that are empty are not set */
    public static void main(String[] args) {
        Requirement.madeBy("bench");
        String[] given = Arrays.stream(args).filter(arg -> !arg.endsWith("=")).toArray(String[]::new);
        Bench bench = new Bench();
        bench.command = Arrays.stream(given).filter(arg -> !arg.startsWith("RESULTS="))
                .collect(Collectors.joining(" ", "make bench ", "")).strip();
        System.exit(new CommandLine(bench).setExecutionExceptionHandler((e, line, parsed) -> {
            System.out.println("bench: error: " + e.getMessage());
            return 1;
        }).execute(given));
    }

    @Override
    public Integer call() {
        // Has JBang compile migrate, too, which no contender should wait for.
        String startUp = Notes.startUp();
        List<Contender> able = usable(Contender.select(contenders));
        List<Workload> all = workloads.isEmpty() ? List.of(Workload.values()) : Workload.select(workloads);
        List<Workload> apart = linked.equals("none") ? List.of() : Workload.select(linked);
        Deadline deadline = new Deadline(Duration.ofMinutes(minutes),
                all.stream().mapToInt(workload -> shares(workload, apart)).sum());
        Deque<BenchServers> past = new ArrayDeque<>();
        for (Workload workload : all) {
            while (!past.isEmpty() && !past.peek().roomy()) {
                past.poll().close();
            }
            try {
                BenchServers servers = BenchServers.of(workload, scale);
                past.add(servers);
                rounds(servers, false, able, deadline);
                if (workload == Workload.TIMESERIES) {
                    WorkloadRounds alone =
                            new WorkloadRounds(servers, servers.source().port(), servers.target().port(), List.of(), 1,
                                    deadline);
                    Round floor = alone.turn(Contender.FLOOR, 1);
                    floor.line();
                    notes.add(Notes.floor(floor, outcomes.get(outcomes.size() - 1)));
                }
                if (apart.contains(workload)) {
                    rounds(servers, true, able, deadline);
                }
                servers.rest();
            } catch (TestAbortedException e) {
                skip(workload.title() + ": " + e.getMessage());
                deadline.begin(shares(workload, apart));
            }
        }
        past.forEach(BenchServers::close);
        notes.add(startUp);
        notes.addAll(Notes.perChunk(outcomes));
        Results.write(results, command, outcomes, notes);
        System.out.printf("%nbench.md, bench.svg and bench.csv are in %s%n", results);
        return outcomes.stream().flatMap(outcome -> outcome.rankings().stream())
                .filter(ranking -> ranking.contender().isOurs())
                .allMatch(Ranking::counts) ? 0 : 1;
    }

    private void rounds(BenchServers servers, boolean link, List<Contender> able, Deadline deadline) {
        deadline.begin(servers.workload().share());
        try (Link toSource = Link.to(servers.source().port()); Link toTarget = Link.to(servers.target().port())) {
            WorkloadRounds contest = new WorkloadRounds(servers, link ? toSource.port() : servers.source().port(),
                    link ? toTarget.port() : servers.target().port(),
                    able.stream().filter(contender -> contender.moves(servers.workload())).toList(), rounds, deadline);
            String contents = servers.workload().contents(scale);
            System.out.printf("%n%s%s: %s, %s%n", servers.workload().title(), link ? " over a link" : "", contents,
                    servers.servers());
            outcomes.add(new WorkloadResult(servers.workload(), link, contents, servers.workload().scaled(scale),
                    servers.servers(),
                    servers.bytes(), contest.run(Round::line)));
        }
    }

    private static int shares(Workload workload, List<Workload> apart) {
        return apart.contains(workload) ? 2 * workload.share() : workload.share();
    }

    /** Those whose programs are here; the others are named. */
    private List<Contender> usable(List<Contender> all) {
        if (all.stream().noneMatch(Contender::needsPgcopydb) || Pgcopydb.unavailable().isEmpty()) {
            return all;
        }
        skip("pgcopydb: " + Pgcopydb.unavailable().get());
        return all.stream().filter(contender -> !contender.needsPgcopydb()).toList();
    }

    private void skip(String what) {
        System.out.println("skipped: " + what);
        notes.add("Skipped: " + what);
    }
}

package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The rounds of one workload: in each, every contender has its turn, beginning with another one. */
public final class WorkloadRounds {
    /** A contender that takes this many times the time of the fastest has no further turn... */
    private static final double SLOW = 5;
    /** ... and one that takes this many times of it, and longer than a minute, is not waited for. */
    private static final double TOO_SLOW = 13;
    private static final double LONGEST = 140;
    private static final double SHORTEST = 60;

    /** What contenders said who failed. */
    private static final Path MESSAGES = Path.of("build", "bench");

    private final BenchServers servers;
    private final int sourcePort;
    private final int targetPort;
    private final List<Contender> contenders;
    private final int rounds;
    private final Deadline deadline;
    private final List<Round> done = new ArrayList<>();

    /**
     * A contest that has not begun.
     *
     * @param sourcePort where the contenders look for the source
     * @param targetPort where they look for the target
     */
    public WorkloadRounds(BenchServers servers, int sourcePort, int targetPort, List<Contender> contenders, int rounds,
            Deadline deadline) {
        this.servers = servers;
        this.sourcePort = sourcePort;
        this.targetPort = targetPort;
        this.contenders = new ArrayList<>(contenders);
        this.rounds = rounds;
        this.deadline = deadline;
    }

    /**
     * Holds it.
     *
     * @param onTurn hears of every turn as soon as it is over
     * @return every turn, also those that do not count
     */
    public List<Round> run(Consumer<Round> onTurn) {
        Map<Contender, Duration> turns = new HashMap<>();
        for (int number = 1; number <= rounds; number++) {
            if (!allows(turns)) {
                // What there is time for is for those whom the others are measured by.
                contenders.removeIf(contender -> !contender.isPeer());
                if (!allows(turns)) {
                    break;
                }
            }
            List<Contender> order = new ArrayList<>(contenders);
            Collections.rotate(order, 1 - number);
            for (Contender contender : order) {
                long start = System.nanoTime();
                done.add(turn(contender, number));
                onTurn.accept(done.get(done.size() - 1));
                turns.put(contender, Duration.ofNanos(System.nanoTime() - start));
            }
            done.stream().filter(this::isOut).map(Round::contender).forEach(contenders::remove);
            contenders.removeIf(Contender::isAside);
        }
        return done;
    }

    private boolean allows(Map<Contender, Duration> turns) {
        return deadline.allows(contenders.stream().map(turns::get).reduce(Duration.ZERO, WorkloadRounds::sum));
    }

    /** One try of a contender. */
    Round turn(Contender contender, int number) {
        double limit = Math.min(LONGEST, Math.max(SHORTEST, TOO_SLOW * fastest()));
        servers.prepare();
        if (!contender.isPrepared()) {
            return timed(contender, number, contender.script(servers.workload()), limit);
        }
        Measured first = move(contender, contender.before(), limit);
        if (first.code() != 0) {
            return round(contender, number, first, 0, limit);
        }
        servers.write();
        try {
            return timed(contender, number, contender.script(servers.workload()), limit);
        } finally {
            servers.undoWrites();
        }
    }

    private Round timed(Contender contender, int number, String script, double limit) {
        double before = servers.serverTime();
        Measured measured = move(contender, script, limit);
        return round(contender, number, measured, servers.serverTime() - before, limit);
    }

    private Measured move(Contender contender, String script, double limit) {
        return servers.move(contender, script, sourcePort, targetPort, Duration.ofMillis((long) (limit * 1000)));
    }

    private Round round(Contender contender, int number, Measured measured, double serverTime, double limit) {
        String problem = switch (measured.code()) {
            case 0 -> servers.difference();
            case Measured.ENDLESS -> "not within " + (int) limit + " s";
            default -> "exit code " + measured.code() + ": " + measured.lastMessage();
        };
        if (!problem.isEmpty()) {
            keep(contender, number, measured);
        }
        return new Round(contender, number, measured, serverTime, problem);
    }

    private static Duration sum(Duration one, Duration other) {
        return one.plus(other == null ? Duration.ZERO : other);
    }

    private void keep(Contender contender, int number, Measured measured) {
        try {
            Path folder = Files.createDirectories(MESSAGES);
            Files.writeString(
                    folder.resolve("%s-%s-%d.txt".formatted(servers.workload().title(), contender.name(), number)),
                    measured.messages());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What fails once fails again. */
    private boolean isOut(Round round) {
        return !round.counts() || round.measured().seconds() > SLOW * fastest();
    }

    /** Of those that move everything while they are timed. */
    private double fastest() {
        return done.stream().filter(round -> round.counts() && !round.contender().isPrepared())
                .mapToDouble(round -> round.measured().seconds()).min()
                .orElse(LONGEST);
    }
}

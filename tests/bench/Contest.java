package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The rounds of one workload: in each, every contender has its turn, beginning with another one. */
final class Contest {
    /** A contender that takes this many times the time of the fastest has no further turn... */
    private static final double SLOW = 5;
    /** ... and one that takes this many times of it, and longer than a minute, is not waited for. */
    private static final double TOO_SLOW = 12;
    private static final double LONGEST = 400;
    private static final double SHORTEST = 60;

    /** What contenders said who failed. */
    private static final Path MESSAGES = Path.of("build", "bench");

    private final Arena arena;
    private final Workload workload;
    private final boolean link;
    private final List<Contender> contenders;
    private final int rounds;
    private final Deadline deadline;
    private final List<Round> done = new ArrayList<>();

    Contest(Arena arena, Workload workload, boolean link, List<Contender> contenders, int rounds, Deadline deadline) {
        this.arena = arena;
        this.workload = workload;
        this.link = link;
        this.contenders = new ArrayList<>(contenders);
        this.rounds = rounds;
        this.deadline = deadline;
    }

    /** @return every turn, also those that do not count */
    List<Round> run() {
        Duration round = Duration.ZERO;
        for (int number = 1; number <= rounds && deadline.allows(round); number++) {
            long start = System.nanoTime();
            List<Contender> order = new ArrayList<>(contenders);
            Collections.rotate(order, 1 - number);
            for (Contender contender : order) {
                done.add(turn(contender, number));
            }
            done.stream().filter(this::isOut).map(Round::contender).forEach(contenders::remove);
            round = Duration.ofNanos(System.nanoTime() - start);
        }
        return done;
    }

    private Round turn(Contender contender, int number) {
        double limit = Math.min(LONGEST, Math.max(SHORTEST, TOO_SLOW * fastest()));
        Measured measured = arena.move(contender, arena.source().port(), arena.target().port(), Duration.ofMillis((long) (limit * 1000)));
        String problem = switch (measured.code()) {
            case 0 -> arena.difference();
            case Measured.ENDLESS -> "not within " + (int) limit + " s";
            default -> "exit code " + measured.code() + ": " + measured.lastMessage();
        };
        if (measured.code() != 0) {
            keep(contender, number, measured);
        }
        System.out.printf("%2d  %-28s %7.1f s  CPU %6.1f s  %5d MiB  %6d MB written  %s%n", number, contender.title(), measured.seconds(), measured.cpu(),
                measured.peak() >> 20, measured.written() / 1_000_000, problem);
        return new Round(workload, link, contender, number, measured, problem);
    }

    private void keep(Contender contender, int number, Measured measured) {
        try {
            Path folder = Files.createDirectories(MESSAGES);
            Files.writeString(folder.resolve("%s-%s-%d.txt".formatted(workload.title(), contender.name(), number)), measured.messages());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What fails once fails again. */
    private boolean isOut(Round round) {
        return !round.counts() || round.measured().seconds() > SLOW * fastest();
    }

    private double fastest() {
        return done.stream().filter(Round::counts).mapToDouble(round -> round.measured().seconds()).min().orElse(LONGEST);
    }
}

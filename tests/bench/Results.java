package bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The files of a run: a table, a chart, and every round. */
public final class Results {
    private static final String HEAD = """
            # Ways to move a database

            Made by `%s`
            on %s.

            - Both servers and the tool ran on this one machine%s.
            - The servers had PostgreSQL's own settings but for `%s`.
            - The target was an empty database on a fresh server each time%s.
            - A time counts only where the target then held the same rows, indexes, constraints, triggers, chunks and \
            statistics
              as the source.
            - The ratio is that of the median of the rounds to the median of `migrate`. Seconds are the median, and \
            the fastest and
              the slowest round. Who takes more than five times as long as the fastest has one round only, and so has \
            what verifies
              beside; where time is short, the further ones are for `migrate`, prepared or not, the recipe and pgcopydb.
            - `migrate, prepared` has had a first pass with `--prepare`, which does not count. Then the application \
            wrote,
              and the time is that of the last pass, with `--resume`: the downtime.
            - CPU seconds, memory (the largest sum of all processes at one time) and what went to this machine's disk \
            are the
              tool's, without the servers.
            """;

    private Results() {
    }

    /** Writes {@code bench.md}, {@code bench.svg} and {@code bench.csv} into a folder. */
    public static void write(Path folder, String command, List<WorkloadResult> outcomes, List<String> notes) {
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("bench.md"), table(command, outcomes, notes));
            Files.writeString(folder.resolve("bench.svg"), Chart.of(outcomes));
            Files.writeString(folder.resolve("bench.csv"), rounds(outcomes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String table(String command, List<WorkloadResult> outcomes, List<String> notes) {
        StringBuilder text = new StringBuilder(HEAD.formatted(command, Machine.description(),
                outcomes.stream().anyMatch(WorkloadResult::link)
                        ? ", where it says \"over a link\" with 1 Gbit/s and 20 ms between the tool and each of them"
                        : "",
                String.join("`, `", BenchServers.SETTINGS),
                outcomes.stream().anyMatch(outcome -> outcome.workload().hypertables()) ? ", with the extension in it"
                        : ""));
        for (WorkloadResult outcome : outcomes) {
            text.append("\n## ").append(outcome.title()).append("\n\n")
                    .append("%s (%,d MB), %s\n\n".formatted(capital(outcome.contents()),
                            outcome.bytes() / 1_000_000, outcome.servers()));
            if (outcome.rankings().stream().anyMatch(ranking -> ranking.contender().isPrepared())) {
                outcome.workload().writes()
                        .ifPresent(writes -> text.append("Between the passes ").append(writes.contents())
                                .append(".\n\n"));
            }
            text.append("| | ratio | seconds | rounds | CPU s | servers' CPU s | memory MiB | disk MB |\n| --- |")
                    .append(" ---: |".repeat(7)).append('\n');
            outcome.rankings().forEach(ranking -> text.append(row(ranking, outcome.unit())));
        }
        if (!notes.isEmpty()) {
            text.append("\n## Beside it\n\n");
            notes.forEach(note -> text.append("- ").append(note).append('\n'));
        }
        return text.toString();
    }

    private static String row(Ranking ranking, double unit) {
        String title = ranking.contender().title().replace("|", "\\|");
        if (!ranking.counts()) {
            return "| %s | – | %s | | | | | |\n".formatted(title, ranking.problem().replace("|", "\\|"));
        }
        return String.format(Locale.ROOT, "| %s | %.2f | %.1f (%.1f–%.1f) | %d | %.1f | %.1f | %.0f | %.0f |\n", title,
                ranking.seconds() / unit,
                ranking.seconds(), ranking.fastest(), ranking.slowest(), ranking.rounds().size(),
                ranking.median(round -> round.measured().cpu()),
                ranking.median(Round::servers), ranking.median(round -> round.measured().peak()) / (1 << 20),
                ranking.median(round -> round.measured().written()) / 1e6);
    }

    private static String rounds(List<WorkloadResult> outcomes) {
        StringBuilder lines = new StringBuilder(
                "workload,place,contender,round,seconds,cpu_seconds,servers_cpu_seconds,peak_bytes,written_bytes,"
                        + "problem\n");
        for (WorkloadResult outcome : outcomes) {
            for (Round round : outcome.rounds()) {
                Measured measured = round.measured();
                lines.append(Stream
                        .of(outcome.workload().title(), outcome.link() ? "link" : "local", round.contender().name(),
                                round.number(),
                                decimal(measured.seconds()), decimal(measured.cpu()), decimal(round.servers()),
                                measured.peak(), measured.written(),
                                '"' + round.problem().replace("\"", "\"\"") + '"')
                        .map(String::valueOf).collect(Collectors.joining(",", "", "\n")));
            }
        }
        return lines.toString();
    }

    private static String decimal(double seconds) {
        return String.format(Locale.ROOT, "%.2f", seconds);
    }

    private static String capital(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}

package matrix;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What became of each migration, as a page: a table for each Java, and what could not be tried, with the reason. */
public final class MatrixTable {
    /** Long-term versions of Java that are worth a table. */
    private static final List<Integer> JAVAS = List.of(17, 21, 25);

    /** How the page begins. */
    static final String INTRODUCTION = """
            # Versions that were tried

            `make matrix` moves one database from each version of PostgreSQL to each, with each Java that it finds.
            The database has every ordinary kind of object: partitions, generated and identity columns, types,
            functions, triggers, policies, materialized views, publications, large objects, roles with privileges.
            Stock `pg_dump` and `psql` restore the same database beside the one that has been moved. Then the rows of
            every table and the schemas are compared.

            A time means that both are equal. It is that of `migrate --verify checksums`, once, beside other work; see
            [how fast it is](benchmark.md) for times that count. `rows` means that there was no `pg_dump` of the
            target's version to compare the schemas with, so that only `verify` has compared them. An older target is
            `refused` before anything is changed, as it must be. `-` is what this machine could not try, for the
            reasons given below.
            """;

    private final List<Integer> majors;
    private final List<Java> javas;
    private final Map<String, Move.Outcome> outcomes = new LinkedHashMap<>();
    /** Pairs or versions, by the reason why they could not be tried. */
    private final Map<String, TreeSet<String>> without = new LinkedHashMap<>();

    public MatrixTable(List<Integer> majors, List<Java> javas) {
        this.majors = majors;
        this.javas = javas;
    }

    public void add(int from, int to, Java java, Move.Outcome outcome) {
        outcomes.put(key(from, to, java), outcome);
    }

    /** A pair that cannot be tried. */
    public void without(int from, int to, String reason) {
        without.computeIfAbsent(reason, each -> new TreeSet<>()).add("from " + from + " to " + to);
    }

    /** A version of the server that cannot be had. */
    public void without(int major, String reason) {
        without.computeIfAbsent(reason, each -> new TreeSet<>()).add("from and to " + major);
    }

    /** @return whether a migration went wrong: an older target must be refused, and no other may be */
    public boolean failed() {
        return !failures().isEmpty();
    }

    private List<String> failures() {
        List<String> failures = new ArrayList<>();
        for (int from : majors) {
            for (int to : majors) {
                for (Java java : javas) {
                    Move.Outcome outcome = outcomes.get(key(from, to, java));
                    if (outcome != null && outcome.end() != (to < from ? Move.End.REFUSED : Move.End.EQUAL)) {
                        failures.add("- from " + from + " to " + to + " with Java " + java.major() + ": "
                                + outcome.problem());
                    }
                }
            }
        }
        return failures;
    }

    static String cell(Move.Outcome outcome) {
        return switch (outcome.end()) {
            case EQUAL -> String.format(Locale.ROOT, outcome.schema() ? "%.1f s" : "%.1f s, rows", outcome.seconds());
            case REFUSED -> "refused";
            case FAILED -> "failed";
        };
    }

    public String page(Duration took) {
        List<String> lines = new ArrayList<>(List.of(INTRODUCTION));
        for (Java java : javas) {
            lines.addAll(List.of("## Java " + java.version(), ""));
            lines.add("| from | " + majors.stream().map(to -> "to " + to).collect(Collectors.joining(" | ")) + " |");
            lines.add("| --- |" + " --- |".repeat(majors.size()));
            for (int from : majors) {
                lines.add(majors.stream().map(
                        to -> outcomes.containsKey(key(from, to, java)) ? cell(outcomes.get(key(from, to, java))) : "-")
                        .collect(Collectors.joining(" | ", "| " + from + " | ", " |")));
            }
            lines.add("");
        }
        List<String> reasons = Stream
                .concat(without.entrySet().stream()
                        .map(entry -> "- " + entry.getKey() + ":\n  " + String.join(", ", entry.getValue())),
                        JAVAS.stream().filter(major -> javas.stream().noneMatch(java -> java.major() == major))
                                .map(major -> "- Java " + major + ": none found"))
                .toList();
        section(lines, "Not tried", reasons);
        section(lines, "Failed", failures());
        lines.add("This took " + took.toSeconds() + " seconds on " + Runtime.getRuntime().availableProcessors()
                + " processors.");
        return String.join("\n", lines) + "\n";
    }

    private static void section(List<String> lines, String heading, List<String> contents) {
        if (!contents.isEmpty()) {
            lines.addAll(List.of("## " + heading, ""));
            lines.addAll(contents);
            lines.add("");
        }
    }

    private static String key(int from, int to, Java java) {
        return from + " " + to + " " + java.major();
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.ArrayList;
import java.util.List;
import lib.facts.Difference;
import lib.source.SchemaChanges;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Printable;

/**
 * Lays out differences as lines of a table, with a heading. Picocli's {@code TextTable} is no help: it takes
 * {@code @|…|@} in a name for markup, which nothing escapes, and breaks a long name into lines.
 */
public final class DifferenceTable {
    private static final List<String> HEADING = List.of("KIND", "OBJECT", "SOURCE", "TARGET");
    private static final int WIDEST = 40;
    private static final int BEFORE_DIFFERENCE = 12;
    private static final String ELLIPSIS = "…";

    private DifferenceTable() {
    }

    /**
     * @param full whether long values are shown in full, else the part is shown where the two begin to differ
     * @return one line for each difference after the heading, or nothing when there are none
     */
    public static List<Printable> lines(List<Difference> differences, boolean full) {
        if (differences.isEmpty()) {
            return List.of();
        }
        List<List<String>> rows = new ArrayList<>(List.of(HEADING));
        for (Difference difference : differences) {
            String source = oneLine(difference.source());
            String target = oneLine(difference.target());
            rows.add(List.of(difference.what(), Printable.of(difference.named()).text(),
                    full ? source : shortened(source, target),
                    full ? target : shortened(target, source)));
        }
        int[] widths = new int[HEADING.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], Math.min(row.get(i).length(), i < 2 ? 2 * WIDEST : WIDEST));
            }
        }
        return rows.stream().map(row -> new Printable(line(row, widths))).toList();
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            line.append(row.get(i));
            if (i < widths.length - 1) {
                line.append(" ".repeat(Math.max(0, widths[i] - row.get(i).length()))).append("  ");
            }
        }
        return line.toString();
    }

    /** A definition may go over several lines, which do not matter. */
    private static String oneLine(String value) {
        return Printable.of(value.replaceAll("\\s*\\n\\s*", " ")).text();
    }

    private static String shortened(String value, String other) {
        if (value.length() <= WIDEST) {
            return value;
        }
        int same = 0;
        while (same < Math.min(value.length(), other.length()) && value.charAt(same) == other.charAt(same)) {
            same++;
        }
        int start = same < WIDEST - 1 ? 0 : same - BEFORE_DIFFERENCE;
        int room = WIDEST - (start > 0 ? 1 : 0);
        String shown = value.length() - start > room ? value.substring(start, start + room - 1) + ELLIPSIS
                : value.substring(start);
        return start > 0 ? ELLIPSIS + shown : shown;
    }

    /**
     * @param changes what was changed on the source's schema during the run: under the snapshot's locks nobody alters
     * or drops a table, but an index, a trigger or a function
     * @param comparison the command that shows all differences
     * @return the end of a run that has found some
     */
    public static Failure failure(List<Difference> differences, List<String> changes, String comparison,
            boolean verbose) {
        return Failure
                .differences("%s between source and target%s", Count.of(differences.size(), "difference"),
                        SchemaChanges.description(changes))
                .detail("%s", Printable.lines(lines(differences.stream().limit(20).toList(), verbose)))
                .hint("%ssee all of them: %s",
                        new Printable(changes.isEmpty() ? ""
                                : "make these changes on the target too, or empty it and run again "
                                        + "while nobody changes the schema\n"),
                        comparison);
    }
}

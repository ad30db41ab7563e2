package lib.compare;

import java.util.ArrayList;
import java.util.List;
import lib.talk.Count;

/**
 * How many rows were compared and how. A hypertable is one table, whatever chunks it has; what an extension stores for
 * itself does not count.
 *
 * @param tables without materialized views
 * @param rows of these on the source
 * @param views materialized views
 * @param viewRows of these on the source
 * @param whole of how many tables, chunks and views the contents were compared in full
 * @param sampled of how many a sample of the contents was compared
 * @param sample how many rows these samples had together
 * @param counted of how many only the number of rows was compared
 */
public record ComparedRows(long tables, long rows, long views, long viewRows, long whole, long sampled, long sample,
        long counted) {
    /** Nothing at all. */
    public static final ComparedRows NONE = new ComparedRows(0, 0, 0, 0, 0, 0, 0, 0);

    /** @return such as {@code 1000 rows in 2 tables and 5 rows in 1 materialized view} */
    public String text() {
        String text = Count.of(rows, "row") + " in " + Count.of(tables, "table");
        return views == 0 ? text
                : text + " and " + Count.of(viewRows, "row") + " in " + Count.of(views, "materialized view");
    }

    /** @return how many tables, chunks and materialized views were compared */
    public long relations() {
        return whole + sampled + counted;
    }

    /** @return how the contents were compared, such as {@code contents of 9 in full, of 2 by a sample of 2000 rows} */
    public String contents() {
        List<String> parts = new ArrayList<>();
        if (whole > 0) {
            parts.add("of " + whole + " in full");
        }
        if (sampled > 0) {
            parts.add("of " + sampled + " by a sample of " + Count.of(sample, "row"));
        }
        if (counted > 0) {
            parts.add("of " + counted + " not");
        }
        return parts.isEmpty() ? "no contents" : "contents " + String.join(", ", parts);
    }
}

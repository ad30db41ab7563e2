package lib.rows;

import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.journal.PartRecord;

/**
 * What is wrong with what the target has of a table.
 *
 * @param parts those that the source does not have any more
 * @param rows of the table, by what they have in xmin, or null where it could not be queried
 * @param foreign the transactions that have brought rows which belong to no part, each as xmin has it
 * @param changed how many rows will be others than before, on one side or the other
 */
record OutdatedParts(List<PartRecord> parts, Map<Long, BroughtRows> rows, Set<Long> foreign, long changed) {
    /** @return how many of the table's parts are as they should be */
    int kept(BegunTable table) {
        return table.parts().size() - parts.size();
    }
}

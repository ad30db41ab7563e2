package lib.rows;

import java.util.List;
import java.util.Map;
import lib.journal.PartRecord;

/**
 * What is wrong with what the target has of a table.
 *
 * @param parts those that the source does not have any more
 * @param rows of the table, by what they have in xmin, or null where it could not be queried
 * @param others whether there are rows that no part has brought
 */
record OutdatedParts(List<PartRecord> parts, Map<Long, BroughtRows> rows, boolean others) {
    /** @return how many of the table's parts are as they should be */
    int kept(BegunTable table) {
        return others ? 0 : table.parts().size() - parts.size();
    }
}

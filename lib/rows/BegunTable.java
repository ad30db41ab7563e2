package lib.rows;

import java.util.List;
import lib.journal.PartRecord;
import lib.source.Inventory;

/**
 * A table of which an earlier run has brought something.
 *
 * @param parts those that have arrived
 */
record BegunTable(Inventory.Table table, List<PartRecord> parts) {
    /** @return this table with some of its parts */
    BegunTable with(List<PartRecord> some) {
        return new BegunTable(table, some);
    }
}

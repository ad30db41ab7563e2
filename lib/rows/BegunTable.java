package lib.rows;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import lib.journal.PartRecord;
import lib.source.Inventory;

/**
 * A table of which an earlier run has brought something.
 *
 * @param parts those that have arrived
 */
record BegunTable(Inventory.Table table, List<PartRecord> parts) {
    /** @return whether it had another name when they arrived */
    boolean isRenamed() {
        return parts.stream().anyMatch(part -> !part.name().equals(table.sql()));
    }

    /** @return the transactions that have brought them, each as xmin has it */
    Set<Long> transactions() {
        return parts.stream().map(part -> part.arrival().xmin()).collect(Collectors.toSet());
    }

    /** @return this table with some of its parts */
    BegunTable with(List<PartRecord> some) {
        return new BegunTable(table, some);
    }
}

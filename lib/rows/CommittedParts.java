package lib.rows;

import java.util.HashMap;
import java.util.Map;
import lib.source.Inventory;

/** Which parts of tables have been committed on the target, with how many rows. Safe for use by several threads. */
final class CommittedParts {
    private final CopiedRows arrivals = new CopiedRows();
    private final Map<Long, Integer> parts = new HashMap<>();
    private final Map<Long, Long> rows = new HashMap<>();

    /** @return whether all parts of the table are there now */
    synchronized boolean add(Part part, long count) {
        arrivals.rows(part.table(), count);
        rows.merge(part.table().oid(), count, Long::sum);
        boolean all = parts.merge(part.table().oid(), 1, Integer::sum) == part.of();
        if (all) {
            arrivals.table(part.table());
        }
        return all;
    }

    /**
     * Resets the count of a table of which parts have failed, before it is copied again as a whole.
     *
     * @return whether other parts of it are there
     */
    synchronized boolean forget(Inventory.Table table) {
        Long counted = rows.remove(table.oid());
        if (counted != null) {
            arrivals.rows(table, -counted);
        }
        return parts.remove(table.oid()) != null;
    }

    /** @return the rows and tables that have arrived so far, in words */
    String text() {
        return arrivals.text();
    }
}

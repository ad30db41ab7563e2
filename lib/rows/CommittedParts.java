package lib.rows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import lib.journal.PartRecord;
import lib.journal.PartRecords;
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
     * Counts what an interrupted run has brought.
     *
     * @param arrival is called for each table that is there as a whole
     * @return what is left to copy of the tables that it has begun with
     */
    List<CopyBatch> goOn(List<Inventory.Table> tables, PartRecords records,
            Consumer<Inventory.Table> arrival) {
        List<CopyBatch> rest = new ArrayList<>();
        for (Inventory.Table table : tables) {
            List<PartRecord> earlier = records.take(table.oid());
            for (PartRecord record : earlier) {
                Part part = Part.of(table, record, earlier.size());
                if (!record.finished()) {
                    rest.add(new CopyBatch(List.of(part)));
                } else if (add(part, record.arrival().rows())) {
                    arrival.accept(table);
                }
            }
        }
        return rest;
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

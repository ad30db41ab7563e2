package lib.rows;

import java.util.concurrent.atomic.AtomicLong;
import lib.source.Inventory;
import lib.talk.Count;

/**
 * Counts what has been copied, by whatever thread. Rows of TimescaleDB's own catalog do not count; of compressed chunks
 * those do that hold a batch of the user's rows each, as batches.
 */
final class CopiedRows {
    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong batches = new AtomicLong();
    private final AtomicLong tables = new AtomicLong();

    /** Rows of a table or of a part of it. */
    void rows(Inventory.Table table, long number) {
        if (table.packed()) {
            batches.addAndGet(number);
        } else if (table.catalog() == 0) {
            rows.addAndGet(number);
        }
    }

    /** A table that is there as a whole. */
    void table(Inventory.Table table) {
        if (table.catalog() == 0 && !table.packed()) {
            tables.incrementAndGet();
        }
    }

    /** @return such as {@code 1000 rows and 12 compressed batches} */
    String rowText() {
        return Count.of(rows.get(), "row")
                + (batches.get() == 0 ? ""
                        : " and " + batches.get() + (batches.get() == 1 ? " compressed batch" : " compressed batches"));
    }

    /** @return such as {@code 1000 rows and 12 compressed batches in 3 tables} */
    String text() {
        return rowText() + " in " + Count.of(tables.get(), "table");
    }
}

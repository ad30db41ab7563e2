package lib.rows;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import lib.source.Inventory;
import lib.talk.Batches;

/**
 * In which transactions the rows of tables are copied, and in which order: what takes longest comes first, so that all
 * workers end together.
 */
public final class CopyPlan {
    /** Bytes; a part of less would not repay that it arrives unfrozen. */
    private static final long SMALLEST_PART = 32L << 20;
    /**
     * Bytes; where other machines help, one that comes late finds some of a large table, and one that ends costs it.
     */
    private static final long LARGEST_SHARED = 64L << 20;
    /** For each worker of all machines, so that one that has none any more waits for few rows. */
    private static final int SHARED_PARTS = 8;
    /** Bytes; a run that goes on with an interrupted one begins with no part of more anew. */
    static final long LARGEST_PART = 1L << 30;
    /**
     * Bytes; the smaller parts are, the less is copied again after a first pass because of a few rows, and the more
     * machines have one.
     */
    static final long PART_OF_PASS = 8L << 20;
    /** Bytes; for a table of less, a transaction takes longer than the rows. */
    public static final long SMALL = 1 << 20;
    /** Few enough that the locks of each worker's tables and their TOAST tables fit into the smallest lock table. */
    public static final int TABLES_TOGETHER = 50;

    private CopyPlan() {
    }

    /**
     * @param others how many workers of other machines help
     * @param largest bytes of a part, about
     * @param ranges cuts a table into a number of ranges, or says with an empty list that it must stay whole
     */
    static List<CopyBatch> of(List<Inventory.Table> tables, Parallelism parallelism, int others, long largest,
            BiFunction<Inventory.Table, Integer, List<String>> ranges) {
        long all = tables.stream().mapToLong(Inventory.Table::bytes).sum();
        int workers = parallelism.workers() + others;
        long shared = Math.max(PART_OF_PASS, Math.min(LARGEST_SHARED, all / SHARED_PARTS / workers));
        List<CopyBatch> batches = new ArrayList<>();
        List<Part> small = new ArrayList<>();
        for (Inventory.Table table : tables) {
            if (table.bytes() < SMALL) {
                small.add(Part.small(table));
            } else {
                long part = others > 0 ? Math.min(shared, largest)
                        : partOf(table, all / parallelism.streams(), largest);
                parts(table, part, ranges).forEach(each -> batches.add(new CopyBatch(List.of(each))));
            }
        }
        batches.sort(Comparator.comparing(CopyBatch::bytes).reversed());
        // Never so many together that a worker would have none.
        int together = Math.max(1, Math.min(TABLES_TOGETHER, small.size() / workers));
        Batches.of(small, together).forEach(batch -> batches.add(new CopyBatch(batch)));
        return batches;
    }

    /**
     * A table that would keep one worker busy when all others are done is cut, so that they can help, where there are
     * processors for them; and so is one that nobody wants to begin anew.
     */
    private static long partOf(Inventory.Table table, long share, long largest) {
        long size = Math.max(SMALLEST_PART, share / 2);
        boolean dominates = table.bytes() > share && table.bytes() >= 2 * size;
        return dominates ? Math.min(size, largest) : largest;
    }

    private static List<Part> parts(Inventory.Table table, long part,
            BiFunction<Inventory.Table, Integer, List<String>> ranges) {
        boolean divisible =
                table.condition().isEmpty() && !table.decompressed() && !table.deferred() && table.catalog() == 0
                        && !table.columns().isEmpty();
        List<String> found =
                divisible && table.bytes() >= 2 * part ? ranges.apply(table, (int) (table.bytes() / part)) : List.of();
        return found.isEmpty() ? List.of(Part.whole(table)) : Part.of(table, found);
    }
}

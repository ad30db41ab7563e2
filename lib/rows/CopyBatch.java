package lib.rows;

import java.util.List;
import java.util.stream.IntStream;
import lib.journal.PartRecord;

/**
 * What is copied in one transaction: a part of a large table, one table, or several small ones together, which saves
 * time.
 */
record CopyBatch(List<Part> parts) {
    /** Stands for the first one that all machines may take and nobody has. */
    static final CopyBatch SHARED = new CopyBatch(List.of());

    /** @return bytes on the source's disk, about */
    long bytes() {
        return parts.stream().mapToLong(Part::bytes).sum();
    }

    /** @return the part, or the first of several tables */
    String name() {
        return parts.get(0) + (parts.size() == 1 ? "" : "…");
    }

    /**
     * @param rows how many rows of each part have arrived
     * @param snapshot as {@link PartRecord.Arrival#snapshot} has it
     * @return what the journal is told of that
     */
    List<PartRecord> arrived(List<Long> rows, long snapshot) {
        return IntStream.range(0, rows.size())
                .mapToObj(i -> parts.get(i).record().arrived(
                        new PartRecord.Arrival(rows.get(i), 0, snapshot, parts.get(i).table().file())))
                .toList();
    }

    @Override
    public String toString() {
        return parts.size() == 1 ? "table " + parts.get(0)
                : "tables " + parts.get(0) + " to " + parts.get(parts.size() - 1);
    }
}

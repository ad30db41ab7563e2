package lib.rows;

import java.util.List;

/**
 * What is copied in one transaction: a part of a large table, one table, or several small ones together, which saves
 * time.
 */
record CopyBatch(List<Part> parts) {
    /** @return bytes on the source's disk, about */
    long bytes() {
        return parts.stream().mapToLong(Part::bytes).sum();
    }

    /** @return the part, or the first of several tables */
    String name() {
        return parts.get(0) + (parts.size() == 1 ? "" : "…");
    }

    @Override
    public String toString() {
        return parts.size() == 1 ? "table " + parts.get(0)
                : "tables " + parts.get(0) + " to " + parts.get(parts.size() - 1);
    }
}

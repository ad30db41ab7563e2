package lib.rows;

import java.util.List;
import java.util.stream.IntStream;
import lib.journal.PartRecord;
import lib.source.Inventory;

/**
 * The rows of a table that one COPY moves: all of them, or those of a range.
 *
 * @param range a condition for WHERE, or null for all rows
 * @param number from 1 on
 * @param of how many parts the table has
 * @param bytes on the source's disk, about
 * @param replaces whether the table is emptied before, in the same transaction, so that its rows arrive frozen
 * (PostgreSQL manual, COPY, "FREEZE")
 */
record Part(Inventory.Table table, String range, int number, int of, long bytes, boolean replaces) {
    /**
     * A configuration table came with its extension's own rows, which stay. One that comes late can be a chunk of
     * TimescaleDB: outside its restoring mode TRUNCATE would remove what is compressed, too.
     */
    static Part whole(Inventory.Table table) {
        return new Part(table, null, 1, 1, table.bytes(), !table.extension() && !table.deferred());
    }

    /**
     * A table with so few rows that emptying it, which makes new files for it, takes ten times as long as to bring
     * them.
     */
    static Part small(Inventory.Table table) {
        return new Part(table, null, 1, 1, table.bytes(), false);
    }

    /** @param ranges conditions that hold for each row once */
    static List<Part> of(Inventory.Table table, List<String> ranges) {
        return IntStream.range(0, ranges.size())
                .mapToObj(
                        i -> new Part(table, ranges.get(i), i + 1, ranges.size(), table.bytes() / ranges.size(), false))
                .toList();
    }

    /** @param record of a part that is one of several */
    static Part of(Inventory.Table table, PartRecord record, int of) {
        return new Part(table, record.range(), record.number(), of, record.bytes(), false);
    }

    /** @return this part, as the journal has it before its rows have arrived */
    PartRecord record() {
        return new PartRecord(table.oid(), number, table.sql(), range == null ? "" : range, bytes, null);
    }

    /**
     * @return what stands between COPY and TO on the source; a query is slower than a table, and is not used where a
     * table does
     */
    String reading() {
        if (range == null && table.condition().isEmpty() && !table.decompressed()) {
            return table.sql() + columns();
        }
        return "(SELECT " + table.expressions() + " FROM " + table.from() + " "
                + (range == null ? table.condition() : "WHERE " + range) + ")";
    }

    /** @return what stands between COPY and FROM on the target */
    String loading() {
        return table.sql() + columns();
    }

    private String columns() {
        return table.columns().isEmpty() ? "" : " (" + table.columns() + ")";
    }

    @Override
    public String toString() {
        return of == 1 ? table.toString() : table + " (part " + number + " of " + of + ")";
    }
}

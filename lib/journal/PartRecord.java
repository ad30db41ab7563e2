package lib.journal;

/**
 * A part of a table, as the journal has it.
 *
 * @param source the table's OID on the source
 * @param number from 1 on
 * @param name of the table on the target, as SQL
 * @param range a condition on the source's rows, or nothing for all of them
 * @param bytes on the source's disk, about
 * @param arrival of its rows, or null
 */
public record PartRecord(long source, int number, String name, String range, long bytes, Arrival arrival) {
    /**
     * Rows that are on the target.
     *
     * @param rows their number
     * @param transaction the target's that brought them
     * @param snapshot a transaction of the source: the snapshot under which they were read sees all before it that have
     * committed (xmin of a snapshot; PostgreSQL manual, 9.27.6); 0 where it is of no use any more
     * @param file the relfilenode that the table had on the source
     */
    public record Arrival(long rows, long transaction, long snapshot, long file) {
        /** @return whether the snapshot is one that the source can still be compared with */
        public boolean isTrusted() {
            return snapshot > 0;
        }

        /** @return the same, of a snapshot that is of no use any more */
        Arrival distrusted() {
            return new Arrival(rows, transaction, 0, file);
        }

        /** @return what the rows have in the system column xmin, which is half as long (PostgreSQL manual, 25.1.5) */
        public long xmin() {
            return transaction & 0xFFFFFFFFL;
        }
    }

    /** @return whether its rows have arrived */
    public boolean finished() {
        return arrival != null;
    }

    /** @return this part before its rows have arrived */
    public PartRecord unfinished() {
        return arrived(null);
    }

    /** @return this part with its rows */
    public PartRecord arrived(Arrival rows) {
        return new PartRecord(source, number, name, range, bytes, rows);
    }
}

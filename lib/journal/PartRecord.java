package lib.journal;

/**
 * A part of a table, as the journal has it.
 *
 * @param source the table's OID on the source
 * @param number from 1 on
 * @param name of the table on the target, as SQL
 * @param range a condition on the source's rows, or nothing for all of them
 * @param bytes on the source's disk, about
 * @param rows how many have arrived, or null
 * @param transaction the target's that brought them, or null
 */
public record PartRecord(long source, int number, String name, String range, long bytes, Long rows, Long transaction) {
    /** @return whether its rows have arrived */
    public boolean finished() {
        return rows != null;
    }

    /** @return this part before its rows have arrived */
    public PartRecord unfinished() {
        return new PartRecord(source, number, name, range, bytes, null, null);
    }

    /** @return what the rows have in the system column xmin, which is half as long (PostgreSQL manual, 25.1.5) */
    public long xmin() {
        return transaction & 0xFFFFFFFFL;
    }
}

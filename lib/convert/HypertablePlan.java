package lib.convert;

import java.util.List;

/**
 * How a table of the source becomes a hypertable of the target, with nothing left to find out. The statements are in
 * the order in which they are run: the table is created as an ordinary one, then {@code before}, {@code create},
 * {@code dimensions} and {@code integerNow}, after which publications may get it; when it has its rows, its constraints
 * and indexes but for {@code unmade}, and {@code instead}; then {@code compression}, and at last {@code policies}.
 *
 * @param oid of the table on the source
 * @param partitionKey what follows PARTITION BY in the definition of a partitioned table, which is to be left out; null
 * for an ordinary table
 * @param partitions all relations below a partitioned table, by their OIDs: neither they nor what is theirs is made
 * @param timeType the type of the time column, as format_type has it
 * @param interval of a chunk along the time column; in microseconds where that is a time
 * @param space further dimensions, by hash
 * @param before what is run while the table is still an ordinary one
 * @param integerNow null where there is none
 * @param compression null where chunks are not to be compressed
 * @param compressAfter an SQL expression for the age at which a policy compresses chunks, or null where none does
 * @param unmade what the table, or another one for it, has on the source and not on the target
 * @param instead what is made in the place of that
 */
public record HypertablePlan(long oid, String schema, String table, String partitionKey, List<Long> partitions,
        String timeColumn, String timeType, long interval, List<Space> space, List<String> before, String create,
        List<String> dimensions, String integerNow, String compression, List<String> policies, String compressAfter,
        List<Unmade> unmade, List<String> instead) {
    /** A dimension by hash. */
    public record Space(String column, int partitions) {
    }

    /**
     * An object of the source that is not made on the target.
     *
     * @param catalog the name of the system catalog that has it, {@code oid} its identifier there
     * @param identity its kind and name, for messages
     */
    public record Unmade(String catalog, long oid, String identity) {
    }
}

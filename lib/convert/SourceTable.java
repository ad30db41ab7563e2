package lib.convert;

import java.util.List;
import java.util.Optional;

/**
 * A relation of the source, as far as it matters for becoming a hypertable.
 *
 * @param kind as pg_class has it
 * @param persistence as pg_class has it
 * @param partition whether it is a partition of another table
 * @param inherits whether it has parents or children by inheritance that is no partitioning
 * @param member whether an extension owns it
 * @param rowSecurity whether row security is enabled or forced
 * @param partitionKey what follows PARTITION BY in its definition, or null
 * @param rows by the statistics, or -1 where there are none
 * @param bytes without its indexes
 */
record SourceTable(long oid, TableName name, String kind, String persistence, boolean partition, boolean inherits,
        boolean member, boolean rowSecurity, String partitionKey, double rows, long bytes, long indexBytes,
        List<Partition> partitions, List<Column> columns) {
    /** A relation below a partitioned table, at any depth. */
    record Partition(long oid, TableName name, String kind) {
    }

    /**
     * A column.
     *
     * @param type as format_type has it
     * @param keyed whether an index begins with it, or a foreign key is of it
     * @param unique whether it is a unique key by itself
     * @param hashable whether its type can be hashed, {@code sortable} whether it has an order
     */
    record Column(String name, String type, boolean required, boolean generated, boolean keyed, boolean unique,
            boolean hashable, boolean sortable) {
    }

    Optional<Column> column(String wanted) {
        return columns.stream().filter(column -> column.name.equals(wanted)).findFirst();
    }

    boolean partitioned() {
        return kind.equals("p");
    }

    /** @return a partition that is a foreign table, or null */
    TableName foreignPartition() {
        return partitions.stream().filter(each -> each.kind.equals("f")).map(Partition::name).findFirst()
                .orElse(null);
    }

    boolean unlogged() {
        return persistence.equals("u");
    }
}

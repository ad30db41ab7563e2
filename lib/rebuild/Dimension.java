package lib.rebuild;

/**
 * What a hypertable is partitioned by.
 *
 * @param ranges whether by ranges, which the first dimension always is; else by hash
 * @param times whether the column holds times
 * @param interval of the chunks: microseconds where the column holds times, else in the column's own unit
 * @param compressedInterval of the chunks that compression makes of several, or null
 * @param partitions of the hash, or null
 * @param function quoted and qualified, with the types of its arguments, which values go through before, or null for
 * TimescaleDB's own
 * @param now quoted and qualified, with the types of its arguments, which says how late it is where the column holds
 * integers, or null
 */
record Dimension(String column, boolean ranges, boolean times, Long interval, Long compressedInterval,
        Long partitions,
        String function, String now) {
}

package lib.convert;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import lib.server.Session;
import lib.talk.Bytes;
import lib.talk.Sql;
import lib.timescale.HypertableStatements;

/**
 * What is proposed for one table, with the reasons, from its statistics.
 *
 * @param reason why nothing is proposed, or null
 * @param compressionReason why it is compressed by these columns, or is not
 */
record ProposedTable(SourceTable table, String reason, Conversion conversion, String timeReason, String intervalReason,
        String compressionReason) {
    /** Below it the rows of a time lie all over the table, which is not how measured or recorded things arrive. */
    private static final double LEAST_CORRELATION = 0.8;
    /** Of each value of segmentby in a chunk, for a compressed batch to be worth it. */
    private static final int LEAST_SEGMENT = 100;

    /** @param indexBytes what the indexes of a chunk of this table may take */
    static ProposedTable of(Session source, SourceTable table, double indexBytes, boolean compress) {
        Map<String, ColumnStatistics> statistics = ColumnStatistics.of(source, table);
        if (statistics.isEmpty()) {
            return not(table, "it has no statistics; on the source: ANALYZE " + table.name().sql() + ";");
        } else if (table.inherits()) {
            return not(table, "it has parents or children by inheritance");
        } else if (table.foreignPartition() != null) {
            return not(table, "it has a partition that is a foreign table, " + table.foreignPartition());
        }
        Optional<SourceTable.Column> time = timeColumn(table, statistics);
        if (time.isEmpty()) {
            return not(table, "it has no column of a time without NULL in whose order its rows lie");
        }
        TimeType type = TimeType.of(time.get().type()).orElseThrow();
        Optional<Density> density = Density.of(source, table, time.get().name(), type);
        if (density.isEmpty()) {
            return not(table, "all of its rows have one time, by the statistics");
        }
        Span interval = density.get().interval(type, indexBytes, true);
        double rows = density.get().rows(interval);
        String refused = table.rowSecurity() ? "not compressed, because it has row security"
                : table.columns().stream()
                        .anyMatch(column -> column.name().startsWith(HypertableStatements.RESERVED_COLUMNS))
                        ? "not compressed, because a column has a reserved name"
                : compress ? null : "not compressed, because the target has the Apache edition";
        Optional<SourceTable.Column> segment = segment(table, statistics, time.get(), rows);
        String by = segment.map(column -> String.format(Locale.ROOT,
                "%s has about %.0f values, with %.0f rows of each in a chunk", column.name(),
                statistics.get(column.name()).distinct(),
                rows / statistics.get(column.name()).distinct()))
                .orElse("no key column has few values, with 100 rows of each in a chunk");
        Conversion.Compression compression = refused != null ? null : new Conversion.Compression(0,
                segment.map(column -> List.of(column.name())).orElse(List.of()),
                List.of(new Conversion.Sorting(time.get().name(), true, true)),
                Density.atLeast(Math.max(7 * Span.DAY, 2.0 * interval.units())));
        return new ProposedTable(table, null,
                new Conversion(0, table.name(), time.get().name(), interval, 0, null, List.of(), compression, null,
                        false, List.of()),
                timeReason(table, time.get(), statistics),
                String.format(Locale.ROOT, "about %.0f of the newest rows, whose indexes take %s", rows,
                        Bytes.text(Math.round(rows * density.get().indexBytesPerRow()))),
                refused != null ? refused : by);
    }

    static ProposedTable not(SourceTable table, String reason) {
        return new ProposedTable(table, reason, null, null, null, null);
    }

    ProposedTable uncompressed(String why) {
        return new ProposedTable(table, null, new Conversion(0, table.name(), conversion.timeColumn(),
                conversion.interval(), 0, null, List.of(), null, null, false, List.of()), timeReason, intervalReason,
                why);
    }

    private static boolean isKey(SourceTable table, SourceTable.Column column) {
        return ("RANGE (" + Sql.ident(column.name()) + ")").equals(table.partitionKey())
                || ("RANGE (" + column.name() + ")").equals(table.partitionKey());
    }

    /** What a table is partitioned by comes first, then what is NOT NULL, then what the rows are sorted by best. */
    private static Optional<SourceTable.Column> timeColumn(SourceTable table,
            Map<String, ColumnStatistics> statistics) {
        return table.columns().stream()
                .filter(column -> TimeType.of(column.type()).filter(type -> !type.isInteger()).isPresent()
                        && !column.generated() && statistics.containsKey(column.name())
                        && statistics.get(column.name()).nulls() == 0
                        && (isKey(table, column)
                                || statistics.get(column.name()).correlation() >= LEAST_CORRELATION))
                .max(Comparator.comparing((SourceTable.Column column) -> isKey(table, column))
                        .thenComparing(SourceTable.Column::required)
                        .thenComparing(column -> statistics.get(column.name()).correlation()));
    }

    private static String timeReason(SourceTable table, SourceTable.Column time,
            Map<String, ColumnStatistics> statistics) {
        return time.type() + (time.required() ? ", NOT NULL" : ", without NULL by the statistics")
                + (isKey(table, time) ? ", by which the table is partitioned"
                        : String.format(Locale.ROOT, ", in whose order the rows lie (correlation %.2f)",
                                statistics.get(time.name()).correlation()));
    }

    private static Optional<SourceTable.Column> segment(SourceTable table, Map<String, ColumnStatistics> statistics,
            SourceTable.Column time, double rows) {
        return table.columns().stream()
                .filter(column -> !column.equals(time) && column.keyed() && !column.unique() && column.sortable()
                        && !column.type().matches("real|double precision") && statistics.containsKey(column.name()))
                .filter(column -> statistics.get(column.name()).distinct() > 1
                        && statistics.get(column.name()).nulls() < 0.5
                        && rows / statistics.get(column.name()).distinct() >= LEAST_SEGMENT)
                .max(Comparator.comparingDouble(column -> statistics.get(column.name()).distinct()));
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.convert;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import lib.server.Session;
import lib.talk.Sql;

/**
 * How many rows there are along a time column, lately, by the statistics of ANALYZE: the newest tenth of its histogram,
 * since tables grow faster as they get older.
 *
 * @param rowsPerUnit in a microsecond of a time, or in a step of an integer
 * @param span from the oldest to the newest row, in the same units
 */
record Density(double rowsPerUnit, double span, double bytesPerRow, double indexBytesPerRow) {
    private static final int LEAST_CHUNKS = 8;
    private static final int MOST_CHUNKS = 2000;
    /** Lengths that people know; of the last, multiples. */
    private static final List<String> TIMES = List.of("1 hour", "2 hours", "3 hours", "6 hours", "12 hours", "1 day",
            "2 days", "7 days", "14 days", "30 days", "60 days", "90 days", "180 days", "360 days");

    /** A column of few values, such as days, has a list of them and no histogram. */
    private static final String BOUNDS = """
            SELECT %3$s FROM pg_catalog.pg_stats s,
              pg_catalog.unnest(coalesce(s.histogram_bounds::text, s.most_common_vals::text)::%4$s[]) u(bound)
             WHERE (s.schemaname, s.tablename, s.attname) IN (%1$s) AND s.inherited = %2$s AND u.bound IS NOT NULL
               AND %5$s ORDER BY u.bound""";

    /** @return nothing where there are no statistics */
    static Optional<Density> of(Session session, SourceTable table, String column, TimeType type) {
        if (table.rows() <= 0) {
            return Optional.empty();
        }
        List<Double> bounds = bounds(session, List.of(table.name()), table.partitioned(), column, type);
        if (bounds.size() < 2 && table.partitioned()) {
            // Partitioned tables are analyzed by nobody but a user; their partitions are by autovacuum.
            bounds = bounds(session, table.partitions().stream().map(SourceTable.Partition::name).toList(), false,
                    column, type);
        }
        if (bounds.size() < 2) {
            return Optional.empty();
        }
        int last = bounds.size() - 1;
        int from = last - Math.max(1, last / 10);
        double recent = bounds.get(last) - bounds.get(from);
        double span = bounds.get(last) - bounds.get(0);
        double rate = recent > 0 ? table.rows() * (last - from) / last / recent : 0;
        double average = span > 0 ? table.rows() / span : 0;
        return rate <= 0 && average <= 0 ? Optional.empty()
                : Optional.of(new Density(rate > 0 ? rate : average, span, table.bytes() / table.rows(),
                        table.indexBytes() / table.rows()));
    }

    private static List<Double> bounds(Session session, List<TableName> tables, boolean inherited, String column,
            TimeType type) {
        String names = tables.stream().map(name -> "(" + Sql.literal(name.schema()) + ", " + Sql.literal(name.table())
                + ", " + Sql.literal(column) + ")").collect(Collectors.joining(", "));
        return tables.isEmpty() ? List.of() : session.list("reading the statistics of a time column",
                BOUNDS.formatted(names, inherited,
                        type.isInteger() ? "u.bound" : "pg_catalog.date_part('epoch', u.bound) * 1000000", type,
                        type.isInteger() ? "true" : "pg_catalog.isfinite(u.bound)"),
                row -> row.getDouble(1));
    }

    /**
     * @return the largest interval that people know of which a chunk has no more than these bytes, and that is no more
     * than an eighth of what there is; larger, if there would be more than {@value #MOST_CHUNKS} chunks
     */
    Span interval(TimeType type, double bytes, boolean ofIndexes) {
        double units = Math.max(span / MOST_CHUNKS, Math.min(span / LEAST_CHUNKS,
                bytes / Math.max(1, ofIndexes ? indexBytesPerRow : bytesPerRow) / rowsPerUnit));
        if (type.isInteger()) {
            long power = (long) Math.pow(10, Math.floor(Math.log10(Math.max(1, Math.min(units, 1e17)))));
            return Span.parse(String.valueOf(LongStream.of(5, 2, 1).map(factor -> factor * power)
                    .filter(step -> step <= units && type.wrong(Span.parse(String.valueOf(step))) == null).findFirst()
                    .orElse(1)));
        }
        return TIMES.stream().map(Span::parse).filter(span -> type.wrong(span) == null)
                .filter(span -> span.units() <= units).reduce((shorter, longer) -> longer)
                .orElseGet(() -> TIMES.stream().map(Span::parse).filter(span -> type.wrong(span) == null).findFirst()
                        .orElseThrow());
    }

    /** @return the shortest length that people know of at least these units */
    static Span atLeast(double units) {
        return TIMES.stream().map(Span::parse).filter(span -> span.units() >= units).findFirst()
                .orElseGet(() -> Span.parse(TIMES.get(TIMES.size() - 1)));
    }

    /** @return how many rows a chunk of this interval has */
    double rows(Span interval) {
        return rowsPerUnit * interval.units();
    }
}

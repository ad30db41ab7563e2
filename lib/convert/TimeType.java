package lib.convert;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The types of columns that a hypertable can be divided by. A domain of such a type is none of them. */
enum TimeType {
    TIMESTAMPTZ("timestamp with time zone", 0),
    TIMESTAMP("timestamp without time zone", 0),
    DATE("date", 0),
    BIGINT("bigint", Long.MAX_VALUE),
    INTEGER("integer", Integer.MAX_VALUE),
    SMALLINT("smallint", Short.MAX_VALUE);

    private final String sql;
    private final long largest;

    TimeType(String sql, long largest) {
        this.sql = sql;
        this.largest = largest;
    }

    /** @param type as format_type has it */
    static Optional<TimeType> of(String type) {
        return Arrays.stream(values()).filter(each -> each.sql.equals(type)).findFirst();
    }

    boolean isInteger() {
        return largest > 0;
    }

    /** @return what is wrong with this interval of a chunk, or null */
    String wrong(Span interval) {
        if (isInteger() != interval.integer()) {
            return isInteger() ? "must be an integer, as the column is" : "must be a time, such as 7 days";
        } else if (isInteger() && interval.units() > largest) {
            return "is larger than " + largest + ", the largest number of the column's type";
        }
        return this == DATE && interval.units() % Span.DAY != 0 ? "must be whole days, as the column is a date" : null;
    }

    static String all() {
        return Arrays.stream(values()).map(TimeType::toString).collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
        return sql;
    }
}

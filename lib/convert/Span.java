package lib.convert;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.talk.Sql;

/**
 * A length along a time column: a time such as {@code 7 days}, or an integer for a column of integers.
 *
 * @param text as it was written
 * @param units of a time the microseconds, where a month is 30 days and a year 12 months, as TimescaleDB counts
 */
record Span(String text, long units, boolean integer) {
    static final long SECOND = 1_000_000;
    static final long HOUR = 3600 * SECOND;
    static final long DAY = 24 * HOUR;

    static final String ALLOWED = "a time, such as 7 days or 12 hours, or an integer for a column of integers";

    private static final Map<String, Long> UNITS = Map.of("second", SECOND, "minute", 60 * SECOND, "hour", HOUR,
            "day", DAY, "week", 7 * DAY, "month", 30 * DAY, "year", 360 * DAY);
    private static final Pattern INTEGER = Pattern.compile("\\d{1,19}");
    private static final String TERM = "(\\d{1,9}) +(second|minute|hour|day|week|month|year)s?";
    private static final Pattern TIME = Pattern.compile(TERM + "(?: +" + TERM + ")*");

    /** @return null where the text is neither a time nor an integer, or not above 0 */
    static Span parse(String text) {
        try {
            if (INTEGER.matcher(text).matches()) {
                long number = Long.parseLong(text);
                return number > 0 ? new Span(text, number, true) : null;
            }
            return TIME.matcher(text).matches() ? time(text) : null;
        } catch (NumberFormatException | ArithmeticException e) {
            return null;
        }
    }

    private static Span time(String text) {
        long units = 0;
        for (Matcher term = Pattern.compile(TERM).matcher(text); term.find();) {
            units = Math.addExact(units,
                    Math.multiplyExact(Long.parseLong(term.group(1)), (long) UNITS.get(term.group(2))));
        }
        return units > 0 ? new Span(text, units, false) : null;
    }

    /** @return an SQL expression for it */
    String sql() {
        return integer ? units + "::bigint" : "interval " + Sql.literal(text);
    }

    @Override
    public String toString() {
        return text;
    }
}

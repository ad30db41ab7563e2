package lib.talk;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes, in a readable form. */
public final class Bytes {
    private static final String[] UNITS = {"bytes", "kB", "MB", "GB", "TB", "PB"};

    private static final Pattern NUMBER = Pattern.compile("(\\d{1,12})(B|kB|MB|GB|TB)?");

    private Bytes() {
    }

    /**
     * Reads a number with one of PostgreSQL's units of memory, each 1024 of the one before (PostgreSQL manual, 20.1.1),
     * such as {@code 50MB}.
     *
     * @return bytes, or 0 if the text is not such a number
     */
    public static long parse(String text) {
        Matcher number = NUMBER.matcher(text);
        if (!number.matches()) {
            return 0;
        }
        int power = number.group(2) == null ? 0 : "BkMGT".indexOf(number.group(2).charAt(0));
        return Long.parseLong(number.group(1)) << 10 * power;
    }

    /** @return the number in powers of 1024, with the units that PostgreSQL prints */
    public static String text(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < UNITS.length - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }
}

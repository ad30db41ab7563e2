package lib;

import java.util.Locale;

/**
 * What preflight has to say about one thing.
 *
 * @param check what was looked at, such as {@code extensions}
 * @param fix the command that mends it, or null
 */
public record Finding(Level level, String check, String text, String fix) {
    /** A stop refuses the migration; a warning is for the operator to judge. */
    public enum Level {
        OK, WARNING, STOP;

        /** @return the level as it is printed */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static Finding ok(String check, String format, Object... values) {
        return new Finding(Level.OK, check, String.format(format, values), null);
    }

    public static Finding warning(String check, String fix, String format, Object... values) {
        return new Finding(Level.WARNING, check, String.format(format, values), fix);
    }

    public static Finding stop(String check, String fix, String format, Object... values) {
        return new Finding(Level.STOP, check, String.format(format, values), fix);
    }

    /** @return one line */
    @Override
    public String toString() {
        return level.word() + ": " + check + ": " + text;
    }
}

package lib.server;

import java.util.Locale;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.PrintableSql;

/**
 * A result of preflight.
 *
 * @param check what was checked, such as {@code extensions}
 * @param text in a line, fit to be shown
 * @param fix the command that mends it, fit to be shown, or null
 */
public record Finding(Level level, String check, String text, String fix) {
    /** A stop refuses the migration; a warning is for the operator to judge. */
    public enum Level {
        OK,
        WARNING,
        STOP;

        /** @return the level as it is printed */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static Finding ok(String check, String format, Object... values) {
        return new Finding(Level.OK, check, Printable.format(format, values), null);
    }

    public static Finding warning(String check, String fix, String format, Object... values) {
        return new Finding(Level.WARNING, check, Printable.format(format, values), shown(fix));
    }

    public static Finding stop(String check, String fix, String format, Object... values) {
        return new Finding(Level.STOP, check, Printable.format(format, values), shown(fix));
    }

    /** The failure of a step that meets it. */
    public static Finding stop(String check, Failure failure) {
        return new Finding(Level.STOP, check,
                failure.getMessage() + (failure.detail() == null ? "" : " (" + failure.detail() + ")"), failure.hint());
    }

    private static String shown(String fix) {
        return fix == null ? null : PrintableSql.hint(fix).text();
    }

    /** @return the text, fit to be shown */
    public Printable message() {
        return new Printable(text);
    }

    /** @return the command that mends it */
    public Printable remedy() {
        return new Printable(String.valueOf(fix));
    }

    /** @return one line */
    Printable line() {
        return new Printable(level.word() + ": " + check + ": " + text);
    }

    @Override
    public String toString() {
        return line().text();
    }
}

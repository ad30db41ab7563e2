package lib.talk;

import java.util.Arrays;
import java.util.Collection;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A text that people may be shown: whatever stands in the names and messages that it was made of, it moves no cursor,
 * writes no clipboard, hides nothing and begins no line of its own. {@link Console}, {@link Failure}, {@code Finding}
 * and {@link Report} turn every value into one before they print it.
 *
 * <p>
 * A character that is not seen is written as its code point in angle brackets, {@code <U+000A>} for a line break,
 * {@code <U+001B>} for ESC, {@code <U+202E>} for what turns the direction of writing, as the pager less shows them. A
 * {@code <U+} of the text itself is written {@code <U+003C>U+}, so that two names never look the same. Backslashes stay
 * as they are, for SQL and shells have their own use for them.
 *
 * @param text the text; the line breaks in it are ours
 */
public record Printable(String text) {
    private static final String OPENING = "<U+";

    /** @return a value in one line */
    public static Printable of(Object value) {
        return value instanceof Printable shown ? shown : new Printable(oneLine(escaped(String.valueOf(value))));
    }

    /** @return several values, each in a line */
    public static Printable lines(Collection<?> values) {
        return new Printable(values.stream().map(value -> of(value).text).collect(Collectors.joining("\n")));
    }

    /**
     * @return a line that another run has shown already: what it wrote stays as it is, and nothing else gets through
     */
    public static Printable alreadyPrintable(String line) {
        return new Printable(oneLine(line));
    }

    /** @return a text of ours of several lines, such as a script, in which line breaks and tabs stay */
    public static Printable multiline(String text) {
        return new Printable(text.codePoints().anyMatch(c -> c != '\n' && c != '\t' && isInvisible(c))
                ? text.codePoints().mapToObj(c -> c == '\n' || c == '\t' ? Character.toString(c) : visible(c))
                        .collect(Collectors.joining())
                : text);
    }

    /** @return JSON (RFC 8259) of the same meaning; line breaks stay, for none stands in a string */
    public static String json(String json) {
        return json.codePoints().anyMatch(c -> c != '\n' && isInvisible(c))
                ? json.codePoints().mapToObj(c -> c == '\n' || !isInvisible(c) ? Character.toString(c)
                        : Character.toString(c).chars().mapToObj("\\u%04x"::formatted).collect(Collectors.joining()))
                        .collect(Collectors.joining())
                : json;
    }

    /** @return the format with its values, of which each stays in its line; without values it is a text as it stands */
    public static String format(String format, Object... values) {
        return format(Printable::of, format, values);
    }

    /** @param how makes a value fit to be shown */
    static String format(Function<Object, Printable> how, String format, Object... values) {
        String text = oneLine(format);
        return values.length == 0 ? text
                : String.format(text, Arrays.stream(values)
                        .map(value -> value instanceof Number || value == null ? value : how.apply(value)).toArray());
    }

    /** @return whether a terminal shows nothing for a character, or does something instead */
    static boolean isInvisible(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                true;
            default -> false;
        };
    }

    private static String escaped(String text) {
        return text.contains(OPENING) ? text.replace(OPENING, code('<') + OPENING.substring(1)) : text;
    }

    private static String oneLine(String text) {
        return text.codePoints().anyMatch(Printable::isInvisible)
                ? text.codePoints().mapToObj(Printable::visible).collect(Collectors.joining()) : text;
    }

    private static String visible(int character) {
        return isInvisible(character) ? code(character) : Character.toString(character);
    }

    private static String code(int character) {
        return OPENING + "%04X>".formatted(character);
    }

    @Override
    public String toString() {
        return text;
    }
}

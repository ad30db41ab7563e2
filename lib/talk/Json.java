package lib.talk;

import java.util.Collection;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/**
 * Writes maps, collections, texts, numbers and truth values as JSON (RFC 8259), indented by two blanks; what is not
 * seen is escaped (see {@link Shown}).
 */
public final class Json {
    private Json() {
    }

    /** @return the value as text that ends without a line break */
    public static String of(Object value) {
        return text(value, "\n");
    }

    private static String text(Object value, String line) {
        String deeper = line + "  ";
        if (value instanceof Map<?, ?> map) {
            StringJoiner members = new StringJoiner("," + deeper, "{" + deeper, line + "}").setEmptyValue("{}");
            map.forEach((name, member) -> members.add(quoted(String.valueOf(name)) + ": " + text(member, deeper)));
            return members.toString();
        } else if (value instanceof Collection<?> collection) {
            StringJoiner elements = new StringJoiner("," + deeper, "[" + deeper, line + "]").setEmptyValue("[]");
            collection.forEach(element -> elements.add(text(element, deeper)));
            return elements.toString();
        }
        return value == null || value instanceof Number || value instanceof Boolean ? String.valueOf(value)
                : quoted(value.toString());
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            switch (c) {
                case '"', '\\' -> quoted.append('\\').appendCodePoint(c);
                case '\n' -> quoted.append("\\n");
                default -> quoted.append(Shown.isUnseen(c) ? code(c) : Character.toString(c));
            }
        });
        return quoted.append('"').toString();
    }

    /** @return the same JSON, in which what is not seen is escaped; line breaks, which stand in no string, stay */
    public static String printable(String json) {
        return json.codePoints().anyMatch(c -> c != '\n' && Shown.isUnseen(c))
                ? json.codePoints().mapToObj(c -> c != '\n' && Shown.isUnseen(c) ? code(c) : Character.toString(c))
                        .collect(Collectors.joining())
                : json;
    }

    private static String code(int character) {
        return Character.toString(character).chars().mapToObj("\\u%04x"::formatted).collect(Collectors.joining());
    }
}

package lib;

import java.util.Collection;
import java.util.Map;
import java.util.StringJoiner;

/** Writes maps, collections, texts, numbers and truth values as JSON (RFC 8259), indented by two blanks. */
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
        return value == null || value instanceof Number || value instanceof Boolean ? String.valueOf(value) : quoted(value.toString());
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                default -> quoted.append(c < ' ' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
            }
        }
        return quoted.append('"').toString();
    }
}

package lib.convert;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Names as a YAML file has them (YAML 1.2, 7.3.1 and 5.7): in double quotes where they are not plain words. */
final class YamlText {
    private static final Pattern WORD = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    /** Words that mean something else to one version of YAML or another. */
    private static final Set<String> RESERVED =
            Set.of("null", "true", "false", "yes", "no", "on", "off", "y", "n");

    private YamlText() {
    }

    static String of(String name) {
        if (WORD.matcher(name).matches() && !RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
            return name;
        }
        StringBuilder text = new StringBuilder("\"");
        name.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                text.append('\\').appendCodePoint(c);
            } else if (c == '\n') {
                text.append("\\n");
            } else if (visible(c)) {
                text.appendCodePoint(c);
            } else {
                text.append(c > 0xFFFF ? "\\U%08X".formatted(c) : "\\u%04X".formatted(c));
            }
        });
        return text.append('"').toString();
    }

    /** What a reader of YAML takes as it stands, and a terminal shows. */
    private static boolean visible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED ->
                false;
            default -> c != ' ' ? !Character.isSpaceChar(c) : true;
        };
    }

    /** @return a table as two keys of a group */
    static String keys(TableName table) {
        return "schema: " + of(table.schema()) + ", table: " + of(table.table());
    }

    /** @return what the file has to say of an obstacle, on one line */
    static String change(Obstacle obstacle, Treatment becomes, TableName hypertable) {
        return "{" + obstacle.subject() + ": " + of(obstacle.name())
                + (obstacle.of().equals(hypertable) ? "" : ", of: {" + keys(obstacle.of()) + "}") + ", becomes: "
                + becomes + "}";
    }
}

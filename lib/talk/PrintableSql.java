package lib.talk;

/**
 * SQL that people are shown and may run: characters that are not seen are written as escapes in quoted names,
 * {@code U&"a\000Ab"}, and in constants, {@code E'a\nb'}, which mean the same (PostgreSQL manual, 4.1.2.3 and 4.1.2.2;
 * beyond ASCII, servers before version 13 know them in databases in UTF8 only). Line breaks stay between words and in
 * bodies of routines. SQL without such characters stays as it is.
 */
public final class PrintableSql {
    private final String sql;
    private final StringBuilder shown = new StringBuilder();
    private int at;

    private PrintableSql(String sql) {
        this.sql = sql;
    }

    /** @return SQL that may be run, with the line breaks between its words */
    public static Printable of(String sql) {
        return Printable.multiline(escaped(sql));
    }

    /** @return a hint or a part of one, in a line: what is SQL of it means the same */
    public static Printable hint(Object value) {
        return value instanceof Printable shown ? shown : Printable.of(escaped(String.valueOf(value)));
    }

    /** @return a hint with its values */
    static String hint(String format, Object... values) {
        return Printable.format(PrintableSql::hint, format, values);
    }

    private static String escaped(String sql) {
        return sql.codePoints().anyMatch(Printable::isInvisible) ? new PrintableSql(sql).text() : sql;
    }

    private String text() {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (c == '"') {
                name();
            } else if (c == '\'') {
                constant();
            } else if (c == '$' && !isWord(before())) {
                dollars();
            } else if (sql.startsWith("-- ", at)) {
                // Options of commands, which a hint may name, have no blank there.
                int end = sql.indexOf('\n', at);
                take(end < 0 ? sql.length() : end);
            } else {
                take(at + 1);
            }
        }
        return shown.toString();
    }

    private void take(int end) {
        shown.append(sql, at, end);
        at = end;
    }

    private char before() {
        return at == 0 ? ' ' : sql.charAt(at - 1);
    }

    private static boolean isWord(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == '$';
    }

    /** @return where the quoted text that begins here ends, behind its quote, or -1 */
    private int end(char quote, boolean backslashes) {
        for (int i = at + 1; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (backslashes && c == '\\') {
                i++;
            } else if (c == quote && i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
                i++;
            } else if (c == quote) {
                return i + 1;
            }
        }
        return -1;
    }

    private void name() {
        int end = end('"', false);
        String inside = end < 0 ? "" : sql.substring(at + 1, end - 1);
        if (before() == '&' || inside.codePoints().noneMatch(Printable::isInvisible)) {
            take(end < 0 ? at + 1 : end);
            return;
        }
        shown.append("U&\"");
        inside.codePoints()
                .forEach(c -> shown.append(c == '\\' ? "\\\\" : !Printable.isInvisible(c) ? Character.toString(c)
                        : c > 0xFFFF ? "\\+%06X".formatted(c) : "\\%04X".formatted(c)));
        shown.append('"');
        at = end;
    }

    private void constant() {
        boolean escapes = Character.toLowerCase(before()) == 'e' && (at < 2 || !isWord(sql.charAt(at - 2)));
        int end = end('\'', escapes);
        String inside = end < 0 ? "" : sql.substring(at + 1, end - 1);
        if (before() == '&' || inside.codePoints().noneMatch(c -> c != '\t' && Printable.isInvisible(c))) {
            take(end < 0 ? at + 1 : end);
        } else if (escapes) {
            shown.append('\'');
            // Of a backslash and what it escapes, only the latter may be replaced.
            boolean held = false;
            for (int c : inside.codePoints().toArray()) {
                boolean first = c == '\\' && !held;
                if (!first) {
                    shown.append(Printable.isInvisible(c) ? escape(c) : (held ? "\\" : "") + Character.toString(c));
                }
                held = first;
            }
            shown.append('\'');
            at = end;
        } else {
            literal(inside);
            at = end;
        }
    }

    private void literal(String text) {
        shown.append("E'");
        text.codePoints()
                .forEach(c -> shown
                        .append(c == '\\' ? "\\\\" : Printable.isInvisible(c) ? escape(c) : Character.toString(c)));
        shown.append('\'');
    }

    private void dollars() {
        int tag = at + 1;
        while (tag < sql.length() && sql.charAt(tag) != '$' && isWord(sql.charAt(tag))) {
            tag++;
        }
        int body = tag + 1;
        int end = tag < sql.length() && sql.charAt(tag) == '$' ? sql.indexOf(sql.substring(at, body), body) : -1;
        String inside = end < 0 ? "" : sql.substring(body, end);
        if (end < 0) {
            take(at + 1);
        } else if (inside.codePoints().noneMatch(c -> c != '\t' && c != '\n' && Printable.isInvisible(c))) {
            take(end + body - at);
        } else {
            int after = end + body - at;
            literal(inside.replace("'", "''"));
            at = after;
        }
    }

    private static String escape(int c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> c < 0x80 ? "\\x%02X".formatted(c) : c > 0xFFFF ? "\\U%08X".formatted(c) : "\\u%04X".formatted(c);
        };
    }
}

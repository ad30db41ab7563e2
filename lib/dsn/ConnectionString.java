package lib.dsn;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.talk.Failure;

/**
 * The syntax of a connection string, as libpq reads it (PostgreSQL manual, 34.1.1): a URI, {@code key = 'value'} pairs,
 * or, as for psql, a bare database name. A text may hold a password anywhere, even where none belongs, so a message
 * repeats nothing of it that could be one.
 */
final class ConnectionString {
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://.*", Pattern.DOTALL);
    private static final String EXAMPLE = "postgresql://user@host:5432/database or \"host=… port=… dbname=… user=…\"";
    private static final String QUOTING =
            "a value with blanks is written 'in quotes', with \\' and \\\\ for ' and \\ in it";

    private final String side;
    private final String text;
    private final Map<String, String> values = new LinkedHashMap<>();
    private int at;
    private String previous;

    private ConnectionString(String side, String text) {
        this.side = side;
        this.text = text;
    }

    /**
     * Reads what the text itself says.
     *
     * @param text the connection string; null or blank says nothing
     * @return values by keyword, in the order of the text
     * @throws Failure usage, naming the side
     */
    static Map<String, String> parse(String side, String text) {
        if (text == null || text.isBlank()) {
            return Map.of();
        }
        String trimmed = text.strip();
        if (ConnectionUri.isUri(trimmed)) {
            return ConnectionUri.parse(side, trimmed);
        }
        Matcher scheme = SCHEME.matcher(trimmed);
        if (trimmed.startsWith("jdbc:")) {
            throw Failure.usage("the %s is given as a JDBC URL", side)
                    .hint("leave off \"jdbc:\", and write user and password as "
                            + "postgresql://user:password@host:port/database");
        } else if (scheme.matches()) {
            throw Failure.usage("unknown scheme \"%s\" in the connection URI for the %s", scheme.group(1), side)
                    .hint("write " + EXAMPLE);
        }
        return text.indexOf('=') < 0 ? bareName(side, text) : new ConnectionString(side, text).pairs();
    }

    private static Map<String, String> bareName(String side, String text) {
        // What looks like a URI without its scheme would otherwise be shown as a database name, password and all.
        if (text.matches("(?s).*[@/:\\s].*")) {
            throw neither(side);
        }
        return Map.of("dbname", text);
    }

    private static Failure neither(String side) {
        return Failure.usage(
                "the connection string for the %s is neither a URI nor key=value pairs nor a plain database name", side)
                .hint("write %s; a database name with other characters is written dbname='…'", EXAMPLE);
    }

    private Map<String, String> pairs() {
        for (skipBlanks(); at < text.length(); skipBlanks()) {
            String name = name();
            String value = value();
            if (name.equals("requiressl")) {
                name = "sslmode";
                value = value.startsWith("1") ? "require" : "prefer";
            }
            values.put(name, value);
            previous = name;
        }
        return values;
    }

    private String name() {
        int start = at;
        while (at < text.length() && text.charAt(at) != '=' && !blank()) {
            at++;
        }
        String name = text.substring(start, at);
        boolean stray =
                previous != null && ConnectionParameter.of(previous).secret() || !ConnectionParameter.isWord(name);
        skipBlanks();
        if (at == text.length() || text.charAt(at) != '=') {
            throw stray ? strayWord() : Failure
                    .usage("missing \"=\" after \"%s\" in the connection string for the %s", name, side).hint(QUOTING);
        }
        if (ConnectionParameter.of(name) == null && !name.equals("requiressl")) {
            throw stray ? strayWord() : ConnectionParameter.unknown(side, name);
        }
        at++;
        return name;
    }

    /** After a secret, a word that is no keyword may be the rest of that secret. */
    private Failure strayWord() {
        return previous == null ? neither(side)
                : Failure
                        .usage("no connection option follows the value of \"%s\" in the connection string for the %s",
                                previous, side)
                        .hint(QUOTING);
    }

    private String value() {
        skipBlanks();
        boolean quoted = at < text.length() && text.charAt(at) == '\'';
        if (quoted) {
            at++;
        }
        StringBuilder value = new StringBuilder();
        while (at < text.length() && (quoted ? text.charAt(at) != '\'' : !blank())) {
            if (text.charAt(at) == '\\' && ++at == text.length()) {
                break;
            }
            value.append(text.charAt(at++));
        }
        if (quoted && at++ >= text.length()) {
            throw Failure.usage("unterminated quoted string in the connection string for the %s", side).hint(QUOTING);
        }
        return value.toString();
    }

    private void skipBlanks() {
        while (at < text.length() && blank()) {
            at++;
        }
    }

    private boolean blank() {
        char c = text.charAt(at);
        return c == ' ' || c >= '\t' && c <= '\r';
    }
}

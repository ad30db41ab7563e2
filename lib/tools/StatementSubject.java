package lib.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What a statement about privileges or settings is about, as values: pg_dump's archives hold such statements as text
 * only, and this is where it is read.
 *
 * @param kind of object, as GRANT names it, such as {@code TABLE} or {@code FOREIGN SERVER}; {@link #DEFAULTS} for
 * default privileges, {@link #SETTING} for a setting of a database or of a role in it
 * @param schema of the object; null where it is in none
 * @param name the object's, without the arguments of a function; of default privileges the role whose they are; of a
 * setting its parameter
 * @param columns those of a table that it is about, or none for all of it
 * @param role who is granted something, or whose setting it is; null for a setting of the database itself
 */
public record StatementSubject(String kind, String schema, String name, Set<String> columns, String role) {
    public static final String DEFAULTS = "DEFAULT PRIVILEGES";
    public static final String SETTING = "SETTING";

    private static final Pattern TOKEN =
            Pattern.compile("\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|[\\w$\\x{80}-\\x{10FFFF}]+|\\S");
    /** In one word, or in those that stand together. */
    private static final Set<String> KINDS = Set.of("TABLE", "SEQUENCE", "FUNCTION", "PROCEDURE", "ROUTINE", "SCHEMA",
            "DATABASE", "TYPE", "DOMAIN", "LANGUAGE", "LARGE OBJECT", "FOREIGN DATA WRAPPER", "FOREIGN SERVER",
            "PARAMETER");

    /** @return the object's qualified name without quotes, for the operator */
    public String object() {
        return schema == null ? name : schema + "." + name;
    }

    /**
     * @param text one statement, or several of which one is of that kind, such as a GRANT between two statements that
     * set and reset its grantor
     * @return what it is about, or null if none is a privilege or such a setting
     */
    static StatementSubject of(String text) {
        List<String> tokens = TOKEN.matcher(text).results().map(token -> token.group()).toList();
        for (int begin = 0, end; begin < tokens.size(); begin = end + 1) {
            int length = tokens.subList(begin, tokens.size()).indexOf(";");
            end = length < 0 ? tokens.size() : begin + length;
            StatementSubject subject = new Reader(tokens.subList(begin, end)).read();
            if (subject != null) {
                return subject;
            }
        }
        return null;
    }

    /** Goes through the tokens once. */
    private static final class Reader {
        private final List<String> tokens;
        private int next;

        Reader(List<String> tokens) {
            this.tokens = tokens;
        }

        StatementSubject read() {
            if (take("ALTER", "DEFAULT", "PRIVILEGES")) {
                String owner = take("FOR", "ROLE") ? name() : null;
                next = tokens.contains("TO") ? tokens.lastIndexOf("TO") + 1 : tokens.lastIndexOf("FROM") + 1;
                return new StatementSubject(DEFAULTS, null, owner, Set.of(), name());
            } else if (take("ALTER", "DATABASE")) {
                name();
                return setting(null);
            } else if (take("ALTER", "ROLE")) {
                String role = name();
                return take("IN", "DATABASE") && name() != null ? setting(role) : null;
            }
            return take("GRANT") || take("REVOKE") ? privilege() : null;
        }

        private StatementSubject setting(String role) {
            return take("SET") ? new StatementSubject(SETTING, null, name(), Set.of(), role) : null;
        }

        private StatementSubject privilege() {
            Set<String> columns = new TreeSet<>();
            while (next < tokens.size() && !tokens.get(next).equals("ON")) {
                if (tokens.get(next++).equals("(")) {
                    for (; next < tokens.size() && !tokens.get(next).equals(")"); next++) {
                        if (!tokens.get(next).equals(",")) {
                            columns.add(plain(tokens.get(next)));
                        }
                    }
                }
            }
            if (!take("ON")) {
                return null;
            }
            String kind = kind();
            List<String> object = names();
            while (next < tokens.size() && !tokens.get(next).equals("TO") && !tokens.get(next).equals("FROM")) {
                next++;
            }
            next++;
            return new StatementSubject(kind, object.size() > 1 ? object.get(0) : null, object.get(object.size() - 1),
                    columns, name());
        }

        /** Without one, GRANT means a table (PostgreSQL manual, GRANT). */
        private String kind() {
            for (int words = 3; words > 0; words--) {
                if (next + words < tokens.size()) {
                    String kind = String.join(" ", tokens.subList(next, next + words));
                    if (KINDS.contains(kind)) {
                        next += words;
                        return kind;
                    }
                }
            }
            return "TABLE";
        }

        private boolean take(String... words) {
            List<String> wanted = List.of(words);
            boolean there = next + words.length <= tokens.size()
                    && tokens.subList(next, next + words.length).equals(wanted);
            next += there ? words.length : 0;
            return there;
        }

        /** @return the name that stands here, with what qualifies it, or null at the end */
        private String name() {
            return next < tokens.size() ? String.join(".", names()) : null;
        }

        /** @return the parts of it */
        private List<String> names() {
            List<String> parts = new ArrayList<>(List.of(plain(tokens.get(next++))));
            while (next + 1 < tokens.size() && tokens.get(next).equals(".")) {
                parts.add(plain(tokens.get(next + 1)));
                next += 2;
            }
            return parts;
        }

        private static String plain(String token) {
            return token.startsWith("\"") ? token.substring(1, token.length() - 1).replace("\"\"", "\"") : token;
        }
    }
}

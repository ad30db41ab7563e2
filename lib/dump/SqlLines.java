package lib.dump;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether a line of a script begins a statement, or stands within one: within a text, a name, a comment or the body of
 * a function everything can look like something else (PostgreSQL manual, 4.1 "Lexical Structure"). One character stands
 * for each byte; in every encoding of a server what is no ASCII character has no byte of one.
 */
final class SqlLines {
    private static final Pattern DOLLAR = Pattern.compile("\\$([A-Za-z_\\x80-\\xff][\\w\\x80-\\xff]*)?\\$");
    private static final String UNESCAPED = "SET standard_conforming_strings = off;";

    /** What the end of the last line is within: a quote, a dollar, a star for a comment, or 0. */
    private char within;
    private boolean escapes;
    private String tag = "";
    private int comments;
    private int parentheses;
    private boolean between = true;
    private boolean standard = true;

    /** @return whether the next line is not within a statement */
    boolean between() {
        return within == 0 && between;
    }

    /** Goes on by a line. */
    void pass(String line) {
        if (between() && line.startsWith(UNESCAPED)) {
            standard = false;
        }
        int at = 0;
        while (at < line.length()) {
            at = switch (within) {
                case 0 -> outside(line, at);
                case '*' -> comment(line, at);
                case '$' -> body(line, at);
                default -> quoted(line, at);
            };
        }
    }

    private int outside(String line, int at) {
        char letter = line.charAt(at);
        if (line.startsWith("--", at)) {
            return line.length();
        } else if (line.startsWith("/*", at)) {
            within = '*';
            comments = 1;
            return at + 2;
        } else if (letter == ';' && parentheses == 0) {
            between = true;
            return at + 1;
        }
        between &= Character.isWhitespace(letter);
        if (letter == '\'' || letter == '"') {
            within = letter;
            escapes = letter == '\'' && (!standard || isEscaped(line, at));
        } else if (letter == '$' && (at == 0 || !isOfName(line.charAt(at - 1)))) {
            Matcher quote = DOLLAR.matcher(line).region(at, line.length());
            if (quote.lookingAt()) {
                within = '$';
                tag = quote.group();
                return quote.end();
            }
        } else if (letter == '(') {
            parentheses++;
        } else if (letter == ')') {
            parentheses--;
        }
        return at + 1;
    }

    /** @return whether an E stands before a quote */
    private static boolean isEscaped(String line, int at) {
        return at > 0 && (line.charAt(at - 1) == 'E' || line.charAt(at - 1) == 'e')
                && (at == 1 || !isOfName(line.charAt(at - 2)));
    }

    private static boolean isOfName(char letter) {
        return letter == '_' || letter == '$' || letter > 127 || Character.isLetterOrDigit(letter);
    }

    private int quoted(String line, int at) {
        char letter = line.charAt(at);
        if (escapes && letter == '\\') {
            return at + 2;
        }
        if (letter == within) {
            // Two of them are one, which ends and begins again.
            boolean doubled = at + 1 < line.length() && line.charAt(at + 1) == letter;
            within = doubled ? within : 0;
            return at + (doubled ? 2 : 1);
        }
        return at + 1;
    }

    private int body(String line, int at) {
        int end = line.indexOf(tag, at);
        if (end < 0) {
            return line.length();
        }
        within = 0;
        return end + tag.length();
    }

    private int comment(String line, int at) {
        if (line.startsWith("/*", at)) {
            comments++;
            return at + 2;
        } else if (line.startsWith("*/", at)) {
            within = --comments == 0 ? 0 : within;
            return at + 2;
        }
        return at + 1;
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import testbed.PgServer;
import testbed.Sides;
import testbed.SourceFile;

/** Every statement that a hint or a remedy in the sources has is one to the server, whatever names come into it. */
class HintStatementsTest {
    private static final PgServer SERVER = Sides.shared().source();
    private static final Pattern HINTS = Pattern.compile(
            "(?s)(?:\\.hint\\(|Finding\\.(?:stop|warning)\\(|HINT = |AGAIN = |fix = |reset = |by = | -> \"|return "
                    + "\").*?;\n");
    private static final Pattern LITERAL = Pattern.compile("\"((?:\\\\.|[^\"\\\\])*+)\"");
    private static final Pattern STATEMENT =
            Pattern.compile("(?<![\\w\"] ?)(?:GRANT|REVOKE|ALTER|CREATE|DROP|CALL|SELECT|UPDATE) [^;\n]*;");
    /**
     * What stands for the kind of an object or a list of texts cannot be a name; the parts of format() are no
     * statements.
     */
    private static final Pattern OF_ANY_KIND = Pattern
            .compile("(?:ALTER|CREATE|DROP|CALL|UPDATE) \"x\".*|.*\\(\"x\"|SELECT \"x\".*|.*'\"x\".*|.*%[LI\"].*");

    /** What a hint's source comes to where each value is a name. */
    private static String text(String source) {
        StringBuilder text = new StringBuilder();
        Matcher literal = LITERAL.matcher(source);
        int end = 0;
        while (literal.find()) {
            String gap = source.substring(end, literal.start()).strip();
            text.append(gap.equals("+") ? "" : gap.startsWith("+") && gap.endsWith("+") ? "\"x\"" : "\n")
                    .append(literal.group(1).replace("\\\"", "\"").replace("\\n", "\n"));
            end = literal.end();
        }
        return text.toString().replaceAll("%(?:\\d\\$)?s", "\"x\"").replaceAll("%(?:\\d\\$)?d", "1").replace("%%", "%");
    }

    private static List<String> statements(Path file) {
        try {
            List<String> statements = new ArrayList<>();
            Matcher hints = HINTS.matcher(SourceFile.joined(Files.readString(file)));
            while (hints.find()) {
                STATEMENT.matcher(text(hints.group())).results().map(found -> found.group())
                        .filter(found -> !OF_ANY_KIND.matcher(found).matches()).forEach(statements::add);
            }
            return statements;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void the_server_can_parse_each() throws IOException {
        List<String> wrong = new ArrayList<>();
        int all = 0;
        for (String place : List.of("lib", "scripts")) {
            try (Stream<Path> files = Files.walk(Path.of(place))) {
                for (Path file : files.filter(each -> each.toString().endsWith(".java")).sorted().toList()) {
                    for (String statement : statements(file)) {
                        all++;
                        try {
                            // It is compiled, and not run.
                            SERVER.sql("postgres", "DO $do$ BEGIN RETURN; " + statement + " END $do$");
                        } catch (IllegalStateException e) {
                            wrong.add(file + ": " + statement + ": " + e.getMessage());
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(all >= 25, "found " + all);
    }
}

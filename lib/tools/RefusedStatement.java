package lib.tools;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import lib.dsn.Dsn;
import lib.talk.Failure;

/**
 * A statement about privileges or settings that a server has refused, because the user may not say it or because it
 * names a role that is not there. Nothing else is refused: any other error ends the step.
 *
 * @param why the server's own words
 * @param subject what it is about, or null if that is neither a privilege nor a setting
 */
public record RefusedStatement(String statement, String why, StatementSubject subject) {
    /**
     * By SQLSTATE (PostgreSQL manual, appendix A): not for this user; no such role, as GRANT and as SET ROLE say it;
     * the two warnings of a GRANT or REVOKE that did nothing, or not all, because its user has no grant option; and who
     * has one cannot give it to its giver.
     */
    private static final Set<String> STATES = Set.of("42501", "42704", "22023", "01007", "01006", "0LP01");
    /** Up to this many with the same reason are listed one by one. */
    private static final int MANY = 5;
    private static final Pattern LINE = Pattern.compile("in line (\\d+)");
    /** What psql prints of a server's message with VERBOSITY verbose, where the severity can be in any language. */
    private static final Pattern MESSAGE = Pattern.compile("(?s)([0-9A-Z]{5}): (.*)");

    public RefusedStatement(String statement, String why) {
        this(statement, why, StatementSubject.of(statement));
    }

    /** @return whether a server that says so has refused, and not failed */
    public static boolean isOne(String sqlState) {
        return STATES.contains(sqlState);
    }

    /**
     * Runs a script of statements, each of which ends its line, to its end.
     *
     * @param file what psql runs
     * @param script the text of the file, one character for each byte
     * @return what was refused of it
     * @throws Failure on any other error
     */
    public static List<RefusedStatement> run(Tool tool, Dsn target, Path file, String script) {
        List<String> arguments = List.of("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=0", "--set=VERBOSITY=verbose",
                "--output=/dev/null", "--file=" + file);
        String[] lines = script.split("\n", -1);
        // Names are in the encoding of the dump, which is nearly always this one; of others only what is shown suffers.
        Charset shown = script.contains("\nSET client_encoding = 'UTF8';\n") ? StandardCharsets.UTF_8
                : StandardCharsets.ISO_8859_1;
        List<RefusedStatement> refusals = new ArrayList<>();
        for (ToolMessages.Message message : tool.attempt("psql", target, arguments,
                said -> LINE.matcher(said.context()).matches())) {
            Matcher line = LINE.matcher(message.context());
            if (line.matches()) {
                RefusedStatement refusal =
                        new RefusedStatement(statement(lines, Integer.parseInt(line.group(1)), shown), text(message));
                if (isOne(state(message))) {
                    refusals.add(refusal);
                } else if (!state(message).matches("0[012].*")) {
                    throw Failure.of("giving privileges failed on the target: %s", refusal.why).detail("%s",
                            refusal.statement);
                }
            }
        }
        return refusals;
    }

    private static String state(ToolMessages.Message message) {
        Matcher matcher = MESSAGE.matcher(message.text());
        return matcher.matches() ? matcher.group(1) : "";
    }

    private static String text(ToolMessages.Message message) {
        return MESSAGE.matcher(message.text()).replaceFirst("$2");
    }

    /** A name may go over several lines. */
    private static String statement(String[] lines, int last, Charset charset) {
        int first = last - 1;
        while (first > 0 && !lines[first - 1].isEmpty() && !lines[first - 1].endsWith(";")
                && !lines[first - 1].startsWith("--")) {
            first--;
        }
        String text = String.join("\n", List.of(lines).subList(first, last));
        return new String(text.getBytes(StandardCharsets.ISO_8859_1), charset).replaceFirst(";$", "");
    }

    /** @return whether it grants something to this role, or revokes it */
    public boolean isTo(String role) {
        return subject != null && role.equals(subject.role());
    }

    /**
     * @param all whether each is wanted
     * @return a line for each, or for many of one reason that they are many
     */
    public static List<String> lines(List<RefusedStatement> refusals, boolean all) {
        List<String> lines = new ArrayList<>();
        refusals.stream()
                .collect(Collectors.groupingBy(RefusedStatement::reason, LinkedHashMap::new, Collectors.toList()))
                .forEach((why, some) -> {
                    if (some.size() > MANY && !all) {
                        lines.add("%d statements (all of them with -v), the first is %s".formatted(some.size(),
                                some.get(0)));
                    } else {
                        some.forEach(one -> lines.add(one.toString()));
                    }
                });
        return lines;
    }

    /** @return the server's words, in any language, without the name of what they are about */
    private String reason() {
        return subject == null || subject.name() == null || subject.name().isEmpty() ? why
                : why.replace(subject.name(), "…");
    }

    /** One line for the operator. */
    @Override
    public String toString() {
        return statement + " (" + why + ")";
    }
}

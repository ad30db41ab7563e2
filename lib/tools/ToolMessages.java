package lib.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.talk.Printable;

/**
 * Reads what pg_dump, pg_restore and psql write on stderr, line by line, and sorts each message: harmless for a known
 * reason, or failing the step. What no rule knows fails the step.
 */
final class ToolMessages {
    /** A message that is known not to matter, and why. */
    private record Harmless(Pattern message, String reason) {
        Harmless(String regex, String reason) {
            this(Pattern.compile(regex), reason);
        }
    }

    private static final List<Harmless> HARMLESS = List.of(
            new Harmless("^there are circular foreign-key constraints ", "data is loaded before foreign keys exist"),
            new Harmless("unrecognized configuration parameter \"transaction_timeout\"$",
                    "a setting of PostgreSQL 17; its default is what we want"),
            new Harmless("^errors ignored on restore: ", "each of them was judged by itself"));

    /** One message with the lines that belong to it. */
    public record Message(String severity, String text, String context, List<String> more) {
        /** @return the reason why the message does not matter, if that is known */
        Optional<String> harmless() {
            if (severity.equals(GREETING)) {
                return Optional.of("the server says it of a new session, whose setting or database it concerns");
            }
            if (text.startsWith("could not resolve dependency loop ")
                    && more.stream().allMatch(line -> line.startsWith("detail: FUNCTION "))) {
                return Optional.of("functions that call each other were accepted to stay behind");
            }
            return HARMLESS.stream().filter(rule -> rule.message.matcher(text).find()).map(Harmless::reason)
                    .findFirst();
        }

        /** @return whether the message fails the step */
        boolean fails() {
            return (severity.equals("error") || severity.equals("warning")) && harmless().isEmpty();
        }

        /** @return what the server or the tool added, without the statement, which can be long */
        Printable detail() {
            List<String> lines = new ArrayList<>();
            if (!context.isEmpty()) {
                lines.add(context);
            }
            for (String line : more) {
                if (line.startsWith("Command was: ")) {
                    lines.add(line.length() > 200 ? line.substring(0, 200) + "…" : line);
                    break;
                }
                lines.add(line);
            }
            return Printable.lines(lines);
        }
    }

    /**
     * What libpq writes of a server's warning before the program takes such messages over, thus while the session
     * begins (libpq's defaultNoticeProcessor): the severity in the server's language, and two blanks.
     */
    private static final Pattern AT_CONNECT = Pattern.compile("(?s)(?!ERROR|FATAL|PANIC)\\p{L}+: {2}\\S.*");
    private static final String GREETING = "greeting";

    /** psql names the script and the line, and gives a server's message in the server's own words. */
    private static final Pattern SCRIPT = Pattern.compile("(?s)psql:.*?:(\\d+): ([A-Za-z]+): +(.*)");
    private static final Pattern CONTEXT = Pattern.compile("^(while |from TOC entry |in worker )");

    private final String prefix;
    private final Predicate<Message> tolerated;
    private final List<Message> messages = new ArrayList<>();
    private String context = "";
    private Message failing;
    private boolean creating;

    /** @param tool the name that begins every message, such as {@code pg_restore} */
    ToolMessages(String tool) {
        this(tool, message -> false);
    }

    /** @param tolerated the messages that do not fail the step, for somebody who looks at them */
    ToolMessages(String tool, Predicate<Message> tolerated) {
        prefix = tool + ": ";
        this.tolerated = tolerated;
    }

    /** Takes one line of stderr. A line without the tool's name continues the message before it. */
    synchronized void line(String line) {
        Matcher script = SCRIPT.matcher(line);
        if (prefix.equals("psql: ") && script.matches()) {
            boolean error = List.of("error", "fatal", "panic").contains(script.group(2).toLowerCase(Locale.ROOT));
            add(new Message(error ? "error" : "info", script.group(3), "in line " + script.group(1),
                    new ArrayList<>()));
            return;
        }
        if (!line.startsWith(prefix)) {
            if (creating) {
                // The rest of a name of several lines.
                return;
            }
            if (!messages.isEmpty()) {
                messages.get(messages.size() - 1).more.add(line);
            } else if (!line.isBlank()) {
                // Not the tool speaking: the server at the beginning, or a loader or a wrapper that could not even
                // start it.
                add(new Message(AT_CONNECT.matcher(line).matches() ? GREETING : "error", line, context,
                        new ArrayList<>()));
            }
            return;
        }
        String text = line.substring(prefix.length());
        // What --verbose says of each entry.
        creating = text.startsWith("creating ");
        if (creating) {
            return;
        }
        if (CONTEXT.matcher(text).find()) {
            context = text;
            return;
        }
        int colon = text.indexOf(": ");
        String severity = colon > 0 ? text.substring(0, colon) : "";
        switch (severity) {
            case "error", "warning", "fatal" -> add(new Message(severity.equals("fatal") ? "error" : severity,
                    text.substring(colon + 2), context, new ArrayList<>()));
            case "detail", "hint" -> {
                if (!messages.isEmpty()) {
                    Message last = messages.get(messages.size() - 1);
                    last.more.add(text);
                    judge(last);
                }
            }
            default -> add(new Message("info", text, context, new ArrayList<>()));
        }
    }

    private void add(Message message) {
        messages.add(message);
        judge(message);
    }

    private void judge(Message message) {
        if (failing == null && message.fails() && !tolerated.test(message)) {
            failing = message;
        }
    }

    /** @return the first message that fails the step, if there is one */
    synchronized Optional<Message> failing() {
        return Optional.ofNullable(failing);
    }

    /** @return all messages so far */
    synchronized List<Message> all() {
        return List.copyOf(messages);
    }
}

package lib.talk;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A POSIX shell script that an operator reads, changes and pastes: what {@code --dry-run} prints. It calls PostgreSQL's
 * client programs with the connection strings of the variables SOURCE and TARGET, so that no secret is in it, and stops
 * at the first error. It is one subshell: pasted into a terminal it is read to its end before it begins, and neither
 * ends the terminal nor changes its variables.
 */
public final class ShellScript {
    /** A variable with a connection string. */
    public enum Side {
        SOURCE,
        TARGET;

        /** @return the side of this name, {@code source} or {@code target} */
        public static Side of(String name) {
            return valueOf(name.toUpperCase(Locale.ROOT));
        }

        /** @return the variable, to be expanded by the shell */
        public String word() {
            return "\"$" + name() + '"';
        }
    }

    /** A folder that is removed when the script ends, as a word of the shell. */
    public static final String FOLDER = "$work";
    private static final String REMOVE = "rm -rf \"" + FOLDER + "\"' EXIT";

    private final String title;
    private final String settings;
    private final List<String> lines = new ArrayList<>();
    private final Set<Side> sides = EnumSet.noneOf(Side.class);
    private final Deque<String> atExit = new ArrayDeque<>();
    private String path = "";
    private boolean folder;

    /**
     * @param title what the script does, in a line
     * @param settings of each session, as SET takes them, without a space
     */
    public ShellScript(String title, Collection<String> settings) {
        this.title = title;
        this.settings =
                settings.stream().map(setting -> "-c " + setting.replace("'", "")).collect(Collectors.joining(" "));
    }

    /** Makes the script use the client programs in a folder. */
    public ShellScript programs(String place) {
        path = place;
        return this;
    }

    /** Begins a step. */
    public ShellScript step(String text) {
        lines.add("");
        return comment(text);
    }

    /** A remark; a line break in a name does not end it. */
    public ShellScript comment(String text) {
        lines.add(("# " + Printable.of(text)).stripTrailing());
        return this;
    }

    /** A command, written as it is. */
    public ShellScript line(String command) {
        folder |= command.contains(FOLDER);
        lines.add(command);
        return this;
    }

    /** A command that calls a client program on one side. */
    public ShellScript tool(String name, Side side, Collection<String> arguments) {
        return line(call(name, side, arguments));
    }

    /** @return the words that call a client program on one side */
    public String call(String name, Side side, Collection<String> arguments) {
        sides.add(side);
        return arguments.stream().map(ShellScript::quoted)
                .collect(Collectors.joining(" ", name + " --dbname=" + side.word() + " ", ""));
    }

    /** Statements for psql, each without its semicolon; nothing when there are none. */
    public ShellScript sql(Side side, Collection<String> statements) {
        return statements.isEmpty() ? this
                : sql(side, statements.stream().map(sql -> sql + ';').collect(Collectors.joining("\n")));
    }

    /** Adds a command that sends a text of SQL. */
    public ShellScript sql(Side side, String sql) {
        sides.add(side);
        return sql(side.word(), sql);
    }

    /**
     * A text of SQL for psql. Nothing in it is expanded by the shell; psql takes a backslash for a command of its own
     * only outside of quotes, where SQL has none (psql manual, "Meta-Commands").
     *
     * @param database a connection string, as a word of the shell
     */
    public ShellScript sql(String database, String sql) {
        String end = "SQL";
        while (sql.lines().anyMatch(end::equals)) {
            end += "_";
        }
        lines.add("psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=" + database + " <<'" + end + "'");
        if (sql.chars().anyMatch(c -> c > 127)) {
            lines.add("SET client_encoding = 'UTF8';");
        }
        lines.add(PrintableSql.of(sql).text());
        lines.add(end);
        return this;
    }

    /**
     * Makes SQL run when the script ends, however that happens, unless {@link #done} is called before.
     *
     * @param name a name for it
     */
    public ShellScript atExit(String name, Side side, String sql) {
        line(name + "() {").line("trap '' HUP INT TERM").sql(side, sql).line("}");
        atExit.push(name);
        return trap();
    }

    /** Cancels what was given to {@link #atExit} under this name. */
    public ShellScript done(String name) {
        atExit.remove(name);
        return trap();
    }

    private ShellScript trap() {
        return line(atExit.stream().map(name -> name + " || :; ").collect(Collectors.joining("", "trap '", REMOVE)));
    }

    /** @return the script */
    public String text() {
        List<String> all = new ArrayList<>(
                List.of("# " + Printable.of(title), "# Nothing of this has been done. It stops at the first error."));
        if (!sides.isEmpty()) {
            all.add("# " + sides.stream().map(Side::name).collect(Collectors.joining(" and "))
                    + " must be set to connection strings; passwords are taken from there, from ~/.pgpass, or from "
                    + "PGPASSWORD.");
        }
        all.addAll(List.of("(", "set -eu", "umask 077"));
        if (!path.isEmpty()) {
            all.add("PATH=" + quoted(path) + ":$PATH");
        }
        if (!settings.isEmpty()) {
            all.add("export PGOPTIONS=\"${PGOPTIONS-} " + settings + '"');
        }
        sides.forEach(side -> all.add(": \"${" + side + ":?is not set to a connection string}\""));
        if (folder) {
            all.addAll(List.of("work=$(mktemp -d)", "trap '" + REMOVE, "trap 'exit 129' HUP", "trap 'exit 130' INT",
                    "trap 'exit 143' TERM"));
        }
        all.addAll(lines);
        all.add(")");
        return String.join("\n", all);
    }

    /**
     * Quotes an argument for a POSIX shell. What is not seen (see {@link Printable}) is made by printf, but for line
     * breaks at the end, which $() would lose.
     */
    public static String quoted(String argument) {
        String end = argument.replaceFirst("(?s)^.*[^\n]", "");
        String text = argument.substring(0, argument.length() - end.length());
        if (argument.matches("[A-Za-z0-9_@%+=:,./-]+")) {
            return argument;
        } else if (text.codePoints().noneMatch(Printable::isInvisible)) {
            return '\'' + argument.replace("'", "'\\''") + '\'';
        }
        StringBuilder printed = new StringBuilder("\"$(printf '");
        text.codePoints().forEach(c -> {
            // A leading dash would be an option of printf.
            if (Printable.isInvisible(c) || "'\\%-".indexOf(c) >= 0) {
                for (byte each : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                    printed.append("\\%03o".formatted(each & 0xFF));
                }
            } else {
                printed.appendCodePoint(c);
            }
        });
        return printed.append("')\"").append(end.isEmpty() ? "" : '\'' + end + '\'').toString();
    }
}

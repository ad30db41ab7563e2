//DEPS info.picocli:picocli:4.7.7

package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.roles.RoleRules;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The parts of docs/ that {@code make docs} writes, between comments that name them: options and exit codes as commands
 * have them, and the rules for roles.
 */
public final class MadePages {
    private MadePages() {
    }

    /** Writes the pages that are not as they should be, and names them. */
    public static void main(String... arguments) throws IOException {
        for (Map.Entry<Path, String> page : pages().entrySet()) {
            if (!page.getValue().equals(read(page.getKey()))) {
                Files.writeString(page.getKey(), page.getValue());
                System.out.println(page.getKey());
            }
        }
    }

    /** @return each page that has such parts, as it should be */
    public static Map<Path, String> pages() {
        Map<Path, String> pages = new TreeMap<>();
        for (Catalog.Alias alias : Catalog.aliases()) {
            CommandLine line = CommandRun.line(alias.main().getName());
            Path page = Path.of("docs", alias.name() + ".md");
            pages.put(page, filled(page, Map.of("options", options(line), "exit codes", exitCodes(line))));
        }
        Path roles = Path.of("docs/managed-roles.md");
        pages.put(roles, filled(roles, Map.of("rules", RoleRules.TABLE)));
        return pages;
    }

    private static String filled(Path page, Map<String, String> parts) {
        String text = read(page);
        for (Map.Entry<String, String> part : parts.entrySet()) {
            String begin = "<!-- " + part.getKey() + ": made by \"make docs\" -->\n";
            int from = text.indexOf(begin);
            int to = text.indexOf("<!-- end -->", from);
            if (from < 0 || to < 0) {
                throw new IllegalStateException(page + " has no place between " + begin.strip() + " and <!-- end -->");
            }
            text = text.substring(0, from) + begin + "\n" + part.getValue() + "\n" + text.substring(to);
        }
        return text;
    }

    /** One table; where a command has subcommands, with those that take the option. */
    private static String options(CommandLine line) {
        Collection<CommandLine> subcommands = line.getSubcommands().values();
        if (subcommands.isEmpty()) {
            return table(List.of("option", "effect"),
                    listed(line).map(option -> List.of(name(option), effect(option))).toList());
        }
        Map<List<String>, List<String>> takenBy = new LinkedHashMap<>();
        subcommands.forEach(subcommand -> listed(subcommand)
                .forEach(option -> takenBy
                        .computeIfAbsent(List.of(name(option), effect(option)), row -> new ArrayList<>())
                        .add(subcommand.getCommandName())));
        // Those that all commands have come last, as in their help.
        List<List<String>> common = listed(line).map(option -> List.of(name(option), effect(option))).toList();
        common.forEach(row -> takenBy.put(row, takenBy.remove(row)));
        return table(List.of("option", "of", "effect"),
                takenBy.entrySet().stream().map(row -> List.of(row.getKey().get(0),
                        row.getValue().size() == subcommands.size() ? "all"
                                : row.getValue().stream().map(name -> "`" + name + "`")
                                        .collect(Collectors.joining(", ")),
                        row.getKey().get(1))).toList());
    }

    /** A table, and one more for each subcommand that has exit codes of its own. */
    private static String exitCodes(CommandLine line) {
        Map<String, String> codes = codes(line);
        return exitCodes(codes) + line.getSubcommands().values().stream()
                .filter(subcommand -> !codes(subcommand).isEmpty() && !codes(subcommand).equals(codes))
                .map(subcommand -> "\nThose of `" + subcommand.getCommandName() + "`:\n\n"
                        + exitCodes(codes(subcommand)))
                .collect(Collectors.joining());
    }

    private static String exitCodes(Map<String, String> codes) {
        return table(List.of("code", "meaning"), codes.entrySet().stream()
                .map(code -> List.of(code.getKey().strip(), code.getValue())).toList());
    }

    private static Map<String, String> codes(CommandLine line) {
        return line.getCommandSpec().usageMessage().exitCodeList();
    }

    private static Stream<OptionSpec> listed(CommandLine line) {
        return line.getCommandSpec().options().stream().filter(option -> !option.hidden())
                .sorted((a, b) -> Integer.compare(a.order(), b.order()));
    }

    private static String name(OptionSpec option) {
        String value = option.arity().max() == 0 ? "" : "=" + option.paramLabel();
        return Arrays.stream(option.names())
                .map(name -> "`" + name + (name.equals(option.longestName()) ? value : "") + "`")
                .collect(Collectors.joining(", "));
    }

    private static String effect(OptionSpec option) {
        String effect = String.join(" ", option.description());
        return effect + (option.isMultiValue() && !effect.contains("repeatable") ? "; repeatable" : "");
    }

    private static String table(List<String> head, List<List<String>> rows) {
        return Stream.of(Stream.of(head, head.stream().map(column -> "---").toList()), rows.stream())
                .flatMap(part -> part)
                .map(row -> row.stream().map(cell -> cell.replace("|", "\\|"))
                        .collect(Collectors.joining(" | ", "| ", " |\n")))
                .collect(Collectors.joining());
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

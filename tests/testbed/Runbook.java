package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Makefile's routes and steps, with the commands that make would run, each run within this JVM. */
public final class Runbook {
    private static final Pattern MAIN = Pattern.compile("(?m)^//MAIN (\\w+)$");

    private Runbook() {
    }

    /**
     * Runs the commands of a route or of a step up to the first that fails.
     *
     * @param folder where its files go
     * @param environment with SOURCE and TARGET
     * @param variables of make, such as FORMAT=plain
     * @return each command that was run, by its name
     */
    public static Map<String, CommandRun> run(String route, Path folder, Map<String, String> environment,
            String... variables) {
        Map<String, CommandRun> runs = new HashMap<>();
        for (List<String> command : commands(route, folder, variables)) {
            CommandRun run = CommandRun.of(main(command.get(1)), environment,
                    command.subList(2, command.size()).toArray(String[]::new));
            runs.put(command.get(1), run);
            if (run.code() != 0) {
                break;
            }
        }
        return runs;
    }

    private static List<List<String>> commands(String route, Path folder, String... variables) {
        List<List<String>> commands = new ArrayList<>();
        List<String> make = new ArrayList<>(
                List.of("make", "--no-print-directory", "--dry-run", route, "SOURCE=x", "TARGET=x", "DIR=" + folder));
        make.addAll(List.of(variables));
        Run.output(make).lines()
                .map(line -> Arrays.asList(line.split(" +"))).forEach(words -> {
                    // As it is said. What the shell is given has more to it, for when the command fails.
                    if (words.get(0).equals("./jbang") && !words.contains("||")) {
                        commands.add(words);
                    } else if (words.get(0).equals("mkdir")) {
                        Run.output(words);
                    }
                });
        return commands;
    }

    private static String main(String alias) {
        try {
            Path script = Catalog.aliases().stream().filter(one -> one.name().equals(alias)).findFirst().orElseThrow()
                    .script();
            Matcher main = MAIN.matcher(Files.readString(script));
            return main.find() ? main.group(1) : null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

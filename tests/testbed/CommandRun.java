//DEPS info.picocli:picocli:4.7.7

package testbed;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.dsn.Endpoints;
import lib.talk.Console;
import picocli.CommandLine;

/** A command that was run to its end within this JVM: its exit code and everything it said. */
public record CommandRun(int code, String out, String err) {
    /**
     * Moves a database. The connection strings stand in SOURCE and TARGET, where a password is no matter for a warning.
     */
    public static CommandRun migrate(String source, String target, String... options) {
        return of("Migrate", Map.of("SOURCE", source, "TARGET", target), options);
    }

    /** Asks whether a database can be moved. */
    public static CommandRun preflight(String source, String target, String... options) {
        return of("PreflightCheck", Map.of("SOURCE", source, "TARGET", target), options);
    }

    /**
     * Runs a command as its main method would.
     *
     * @param main the class of the script; it is in the default package, which no named package can import
     * @param environment what the command sees beside PATH, instead of this process's own environment
     */
    public static CommandRun of(String main, Map<String, String> environment, String... arguments) {
        Map<String, String> seen = new LinkedHashMap<>(Map.of("PATH", System.getenv("PATH"), "HOME", "/nonexistent"));
        seen.putAll(environment);
        CommandLine line = line(main);
        endpoints(line).forEach(endpoints -> endpoints.environment(seen));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        return new CommandRun(line.execute(arguments), out.toString(), err.toString());
    }

    /** Those of the command and of its subcommands; a command need not have any. */
    private static List<Endpoints> endpoints(CommandLine line) {
        return Stream.concat(Stream.of(line), line.getSubcommands().values().stream())
                .map(each -> (Endpoints) each.getMixins().get("endpoints"))
                .filter(Objects::nonNull).toList();
    }

    /** @return the command line of a script, by the name of its class, as its main method would have it */
    public static CommandLine line(String main) {
        try {
            Constructor<?> constructor = Class.forName(main).getDeclaredConstructor();
            constructor.setAccessible(true);
            CommandLine line = new CommandLine(constructor.newInstance());
            Console.configure(line);
            return line;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no command " + main, e);
        }
    }

    /**
     * @return what a failure is told by: the lines with an error, their details and hints, without the command's name
     */
    public String failure() {
        return err.lines().filter(line -> line.matches("[a-z0-9-]+: (error|detail|hint): .*"))
                .map(line -> line.replaceFirst("^[a-z0-9-]+: ", ""))
                .collect(Collectors.joining("\n"));
    }
}

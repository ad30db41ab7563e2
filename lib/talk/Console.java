//DEPS info.picocli:picocli:4.7.7
package lib.talk;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * What a command prints, and how it ends: messages on stderr in the form of PostgreSQL's own tools
 * ({@code name: error: …}, {@code name: detail: …}, {@code name: hint: …}), the options that every command has, and the
 * way from a failure to an exit code. Values keep to their line and move no cursor (see {@link Printable}). The product
 * goes to stdout through {@link #out}. Safe for use by several threads.
 */
public final class Console {
    /** The version of this toolkit. */
    public static final String VERSION = "0.1.0";

    @Option(names = {"-q", "--quiet"}, order = 90, description = "print errors and warnings only")
    private boolean quiet;
    @Option(names = {"-v", "--verbose"}, order = 91, description = "also print the reason for each decision")
    private boolean verbose;
    @Option(names = "--no-color", order = 92, description = "plain output (NO_COLOR does the same)")
    private boolean noColor;
    @Option(names = {"-V", "--version"}, order = 93, versionHelp = true,
            description = "output version information, then exit")
    private boolean version;
    @Option(names = {"-?", "--help"}, order = 94, usageHelp = true, description = "show this help, then exit")
    private boolean help;
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    private volatile boolean begun;
    private ProgressLine line;
    private int retries;
    /** The messages about servers that do not answer, by side. */
    private final Map<String, String> silentSides = new ConcurrentSkipListMap<>();

    /** Parses the arguments, runs the command, reports what failed, and returns the exit code. */
    public static int run(Object command, String... args) {
        CommandLine line = new CommandLine(command);
        configure(line);
        Interruption.handle(() -> {
            console(line).ifPresent(console -> console.say("ending what runs; Ctrl-C once more ends at once"));
            System.exit(Interruption.CODE);
        }, () -> Runtime.getRuntime().halt(Interruption.CODE));
        return Interruption.code(line.execute(args));
    }

    /** @return that of the command or subcommand that was parsed, if it has been already */
    private static Optional<Console> console(CommandLine line) {
        ParseResult parsed = line.getParseResult();
        while (parsed != null && parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }
        return parsed == null ? Optional.empty() : console(parsed.commandSpec());
    }

    private static Optional<Console> console(CommandSpec command) {
        return command.mixins().values().stream().map(CommandSpec::userObject).filter(Console.class::isInstance)
                .map(Console.class::cast).findFirst();
    }

    /** Gives a command line the error handling and the help layout that all commands share. */
    public static void configure(CommandLine line) {
        String name = line.getCommandName();
        line.getCommandSpec().versionProvider(new Version(name));
        line.getSubcommands().values().forEach(each -> each.getCommandSpec().versionProvider(new Version(name)));
        line.setParameterExceptionHandler(Console::wrongUsage);
        line.setExecutionExceptionHandler((e, failed, result) -> failed(e, failed));
        line.getHelpSectionMap().remove(UsageMessageSpec.SECTION_KEY_COMMAND_LIST);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        line.setHelpSectionKeys(
                List.of(UsageMessageSpec.SECTION_KEY_DESCRIPTION, UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING,
                        UsageMessageSpec.SECTION_KEY_SYNOPSIS, UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING,
                        UsageMessageSpec.SECTION_KEY_OPTION_LIST, UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST_HEADING,
                        UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST, UsageMessageSpec.SECTION_KEY_FOOTER));
    }

    /** From now on something is changed, or written: whatever fails is no refusal any more. */
    public void begin() {
        begun = true;
    }

    /** @return whether the command has begun to change something */
    boolean hasBegun() {
        return begun;
    }

    /** @return the same failure, with the exit code that follows from whether work had begun */
    Failure decided(Failure failure) {
        boolean own = failure.exitCode() == Failure.DIFFERENCES || failure.exitCode() == Failure.AGAIN;
        return begun && !own ? failure.asStep() : failure;
    }

    /** A line of the product on stdout. */
    public void out(String format, Object... values) {
        print(spec.commandLine().getOut(), Printable.format(format, values));
    }

    /** A product of several lines on stdout, such as a script. */
    public void out(Printable product) {
        print(spec.commandLine().getOut(), product.text());
    }

    /** A message about progress. */
    public void say(String format, Object... values) {
        if (!quiet) {
            talk(Printable.format(format, values));
        }
    }

    /** A message that only {@code -v} shows, such as the reason for a decision or the command that is run. */
    public void explain(String format, Object... values) {
        if (verbose && !quiet) {
            talk(Printable.format(format, values));
        }
    }

    /** A warning; the run goes on. */
    public void warn(String format, Object... values) {
        talk(painted("warning: ", color(noColor)) + Printable.format(format, values));
    }

    /** One of several reasons why the command will fail. */
    public void error(String format, Object... values) {
        talk(painted("error: ", color(noColor)) + Printable.format(format, values));
    }

    /** What to run or change next; SQL in the values still means the same. */
    public void hint(String format, Object... values) {
        talk("hint: " + PrintableSql.hint(format, values));
    }

    /** A message of a command that runs on another machine, as it was printed there. */
    public void relay(String line) {
        print(spec.commandLine().getErr(), Printable.alreadyPrintable(line).text());
    }

    /**
     * Shows what is going on in one line that changes in place, when stderr is a terminal. Close it when the work is
     * done.
     */
    public synchronized ProgressLine progress(Supplier<String> state) {
        boolean shown = !quiet && !verbose && ProgressLine.isSeen();
        line = new ProgressLine(spec.commandLine().getErr(),
                () -> silentSides.isEmpty() ? state.get() : String.join(", ", silentSides.values()), shown);
        return line;
    }

    /** Reports that a server does not answer, until it does. */
    public void reportSilence(String side, String since) {
        silentSides.put(side, "no answer from the " + side + " since " + since);
        warn("%s", silentSides.get(side));
    }

    /** Reports that it answers again. */
    public void reportAnswer(String side) {
        silentSides.remove(side);
        say("the %s answers again", side);
    }

    /** Counts an operation that has failed and is tried again. */
    public synchronized void countRetry() {
        retries++;
    }

    /** @return how many were counted since the last call */
    synchronized int takeRetries() {
        int counted = retries;
        retries = 0;
        return counted;
    }

    /** @return whether -q was given */
    public boolean quiet() {
        return quiet;
    }

    /** @return whether -v was given */
    public boolean verbose() {
        return verbose;
    }

    /** @return the name of the running command, as its messages begin */
    String command() {
        return spec.root().name();
    }

    /** Prints a failure the way psql prints its own. */
    private static void report(PrintWriter err, String command, Failure failure, boolean traced, boolean color) {
        err.println(command + ": " + painted("error: ", color) + failure.getMessage());
        if (failure.detail() != null) {
            failure.detail().lines().forEach(text -> err.println(command + ": detail: " + text));
        }
        if (failure.hint() != null) {
            failure.hint().lines().forEach(text -> err.println(command + ": hint: " + text));
        }
        if (traced && failure.getCause() != null) {
            StringWriter trace = new StringWriter();
            failure.getCause().printStackTrace(new PrintWriter(trace));
            trace.toString().lines()
                    .forEach(text -> err
                            .println(command + ": trace: " + Printable.alreadyPrintable(text.replace("\t", "  "))));
        }
        err.flush();
    }

    /** The colors of PostgreSQL's own tools (PG_COLORS in their manual pages). */
    private static String painted(String severity, boolean color) {
        return color ? "\033[" + (severity.startsWith("error") ? "01;31" : "01;35") + "m" + severity + "\033[0m"
                : severity;
    }

    /** Only on a terminal, and not if the user has set NO_COLOR (no-color.org). */
    private static boolean color(boolean refused) {
        return !refused && System.getenv("NO_COLOR") == null && !"dumb".equals(System.getenv("TERM"))
                && ProgressLine.isTerminal();
    }

    private void talk(String text) {
        print(spec.commandLine().getErr(), command() + ": " + text);
    }

    private synchronized void print(PrintWriter writer, String text) {
        if (line != null) {
            line.clear();
        }
        writer.println(text);
        writer.flush();
    }

    private static int wrongUsage(ParameterException e, String[] args) {
        PrintWriter err = e.getCommandLine().getErr();
        CommandSpec command = e.getCommandLine().getCommandSpec();
        err.println(command.root().name() + ": " + painted("error: ", color(false))
                + Printable.alreadyPrintable(e.getMessage().lines().findFirst().orElse("wrong usage")));
        UnmatchedArgumentException.printSuggestions(e, err);
        tryHelp(err, command);
        return Failure.USAGE;
    }

    private static void tryHelp(PrintWriter err, CommandSpec command) {
        err.println("Try \"" + command.qualifiedName() + " --help\" for more information.");
    }

    private static int failed(Exception e, CommandLine line) {
        if (Cleanup.stopping()) {
            // A signal took the connections away; the JVM's own exit code (130, 143) says so.
            return Failure.STEP;
        }
        boolean trace = line.getParseResult().hasMatchedOption("--verbose");
        Failure failure = decided(line, e instanceof Failure known ? known
                : Failure.of("unexpected %s: %s", e.getClass().getSimpleName(), Failure.why(e)).because(e)
                        .hint("run again with -v for the details, and report them"));
        report(line.getErr(), line.getCommandSpec().root().name(), failure, trace,
                color(line.getParseResult().hasMatchedOption("--no-color")));
        if (failure.exitCode() == Failure.USAGE && failure.hint() == null) {
            tryHelp(line.getErr(), line.getCommandSpec());
        }
        return failure.exitCode();
    }

    private static Failure decided(CommandLine line, Failure failure) {
        return console(line.getCommandSpec()).map(console -> console.decided(failure)).orElse(failure);
    }

    private record Version(String command) implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[]{command + " (tsmigrate) " + VERSION};
        }
    }
}

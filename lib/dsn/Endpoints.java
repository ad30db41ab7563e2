//DEPS info.picocli:picocli:4.7.7
package lib.dsn;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lib.talk.Console;
import lib.talk.Failure;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options {@code --source} and {@code --target}, for every command that has both. */
public final class Endpoints {
    /** For a command that has no target. */
    public static final class SourceOnly implements IModelTransformer {
        @Override
        public CommandSpec transform(CommandSpec command) {
            command.remove(command.findOption("--target"));
            return command;
        }
    }

    /** For a command that has no source. */
    public static final class TargetOnly implements IModelTransformer {
        @Override
        public CommandSpec transform(CommandSpec command) {
            command.remove(command.findOption("--source"));
            return command;
        }
    }

    /** The variables that stand for the options; a password may be in them, so they are not for other programs. */
    public static final List<String> VARIABLES = List.of("SOURCE", "TARGET");

    @Option(names = {"-s", "--source"}, paramLabel = "CONNSTR", order = 1,
            description = "connection string of the source (default: $SOURCE)")
    private String source;
    @Option(names = {"-d", "--target"}, paramLabel = "CONNSTR", order = 2,
            description = "connection string of the target (default: $TARGET)")
    private String target;
    @Option(names = "--server-timeout", paramLabel = "SECONDS", order = 89, defaultValue = "300",
            description = "give up a server that has not answered for this long; 0 means never (default: 300)")
    private int serverTimeout;

    private Map<String, String> environment = System.getenv();

    /** Replaces the process's environment. */
    public void environment(Map<String, String> variables) {
        environment = variables;
    }

    public Map<String, String> environment() {
        return environment;
    }

    /** Replaces the connection to the source, as by one through a tunnel. */
    public void reachSource(String uri) {
        source = null;
        Map<String, String> other = new HashMap<>(environment);
        other.put("SOURCE", uri);
        environment = other;
    }

    /** @throws Failure usage, when no connection string is given or it is malformed */
    public Dsn source(Console console) {
        return parse("source", source, "SOURCE", console);
    }

    /** @throws Failure usage, when no connection string is given or it is malformed */
    public Dsn target(Console console) {
        return parse("target", target, "TARGET", console);
    }

    /** @return whether a source was given at all, for commands that can do without */
    public boolean hasSource() {
        return isGiven(source, "SOURCE");
    }

    /** @return whether a target was given at all, for commands that can do without */
    public boolean hasTarget() {
        return isGiven(target, "TARGET");
    }

    private boolean isGiven(String option, String variable) {
        String text = option == null ? environment.get(variable) : option;
        return text != null && !text.isEmpty();
    }

    private Dsn parse(String side, String given, String variable, Console console) {
        String text = given == null ? environment.get(variable) : given;
        if (text == null || text.isEmpty()) {
            throw Failure.usage("no %s was given", side)
                    .hint("use --%s or set %s to a connection string such as 'postgresql://user@host:5432/database'",
                            side, variable);
        }
        if (serverTimeout < 0) {
            throw Failure.usage("--server-timeout must be a number of seconds, or 0 for never, got %d", serverTimeout);
        }
        Dsn dsn = Dsn.parse(side, text, given != null, environment);
        dsn.sockets().watched(console, serverTimeout);
        warn(dsn, console, "PGPASSWORD, a service file, or put the connection string into $" + variable);
        return dsn;
    }

    /**
     * Says what the user should know about a connection string that was given.
     *
     * @param instead what else beside ~/.pgpass keeps a password off the command line
     */
    public static void warn(Dsn dsn, Console console, String instead) {
        dsn.warnings().forEach(warning -> console.warn("%s", warning));
        if (dsn.passwordOnCommandLine()) {
            console.warn("the password of the %s stands on the command line, where ps shows it to every user of this "
                    + "machine", dsn.side());
            console.hint("leave it out and use ~/.pgpass, %s", instead);
        }
    }
}

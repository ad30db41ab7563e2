package lib.ssh;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lib.dsn.Dsn;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ProgressLine;
import lib.talk.ShellScript;

/**
 * A migration that runs on another machine, apart from the connection to it: where that is lost, the run goes on, and
 * whoever asks again for a run between the same two databases is attached to it. When it has ended, nothing of it is
 * left there.
 */
public final class RemoteRun {
    private static final int OLDEST_JAVA = 17;
    private static final long MOMENT_MILLIS = 200;
    /** Seconds before each attempt to connect again. */
    private static final int[] WAITS = {1, 2, 4, 8};

    private final Console console;
    private final Ssh ssh;
    private final Dsn source;
    private final Dsn target;
    private final String folder;
    private final RemoteOutput output;
    private final boolean helps;

    /**
     * How a run ended.
     *
     * @param code the exit code of the command that ran last
     * @param out what it wrote to stdout
     * @param summary what it wrote as its summary, or nothing
     */
    public record Result(int code, String out, String summary) {
    }

    /** @param helps whether it only helps the run of another machine, so that its folder is another one */
    public RemoteRun(Console console, Ssh ssh, Dsn source, Dsn target, boolean helps) {
        this.helps = helps;
        this.console = console;
        this.ssh = ssh;
        this.source = source;
        this.target = target;
        folder = ".tsmigrate-" + source.database().replaceAll("[^A-Za-z0-9_]", "_")
                + String.format(Locale.ROOT, "-%08x", (source.display() + ' ' + target.display()).hashCode())
                + (helps ? "-join" : "");
        output = new RemoteOutput(console);
    }

    /**
     * Starts the run, or attaches to the one that goes on or has ended unseen, and follows it to its end.
     *
     * @param preflight the class and the arguments of preflight
     * @param migrate those of migrate
     * @throws Failure when it could not be started; step, when its end could not be seen
     */
    public Result run(List<String> preflight, List<String> migrate) {
        String state = startOrFind(preflight, migrate);
        if (!state.equals("new")) {
            console.say("a run of this migration %s on %s: attached, with the options that it was started with",
                    state.equals("running") ? "goes on" : "has ended", ssh.host());
        }
        return end();
    }

    /**
     * Ends a run as Ctrl-C does, and waits for it.
     *
     * @throws Failure when there is none
     */
    public Result stop() {
        String state = words(ssh.run(RemoteScripts.LOOK, folder)).get(0);
        if (state.equals("new")) {
            ssh.run(RemoteScripts.REMOVE, folder);
            throw Failure.of("no run of this migration is on %s", ssh.host());
        } else if (state.equals("running")) {
            ssh.run(RemoteScripts.STOP, folder);
        }
        return end();
    }

    /** Has one that goes on end; whoever follows it sees that. */
    void endThere() {
        if (words(ssh.run(RemoteScripts.LOOK, folder)).get(0).equals("running")) {
            ssh.run(RemoteScripts.STOP, folder);
        }
    }

    RemoteHost host() {
        return ssh.host();
    }

    private String startOrFind(List<String> preflight, List<String> migrate) {
        List<String> answer = words(ssh.run(RemoteScripts.LOOK, folder));
        if (!answer.get(0).equals("new")) {
            return answer.get(0);
        }
        String from;
        String to;
        try {
            from = send(asked(source));
            to = send(asked(target));
            if (answer.size() < 2 || Integer.parseInt(answer.get(1)) < OLDEST_JAVA) {
                console.say("installing a Java runtime on %s", ssh.host());
                // It stays there, as nothing else does.
                console.begin();
                ssh.run(RemoteScripts.INSTALL_JAVA, folder);
            }
            console.say("copying the toolkit to %s", ssh.host());
            ssh.send(Toolkit::write, RemoteScripts.UNPACK, folder);
            String script = helps ? RemoteScripts.help(quoted(preflight), quoted(migrate))
                    : RemoteScripts.run(quoted(preflight), quoted(migrate));
            ssh.send(stream -> stream.write(script.getBytes(StandardCharsets.UTF_8)), RemoteScripts.RECEIVE, folder,
                    "run.sh");
        } catch (Failure e) {
            removeFolder();
            throw e;
        }
        start(from, to);
        console.say(
                helps ? "%s helps the migration" : "the migration runs on %s; it goes on there when this command ends",
                ssh.host());
        return "new";
    }

    /** From here on the folder may be that of a run, and is left alone until it is known that there is none. */
    private void start(String from, String to) {
        Cleanup.Task interruption = Cleanup.onExit(() -> {
            console.warn("interrupted here; the migration may have been started on %s", ssh.host());
            console.hint("run the same command again to see how it goes on, or with --stop to end it");
        });
        try {
            Ssh.Answer answer =
                    ssh.ask(stream -> stream.write((from + '\n' + to + '\n').getBytes(StandardCharsets.US_ASCII)),
                            RemoteScripts.START, folder);
            if (answer.gaveUp()) {
                removeFolder();
                throw answer.failure();
            } else if (answer.failure() != null) {
                console.begin();
                // Ctrl-C reaches ssh as well as this process, which may hear of it a moment later.
                pause(MOMENT_MILLIS);
                throw Failure
                        .of("the connection to %s was lost; the migration may have been started there", ssh.host())
                        .detail("%s", Failure.why(answer.failure()))
                        .hint("run the same command again: it attaches to the run, or starts it if there is none");
            }
        } finally {
            if (!Cleanup.stopping()) {
                interruption.cancel();
            }
        }
    }

    /** @return the connection string as it is to be used there, after the files that it needs have been sent */
    private String send(Dsn side) {
        Map<String, String> sent = new HashMap<>();
        for (Map.Entry<String, Path> file : new TreeMap<>(side.files()).entrySet()) {
            String name = side.side() + '-' + file.getKey();
            ssh.send(stream -> Files.copy(file.getValue(), stream), RemoteScripts.RECEIVE, folder, name);
            sent.put(file.getKey(), name);
        }
        return side.portable(sent);
    }

    /** @return the connection with its password, for there is nobody to ask on the other machine */
    public static Dsn asked(Dsn side) {
        if (side.password() != null || System.console() == null) {
            return side;
        }
        char[] typed = System.console().readPassword("Password for user %s of the %s (none: Enter): ",
                Printable.of(side.user()), side.side());
        return typed == null || typed.length == 0 ? side : side.withPassword(new String(typed));
    }

    private Result end() {
        console.begin();
        Cleanup.Task interruption = Cleanup.onExit(() -> {
            if (!helps) {
                console.warn("interrupted here; the migration goes on on %s", ssh.host());
                console.hint("run the same command again to see how it goes on, or with --stop to end it");
            }
        });
        ProgressLine line = console.progress(helps ? () -> "" : output::state);
        try {
            follow();
            Result result = fetchResults();
            removeFolder();
            return result;
        } finally {
            interruption.cancel();
            line.close();
        }
    }

    private void follow() {
        int attempt = 0;
        long before = 0;
        while (!ssh.follow(output::accept, RemoteScripts.FOLLOW, folder, String.valueOf(output.received() + 1))) {
            // Ctrl-C reaches ssh as well as this process, which may hear of it a moment later.
            pause(MOMENT_MILLIS);
            if (Cleanup.stopping()) {
                throw Failure.of("interrupted");
            }
            attempt = output.received() > before ? 0 : attempt;
            before = output.received();
            if (attempt == 0) {
                console.warn("the connection to %s was lost; trying again", ssh.host());
            } else if (attempt == WAITS.length) {
                throw Failure.of("the connection to %s was lost; the migration goes on there", ssh.host())
                        .hint("run the same command again: it attaches to the run");
            }
            pause(WAITS[attempt++] * 1000L);
        }
    }

    private Result fetchResults() {
        byte[] answer = ssh.run(RemoteScripts.COLLECT, folder, String.valueOf(output.received() + 1));
        if (answer.length == 0) {
            throw Failure
                    .of("another command has already collected the result of the run on %s", ssh.host())
                    .hint("compare both sides with verify");
        }
        int start = 0;
        while (answer[start] != '\n') {
            start++;
        }
        String[] head = new String(answer, 0, start, StandardCharsets.US_ASCII).split(" +");
        int rest = start + 1 + Integer.parseInt(head[1]);
        int out = rest + Integer.parseInt(head[2]);
        output.accept(Arrays.copyOfRange(answer, start + 1, rest));
        String code = head[0];
        Result result = new Result(code.equals("-") ? Failure.STEP : Integer.parseInt(code),
                new String(answer, rest, out - rest, StandardCharsets.UTF_8),
                new String(answer, out, answer.length - out, StandardCharsets.UTF_8));
        if (code.equals("-") || result.code > 128 + 15) {
            removeFolder();
            throw Failure.of("the run on %s was killed, or the machine was restarted", ssh.host())
                    .hint("run the same command again with --resume");
        }
        return result;
    }

    /** Leaves nothing on the machine; what is wrong with it has been said or is said next. */
    private void removeFolder() {
        try {
            ssh.run(RemoteScripts.REMOVE, folder);
        } catch (Failure e) {
            // What stays there is a change.
            console.begin();
            console.warn("the folder ~/%s on %s could not be removed: %s", folder, ssh.host(), Failure.why(e));
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<String> words(byte[] answer) {
        return new String(answer, StandardCharsets.UTF_8).lines().toList();
    }

    private static String quoted(List<String> words) {
        return words.stream().map(ShellScript::quoted).collect(Collectors.joining(" "));
    }
}

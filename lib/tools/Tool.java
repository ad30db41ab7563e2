//DEPS org.zeroturnaround:zt-exec:1.13.0
//DEPS org.slf4j:slf4j-nop:1.7.36
package lib.tools;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import lib.dsn.Dsn;
import lib.dsn.SideSockets;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.RunName;
import lib.talk.ShellScript;
import org.zeroturnaround.exec.ProcessExecutor;
import org.zeroturnaround.exec.stream.LogOutputStream;

/**
 * Runs one client program to its end. No secret is in its arguments or in its environment: the password is in a pass
 * file. The program and its children end with us, and a message that fails the step ends the program at once.
 */
public final class Tool {
    /** How long a program that has failed may still talk about it. */
    private static final int MESSAGE_MILLIS = 200;

    private static final Set<ProgramProcess> ON_TARGET = ConcurrentHashMap.newKeySet();

    private final ClientTools.Installation tools;
    private final Console console;
    private final Set<ProgramProcess> running = ConcurrentHashMap.newKeySet();
    private volatile boolean stopped;

    public Tool(ClientTools.Installation tools, Console console) {
        this.tools = tools;
        this.console = console;
    }

    /**
     * Runs a program that connects to a server.
     *
     * @param side the server; its connection string becomes {@code -d}
     * @return the lines of stdout
     * @throws Failure with the message that failed it
     */
    public List<String> connected(String name, Dsn side, List<String> arguments) {
        return run(name, side, connecting(name, side, named(side), arguments), side.toolEnvironment(),
                new ToolMessages(name));
    }

    /** Runs a program that connects to a server, and reads this from stdin. */
    public void fed(String name, Dsn side, List<String> arguments, InputStream input) {
        run(name, side, connecting(name, side, named(side), arguments), side.toolEnvironment(),
                new ToolMessages(name), input);
    }

    /**
     * Runs a program that creates nothing, so that its session is not recorded among those that a failed run leaves
     * behind.
     */
    public List<String> asking(String name, Dsn side, List<String> arguments) {
        return run(name, side, connecting(name, side, "", arguments), side.toolEnvironment(), new ToolMessages(name));
    }

    /** The last value of a keyword counts. */
    private static String named(Dsn side) {
        return isTarget(side.side()) ? " application_name='" + RunName.TEXT + "'" : "";
    }

    private List<String> connecting(String name, Dsn side, String application, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(tools.tool(name)));
        command.addAll(List.of("--no-password", "-d", side.conninfo(tools.major()) + application));
        command.addAll(arguments);
        return command;
    }

    /**
     * Runs a program that goes on after an error.
     *
     * @param tolerated the messages that do not end it
     * @return everything it said on stderr
     * @throws Failure with the first message that is none of those
     */
    List<ToolMessages.Message> attempt(String name, Dsn side, List<String> arguments,
            Predicate<ToolMessages.Message> tolerated) {
        ToolMessages messages = new ToolMessages(name, tolerated);
        run(name, side, connecting(name, side, named(side), arguments), side.toolEnvironment(), messages);
        return messages.all();
    }

    /** Runs a program that only reads and writes files. */
    public List<String> local(String name, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(tools.tool(name)));
        command.addAll(arguments);
        return run(name, "this machine", command, Map.of(), new ToolMessages(name), (InputStream) null);
    }

    /** Takes what a program writes to stdout. */
    public interface Sink {
        /** @return whether more of it is wanted; else the program is ended */
        boolean take(byte[] data, int start, int length);
    }

    /** Runs a program that only reads files, and ends it once it has written this many bytes to stdout. */
    public byte[] beginning(String name, List<String> arguments, int bytes) {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        stream(name, arguments, (data, start, length) -> {
            int room = Math.min(length, bytes - kept.size());
            kept.write(data, start, room);
            return room == length;
        });
        return kept.toByteArray();
    }

    /** Runs a program that only reads files, and hands on what it writes, on a thread of its own. */
    public void stream(String name, List<String> arguments, Sink sink) {
        List<String> command = new ArrayList<>(List.of(tools.tool(name)));
        command.addAll(arguments);
        ProgramProcess process = new ProgramProcess();
        SinkOutput output = new SinkOutput(sink, process);
        run(name, "this machine", command, Map.of(), new ToolMessages(name), process, null, output,
                () -> output.full);
    }

    /** Ends who writes more than is wanted. */
    private static final class SinkOutput extends OutputStream {
        private final Sink sink;
        private final ProgramProcess process;
        private volatile boolean full;

        SinkOutput(Sink sink, ProgramProcess process) {
            this.sink = sink;
            this.process = process;
        }

        @Override
        public void write(int value) {
            write(new byte[]{(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] data, int start, int length) {
            if (!full && !sink.take(data, start, length)) {
                full = true;
                process.terminate();
            }
        }
    }

    /** It ends when its server is given up. */
    private List<String> run(String name, Dsn side, List<String> command, Map<String, String> environment,
            ToolMessages messages) {
        return run(name, side, command, environment, messages, null);
    }

    private List<String> run(String name, Dsn side, List<String> command, Map<String, String> environment,
            ToolMessages messages, InputStream input) {
        SideSockets sockets = side.sockets();
        Runnable stopping = this::stop;
        sockets.onGivenUp(stopping);
        try {
            return run(name, side.side(), command, environment, messages, input);
        } catch (Failure e) {
            sockets.failIfGivenUp();
            throw e;
        } finally {
            sockets.forget(stopping);
        }
    }

    private List<String> run(String name, String side, List<String> command, Map<String, String> environment,
            ToolMessages messages, InputStream input) {
        List<String> output = new ArrayList<>();
        run(name, side, command, environment, messages, new ProgramProcess(), input, new LogOutputStream() {
            @Override
            protected void processLine(String line) {
                output.add(line);
            }
        }, () -> false);
        return output;
    }

    /**
     * @param process where the program is to be found while it runs
     * @param input what it reads from stdin, or null
     * @param enough whether it has written what was wanted, and was ended for that
     */
    private void run(String name, String side, List<String> command, Map<String, String> environment,
            ToolMessages messages, ProgramProcess process, InputStream input, OutputStream output,
            BooleanSupplier enough) {
        console.explain("running %s", command.stream().map(ShellScript::quoted).collect(Collectors.joining(" ")));
        ProcessExecutor executor = new ProcessExecutor(privately(command)).closeTimeout(2, TimeUnit.SECONDS)
                .redirectOutput(output).redirectError(new LogOutputStream() {
                    @Override
                    protected void processLine(String line) {
                        messages.line(line);
                        if (messages.failing().isPresent()) {
                            // What belongs to the message follows it at once.
                            CompletableFuture.delayedExecutor(MESSAGE_MILLIS, TimeUnit.MILLISECONDS)
                                    .execute(process::terminate);
                        }
                    }
                });
        if (input != null) {
            executor.redirectInput(input);
        }
        ClientTools.unwanted().forEach(variable -> executor.environment(variable, null));
        executor.environment("LC_MESSAGES", "C").environment("LC_ALL", null).environment(environment);
        Cleanup.Task end = Cleanup.ending(process::end);
        running.add(process);
        if (isTarget(side)) {
            ON_TARGET.add(process);
        }
        try {
            if (stopped) {
                process.end();
            }
            int code = process.start(name, executor).getFuture().get().getExitValue();
            messages.all().forEach(message -> message.harmless().ifPresent(
                    reason -> console.explain("%s: %s (harmless: %s)", name, message.text(), reason)));
            if (!enough.getAsBoolean()) {
                judge(name, side, code, messages);
            }
        } catch (ExecutionException e) {
            throw Failure.of("%s did not run to completion on the %s", name, side).because(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of("%s was interrupted", name);
        } finally {
            running.remove(process);
            ON_TARGET.remove(process);
            end.close();
        }
    }

    /** Ends what runs, and starts nothing any more; called from another thread. */
    public void stop() {
        stopped = true;
        running.forEach(ProgramProcess::end);
    }

    /** Ends every program that works on the target; called from another thread. */
    public static void stopOnTarget() {
        ON_TARGET.forEach(ProgramProcess::end);
    }

    private static boolean isTarget(String side) {
        return side.equals("target");
    }

    /**
     * What a program writes is for this user only; Java cannot set the mask of a child, a shell can before it becomes
     * the program.
     */
    private static List<String> privately(List<String> command) {
        List<String> all = new ArrayList<>(List.of("sh", "-c", "umask 077 && exec \"$@\"", "sh"));
        all.addAll(command);
        return all;
    }

    private static void judge(String name, String side, int code, ToolMessages messages) {
        messages.failing().ifPresent(message -> {
            throw Failure.of("%s failed on the %s: %s", name, side, message.text()).detail("%s", message.detail());
        });
        // pg_restore ends so after errors that it went on from, each of which was judged above; psql ends with 0 then.
        // Whatever else it is, such as a signal, has cut the program short (PostgreSQL manual, psql, "Exit Status").
        boolean wholeWithErrors = code == 1 && messages.all().stream()
                .anyMatch(message -> message.text().startsWith("errors ignored on restore: "));
        if (code != 0 && !wholeWithErrors) {
            throw Failure.of("%s ended with exit code %d on the %s", name, code, side)
                    .detail("%s", Printable.lines(messages.all().stream().map(ToolMessages.Message::text).toList()));
        }
    }
}

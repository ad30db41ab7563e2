package lib.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.talk.Cleanup;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ShellScript;
import lib.tools.ClientTools;

/**
 * The user's own ssh to one machine: configuration, agent and jump hosts hold, and nothing is asked. The key of the
 * machine is pinned at the first connection (ssh_config(5), StrictHostKeyChecking). What connects ends with this
 * process.
 */
public final class Ssh {
    /**
     * What ssh ends with when the connection failed or was lost (ssh(1), "Exit status"); no script of ours ends with
     * it.
     */
    private static final int LOST = 255;
    /** What a program ends with that a signal has ended, less the signal's number; Ctrl-C reaches ssh, too. */
    private static final int SIGNAL = 128;
    // A connection that is gone is noticed within ten seconds; one that others share would not be ours to end.
    private static final List<String> OPTIONS =
            List.of("BatchMode=yes", "StrictHostKeyChecking=accept-new", "ConnectTimeout=10",
                    "ServerAliveInterval=5", "ServerAliveCountMax=2", "ControlMaster=no", "ControlPath=none",
                    "RemoteCommand=none");

    private final RemoteHost host;

    /** What is written to a script's stdin. */
    @FunctionalInterface
    public interface Input {
        void write(OutputStream stream) throws IOException;
    }

    /**
     * What became of a script.
     *
     * @param gaveUp whether it said itself that it failed; else it may have been done, or still be running
     * @param out what it wrote to stdout
     * @param failure why it failed or nobody knows its end, or null
     */
    record Answer(boolean gaveUp, byte[] out, Failure failure) {
    }

    public Ssh(RemoteHost host) {
        this.host = host;
    }

    RemoteHost host() {
        return host;
    }

    /**
     * Runs a script for a POSIX shell on the machine.
     *
     * @return what it wrote to stdout
     * @throws Failure when the connection failed or was lost, or the script failed
     */
    byte[] run(String script, String... arguments) {
        return send(stream -> {}, script, arguments);
    }

    /**
     * Runs a script that reads from stdin. Secrets are passed that way, because every user of the machine can see
     * arguments.
     */
    byte[] send(Input input, String script, String... arguments) {
        Answer answer = ask(input, script, arguments);
        if (answer.failure != null) {
            throw answer.failure;
        }
        return answer.out;
    }

    /** Runs such a script where it matters whether it failed or the connection did. */
    Answer ask(Input input, String script, String... arguments) {
        Process process = start(remote(script, arguments));
        Cleanup.Task end = Cleanup.ending(process::destroy);
        try {
            CompletableFuture<byte[]> err = CompletableFuture.supplyAsync(() -> all(process.getErrorStream()));
            CompletableFuture<byte[]> out = CompletableFuture.supplyAsync(() -> all(process.getInputStream()));
            boolean written = write(input, process.getOutputStream());
            int code = process.waitFor();
            Failure failure = null;
            if (code != 0) {
                failure = failure(code, new String(out.join(), StandardCharsets.UTF_8),
                        new String(err.join(), StandardCharsets.UTF_8));
            } else if (!written) {
                failure = Failure.of("what was sent to %s did not arrive as a whole", host);
            }
            return new Answer(code > 0 && code < SIGNAL, out.join(), failure);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(false, new byte[0], Failure.of("ssh to %s was interrupted", host));
        } finally {
            end.close();
        }
    }

    /**
     * Runs a script and hands on at once what it writes to stdout.
     *
     * @return true when it ran to its end, false when the connection failed, was lost or was ended here
     */
    boolean follow(Consumer<byte[]> reader, String script, String... arguments) {
        Process process = start(remote(script, arguments));
        Cleanup.Task end = Cleanup.ending(process::destroy);
        try (InputStream out = process.getInputStream()) {
            process.getOutputStream().close();
            CompletableFuture.runAsync(() -> all(process.getErrorStream()));
            byte[] buffer = new byte[8192];
            for (int count = out.read(buffer); count >= 0; count = out.read(buffer)) {
                reader.accept(Arrays.copyOf(buffer, count));
            }
            return process.waitFor() < SIGNAL;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            end.close();
        }
    }

    /**
     * Starts a program of the ssh family; it sees no variable that may hold a password of a database, which SendEnv
     * could send along. It is no {@code ShortCommand}: it is written to and read from while it runs, for hours.
     */
    Process start(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeAll(ClientTools.unwanted());
        try {
            return builder.start();
        } catch (IOException e) {
            throw Failure.of("could not start ssh").because(e)
                    .hint("install it: sudo apt-get install -y openssh-client");
        }
    }

    /** @return ssh with its options, more of them, and the machine */
    List<String> command(String... more) {
        List<String> command = new ArrayList<>(List.of("ssh", "-T"));
        if (host.knownHosts() != null) {
            command.addAll(List.of("-o", "UserKnownHostsFile=" + inConfiguration(host.knownHosts().toString())));
        }
        OPTIONS.forEach(option -> command.addAll(List.of("-o", option)));
        if (host.key() != null) {
            command.addAll(List.of("-i", host.key().toString(), "-o", "IdentitiesOnly=yes"));
        }
        if (host.port() != 0) {
            command.addAll(List.of("-p", String.valueOf(host.port())));
        }
        if (host.user() != null) {
            command.addAll(List.of("-l", host.user()));
        }
        command.addAll(List.of(more));
        command.addAll(List.of("--", host.address()));
        return command;
    }

    /** Why a connection or a step failed. */
    Failure failure(int code, String out, String err) {
        if (code != LOST) {
            List<String> lines = Stream.concat(out.lines(), err.lines()).toList();
            return Failure.of("a step on %s failed with exit code %d", host, code)
                    .detail("%s", Printable.lines(lines.stream().skip(Math.max(0, lines.size() - 5)).toList()));
        }
        String reason = err.lines().filter(
                line -> !line.isBlank() && !line.startsWith("@") && !line.startsWith("Warning: Permanently added"))
                .reduce((first, last) -> last).orElse("the connection was closed");
        return Failure.of("could not connect to %s through ssh: %s", host, reason).hint("%s", hint(err));
    }

    private String hint(String err) {
        if (err.contains("HOST IDENTIFICATION HAS CHANGED") || err.contains("Host key verification failed")) {
            return host.knownHosts() == null
                    ? "another machine answers there than before; if it was made anew: " + forgetting(err)
                    : "another machine answers there than before; if it was made anew, remove \"" + host.knownHosts()
                            + '"';
        } else if (err.contains("Permission denied")) {
            return "check the user and the key; ssh-add makes a key known that has a passphrase";
        }
        return "check the address, and whether its firewall or security group lets ssh in from here";
    }

    /** The user's configuration may have another name, port and file for it, which ssh says (sshconnect.c). */
    private String forgetting(String err) {
        Matcher name = Pattern.compile("(?m)^Host key for (\\S+) has changed").matcher(err);
        Matcher file = Pattern.compile("(?m)^Offending \\S+ key in (.+):\\d+\\s*$").matcher(err);
        String known = name.find() ? name.group(1) : host.port() == 0 || host.port() == 22 ? host.address()
                : "[" + host.address() + "]:" + host.port();
        return "ssh-keygen" + (file.find() ? " -f " + ShellScript.quoted(file.group(1)) : "") + " -R "
                + ShellScript.quoted(known);
    }

    private List<String> remote(String script, String... arguments) {
        String words = Stream.concat(Stream.of(script, "tsmigrate"), Stream.of(arguments)).map(ShellScript::quoted)
                .collect(Collectors.joining(" "));
        // What the user's configuration forwards is for work of the user's own, and a port can be taken.
        List<String> command = command("-o", "ClearAllForwardings=yes");
        command.add("sh -c " + words);
        return command;
    }

    /** As a value in ssh's configuration: blanks separate several files, and % begins a token. */
    private static String inConfiguration(String file) {
        return '"' + file.replace("%", "%%") + '"';
    }

    private static boolean write(Input input, OutputStream stream) {
        try (stream) {
            input.write(stream);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static byte[] all(InputStream stream) {
        try (stream) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

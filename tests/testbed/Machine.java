package testbed;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Another machine: this one's programs in a network, with mounts and processes of their own (namespaces(7)). It reaches
 * nothing until it is joined to another. It goes with this JVM, however that ends, and every process on it goes too.
 */
public final class Machine implements AutoCloseable {
    /**
     * The first process of its own: when its input ends, it ends, and the kernel ends the others. Until then it takes
     * leave of those that have lost their parents.
     */
    private static final String FIRST = """
            set -e
            ip link set lo up
            cd /
            %s
            echo ready
            exec 3<&0
            cat <&3 >/dev/null &
            wait
            """;
    private static final AtomicInteger LINES = new AtomicInteger();

    private final Process unshare;
    private final long first;
    private final String address;

    private Machine(Process unshare, String address) {
        this.unshare = unshare;
        this.address = address;
        first = unshare.children().findFirst()
                .orElseThrow(() -> new IllegalStateException("no process in the new namespaces")).pid();
    }

    /** A machine without anything special. */
    public static Machine start() {
        return start("");
    }

    /**
     * A machine that is prepared first; a test is skipped where it cannot be had.
     *
     * @param preparation a shell script that runs on it
     * @param arguments of that script
     */
    public static Machine start(String preparation, String... arguments) {
        return start(List.of("--net"), preparation, arguments);
    }

    /** A machine that is prepared first, in the network of the machine that the tests run on. */
    public static Machine startHere(String preparation, String... arguments) {
        return start(List.of(), preparation, arguments);
    }

    private static Machine start(List<String> network, String preparation, String... arguments) {
        if (!Account.isRoot()) {
            throw Requirement.missing(Requirement.root("network namespaces"));
        }
        Requirement.program("ip", "iproute2");
        Requirement.program("nsenter", "util-linux");
        Run possible = Run.of(List.of("unshare", "--net", "--mount", "true"));
        if (possible.code() != 0) {
            throw Requirement.missing("needs the right to make namespaces: " + possible.err().strip());
        }
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "--pid", "--fork", "--kill-child"));
        command.addAll(network);
        command.addAll(List.of("sh", "-c", FIRST.formatted(preparation), "sh"));
        command.addAll(List.of(arguments));
        try {
            Path messages = Files.createTempFile("tsmigrate-machine-", "");
            Process process = new ProcessBuilder(command).redirectError(messages.toFile()).start();
            BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
            String line = output.readLine();
            String said = Files.readString(messages);
            Files.delete(messages);
            if (!"ready".equals(line)) {
                throw new IllegalStateException("no machine with a network of its own: " + line + " " + said);
            }
            int number = LINES.incrementAndGet();
            return new Machine(process, "10." + (128 + ProcessHandle.current().pid() % 100) + "." + number + ".1");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where those that are joined to it reach it. */
    public String address() {
        return address;
    }

    /** The command line that runs a program on it, beside this machine's processes, so that signals reach it. */
    public List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(List.of("nsenter", "--target=" + first, "--net", "--mount", "--"));
        all.addAll(command);
        return all;
    }

    /** A path as its processes see it, for this JVM. */
    public Path seen(Path there) {
        return Path.of("/proc/" + first + "/root" + there);
    }

    /** Runs a program among its own processes. */
    public Run run(String... command) {
        List<String> all = new ArrayList<>(List.of("nsenter", "--target=" + first, "--net", "--mount", "--pid", "--"));
        all.addAll(List.of(command));
        return Run.of(all);
    }

    /** Lays a line to another machine; both reach each other's address, and nothing beyond. */
    public Line join(Machine other) {
        return line(String.valueOf(other.first), other.address, other);
    }

    /** Lays a line to the machine that the tests run on, which reaches it then. */
    public Line joinTests() {
        // Not that of process 1, which need not be ours to look at.
        return line(String.valueOf(ProcessHandle.current().pid()), null, null);
    }

    private Line line(String otherProcess, String otherAddress, Machine other) {
        String name = "tsm" + ProcessHandle.current().pid() + "." + LINES.incrementAndGet();
        String here = name + "a";
        String there = name + "b";
        Run.of(command(
                List.of("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", otherProcess)))
                .orFail();
        String farther = otherAddress == null ? address.replaceFirst("1$", "2") : otherAddress;
        ends(command(List.of()), here, address, farther);
        ends(other == null ? List.of() : other.command(List.of()), there, farther, address);
        return new Line(this, here);
    }

    private static void ends(List<String> where, String name, String own, String other) {
        for (List<String> step : List.of(List.of("ip", "address", "add", own, "peer", other, "dev", name),
                List.of("ip", "link", "set", name, "up"))) {
            List<String> command = new ArrayList<>(where);
            command.addAll(step);
            Run.of(command).orFail();
        }
    }

    /** What joins two machines, and can be cut. */
    public record Line(Machine machine, String name) {
        public void cut() {
            Run.of(machine.command(List.of("ip", "link", "set", name, "down"))).orFail();
        }

        public void mend() {
            Run.of(machine.command(List.of("ip", "link", "set", name, "up"))).orFail();
        }
    }

    @Override
    public void close() {
        try {
            unshare.getOutputStream().close();
            unshare.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

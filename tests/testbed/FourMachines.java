package testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Four machines: an operator's, one to ssh into, and two with a server of PostgreSQL 17 each. The operator reaches the
 * target, and not the source, which only the machine in the middle reaches, apart from the tests. Both servers log
 * every statement.
 */
public final class FourMachines implements AutoCloseable {
    private final List<Runnable> closing = new ArrayList<>();
    private final Path home;
    private final Machine operator;
    private final SshMachine middle;
    private final Machine.Line line;
    private final PgServer source;
    private final PgServer target;

    /** @param folder for the operator's files and the private key; the operator's ssh knows the machine as "beside" */
    public FourMachines(Path folder) {
        try {
            home = Files.createDirectories(folder.resolve("home"));
            middle = SshMachine.start(folder);
            closing.add(middle::close);
            Files.createDirectory(home.resolve(".ssh"));
            Files.writeString(home.resolve(".ssh/config"), """
                    Host beside
                      HostName %s
                      User ubuntu
                      IdentityFile %s
                    """.formatted(middle.machine().address(), middle.key()));
            // ssh takes the home folder from there, whatever HOME says.
            Path users = Files.writeString(folder.resolve("passwd"), "root:x:0:0:root:" + home + ":/bin/sh\n");
            operator = Machine.start("mount --bind \"$1\" /etc/passwd", users.toString());
            closing.add(operator::close);
            line = operator.join(middle.machine());
            source = server(Machine.start());
            Machine cloud = Machine.start();
            operator.join(cloud);
            target = server(cloud);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private PgServer server(Machine machine) {
        closing.add(machine::close);
        machine.join(middle.machine());
        machine.joinTests();
        PgServer server = PgServer.plan(TrixieRoot.server()).on(machine).with("log_statement=all").start();
        closing.add(0, server::close);
        return server;
    }

    public PgServer source() {
        return source;
    }

    public PgServer target() {
        return target;
    }

    public Machine operator() {
        return operator;
    }

    /** The machine to ssh into. */
    public SshMachine middle() {
        return middle;
    }

    /** What joins the operator to it. */
    public Machine.Line line() {
        return line;
    }

    /** The operator's home folder, where commands run. */
    public Path home() {
        return home;
    }

    /** Starts `rds-via-ec2 run` on the operator's machine. */
    public ChildCommand run(String from, String to, String... options) {
        return run(Map.of(), from, to, options);
    }

    /** Starts `rds-via-ec2 run` on the operator's machine, with more variables in its environment. */
    public ChildCommand run(Map<String, String> more, String from, String to, String... options) {
        Map<String, String> environment = new HashMap<>(more);
        environment.putAll(Map.of("SOURCE", source.uri(from), "TARGET", target.uri(to), "TSMIGRATE_PG_BINDIRS",
                TrixieRoot.clientWrappers().toString()));
        List<String> arguments = new ArrayList<>(List.of("run"));
        arguments.addAll(List.of(options));
        return ChildCommand.start(operator.command(ChildCommand.java("RdsViaEc2", arguments.toArray(String[]::new))),
                home, environment);
    }

    @Override
    public void close() {
        closing.forEach(Runnable::run);
    }
}

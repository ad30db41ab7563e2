//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import lib.aws.Ec2State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.AwsAccount;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.FourMachines;
import testbed.HeldLock;
import testbed.Run;

/** An RDS database moves: plan, up, run with the connection cut in the middle, down. */
class RdsViaEc2WholeTest {
    @TempDir
    Path folder;

    private final StringBuffer said = new StringBuffer();
    private Path work;
    private AwsAccount account;

    @Test
    void a_database_moves_though_the_connection_is_cut_and_no_password_is_seen_and_nothing_is_left()
            throws IOException {
        work = folder.resolve("work");
        try (AwsAccount started = new AwsAccount().start(); FourMachines beside = new FourMachines(folder)) {
            account = started;
            String shop = beside.source().newDatabase();
            String moved = beside.target().newDatabase();
            // No character that is encoded anywhere.
            String secret = beside.source().password().substring(0, 24);
            beside.source().sql(shop, "CREATE TABLE item AS SELECT generate_series(1, 100000) AS id",
                    "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                    "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()");
            AtomicBoolean over = new AtomicBoolean();
            CompletableFuture<String> arguments = BackgroundWork.run(() -> arguments(over));

            aws("plan --db-instance shop --ssh-from " + AwsAccount.HERE);
            aws("up --db-instance shop --yes --ssh-from " + AwsAccount.HERE);
            // The machine of moto is none that could be reached.
            Ec2State state = Ec2State.read(work);
            beside.middle().admit(state.key());
            state.with(Ec2State.ADDRESS, beside.middle().machine().address()).write(work);

            try (HeldLock hold =
                    HeldLock.on(beside.target(), moved, "LOCK TABLE pg_catalog.pg_event_trigger IN SHARE MODE");
                    ChildCommand run = beside.run(shop, moved, "--dir", work.toString())) {
                run.await("the run stands still", hold::isWaitedFor);
                List<String> there = holding(secret, beside.middle().written());
                beside.line().cut();
                CommandRun lost = said(run.end());
                assertEquals("""
                        error: the connection to ubuntu@%s was lost; the migration goes on there
                        hint: run the same command again: it attaches to the run"""
                        .formatted(beside.middle().machine().address()), lost.failure());
                assertEquals(1, lost.code());
                assertTrue(hold.isWaitedFor());
                beside.line().mend();
                try (ChildCommand again = beside.run(shop, moved, "--dir", work.toString())) {
                    again.await("it is attached", () -> again.err().contains("a run of this migration goes on"));
                    hold.release();
                    CommandRun end = said(again.end());
                    assertEquals(0, end.code(), end.err());
                    assertTrue(end.err().contains("migrate: verify: no differences (sample: contents of "), end.err());
                }
                // What the client programs read has no name on Linux.
                assertEquals(List.of(), there);
            }
            CommandRun verified = CommandRun.of("Verify",
                    Map.of("SOURCE", beside.source().uri(shop), "TARGET", beside.target().uri(moved)));
            assertEquals(0, verified.code(), verified.out() + verified.err());
            assertTrue(Files.exists(work.resolve("known_hosts-" + state.run())));

            aws("down --yes");
            over.set(true);
            assertEquals(List.of(), account.made());
            assertEquals("",
                    beside.middle().sh("ls -d /home/ubuntu/.tsmigrate-* /tmp/tsmigrate-ubuntu 2>/dev/null").out());
            assertEquals(List.of(), holding(secret, beside.middle().written()));
            assertEquals(List.of(), holding(secret, folder));
            Map.of("arguments", arguments.join(), "output", said.toString(), "log of the source", beside.source().log(),
                    "log of the target",
                    beside.target().log()).forEach((where, text) -> assertFalse(text.contains(secret), where));
            assertTrue(
                    arguments.join().contains("toolkit/*:toolkit Migrate") && beside.target().log().contains("COPY "),
                    "not looked at the right time");
        }
    }

    private void aws(String command) {
        CommandRun run = said(account.run(work, command));
        assertEquals(0, run.code(), run.err());
    }

    private CommandRun said(CommandRun run) {
        said.append(run.out()).append(run.err());
        return run;
    }

    /** The arguments of all processes of all machines, as long as it takes. */
    private static String arguments(AtomicBoolean over) {
        StringBuilder all = new StringBuilder();
        while (!over.get()) {
            all.append(Run.output(List.of("ps", "-eo", "args")));
            try {
                Thread.sleep(300);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                over.set(true);
            }
        }
        return all.toString();
    }

    /** @return mode and name of the files that hold a text */
    private static List<String> holding(String text, Path folder) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
                    found.add(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)) + " "
                            + file.getFileName());
                }
            }
        }
        return found;
    }
}

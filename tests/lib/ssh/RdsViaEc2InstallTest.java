//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Machine;
import testbed.PgServer;
import testbed.SshMachine;
import testbed.TrixieRoot;

/** A machine that has just been made has neither Java nor PostgreSQL's programs, which Debian's own packages bring. */
class RdsViaEc2InstallTest {
    @TempDir
    Path folder;

    @Test
    void what_is_missing_is_installed() throws IOException {
        int port = freePort();
        Path users = Files.writeString(folder.resolve("passwd"), "root:x:0:0:root:" + folder + ":/bin/sh\n");
        try (SshMachine fresh = SshMachine.fresh(folder, port);
                Machine operator = Machine.startHere("mount --bind \"$1\" /etc/passwd", users.toString());
                PgServer source = PgServer.plan(TrixieRoot.server()).start();
                PgServer target = PgServer.plan(TrixieRoot.server()).start()) {
            assertEquals("",
                    fresh.sh("command -v java pg_dump; ls -d /usr/lib/postgresql/17/bin/pg_dump 2>/dev/null").out());
            String shop = source.newDatabase();
            String moved = target.newDatabase();
            source.sql(shop, "CREATE TABLE item AS SELECT generate_series(1, 1000) AS id");
            try (ChildCommand run = ChildCommand.start(
                    operator.command(ChildCommand.java("RdsViaEc2", "run", "--host", "ubuntu@127.0.0.1:" + port,
                            "--identity", fresh.key().toString())),
                    folder, Map.of("SOURCE", source.uri(shop), "TARGET", target.uri(moved)))) {
                run.await("Java is installed", () -> run.err().contains("installing postgresql-client-17"));
                CommandRun end = run.end();
                assertEquals(0, end.code(), end.err());
                assertTrue(end.err().startsWith("""
                        rds-via-ec2: installing a Java runtime on ubuntu@127.0.0.1:%1$d
                        rds-via-ec2: copying the toolkit to ubuntu@127.0.0.1:%1$d
                        """.formatted(port)), end.err());
                assertTrue(end.err().contains("\ninstalling postgresql-client-17\n"), end.err());
            }
            assertEquals("1000", target.query(moved, "SELECT count(*) FROM item"));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}

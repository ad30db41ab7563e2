//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.FourMachines;
import testbed.HeldLock;
import testbed.Run;
import testbed.Soak;

/** The migration runs on a machine that is reached through ssh, between two servers that only that one reaches. */
class RdsViaEc2RunTest {
    @TempDir
    static Path folder;
    private static FourMachines beside;

    private String shop;
    private String moved;

    @BeforeAll
    static void start() {
        beside = new FourMachines(folder);
    }

    @AfterAll
    static void end() {
        if (beside != null) {
            beside.close();
        }
    }

    @BeforeEach
    void fill() {
        shop = beside.source().newDatabase();
        moved = beside.target().newDatabase();
        beside.source().sql(shop,
                "CREATE TABLE item AS SELECT id, 'item ' || id AS name FROM generate_series(1, 1000) AS id",
                "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()");
    }

    @Test
    void after_ctrl_c_the_run_goes_on_until_stop_ends_it_and_one_that_ended_unseen_is_brought_back() {
        try (HeldLock hold = standstill(); ChildCommand run = beside.run(shop, moved, "--host", "beside")) {
            run.await("the run stands still", hold::isWaitedFor);
            run.signalAll("INT");
            CommandRun left = run.end();
            assertEquals(130, left.code(), left.err());
            assertTrue(left.err().endsWith("""
                    rds-via-ec2: warning: interrupted here; the migration goes on on beside
                    rds-via-ec2: hint: run the same command again to see how it goes on, or with --stop to end it
                    """), left.err());
            assertTrue(hold.isWaitedFor());
            CommandRun stopped = beside.run(shop, moved, "--host", "beside", "--stop").end();
            assertEquals(143, stopped.code(), stopped.err());
            assertTrue(
                    stopped.err().contains(
                            "migrate: warning: interrupted: the source is unchanged, the target is partly loaded\n"),
                    stopped.err());
            assertNothingLeft();
        }
        try (HeldLock hold = standstill();
                ChildCommand again = beside.run(shop, moved, "--host", "beside", "--restart", "--verify=checksums")) {
            again.await("the run stands still", hold::isWaitedFor);
            again.signalAll("INT");
            again.end();
        }
        BackgroundWork.until("the run has ended",
                () -> beside.middle().sh("ls /home/ubuntu/.tsmigrate-*/code").code() == 0);
        Path summary = beside.home().resolve("summary.txt");
        CommandRun unseen = beside.run(shop, moved, "--host", "beside", "--out", summary.toString()).end();
        assertEquals(0, unseen.code(), unseen.err());
        assertTrue(unseen.err().startsWith(
                "rds-via-ec2: a run of this migration has ended on beside: attached, with the options that it was "
                        + "started with\n"),
                unseen.err());
        assertTrue(unseen.err().contains("migrate: verify: no differences (checksums)"), unseen.err());
        assertFalse(unseen.err().contains("\033"), "a progress line without a terminal");
        assertTrue(unseen.err().endsWith("rds-via-ec2: the summary is in " + summary + "\n"), unseen.err());
        assertArrived();
        assertNothingLeft();
    }

    @Test
    void a_dry_run_prints_the_script_for_that_machine() {
        CommandRun run = beside.run(shop, moved, "--host", "beside", "--dry-run").end();
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().startsWith("# migrate: "), run.out());
        assertTrue(run.out().contains("\nPATH=/usr/lib/postgresql/17/bin:$PATH\n"), run.out());
        assertEquals(null, beside.target().query(moved, "SELECT relname FROM pg_class WHERE relname = 'item'"));
        assertNothingLeft();
    }

    @Test
    void after_a_short_cut_it_goes_on_where_it_was() {
        // RdsViaEc2WholeTest has a longer one.
        Soak.assumeIn("soak");
        try (HeldLock hold = standstill(); ChildCommand run = beside.run(shop, moved, "--host", "beside")) {
            run.await("the run stands still", hold::isWaitedFor);
            String follower = follower();
            beside.line().cut();
            run.await("the cut is noticed", () -> run.err()
                    .contains("rds-via-ec2: warning: the connection to beside was lost; trying again\n"));
            beside.line().mend();
            run.await("it is attached again", () -> !follower().equals(follower));
            hold.release();
            CommandRun end = run.end();
            assertEquals(0, end.code(), end.err());
            List<String> lines = end.err().lines().filter(line -> line.startsWith("migrate: ")).toList();
            assertEquals(lines.stream().distinct().toList(), lines);
            assertTrue(lines.stream().anyMatch(line -> line.startsWith("migrate: verify: no differences")), end.err());
        }
    }

    @Test
    void its_progress_is_seen_here() {
        beside.source().sql(shop,
                "CREATE FUNCTION slow(int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT pg_sleep(3) IS NOT NULL'",
                "CREATE TABLE single (id int CHECK (slow(id)))", "INSERT INTO single VALUES (1)");
        CommandRun run = beside.run(Map.of("TSMIGRATE_PROGRESS", "1"), shop, moved, "--host", "beside").end();
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("\033[Kdata: "), run.err());
    }

    @Test
    void through_a_tunnel_it_runs_here() {
        CommandRun run = beside.run(shop, moved, "--host", "beside", "--tunnel", "--verify=checksums").end();
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("rds-via-ec2: verify: no differences (checksums)"), run.err());
        assertArrived();
        assertNothingLeft();
    }

    @Test
    void a_run_that_is_killed_is_reported() {
        try (HeldLock hold = standstill(); ChildCommand run = beside.run(shop, moved, "--host", "beside")) {
            run.await("the run stands still", hold::isWaitedFor);
            beside.middle().sh("pkill -KILL -u ubuntu");
            CommandRun killed = run.end();
            assertEquals("""
                    error: the run on beside was killed, or the machine was restarted
                    hint: run the same command again with --resume""", killed.failure());
            assertEquals(1, killed.code());
            assertNothingLeft();
        }
    }

    @Test
    void where_the_connection_is_lost_as_the_run_starts_it_is_left_there_to_be_followed() {
        // sshd goes when the run is about to begin, before anybody can be told that it has.
        beside.middle().sh("""
                printf '#!/bin/sh\\npkill -KILL -u ubuntu sshd\\nexec /usr/bin/setsid "$@"\\n' >/usr/local/bin/setsid
                chmod 755 /usr/local/bin/setsid""").orFail();
        try (HeldLock hold = standstill()) {
            CommandRun lost = beside.run(shop, moved, "--host", "beside").end();
            assertTrue(lost.failure().startsWith(
                    "error: the connection to beside was lost; the migration may have been started there\ndetail: "),
                    lost.failure());
            assertTrue(lost.failure().endsWith(
                    "\nhint: run the same command again: it attaches to the run, or starts it if there is none"),
                    lost.failure());
            assertEquals(1, lost.code());
            assertFalse(lost.err().contains("interrupted"), lost.err());
            BackgroundWork.until("the run stands still", hold::isWaitedFor);
        } finally {
            beside.middle().sh("rm -f /usr/local/bin/setsid");
        }
        CommandRun again = beside.run(shop, moved, "--host", "beside").end();
        assertEquals(0, again.code(), again.err());
        assertTrue(again.err().matches("(?s)rds-via-ec2: a run of this migration (goes on|has ended) on beside: "
                + "attached, with the options that it was started with\n.*"), again.err());
        assertArrived();
        assertNothingLeft();
    }

    @Test
    void where_packages_are_installed_there_a_failure_is_no_refusal() {
        beside.middle().sh("mv /usr/local/bin/java /usr/local/bin/java.away").orFail();
        try {
            CommandRun run = beside.run(shop, moved, "--host", "beside").end();
            assertTrue(run.failure().startsWith("error: a step on beside failed with exit code 1\n"), run.failure());
            assertEquals(1, run.code(), run.err());
        } finally {
            beside.middle().sh("mv /usr/local/bin/java.away /usr/local/bin/java").orFail();
        }
        assertNothingLeft();
    }

    @Test
    void what_preflight_refuses_is_seen_here_and_nothing_stays_there() {
        beside.target().sql(moved, "CREATE TABLE there_already ()");
        CommandRun refused = beside.run(shop, moved, "--host", "beside").end();
        assertEquals(3, refused.code(), refused.err());
        assertTrue(refused.err().contains("\nstop     target "), refused.err());
        assertTrue(refused.err().endsWith("preflight: error: no-go: 1 finding(s) stop a migration\n"), refused.err());
        assertNothingLeft();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2 | ubuntu @beside    | error: invalid host "ubuntu @beside"; hint: it is given as USER@ADDRESS or \
            USER@ADDRESS:PORT
            3 | nobody@MIDDLE     | error: could not connect to nobody@MIDDLE through ssh: nobody@MIDDLE: Permission \
            denied (publickey,password).; hint: check the user and the key; ssh-add makes a key known that has a \
            passphrase
            3 | ubuntu@MIDDLE:23  | error: could not connect to ubuntu@MIDDLE:23 through ssh: ssh: connect to host \
            MIDDLE port 23: Connection refused; hint: check the address, and whether its firewall or security group \
            lets ssh in from here
            """)
    void a_machine_that_cannot_be_reached_is_named(int code, String host, String failure) {
        String address = beside.middle().machine().address();
        CommandRun run = beside.run(shop, moved, "--host=" + host.replace("MIDDLE", address)).end();
        assertEquals(failure.replace("MIDDLE", address).replace("; hint", "\nhint"), run.failure());
        assertEquals(code, run.code());
    }

    @Test
    void another_machine_at_the_same_address_is_refused() throws IOException {
        String address = beside.middle().machine().address();
        Path known = beside.home().resolve(".ssh/known_hosts");
        String before = Files.exists(known) ? Files.readString(known) : "";
        Files.writeString(known,
                address + " ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIsmYZZiKUJ5pXJwd5fVvAVJiJYAn4SkkKVVn4R3qQvI\n");
        CommandRun run = beside.run(shop, moved, "--host", "beside").end();
        assertEquals("""
                error: could not connect to beside through ssh: Host key verification failed.
                hint: another machine answers there than before; if it was made anew: ssh-keygen -f %s -R %s"""
                .formatted(known, address), run.failure());
        Run.of(List.of("sh", "-c", run.failure().replaceFirst("(?s).*made anew: ", ""))).orFail();
        assertEquals("", Files.readString(known));
        Files.writeString(known, before);
        assertEquals(3, run.code());
    }

    /** The newest process there that reads what the run says. */
    private static String follower() {
        return beside.middle().sh("pgrep -u ubuntu -n tail").out();
    }

    /** Keeps the target from getting event triggers, which come late. */
    private HeldLock standstill() {
        return HeldLock.on(beside.target(), moved, "LOCK TABLE pg_catalog.pg_event_trigger IN SHARE MODE");
    }

    private void assertArrived() {
        assertEquals(beside.source().rows(shop, "SELECT count(*), md5(string_agg(name, ',' ORDER BY id)) FROM item"),
                beside.target().rows(moved, "SELECT count(*), md5(string_agg(name, ',' ORDER BY id)) FROM item"));
    }

    private static void assertNothingLeft() {
        assertEquals("", beside.middle().sh(
                "ls -d /home/ubuntu/.tsmigrate-* /tmp/tsmigrate-ubuntu /tmp/hsperf* 2>/dev/null; pgrep -u ubuntu "
                        + "-a java")
                .out());
    }
}

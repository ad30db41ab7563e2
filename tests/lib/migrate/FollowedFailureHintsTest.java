//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Run;
import testbed.Runbook;
import testbed.Sides;

/**
 * What is said after a failure or a refusal leads on, from the state that it has left: locks, cancelled statements,
 * files of steps, passwords.
 */
class FollowedFailureHintsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    @TempDir
    Path folder;

    private static Matcher in(CommandRun run, String hint) {
        Matcher found = Pattern.compile(hint).matcher(run.failure());
        assertTrue(found.find(), run.err());
        return found;
    }

    private static Map<String, String> ends(String from, String to) {
        return Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to));
    }

    private static String item() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item AS SELECT 1 AS id");
        return from;
    }

    /**
     * A statement of ours that somebody cancels (57014): the log says when, and the same command with --resume brings
     * all.
     */
    @Test
    void a_statement_that_was_cancelled() {
        String from = Dumps.shop(SOURCE);
        String to = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + to + " SET shop.slow = 'yes'");
        CommandRun failed;
        try (HeldLock hold = HeldLock.on(TARGET, to, "SELECT pg_advisory_xact_lock(1)");
                ChildCommand child = ChildCommand.start(ChildCommand.java("Migrate"), folder, ends(from, to))) {
            child.await("a statement waits", hold::isWaitedFor);
            TARGET.sql("postgres", "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE " + hold.pid()
                    + " = ANY (pg_blocking_pids(pid))");
            failed = child.end();
        }
        assertEquals(1, failed.code(), failed.err());
        in(failed,
                "hint: somebody has cancelled a statement of ours on the target \\(pg_cancel_backend\\): its log "
                        + "says when");
        assertTrue(TARGET.log().contains("canceling statement due to user request"));
        String resume = in(failed, "run the same command again with (--resume)").group(1);
        TARGET.sql("postgres", "ALTER DATABASE " + to + " RESET shop.slow");
        CommandRun again = SIDES.migrate(from, to, resume);
        assertEquals(0, again.code(), again.err());
        assertEquals("1000", TARGET.query(to, "SELECT count(*) FROM item"));
        drop(from, to);
    }

    /**
     * A lock that was waited for (55P03): pg_locks says who has it, and without that session the same command gets
     * through.
     */
    @Test
    void a_lock_that_somebody_has() {
        String id = "locked_" + UUID.randomUUID().toString().substring(0, 8);
        String from = item();
        String to = TARGET.newDatabase();
        SOURCE.sql(from, "CREATE ROLE " + id, "ALTER TABLE item OWNER TO " + id);
        TARGET.sql("postgres", "CREATE ROLE " + id, "CREATE ROLE " + id + "_user LOGIN CREATEROLE PASSWORD 'l'",
                "ALTER DATABASE " + to + " OWNER TO " + id + "_user");
        String uri = TARGET.uri(to, id + "_user", "l");
        CommandRun failed;
        try (HeldLock hold = HeldLock.on(TARGET, to, "SELECT pg_advisory_xact_lock(" + 0x74736d656dL + ")")) {
            failed = CommandRun.migrate(SOURCE.uri(from), uri);
            assertEquals(1, failed.code(), failed.err());
            in(failed,
                    "hint: another session of the target has a lock that was waited for: end it, or wait for its "
                            + "end; pg_locks says which it is");
            String found = TARGET.query(to,
                    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid "
                            + "FROM pg_database WHERE datname = current_database())");
            assertEquals(hold.pid(), found);
            TARGET.sql("postgres", "SELECT pg_terminate_backend(" + found + ")");
            CommandRun again = CommandRun.migrate(SOURCE.uri(from), uri, in(failed, "again with (--resume)").group(1));
            assertEquals(0, again.code(), again.err());
        }
        assertEquals(id, TARGET.query(to, "SELECT relowner::regrole FROM pg_class WHERE relname = 'item'"));
        drop(from, to);
        SOURCE.sql("postgres", "DROP ROLE " + id);
        TARGET.sql("postgres", "DROP ROLE " + id, "DROP ROLE " + id + "_user");
    }

    /**
     * The files of the steps of another move are removed as it is said, or left where they are; each single step goes
     * on from there.
     */
    @Test
    void the_files_of_another_move() {
        String earlier = item();
        String from = item();
        String to = TARGET.newDatabase();
        for (String goal : new String[]{"dump", "align", "roles"}) {
            Path steps = folder.resolve("steps-" + goal);
            assertEquals(0, Runbook.run(goal, steps, ends(earlier, to)).values().iterator().next().code());
            CommandRun refused = Runbook.run(goal, steps, ends(from, to)).values().iterator().next();
            assertEquals(3, refused.code());
            Matcher hint =
                    in(refused, "hint: use another folder, with make: DIR=FOLDER, or remove this one: (rm -r \\S+)$");
            assertEquals(0, Runbook.run(goal, folder.resolve("another-" + goal), ends(from, to)).values().iterator()
                    .next().code());
            Run.of(List.of("sh", "-c", hint.group(1))).orFail();
            assertFalse(Files.exists(steps));
            CommandRun again = Runbook.run(goal, steps, ends(from, to)).values().iterator().next();
            assertEquals(0, again.code(), again.err());
            assertFalse(again.err().contains("done before"), again.err());
        }
        // And so does all of it.
        Path whole = folder.resolve("another-dump");
        Map<String, CommandRun> runs = Runbook.run("from-postgres", whole, ends(from, to));
        runs.values().forEach(run -> assertEquals(0, run.code(), run.err()));
        assertEquals("1", TARGET.query(to, "SELECT count(*) FROM item"));
        SOURCE.sql("postgres", "DROP DATABASE " + earlier);
        drop(from, to);
    }

    /** A server with few connections: fewer workers, or, where there is no place even for one, more connections. */
    @Test
    void connections_that_are_too_few() {
        String from = item();
        try (PgServer small = PgServer.installed("max_connections=12", "superuser_reserved_connections=0")) {
            String to = small.newDatabase();
            Matcher fewer = in(CommandRun.migrate(SOURCE.uri(from), small.uri(to), "--jobs", "20"),
                    "hint: migrate (--jobs) (\\d+)$");
            CommandRun run = CommandRun.migrate(SOURCE.uri(from), small.uri(to), fewer.group(1), fewer.group(2));
            assertEquals(0, run.code(), run.err());
            small.sql("postgres", "ALTER SYSTEM SET max_connections = 4");
            small.restart();
            String other = small.newDatabase();
            CommandRun refused = CommandRun.migrate(SOURCE.uri(from), small.uri(other));
            assertEquals(3, refused.code(), refused.err());
            small.sql("postgres", in(refused, "(ALTER SYSTEM SET max_connections = \\d+;)").group(1));
            small.restart();
            CommandRun again = CommandRun.migrate(SOURCE.uri(from), small.uri(other));
            assertEquals(0, again.code(), again.err());
        }
        SOURCE.sql("postgres", "DROP DATABASE " + from);
    }

    /** Passwords are for whoever may give them, from a file that nobody else can read. */
    @Test
    void passwords_that_cannot_be_given_yet() throws IOException {
        String id = "passed_" + UUID.randomUUID().toString().substring(0, 8);
        TARGET.sql("postgres", "CREATE ROLE " + id + " LOGIN", "CREATE ROLE " + id + "_user LOGIN PASSWORD 'l'");
        Map<String, String> target = Map.of("TARGET", TARGET.uri("postgres", id + "_user", "l"));
        Path file = Files.writeString(folder.resolve("pass words.csv"), "role,password\n" + id + ",given-to-it-9\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        String[] options = {"--roles", id, "--from-file", file.toString()};
        Matcher chmod = in(CommandRun.of("MstPasswords", target, options), "hint: (chmod 600 .*)$");
        Run.of(List.of("sh", "-c", chmod.group(1))).orFail();
        Matcher role = in(CommandRun.of("MstPasswords", target, options), "have a superuser run: (ALTER ROLE .*;)");
        TARGET.sql("postgres", role.group(1));
        CommandRun set = CommandRun.of("MstPasswords", target, options);
        if (TARGET.major() >= 16) {
            TARGET.sql("postgres", in(set, "(GRANT .* WITH ADMIN OPTION);").group(1));
            set = CommandRun.of("MstPasswords", target, options);
        }
        assertEquals(0, set.code(), set.err());
        assertTrue(TARGET.query("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = '" + id + "'")
                .startsWith("SCRAM-SHA-256$"));
        TARGET.sql("postgres", "DROP ROLE " + id, "DROP ROLE " + id + "_user");
    }

    private static void drop(String from, String to) {
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to + " WITH (FORCE)");
    }
}

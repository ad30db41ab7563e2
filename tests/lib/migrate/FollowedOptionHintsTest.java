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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/** What is wrong on this machine, in a connection string or in a filter is mended as it is said. */
class FollowedOptionHintsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String USER = "optional_user";
    @TempDir
    Path folder;
    private static String source;

    @BeforeAll
    static void fill() {
        source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT 1 AS id");
        TARGET.sql("postgres", "CREATE ROLE " + USER + " LOGIN PASSWORD E'line\\nbreak'");
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + source);
        TARGET.sql("postgres", "DROP ROLE " + USER);
    }

    private static Matcher said(CommandRun run, String words) {
        Matcher found = Pattern.compile(words).matcher(run.out() + run.err());
        assertTrue(found.find(), run.out() + run.err());
        return found;
    }

    private static Run psql(PgServer server, String database, String sql) {
        return Run.of(List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), "-X", "-At",
                "-v", "ON_ERROR_STOP=1", "-d", server.uri(database), "-c", sql));
    }

    private static String failure(CommandRun run) {
        assertTrue(run.code() == 2 || run.code() == 3, run.err());
        return run.failure();
    }

    @Test
    void client_programs_that_lie_apart() throws IOException {
        Path bin = ClientBinaries.bin(ClientBinaries.clientMajor());
        for (String program : List.of("pg_dump", "pg_restore")) {
            Files.createSymbolicLink(folder.resolve(program), bin.resolve(program));
        }
        Map<String, String> sides = Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri("postgres"),
                "TSMIGRATE_PG_BINDIRS", folder.toString());
        CommandRun refused = CommandRun.of("PreflightCheck", sides, "--create-database");
        String variable =
                said(refused, "put it there, or name a folder that has all client programs in (\\w+)").group(1);
        CommandRun named = CommandRun.of("PreflightCheck",
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri("no_such"), variable, bin.toString()),
                "--create-database");
        assertEquals(0, named.code(), named.out());
        Files.createSymbolicLink(folder.resolve("psql"), bin.resolve("psql"));
        CommandRun there = CommandRun.of("PreflightCheck",
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri("no_such"), variable, folder.toString()),
                "--create-database");
        assertEquals(0, there.code(), there.out());
    }

    @Test
    void hosts_with_several_passwords() throws IOException {
        String right = TARGET.password().replace("\\", "\\\\").replace(":", "\\:");
        Path file = Files.writeString(folder.resolve("pass"), "");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        String both = "host=127.0.0.1,localhost port=" + TARGET.port() + "," + TARGET.port() + " dbname=postgres user="
                + TARGET.user() + " passfile=" + file;
        Files.writeString(file, "127.0.0.1:*:*:*:" + right + "\nlocalhost:*:*:*:other\n");
        assertTrue(failure(CommandRun.of("RepairCommand", Map.of("TARGET", both)))
                .endsWith("hint: give each host the same line, or name one host only"));
        CommandRun one = CommandRun.of("RepairCommand",
                Map.of("TARGET", both.replace(",localhost", "").replaceFirst(",\\d+", "")));
        assertEquals(0, one.code(), one.err());
        Files.writeString(file, "*:*:*:*:" + right + "\n");
        CommandRun same = CommandRun.of("RepairCommand", Map.of("TARGET", both));
        assertEquals(0, same.code(), same.err());
    }

    @Test
    void a_password_on_the_command_line() {
        CommandRun warned = CommandRun.of("RepairCommand", Map.of(), "--target", TARGET.uri("postgres"));
        String variable = said(warned,
                "hint: leave it out and use ~/.pgpass, PGPASSWORD, a service file, or put the connection string "
                        + "into \\$(\\w+)")
                .group(1);
        assertFalse(CommandRun.of("RepairCommand", Map.of(variable, TARGET.uri("postgres"))).err()
                .contains("command line"));
        String without = TARGET.uri("postgres").replaceFirst(":[^:@/]*@", "@");
        CommandRun run = CommandRun.of("RepairCommand", Map.of("PGPASSWORD", TARGET.password()), "--target", without);
        assertEquals(0, run.code(), run.err());
        assertFalse(run.err().contains("command line"), run.err());
    }

    @Test
    void a_password_that_no_file_can_hold() {
        String to = TARGET.newDatabase("OWNER " + USER);
        String hint =
                failure(CommandRun.migrate(SOURCE.uri(source), TARGET.uri(to, USER, "line\nbreak"), "--no-owner"));
        assertTrue(hint.endsWith("hint: give the user another password for the migration"), hint);
        TARGET.sql("postgres", "ALTER ROLE " + USER + " PASSWORD 'other'");
        CommandRun run = CommandRun.migrate(SOURCE.uri(source), TARGET.uri(to, USER, "other"), "--no-owner");
        assertEquals(0, run.code(), run.err());
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }

    @Test
    void a_filter_that_fits_nothing() {
        String to = TARGET.newDatabase();
        String list = said(CommandRun.migrate(SOURCE.uri(source), TARGET.uri(to), "--table", "nosuch"),
                "list them in psql on the source: (\\S+ \\S+)").group(1);
        Run listed = psql(SOURCE, source, list);
        Matcher table = Pattern.compile("(?m)^(public)\\|(item)\\|").matcher(listed.out());
        assertTrue(table.find(), listed.out() + listed.err());
        CommandRun run = CommandRun.migrate(SOURCE.uri(source), TARGET.uri(to), "--table",
                table.group(1) + "." + table.group(2));
        assertEquals(0, run.code(), run.err());
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }

    @Test
    void an_application_that_is_still_there_and_a_database_that_is_closed_to_it() {
        String from = SOURCE.newDatabase();
        String to = TARGET.newDatabase();
        SOURCE.sql(from, "CREATE TABLE item (id int)",
                "ALTER DATABASE " + from + " SET default_transaction_read_only = on");
        CommandRun warned;
        try (HeldLock hold = HeldLock.on(SOURCE, from)) {
            warned = CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to));
            Run connected =
                    psql(SOURCE, from, said(warned, "stop the application; list its sessions: (SELECT .*;)").group(1));
            assertTrue(connected.out().lines().anyMatch(line -> line.startsWith(hold.pid() + "|")),
                    connected.out() + connected.err());
        }
        String closing = said(warned, "to set it on the target too, afterwards: (ALTER DATABASE .*;)").group(1);
        assertFalse(CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to)).out().contains("stop the application"));
        CommandRun run = SIDES.migrate(from, to);
        assertEquals(0, run.code(), run.err());
        assertEquals(0, psql(TARGET, "postgres", closing).code());
        assertEquals("on", TARGET.query(to, "SHOW default_transaction_read_only"));
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.passwords;

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
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Sides;

/** What mst-passwords refuses gets through by what it says to do, and the passwords are set then. */
class FollowedPasswordHintsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer TARGET = SIDES.target();
    private static final String BROKEN = "keyed\nbroken";
    private static final List<String> ROLES = List.of("keyed_plain", BROKEN, "keyed_maker");
    @TempDir
    Path folder;

    @BeforeAll
    static void make() {
        TARGET.sql("postgres", "CREATE ROLE keyed_plain LOGIN", "CREATE ROLE \"" + BROKEN + "\" LOGIN",
                "CREATE ROLE keyed_maker LOGIN CREATEROLE PASSWORD 'm'");
    }

    @AfterAll
    static void drop() {
        ROLES.forEach(role -> TARGET.sql("postgres", "DROP ROLE \"" + role + "\""));
    }

    private static CommandRun mst(String... options) {
        return CommandRun.of("MstPasswords", Map.of("TARGET", TARGET.uri("postgres")), options);
    }

    private static String said(CommandRun refused, String hint) {
        assertTrue(refused.code() == 2 || refused.code() == 3, refused.err());
        Matcher found = Pattern.compile(hint + "$").matcher(refused.failure());
        assertTrue(found.find(), refused.err());
        return found.group(1);
    }

    private static void set(CommandRun run, String role) {
        assertEquals(0, run.code(), run.err());
        assertTrue(TARGET.query("postgres", "SELECT rolpassword FROM pg_authid WHERE rolname = '" + role + "'")
                .startsWith("SCRAM-SHA-256$"));
        TARGET.sql("postgres", "ALTER ROLE \"" + role + "\" PASSWORD NULL");
    }

    /** One hint after another, each about something else. */
    @Test
    void a_name_that_neither_a_terminal_nor_a_pass_file_can_hold() {
        String out = said(mst("--roles", BROKEN, "--show"), "hint: use (--out) instead of --show");
        String file = folder.resolve("pass words").toString();
        String[] csv =
                said(mst("--roles", BROKEN, out, file, "--format", "pgpass"), "hint: use (--format csv)").split(" ");
        set(mst("--roles", BROKEN, out, file, csv[0], csv[1]), BROKEN);
    }

    @Test
    void a_file_of_another_form() throws IOException {
        Path file = folder.resolve("there.csv");
        set(mst("--roles", "keyed_plain", "--out", file.toString(), "--format", "csv"), "keyed_plain");
        String form = said(mst("--roles", "keyed_plain", "--overwrite", "--out", file.toString(), "--format", "pgpass"),
                "hint: name another file, or its form with (--format)");
        set(mst("--roles", "keyed_plain", "--overwrite", "--out", file.toString(), form, "csv"), "keyed_plain");
        set(mst("--roles", "keyed_plain", "--out", folder.resolve("another").toString(), "--format", "pgpass"),
                "keyed_plain");
        assertFalse(Files.exists(folder.resolve("there.csv.pending")));
    }

    /** Of a target whose passwords nobody but a superuser sees, it has to be said which roles are meant. */
    @Test
    void roles_that_are_not_known() {
        Map<String, String> target = Map.of("TARGET", TARGET.uri("postgres", "keyed_maker", "m"));
        String file = folder.resolve("known").toString();
        String options = said(CommandRun.of("MstPasswords", target, "--out", file),
                "hint: use --source, whose roles are meant then, or name roles with (--roles)");
        if (TARGET.major() >= 16) {
            TARGET.sql("postgres", "GRANT keyed_plain TO keyed_maker WITH ADMIN OPTION");
        }
        set(CommandRun.of("MstPasswords", target, "--out", file, options, "keyed_plain"), "keyed_plain");
        TARGET.sql("postgres", "REVOKE keyed_plain FROM keyed_maker");
    }

    @Test
    void passwords_that_are_in_a_file_already() throws IOException {
        Path file = Files.writeString(folder.resolve("own.csv"), "role,password\nkeyed_plain,given-to-it-9\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        assertEquals("--out", said(mst("--from-file", file.toString(), "--out", file.toString()),
                "hint: leave out (--out): the passwords are in a file already"));
        set(mst("--from-file", file.toString()), "keyed_plain");
        assertEquals("--from-file", said(mst("--prompt"), "hint: use (--from-file), or have the passwords generated"));
    }
}

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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Terminal;

/** Passwords that somebody has chosen: from files, from the terminal, and with psql as the printed script has it. */
class MstPasswordsInputTest {
    private static final String WEIRD = "a:b,\"c\\*";
    private static PgServer target;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() {
        target = PgServer.installed("log_statement=all", "password_encryption=md5");
    }

    @AfterAll
    static void stop() {
        target.close();
    }

    @BeforeEach
    void make_roles() {
        target.sql("postgres", "CREATE ROLE app LOGIN", "CREATE ROLE \"*\" LOGIN",
                "CREATE ROLE \"" + WEIRD.replace("\"", "\"\"") + "\" LOGIN",
                "CREATE ROLE \"two\nlines\" LOGIN");
    }

    @AfterEach
    void drop_the_roles() {
        target.rows("postgres", "SELECT quote_ident(rolname) FROM pg_roles WHERE oid >= 16384")
                .forEach(row -> target.sql("postgres", "DROP ROLE " + row.get(0)));
    }

    @Test
    void a_csv_file_names_roles_and_passwords_of_any_characters() throws IOException {
        Path file =
                privateFile("role,note,password\napp,,\"say \"\"ﬁ\"\", é\"\n\"two\nlines\",x,\"p\nq\"\npostgres,,p\n");
        CommandRun run = mst("--from-file", file.toString());
        assertEquals("mst-passwords: 2 passwords set\n", run.err());
        // libpq prepares a password by its own code (RFC 4013), and by it the decomposed letter is the same one.
        assertLogsIn("app", Map.of("PGPASSWORD", "say \"fi\", e\u0301"));
        assertLogsIn("two\nlines", Map.of("PGPASSWORD", "p\nq"));
        assertFalse(target.log().contains("say"));
        assertEquals(
                "mst-passwords: role \"app\" keeps its password\nmst-passwords: role \"two<U+000A>lines\" keeps "
                        + "its password\nmst-passwords: 0 passwords set\n",
                mst("--from-file", file.toString()).err());
        assertEquals("mst-passwords: 1 password set\n",
                mst("--from-file", privateFile("role,password\napp,other\n").toString(), "--overwrite").err());
        assertLogsIn("app", Map.of("PGPASSWORD", "other"));
    }

    @Test
    void a_pass_file_is_read_as_libpq_reads_it_and_written_so_that_libpq_reads_it() throws IOException {
        String here = target.host() + ":" + target.port() + ":";
        Path given = privateFile("#x\n" + here + "other:app:wrong\n*:*:postgres:app:pass\\:w\\\\ord\n" + here
                + "*:*:for all\n" + here + "*:\\*:star\n");
        Path out = folder.resolve("written");
        Files.writeString(out, "# mine\nelsewhere:5432:db:app:there\n*:*:*:*:mine\n");
        Files.setPosixFilePermissions(out, PosixFilePermissions.fromString("rw-------"));
        CommandRun run = mst("--from-file", given.toString(), "--out", out.toString(), "--format", "pgpass");
        assertEquals("mst-passwords: 2 passwords set; see \"" + out + "\"\n", run.err());
        assertEquals(
                here + "postgres:app:pass\\:w\\\\ord\n" + here
                        + "postgres:\\*:star\n# mine\nelsewhere:5432:db:app:there\n*:*:*:*:mine\n",
                Files.readString(out));
        CommandRun rest = mst("--roles", WEIRD, "--out", out.toString(), "--format", "pgpass");
        assertEquals(0, rest.code(), rest.err());
        for (String role : List.of("app", "*", WEIRD)) {
            assertLogsIn(role, Map.of("PGPASSFILE", out.toString(), "PGPASSWORD", ""));
        }
        CommandRun broken = mst("--roles", "two\nlines", "--out", out.toString(), "--format", "pgpass");
        assertEquals("error: a pass file can hold no line break, and there is one in role \"two<U+000A>",
                broken.err().substring(broken.err().indexOf("error"),
                        broken.err().indexOf("lines\"")));
        assertEquals(2, broken.code());
    }

    @Test
    void at_a_terminal_passwords_are_asked_for_twice_and_not_shown() {
        try (Terminal terminal = Terminal.start(
                ChildCommand.java("MstPasswords", "--prompt", "--roles", "app", "--roles", "*", "--roles", WEIRD),
                Map.of("TARGET", target.uri("postgres"), "LC_ALL", "C.UTF-8"))) {
            Run run = terminal.answer("New password for role \"app\" (empty: leave it out): ", "typed-é")
                    .answer("Enter it again: ", "typed-2")
                    .answer("New password for role \"app\"", "typed-é").answer("Enter it again: ", "typed-é")
                    .answer("New password for role \"*\"", "").answer("New password for role", "typed-3")
                    .answer("Enter it again: ", "typed-3").end();
            assertEquals(0, run.code(), run.out());
            assertFalse(run.out().contains("typed"), run.out());
            assertTrue(run.out().contains("Passwords did not match.\n"), run.out());
            assertTrue(run.out().contains("mst-passwords: role \"*\" is left without a password\n"), run.out());
            assertTrue(run.out().endsWith("mst-passwords: 2 passwords set\n"), run.out());
        }
        assertLogsIn("app", Map.of("PGPASSWORD", "typed-é"));
        assertLogsIn(WEIRD, Map.of("PGPASSWORD", "typed-3"));
        assertFalse(target.log().contains("typed-"));
    }

    @Test
    void without_a_terminal_nothing_is_asked() {
        try (ChildCommand child = ChildCommand.start(ChildCommand.java("MstPasswords", "--prompt"), folder,
                Map.of("TARGET", target.uri("postgres")))) {
            CommandRun run = child.end();
            assertEquals("error: --prompt needs a terminal\nhint: use --from-file, or have the passwords generated",
                    run.failure());
            assertEquals(2, run.code());
        }
    }

    @Test
    void the_printed_script_has_psql_ask_for_each_password_and_needs_a_terminal() throws IOException {
        CommandRun printed = mst("--dry-run");
        assertEquals("", target.query("postgres",
                "SELECT coalesce(string_agg(rolname, ','), '') FROM pg_authid WHERE oid >= 16384 AND rolpassword "
                        + "IS NOT NULL"));
        Path script = Files.writeString(folder.resolve("script"), printed.out());
        try (Terminal terminal = Terminal.start(List.of("sh", script.toString()),
                Map.of("TARGET", target.uri("postgres"), "PGCLIENTENCODING", "UTF8"))) {
            Run run = terminal.answer("password for user \"*\": ", "star-pw").answer("again: ", "star-pw")
                    .answer("password for user \"" + WEIRD, "weird-pw").answer("again: ", "weird-pw")
                    .answer("password for user \"app", "app-pw")
                    .answer("again: ", "app-pw").answer("password for user \"two", "lines-pw")
                    .answer("again: ", "lines-pw").end();
            assertEquals(0, run.code(), run.out());
        }
        assertLogsIn("*", Map.of("PGPASSWORD", "star-pw"));
        assertLogsIn(WEIRD, Map.of("PGPASSWORD", "weird-pw"));
        assertLogsIn("two\nlines", Map.of("PGPASSWORD", "lines-pw"));
        assertTrue(mst("--dry-run").out().contains("\n# No role lacks a password\n"));
        Run blind = Run.of(List.of("setsid", "-w", "sh", script.toString()), Map.of("TARGET", target.uri("postgres")),
                null);
        assertTrue(blind.code() != 0 && blind.err().contains("/dev/tty"), blind.err());
        assertFalse(blind.err().contains("password"), blind.err());
    }

    @Test
    void files_of_others_are_refused() throws IOException {
        Path open = privateFile("role,password\napp,p\n");
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r-----"));
        assertEquals("error: \"" + open + "\" has group or world access\nhint: chmod 600 " + open,
                mst("--from-file", open.toString()).failure());
        assertEquals("error: \"" + open + "\" has group or world access\nhint: chmod 600 " + open,
                mst("--out", open.toString()).failure());
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-------"));
        assertEquals(
                "error: \"" + open
                        + "\" exists and is not in the form pgpass\nhint: name another file, or its form with --format",
                mst("--out", open.toString(), "--format", "pgpass").failure());
        assertEquals(
                "error: --from-file and --out are the same file\nhint: leave out --out: the passwords are in a "
                        + "file already",
                mst("--out", open.toString(), "--from-file", open.toString()).failure());
        assertEquals("error: \"" + open + "\" has no password for role \"*\"",
                mst("--roles", "*", "--from-file", open.toString()).failure());
        Path nothing = privateFile("app;p\n");
        assertEquals("error: \"" + nothing + "\" has no password for postgresql://postgres@127.0.0.1:" + target.port()
                + "/postgres\n"
                + "hint: expected are lines of host:port:database:user:password, or CSV with the header role,password",
                mst("--from-file", nothing.toString()).failure());
        Path ragged = privateFile("role,password\napp,secret,word\n");
        CommandRun malformed = mst("--from-file", ragged.toString(), "-v");
        assertEquals("error: \"" + ragged + "\" is not a CSV file: a record of it does not fit its header",
                malformed.failure());
        assertFalse(malformed.err().contains("secret"), malformed.err());
        Path empty = privateFile("role,password\napp,\n");
        assertEquals("error: \"" + empty + "\" has an empty password for role \"app\"",
                mst("--from-file", empty.toString()).failure());
        Path soft = privateFile("role,password\napp,\u00AD\n");
        assertEquals("error: the password of role \"app\" is empty once normalized (SASLprep)",
                mst("--from-file", soft.toString()).failure());
    }

    @Test
    void what_an_interrupted_run_for_another_database_has_left_is_not_mixed_up() throws IOException {
        Path out = folder.resolve("passwords.csv");
        Path pending = folder.resolve("passwords.csv.pending");
        Files.move(privateFile("host,port,database,role,password\nelsewhere,5432,shop,app,p\n"), pending);
        CommandRun run = mst("--out", out.toString());
        assertEquals("error: \"" + pending
                + "\" holds passwords of an interrupted run for another database than postgresql://postgres@127.0.0.1:"
                + target.port() + "/postgres\nhint: run the same command for that database first", run.failure());
        assertEquals(3, run.code());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            --roles=app | generated passwords need a file
            --show --length=11 | --length must be 12 to 99, got 11
            --show --length=100 | --length must be 12 to 99, got 100
            --show --alphabet=0123456780 | --alphabet must hold 10 different characters at least, got 9
            --show --alphabet=abcdefghijké | --alphabet may hold visible ASCII characters only
            --show --format=json | invalid form "json": must be csv or pgpass
            --prompt --from-file=x | --prompt and --from-file exclude each other
            --from-file=/nonexistent/x | "/nonexistent/x" could not be read: /nonexistent/x
            --out=/nonexistent/x | "/nonexistent/x" cannot be written: there is no such folder, or you may not write \
            to it
            """)
    void wrong_usage(String options, String message) {
        CommandRun run = mst(options.split(" "));
        assertEquals("mst-passwords: error: " + message, run.err().lines().findFirst().orElseThrow());
        assertEquals(2, run.code());
    }

    private Path privateFile(String content) throws IOException {
        Path file = Files.createTempFile(folder, "given", "");
        return Files.writeString(file, content);
    }

    private static CommandRun mst(String... options) {
        return CommandRun.of("MstPasswords", Map.of("TARGET", target.uri("postgres")), options);
    }

    /** Through libpq, as most applications do. */
    private static void assertLogsIn(String role, Map<String, String> environment) {
        String psql = ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString();
        Run run = Run.of(List.of(psql, "-X", "-w", "-Atc", "SELECT current_user", "-h", target.host(), "-p",
                String.valueOf(target.port()), "-U", role,
                "-d", "postgres"), environment, null);
        assertEquals(role + "\n", run.out(), run.err());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import lib.talk.Failure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Password files (PostgreSQL manual, 34.16), read and written. */
class PassFileTest {
    @TempDir
    Path folder;
    private Path file;
    private final List<String> warnings = new ArrayList<>();

    @BeforeEach
    void name() {
        file = folder.resolve("pgpass");
    }

    @Test
    void the_first_line_that_fits_counts() throws IOException {
        write("""
                # h:5432:db:u:commented
                other:5432:db:u:other host
                h:1:db:u:other port
                h:5432:other:u:other database
                h:5432:db:other:other user
                h:5432:db:u:the one
                h:5432:db:u:too late
                """);
        assertEquals("the one", password("h", 5432, "db", "u"));
        assertEquals("other port", password("h", 1, "db", "u"));
        assertNull(password("H", 5432, "db", "u"));
        assertEquals(List.of(), warnings);
    }

    @Test
    void stars_fit_everything_but_only_alone() throws IOException {
        write("h*:*:*:*:starred\n*:*:db:*:any\n");
        assertEquals("any", password("h2", 5432, "db", "u"));
        assertEquals("starred", password("h*", 5432, "other", "u"));
        assertNull(password("h2", 5432, "other", "u"));
    }

    @Test
    void colons_and_backslashes_are_escaped() throws IOException {
        write("\\:\\:1:5432:a\\\\b:u\\:v:pa\\:ss\\\\word\n");
        assertEquals("pa:ss\\word", password("::1", 5432, "a\\b", "u:v"));
        assertNull(password("::1", 5432, "a\\b", "u"));
    }

    @Test
    void a_password_ends_at_a_bare_colon_or_at_the_end_of_the_line() throws IOException {
        write("a:1:d:u:one:two\r\nb:1:d:u:with # and blank \r\nc:1:d:u:");
        assertEquals("one", password("a", 1, "d", "u"));
        assertEquals("with # and blank ", password("b", 1, "d", "u"));
        assertEquals("", password("c", 1, "d", "u"));
    }

    @Test
    void lines_that_are_too_short_are_passed_over() throws IOException {
        write("h\nh:1\nh:1:d\nh:1:d:u\n\nh:1:d:u:yes\n");
        assertEquals("yes", password("h", 1, "d", "u"));
    }

    @Test
    void a_file_that_others_can_read_is_ignored_with_one_warning() throws IOException {
        write("*:*:*:*:secret\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertNull(password("h", 1, "d", "u"));
        assertNull(password("h2", 1, "d", "u"));
        assertEquals(
                List.of("password file \"" + file
                        + "\" has group or world access and is ignored; permissions should be u=rw (0600) or less"),
                warnings);
    }

    @Test
    void a_folder_is_no_password_file() {
        assertNull(PassFile.password(folder, "h", 1, "d", "u", warnings));
        assertEquals(List.of("password file \"" + folder + "\" is not a plain file"), warnings);
    }

    @Test
    void a_missing_file_says_nothing() {
        assertNull(password("h", 1, "d", "u"));
        assertEquals(List.of(), warnings);
    }

    @Test
    void what_is_written_is_read_back_and_private() throws IOException {
        Path written = PassFile.write("source", "p:a\\ss:w'ör\"d ");
        assertEquals("p:a\\ss:w'ör\"d ", PassFile.password(written, "any", 1, "thing", "at all", warnings));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(written)));
        if (Files.isDirectory(Path.of("/proc/self/fd"))) {
            assertEquals(Path.of("/proc/" + ProcessHandle.current().pid() + "/fd"), written.getParent());
            // It has no name in any folder any more.
            assertTrue(Files.readSymbolicLink(written).toString().endsWith(" (deleted)"),
                    Files.readSymbolicLink(written).toString());
        } else {
            assertEquals("rwx------",
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(written.getParent())));
        }
        assertEquals("", Files.readString(PassFile.write("source", null)));
    }

    @Test
    void a_password_with_a_line_break_cannot_be_written() {
        Failure failure = assertThrows(Failure.class, () -> PassFile.write("target", "hun\nter2"));
        assertEquals("the password for the target contains a line break, which no password file can hold",
                failure.getMessage());
        assertEquals(2, failure.exitCode());
    }

    private void write(String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private String password(String host, int port, String database, String user) {
        return PassFile.password(file, host, port, database, user, warnings);
    }
}

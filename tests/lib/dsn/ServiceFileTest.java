//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import lib.talk.Failure;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connection service files (PostgreSQL manual, 34.17). */
class ServiceFileTest {
    @TempDir
    Path home;
    @TempDir
    Path system;
    private Path file;

    @BeforeEach
    void name() {
        file = home.resolve(".pg_service.conf");
    }

    @Test
    void a_service_is_the_lines_under_its_name() throws IOException {
        Files.writeString(file, """
                # comment
                [other]
                host=other
                  [mine]
                # host=commented
                host=h
                port=5433\r
                  user=it's me \s
                options=-c a=b
                host=second
                [mine2]
                dbname=not mine
                """);
        assertEquals(Map.of("host", "h", "port", "5433", "user", "it's me", "options", "-c a=b"), look("mine"));
        assertEquals(Map.of("dbname", "not mine"), look("mine2"));
    }

    @Test
    void the_users_file_comes_before_the_systems() throws IOException {
        Files.writeString(file, "[mine]\nhost=own\n");
        Files.writeString(system.resolve("pg_service.conf"), "[mine]\nhost=system\n[theirs]\nhost=theirs\n");
        assertEquals(Map.of("host", "own"), look("mine"));
        assertEquals(Map.of("host", "theirs"), look("theirs"));
    }

    @Test
    void a_named_file_takes_the_place_of_the_users() throws IOException {
        Path named = home.resolve("named");
        Files.writeString(file, "[mine]\nhost=own\n");
        Files.writeString(named, "[mine]\nhost=named\n");
        assertEquals(Map.of("host", "named"),
                ServiceFile.look("source", "mine", named.toString(), home, Map.of("PGSYSCONFDIR", system.toString())));
    }

    @Test
    void what_is_missing_or_malformed_is_wrong_usage() throws IOException {
        refuses("x", "definition of service \"x\" for the source not found",
                "write it into " + file + " under [x], as lines of keyword=value");
        Files.writeString(file, """
                [a]
                host
                [b]
                host = h
                [c]
                foo=bar
                [d]
                service=a
                [e]
                ldap://server/dn?attribute?one?filter
                [f]
                hunter2 is/my=password
                """);
        String place = "in service file \"" + file + "\", line ";
        String line = "a line is keyword=value, without blanks around the \"=\"";
        refuses("a", "syntax error " + place + "2, for the source", "a line is keyword=value");
        refuses("b", "unknown keyword " + place + "4, for the source", line);
        refuses("c", "unknown keyword \"foo\" " + place + "6, for the source", line);
        refuses("d", "nested \"service\" " + place + "8, for the source", null);
        refuses("e", "LDAP look-up " + place + "10, for the source is not supported",
                "write the parameters themselves into the file");
        refuses("f", "unknown keyword " + place + "12, for the source", line);
        Failure missing =
                assertThrows(Failure.class, () -> ServiceFile.look("target", "a", "/nowhere/file", home, Map.of()));
        assertEquals("service file \"/nowhere/file\" for the target not found", missing.getMessage());
    }

    private Map<String, String> look(String service) {
        return ServiceFile.look("source", service, null, home, Map.of("PGSYSCONFDIR", system.toString()));
    }

    private void refuses(String service, String message, String hint) {
        Failure failure = assertThrows(Failure.class, () -> look(service));
        assertEquals(message, failure.getMessage());
        assertEquals(hint, failure.hint());
        assertEquals(2, failure.exitCode());
    }
}

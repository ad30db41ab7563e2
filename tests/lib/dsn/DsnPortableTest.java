//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A connection as another machine is told of it: what files and variables of this one say goes along. */
class DsnPortableTest {
    private static final Map<String, String> NOTHING = Map.of("HOME", "/nonexistent");

    @TempDir
    Path home;

    @Test
    void it_is_one_line_of_ascii_and_means_the_same_where_nothing_else_is_known() throws IOException {
        Path service = Files.writeString(home.resolve("services"),
                "[old]\nhost=a.example,b.example\nport=1,2\ndbname=käse & co\noptions=-c a=b\n");
        Dsn here = Dsn.parse("source", "service=old user='me # %'", false, Map.of("PGSERVICEFILE", service.toString(),
                "PGPASSWORD", "p:a\\ss w'o\"rd%@/é#?&= ", "PGSSLMODE", "require", "HOME", home.toString()));
        String text = here.portable(Map.of());
        assertTrue(text.matches("[!-~]+"), text);
        Dsn there = Dsn.parse("source", text, false, NOTHING);
        assertEquals(here.conninfo(), there.conninfo());
        assertEquals(here.jdbcUrl(), there.jdbcUrl());
        assertEquals("p:a\\ss w'o\"rd%@/é#?&= ", there.password());
    }

    @Test
    void through_a_tunnel_the_name_stays_for_the_certificate() {
        Dsn here = Dsn.parse("source", "postgresql://me@db.example/shop?sslmode=verify-full&sslrootcert=" + root(),
                false, NOTHING);
        Dsn there = Dsn.parse("source", here.portable(Map.of("hostaddr", "127.0.0.1", "port", "7777")), false, NOTHING);
        assertTrue(there.conninfo().startsWith("host=db.example hostaddr=127.0.0.1 port=7777 dbname=shop user=me "),
                there.conninfo());
        assertEquals("db.example:7777=127.0.0.1", there.jdbcProperties().getProperty("socketFactoryArg"));
    }

    @Test
    void certificates_are_files_to_take_along_named_or_not() throws IOException {
        Files.createDirectory(home.resolve(".postgresql"));
        Path certificate = Files.createFile(home.resolve(".postgresql/root.crt"));
        assertEquals(Map.of("sslrootcert", certificate),
                Dsn.parse("source", "host=a", false, Map.of("HOME", home.toString())).files());
        Path root = root();
        assertEquals(Map.of("sslrootcert", root),
                Dsn.parse("source", "host=a sslrootcert=" + root, false, NOTHING).files());
        assertEquals(Map.of(),
                Dsn.parse("source", "host=a sslmode=verify-full sslrootcert=system", false, NOTHING).files());
    }

    private Path root() {
        try {
            return Files.write(home.resolve("ca.crt"), new byte[0]);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import lib.talk.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data node is reached as the access node is, but for what its own options or the user say. */
class DsnElsewhereTest {
    private static final Map<String, String> PLACE =
            Map.of("host", "n1.example", "port", "6001", "dbname", "readings");
    private static final String SOURCE = "postgresql://app:geheim@access.example:5433/fleet"
            + "?hostaddr=10.0.0.1&sslmode=require&connect_timeout=3&application_name=mover";

    @TempDir
    Path home;

    private Dsn source(String text) {
        return Dsn.parse("source", text, true, Map.of("HOME", home.toString()));
    }

    private Dsn node(String text) {
        return source(SOURCE).elsewhere("data node n1", text, PLACE);
    }

    @Test
    void the_place_is_its_own_and_the_rest_is_the_sources() {
        Dsn node = node(null);
        assertEquals("postgresql://app@n1.example:6001/readings", node.display());
        assertEquals("data node n1", node.side());
        assertEquals("geheim", node.password());
        assertFalse(node.passwordOnCommandLine());
        String conninfo = node.conninfo();
        assertTrue(conninfo.contains("sslmode=require") && conninfo.contains("connect_timeout=3")
                && conninfo.contains("application_name=mover") && !conninfo.contains("10.0.0.1"), conninfo);
        assertEquals("postgresql://app@access.example:5433/fleet", source(SOURCE).display());
    }

    @Test
    void a_connection_string_says_what_is_different() {
        assertEquals("postgresql://app@10.1.1.1:6001/readings", node("host=10.1.1.1").display());
        assertEquals("postgresql://app@n1.example:7000/readings", node("port=7000").display());
        assertEquals("postgresql://app@n1.example:6001/other", node("other").display());
        assertEquals("postgresql://app@h:1/d", node("postgresql://h:1/d").display());
        assertTrue(node("sslmode=disable").conninfo().contains("sslmode=disable"));
        assertEquals("another", node("password=another").password());
        assertTrue(node("password=another").passwordOnCommandLine());
    }

    /** The password was given for another user. */
    @Test
    void a_password_is_not_given_to_another_user() {
        assertNull(node("user=reader").password());
        assertNull(source(SOURCE).elsewhere("data node n1", null, Map.of("host", "h", "user", "reader")).password());
        assertEquals("geheim", node("user=app").password());
        assertEquals("p", node("postgresql://reader:p@h/d").password());
    }

    @Test
    void the_password_file_is_read_for_its_own_host() throws IOException {
        Path file = home.resolve(".pgpass");
        Files.writeString(file, "n1.example:6001:*:app:of the node\naccess.example:*:*:app:of the source\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Dsn source = source("postgresql://app@access.example/fleet");
        assertEquals("of the source", source.password());
        assertEquals("of the node", source.elsewhere("data node n1", null, PLACE).password());
        assertNull(source.elsewhere("data node n2", null, Map.of("host", "n2.example")).password());
        Path other = home.resolve("other");
        Files.writeString(other, "*:*:*:*:of the other file\n");
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rw-------"));
        assertEquals("of the other file", node("passfile=" + other).password());
    }

    @Test
    void what_was_typed_at_the_terminal_is_given_to_nodes_too() {
        Dsn source = source("postgresql://app@access.example/fleet").withPassword("typed").encrypted(false);
        Dsn node = source.elsewhere("data node n1", null, PLACE);
        assertEquals("typed", node.password());
        // Whether it can be encrypted is found out for each server.
        assertEquals(true, node.triesTlsFirst());
    }

    @Test
    void a_service_stands_for_a_connection_string() throws IOException {
        Files.writeString(home.resolve(".pg_service.conf"), "[n1]\nhost=service.example\nport=9\nuser=app\n");
        assertEquals("postgresql://app@service.example:9/readings", node("service=n1").display());
    }

    @Test
    void what_is_malformed_names_the_node() {
        Failure failure = assertThrows(Failure.class, () -> node("hots=x"));
        assertEquals("invalid connection option \"hots\" for the data node n1", failure.getMessage());
        assertEquals(Failure.USAGE, failure.exitCode());
        assertEquals(
                "the host \"/run/postgresql\" (as the source has it) of the data node n1 is a Unix socket, and this "
                        + "tool connects through TCP",
                assertThrows(Failure.class, () -> source(SOURCE).elsewhere("data node n1", null,
                        Map.of("host", "/run/postgresql"))).getMessage());
    }
}

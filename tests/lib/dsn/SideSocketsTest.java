//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lib.server.Server;
import lib.server.Session;
import org.junit.jupiter.api.Test;
import testbed.PgServer;
import testbed.Sides;

/** What the kernel does for the driver's connections, as Linux tells it. */
class SideSocketsTest {
    private static final PgServer SERVER = Sides.shared().target();
    /** Java's sockets speak IPv6, in which IPv4 has a place. */
    private static final List<Path> CONNECTIONS =
            Stream.of("/proc/net/tcp", "/proc/net/tcp6").map(Path::of).filter(Files::isReadable).toList();
    private static final String ESTABLISHED = "01";
    private static final String KEEPALIVE = "02";

    /** NAT gateways forget what is silent for some minutes; the system's own two hours are no help. */
    @Test
    void a_silent_connection_is_asked_after_half_a_minute() throws SQLException {
        assertTimers("", 0, 30);
    }

    @Test
    void the_connection_string_says_when() throws SQLException {
        assertTimers("?keepalives_idle=77", 31, 77);
        assertTimers("?keepalives=0", -1, -1);
    }

    private static void assertTimers(String parameters, long least, long most) throws SQLException {
        List<String> before = open();
        Server server = Server.connect(Dsn.parse("target", SERVER.uri("postgres") + parameters, false, Map.of()));
        try (Session one = server.session(); Session other = server.untouchedSession("jit=off")) {
            List<String> after = open().stream()
                    .filter(line -> before.stream().noneMatch(old -> place(old).equals(place(line)))).toList();
            assertTrue(after.size() >= 2, after.toString());
            after.forEach(line -> assertTrue(seconds(line) >= least && seconds(line) <= most, line));
            assertEquals(false, one.isClosed() || other.isClosed());
        }
    }

    /** @return our ends of the connections to the server */
    private static List<String> open() {
        assumeTrue(!CONNECTIONS.isEmpty(), "needs /proc/net/tcp of Linux");
        String port = ":%04X".formatted(SERVER.port());
        return CONNECTIONS.stream().flatMap(SideSocketsTest::lines).map(String::strip)
                .filter(line -> field(line, 2).endsWith(port) && field(line, 3).equals(ESTABLISHED)).toList();
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String place(String line) {
        return field(line, 1);
    }

    /** @return seconds until the kernel asks, -1 for never; it counts in hundredths (proc(5)) */
    private static long seconds(String line) {
        String[] timer = field(line, 5).split(":");
        return timer[0].equals(KEEPALIVE) ? Long.parseLong(timer[1], 16) / 100 : -1;
    }

    private static String field(String line, int number) {
        return line.split("\\s+")[number];
    }
}

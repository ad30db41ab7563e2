//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dsn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ChildCommand;
import testbed.PgServer;
import testbed.Sides;

/**
 * Whatever connection a command has to a server, of the driver or of a client program, the kernel asks after half a
 * minute of silence whether it is there: a NAT gateway or a firewall forgets one that is silent for some minutes.
 */
class KeepalivesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final List<Path> CONNECTIONS =
            Stream.of("/proc/net/tcp", "/proc/net/tcp6").map(Path::of).filter(Files::isReadable).toList();
    private static final String ESTABLISHED = "01";
    private static final String NO_TIMER = "00";
    private static final String KEEPALIVE = "02";
    /** A socket has its keepalives a moment after it is connected; what is on its way has another timer meanwhile. */
    private static final int MOMENTS = 3;
    private static final int SECONDS = 30;
    private static final int PAUSE_MILLIS = 20;

    /** One connection, as the kernel has shown it. */
    private static final class Seen {
        private final String program;
        private final String side;
        private int bare;
        private boolean late;

        Seen(String program, String side) {
            this.program = program;
            this.side = side;
        }

        void look(String timer, long seconds) {
            bare = timer.equals(NO_TIMER) ? bare + 1 : 0;
            late |= bare >= MOMENTS || timer.equals(KEEPALIVE) && seconds > SECONDS;
        }

        @Override
        public String toString() {
            return program + " to the " + side;
        }
    }

    @TempDir
    Path temporary;
    private final Map<String, Seen> seen = new HashMap<>();

    @Test
    void every_connection_of_a_run_has_them() throws IOException, InterruptedException {
        assumeTrue(!CONNECTIONS.isEmpty(), "needs /proc/net/tcp of Linux");
        String from = SOURCE.newDatabase();
        String to = TARGET.newDatabase();
        // Reading and making these takes each client program long enough to be looked at.
        SOURCE.sql(from, "DO $$ BEGIN FOR i IN 1..150 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY)', i);"
                + " END LOOP; END $$",
                "CREATE TABLE many AS SELECT i, repeat('x', 200) FROM generate_series(1, 20000) i");
        for (String options : List.of("--via-files --format plain --verify none",
                "--via-files --verify checksums")) {
            try (ChildCommand run = ChildCommand.start(ChildCommand.java("Migrate", options.split(" ")), temporary,
                    Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to)))) {
                while (run.handle().isAlive()) {
                    look(run.handle());
                    Thread.sleep(PAUSE_MILLIS);
                }
                assertEquals(0, run.end().code(), run.err());
            }
            TARGET.sql("postgres", "DROP DATABASE " + to, "CREATE DATABASE " + to);
        }
        Set<String> kinds = new TreeSet<>();
        seen.values().forEach(one -> kinds.add(one.toString()));
        // pg_restore only writes down what is in a dump; what is read there goes to the target through this program.
        assertTrue(kinds.containsAll(Set.of("java to the source", "java to the target", "pg_dump to the source",
                "psql to the target")), kinds.toString());
        Set<String> late = new TreeSet<>();
        seen.values().stream().filter(one -> one.late).forEach(one -> late.add(one.toString()));
        assertEquals(Set.of(), late);
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        TARGET.sql("postgres", "DROP DATABASE " + to);
    }

    private void look(ProcessHandle run) throws IOException {
        Map<String, String> programs = new HashMap<>();
        for (ProcessHandle process : Stream.concat(Stream.of(run), run.descendants()).toList()) {
            sockets(process).forEach(inode -> programs.put(inode, program(process)));
        }
        for (Path file : CONNECTIONS) {
            for (String line : Files.readAllLines(file)) {
                String[] fields = line.strip().split("\\s+");
                String program = programs.get(fields[9]);
                String side = fields[2].endsWith(":%04X".formatted(SOURCE.port())) ? "source"
                        : fields[2].endsWith(":%04X".formatted(TARGET.port())) ? "target" : null;
                if (program != null && side != null && fields[3].equals(ESTABLISHED)) {
                    String[] timer = fields[5].split(":");
                    // It counts in hundredths of a second (proc(5)).
                    seen.computeIfAbsent(fields[9], inode -> new Seen(program, side)).look(timer[0],
                            Long.parseLong(timer[1], 16) / 100);
                }
            }
        }
    }

    private static List<String> sockets(ProcessHandle process) {
        List<String> inodes = new ArrayList<>();
        try (DirectoryStream<Path> open = Files.newDirectoryStream(Path.of("/proc/" + process.pid() + "/fd"))) {
            for (Path file : open) {
                String target = Files.readSymbolicLink(file).toString();
                if (target.startsWith("socket:[")) {
                    inodes.add(target.substring(8, target.length() - 1));
                }
            }
        } catch (IOException e) {
            // The process has ended, or has closed something.
            return inodes;
        }
        return inodes;
    }

    private static String program(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/comm")).strip();
        } catch (IOException e) {
            return "gone";
        }
    }
}

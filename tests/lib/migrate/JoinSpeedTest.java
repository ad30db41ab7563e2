//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.RateDoor;
import testbed.Sides;
import testbed.Soak;
import testbed.Timescale;

/**
 * How much faster four machines are than one where the network of each is the limit: the connections of a machine to
 * the source pass through a door of a fixed rate. Timing is for a machine that does nothing else: only with
 * {@code make soak}.
 */
class JoinSpeedTest {
    private static final long RATE = 4L << 20;
    private static final int MACHINES = 4;
    private static final int MINUTES = 5;
    private static final double LEAST = 3.4;
    private static final Pattern SECONDS = Pattern.compile("(?m)^migrate: data: .* \\(([0-9.]+) s\\)$");

    @TempDir
    Path folder;

    @Test
    void one_large_table_cut_into_parts() {
        Soak.assumeIn("soak");
        try (Sides sides = Sides.installed()) {
            String from = sides.source().newDatabase();
            sides.source().sql(from, "CREATE TABLE large (id int PRIMARY KEY, v text)",
                    "ALTER TABLE large ALTER v SET STORAGE PLAIN",
                    "INSERT INTO large SELECT i, repeat('x', 8000) FROM generate_series(1, 48000) i");
            assertSpeed("one large table", sides.source(), sides.target(), from);
        }
    }

    @Test
    void many_chunks() {
        Soak.assumeIn("soak");
        try (PgServer source = Timescale.community("2.22.1").start();
                PgServer target = Timescale.community("2.22.1").start()) {
            String from = source.newDatabase();
            source.sql(from, "CREATE EXTENSION timescaledb", "CREATE TABLE wide (at int NOT NULL, v text)",
                    "ALTER TABLE wide ALTER v SET STORAGE PLAIN",
                    "SELECT create_hypertable('wide', 'at', chunk_time_interval => 500)",
                    "INSERT INTO wide SELECT i, repeat('x', 8000) FROM generate_series(0, 29999) i");
            assertSpeed("many chunks", source, target, from);
        }
    }

    private void assertSpeed(String what, PgServer source, PgServer target, String from) {
        double one = seconds(source, target, from, 1);
        double four = seconds(source, target, from, MACHINES);
        System.out.printf(Locale.ROOT, "%s: one machine %.1f s, %d machines %.1f s, %.2f times as fast%n", what, one,
                MACHINES, four, one / four);
        assertTrue(one / four >= LEAST, what + ": " + one + " s and " + four + " s");
    }

    private double seconds(PgServer source, PgServer target, String from, int machines) {
        String to = target.newDatabase();
        List<AutoCloseable> used = new ArrayList<>();
        try {
            List<ChildCommand> joiners = new ArrayList<>();
            for (int i = 1; i < machines; i++) {
                ChildCommand joiner = start(source, target, from, to, used, "--join");
                joiner.await("waiting", () -> joiner.err().contains("waiting for one"));
                joiners.add(joiner);
            }
            ChildCommand first = start(source, target, from, to, used, "--verify=counts");
            first.handle().onExit().orTimeout(MINUTES, TimeUnit.MINUTES).join();
            CommandRun run = first.end();
            assertEquals(0, run.code(), run.err());
            joiners.forEach(joiner -> assertEquals(0, joiner.end().code(), joiner.err()));
            Matcher said = SECONDS.matcher(run.err());
            assertTrue(said.find(), run.err());
            return Double.parseDouble(said.group(1));
        } finally {
            used.forEach(JoinSpeedTest::close);
        }
    }

    private ChildCommand start(PgServer source, PgServer target, String from, String to, List<AutoCloseable> used,
            String mode) {
        RateDoor door = new RateDoor(source, RATE);
        used.add(door);
        ChildCommand machine = ChildCommand.start(ChildCommand.java("Migrate", "--jobs=1", mode), folder,
                Map.of("SOURCE", door.uri(from), "TARGET", target.uri(to)));
        used.add(machine);
        return machine;
    }

    private static void close(AutoCloseable each) {
        try {
            each.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}

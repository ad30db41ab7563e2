//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.BackgroundWork;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.Timescale;

/** Several machines copy the chunks of hypertables, compressed ones too. */
class TimescaleJoinTest {
    @TempDir
    Path folder;

    private ChildCommand start(Timescale.Pair sides, String from, String to, String mode) {
        return ChildCommand.start(ChildCommand.java("Migrate", "--jobs=2", "--max-rate=3MB", mode), folder,
                Map.of("SOURCE", sides.source().uri(from), "TARGET", sides.target().uri(to)));
    }

    @Test
    void chunks_that_other_machines_copy_are_chunks() {
        try (Timescale.Pair sides = Timescale.Pair.start("2.22.1")) {
            String plant = sides.plant();
            sides.source().sql(plant, "CREATE TABLE wide (at timestamptz NOT NULL, device int, note text)",
                    "SELECT create_hypertable('wide', 'at', chunk_time_interval => interval '1 day')",
                    "INSERT INTO wide SELECT timestamptz '2026-01-01' + i * interval '1 minute', i % 9, "
                            + "repeat(md5(i::text), 40) FROM generate_series(0, 28799) i",
                    "ALTER TABLE wide SET (timescaledb.compress, timescaledb.compress_segmentby = 'device')",
                    "SELECT count(compress_chunk(c)) FROM show_chunks('wide', older_than => timestamptz '2026-01-08') "
                            + "c");
            String target = sides.target().newDatabase();
            try (ChildCommand joiner = start(sides, plant, target, "--join")) {
                joiner.await("waiting", () -> joiner.err().contains("waiting for one"));
                for (String mode : List.of("--prepare", "--resume")) {
                    try (ChildCommand first = start(sides, plant, target, mode);
                            ChildCommand other = mode.equals("--prepare") ? joiner
                                    : start(sides, plant, target, "--join")) {
                        if (mode.equals("--resume")) {
                            first.await("copying", () -> first.err().contains("another machine helps"));
                        }
                        CommandRun run = first.end();
                        assertEquals(0, run.code(), run.err());
                        CommandRun joined = other.end();
                        assertEquals(0, joined.code(), joined.err());
                        if (mode.equals("--prepare")) {
                            assertTrue(joined.err().lines().anyMatch(line -> line.matches(
                                    "migrate: data: ([2-9]|\\d\\d+) parts, \\d+ rows.*")), joined.err() + run.err());
                            sides.source().sql(plant, "INSERT INTO wide SELECT at + interval '30 days', device, note "
                                    + "FROM wide WHERE at > '2026-01-10'");
                        }
                    }
                }
            }
            BackgroundWork.until("nothing of ours", () -> sides.target().query(target,
                    "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'").equals("0"));
            for (String view : Timescale.VIEWS) {
                assertEquals(sides.source().rows(plant, view), sides.target().rows(target, view), view);
            }
            String rows = "SELECT count(*), md5(string_agg(w::text, ',' ORDER BY at)) FROM wide w";
            assertEquals(sides.source().rows(plant, rows), sides.target().rows(target, rows));
            assertEquals(Oracle.schema(sides.source(), plant), Oracle.schema(sides.target(), target));
        }
    }
}

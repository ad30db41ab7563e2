//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CloudDouble;
import testbed.MeasuredRun;
import testbed.PgServer;
import testbed.Soak;
import testbed.Timescale;

/** A hypertable of many chunks, each of which is a table with indexes and constraints of its own. */
class TimescaleManyChunksTest {
    private static final int CHUNKS = Soak.rounds(1000, 2000);
    private static final int COMPRESSED = CHUNKS / 10;
    /** Of the catalog itself: the extension's view takes minutes for so many. */
    private static final String FACTS = """
            SELECT count(*), count(compressed_chunk_id), (SELECT count(*) FROM long), (SELECT count(*) FROM pg_index
              WHERE indrelid::regclass::text LIKE '%_chunk')
              FROM _timescaledb_catalog.chunk WHERE hypertable_id = 1""";

    @Test
    void many_chunks_arrive_in_little_memory(@TempDir Path temporary) {
        try (PgServer source = Timescale.community("2.22.1").start();
                PgServer target = Timescale.community("2.22.1").start()) {
            String from = source.newDatabase();
            source.sql(from, "CREATE EXTENSION timescaledb",
                    "CREATE TABLE long (at int NOT NULL, device int, value float8)",
                    "SELECT create_hypertable('long', 'at', chunk_time_interval => 10)",
                    "CREATE INDEX ON long (device, at)",
                    "INSERT INTO long SELECT i, i % 7, i / 3.0 FROM generate_series(0, " + (CHUNKS * 10 - 1) + ") i",
                    "ALTER TABLE long SET (timescaledb.compress, timescaledb.compress_segmentby = 'device')",
                    "SELECT count(compress_chunk(c)) FROM show_chunks('long', older_than => " + COMPRESSED * 10
                            + ") c");
            String to = CloudDouble.make(target, "2.22.1");
            MeasuredRun migrate = MeasuredRun.of("Migrate", "migrate", List.of("-XX:TieredStopAtLevel=1"), temporary,
                    Map.of("SOURCE", source.uri(from), "TARGET", CloudDouble.uri(target, to)), "--verify", "checksums");
            assertEquals(0, migrate.run().code(), migrate.run().err());
            assertTrue(migrate.peak() < 256 * 1024, migrate.peak() + " kB");
            List<List<String>> facts = source.rows(from, FACTS);
            assertEquals(List.of(String.valueOf(CHUNKS), String.valueOf(COMPRESSED), String.valueOf(CHUNKS * 10)),
                    facts.get(0).subList(0, 3));
            assertEquals(facts, target.rows(to, FACTS));
        }
    }
}

package lib.timescale;

import java.util.List;
import lib.server.Session;
import lib.server.Versions;

/**
 * Something whose dumps cannot always be restored by some versions of TimescaleDB (its pull requests 8153 and 8211).
 *
 * @param first the first version that has it
 * @param mended the first one that has it no longer
 * @param used a query that returns a row where a database uses what is concerned
 * @param what is concerned, in words
 */
public record TimescaleDefect(String first, String mended, String used, String what) {
    private static final List<TimescaleDefect> ALL = List.of(
            new TimescaleDefect("2.19", "2.20.1",
                    "SELECT 1 FROM _timescaledb_catalog.chunk WHERE compressed_chunk_id IS NOT NULL LIMIT 1",
                    "compressed chunks one of whose columns holds nothing but NULL"),
            new TimescaleDefect("2.16", "2.20.3", "SELECT 1 FROM _timescaledb_catalog.chunk_column_stats LIMIT 1",
                    "hypertables with chunk skipping"));

    /** @return those of a version that concern a database which has it */
    public static List<TimescaleDefect> of(Session session, String version) {
        return ALL.stream()
                .filter(defect -> Versions.ORDER.compare(version, defect.first) >= 0
                        && Versions.ORDER.compare(version, defect.mended) < 0
                        && session.text("asking what is used", defect.used) != null)
                .toList();
    }
}

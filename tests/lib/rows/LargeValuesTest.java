//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.MeasuredRun;
import testbed.PgServer;
import testbed.Sides;

/** Values of 200 MB: they arrive whole, and the JVM holds one row for each worker and no more of them. */
class LargeValuesTest {
    private static final int MEGABYTE = 1024;
    private static final String CONTENTS =
            "SELECT (SELECT md5(v) || length(v) FROM bytes), (SELECT md5(v) || length(v) FROM words)";

    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /** Where the server was built with LZ4, which takes less time and makes less of it. */
    private static final String COMPRESSED =
            """
            SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = 'default_toast_compression'
              AND 'lz4' = ANY (enumvals)""";

    private static String large;
    @TempDir
    private Path folder;

    @BeforeAll
    static void make_large_values() {
        large = SOURCE.newDatabase();
        SOURCE.sql(large, "CREATE TABLE bytes (v bytea)", "CREATE TABLE words (v text)",
                "ALTER TABLE bytes ALTER v SET STORAGE EXTERNAL",
                "ALTER TABLE words ALTER v SET STORAGE EXTERNAL",
                "INSERT INTO bytes SELECT decode(repeat('00ff5c0a', 50000000), 'hex')",
                "INSERT INTO words SELECT repeat(E'x\\t\\\\y\\n123', 25000000)");
    }

    @Test
    void a_heap_that_is_too_small_is_foretold_and_ends_in_one_line() {
        String moved = TARGET.newDatabase();
        MeasuredRun run = MeasuredRun.of("Migrate", "migrate", List.of("-Xmx128m"), folder,
                Map.of("SOURCE", SOURCE.uri(large), "TARGET", TARGET.uri(moved)), "--jobs", "1");

        assertEquals(1, run.run().code(), run.run().err());
        assertTrue(
                run.run().err().contains("migrate: warning: huge rows: 1 worker(s) may each hold a row as large as the "
                        + "190.7 MB of table public.bytes, and Java may use "),
                run.run().err());
        assertTrue(
                run.run().failure().startsWith(
                        "error: a row of table public.bytes does not fit into the memory of Java, which may use "),
                run.run().err());
        assertTrue(
                run.run().failure().contains(
                        "hint: run it with a larger heap, such as JAVA_TOOL_OPTIONS=-Xmx1200m, or with fewer --jobs\n"),
                run.run().err());
        assertFalse(run.run().err().contains(": trace: "), run.run().err());
    }

    @Test
    void rows_beyond_what_copy_takes_stop_preflight_by_the_name_of_their_table() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, COMPRESSED, "CREATE TABLE \"Wide\" (a text, b text)",
                "INSERT INTO \"Wide\" SELECT repeat('x', 540000000)",
                "UPDATE \"Wide\" SET b = a",
                // In text the bytes double; nothing reads the values for this.
                "CREATE TABLE doubled (v bytea, r regclass)",
                "INSERT INTO doubled SELECT convert_to(repeat('y', 540000000), 'UTF8')",
                "CREATE ROLE reader LOGIN PASSWORD 'r'",
                "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
        CommandRun run = CommandRun.preflight(SOURCE.uri(source, "reader", "r"), TARGET.uri(TARGET.newDatabase()));
        SOURCE.sql("postgres", "DROP DATABASE " + source, "DROP ROLE reader");
        assertEquals(3, run.code());
        assertTrue(run.out().contains("""
                stop     huge rows          table public."Wide" holds a row of 1.0 GB in COPY's format, whose limit \
                is 1 GB
                                              fix: migrate --exclude-table-data 'public."Wide"', and move its rows by \
                other means
                stop     huge rows          table public.doubled holds a row of 1.0 GB in COPY's format, whose limit \
                is 1 GB
                """), run.out());
    }

    @Test
    void each_worker_holds_one_row_and_checksums_none() {
        String moved = TARGET.newDatabase();
        Map<String, String> sides = Map.of("SOURCE", SOURCE.uri(large), "TARGET", TARGET.uri(moved));
        MeasuredRun migrated =
                MeasuredRun.of("Migrate", "migrate", List.of(), folder, sides, "--jobs", "2", "--verify", "checksums");

        assertEquals(0, migrated.run().code(), migrated.run().err());
        assertEquals(SOURCE.rows(large, CONTENTS), TARGET.rows(moved, CONTENTS));
        MeasuredRun verified =
                MeasuredRun.of("Verify", "verify", List.of(), folder, sides, "--jobs", "2", "--level", "checksums");
        assertEquals(0, verified.run().code(), verified.run().err());
        assertTrue(migrated.peak() < (256 + 2 * 200) * MEGABYTE, "migrate took " + migrated.peak() + " kB");
        assertTrue(verified.peak() < 256 * MEGABYTE, "verify took " + verified.peak() + " kB");
    }
}

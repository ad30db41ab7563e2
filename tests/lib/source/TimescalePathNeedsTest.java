//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Timescale;

/** Functions that find something only through a search_path, called for hypertables: the same as in PathNeedsTest. */
class TimescalePathNeedsTest {
    @AutoClose
    private static PgServer server;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        server = Timescale.community("2.22.1").start();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "via custom", "restore directory", "restore custom"})
    void fail_before_the_rows_and_pass_with_what_is_printed(String way) {
        String source = empty();
        server.sql(source, "CREATE SCHEMA geo",
                "CREATE FUNCTION geo.cell(x float8) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS 'SELECT "
                        + "floor(x)::bigint'",
                "SET search_path = public, geo",
                "CREATE FUNCTION public.cell_of(x float8) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
                        + "RETURN cell(x); END $$",
                "CREATE TABLE spot (at timestamptz NOT NULL, x float8)",
                "SELECT create_hypertable('spot', 'at', chunk_time_interval => interval '1 day')",
                "INSERT INTO spot SELECT '2024-01-01 00:00+00'::timestamptz + i * interval '1 hour', i FROM "
                        + "generate_series(0, 95) i",
                "CREATE INDEX spot_cell ON spot (cell_of(x))",
                "CREATE TABLE other (id int)", "INSERT INTO other VALUES (1)");
        String target = empty();
        CommandRun run = load(source, target, way);
        assertEquals(1, run.code(), run.err());
        assertTrue(run.err().contains(
                "cannot be computed, because public.cell_of(double precision) has no search_path when it is called: "),
                run.err());
        // As ordinary tables, for the catalog is withdrawn.
        assertEquals("0", server.query(target,
                "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relname ~ '^_hyper_.*_chunk$' OR relname = "
                        + "'other'"));
        Matcher fix = Pattern.compile("hint: (ALTER FUNCTION [^;]* SET search_path = [^;]*;) on the source")
                .matcher(run.err());
        assertTrue(fix.find(), run.err());
        server.sql(source, fix.group(1));
        CommandRun again = load(source, target, way, "--restart");
        assertEquals(0, again.code(), again.err());
        assertEquals(Oracle.data(server, source), Oracle.data(server, target));
    }

    private CommandRun load(String source, String target, String way, String... options) {
        if (way.startsWith("restore")) {
            Path dump = Dumps.dumped(server, source, folder.resolve("dump" + options.length), "--format",
                    way.replace("restore ", ""));
            String[] arguments =
                    options.length == 0 ? new String[]{dump.toString()} : new String[]{options[0], dump.toString()};
            return CommandRun.of("RestoreTimescale", Map.of("TARGET", server.uri(target)), arguments);
        }
        Stream<String> files = way.isEmpty() ? Stream.of() : Stream.of("--via-files", "--dir",
                folder.resolve("files" + options.length).toString(), "--format", "custom");
        return CommandRun.migrate(server.uri(source), server.uri(target),
                Stream.concat(Stream.of(options), files).toArray(String[]::new));
    }

    private static String empty() {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        return database;
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.Account;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Timescale;

/** A hypertable whose new chunks go to tablespaces, some of which the target lacks: it goes on to grow there. */
class TimescaleTablespacesTest {
    private static final String WARNING = "tablespace \"%s\" does not exist on the target: ";

    @TempDir
    Path folder;

    private void tablespace(PgServer server, String side, String name) throws IOException {
        server.sql("postgres", "CREATE TABLESPACE \"" + name + "\" LOCATION '"
                + Account.ofServers().own(Files.createDirectory(folder.resolve(side + "-" + name))) + "'");
    }

    private static String empty(PgServer server) {
        String database = server.newDatabase();
        server.sql(database, "CREATE EXTENSION timescaledb");
        return database;
    }

    /** The server would end with show_tablespaces where two of them are missing. */
    @ParameterizedTest
    @ValueSource(strings = {"2.22.1", "2.13.1"})
    void new_chunks_go_where_the_target_has_room(String version) throws IOException {
        Account.ofServers().own(folder);
        try (PgServer source = Timescale.community(version).start();
                PgServer target = Timescale.community(version).start()) {
            for (String name : List.of("fast disk", "slow", "later")) {
                tablespace(source, "source", name);
            }
            tablespace(target, "target", "fast disk");
            String from = empty(source);
            // The third has no chunk in it yet.
            source.sql(from, "CREATE TABLE h (at timestamptz NOT NULL, v int)",
                    "SELECT create_hypertable('h', 'at', chunk_time_interval => interval '1 day')",
                    "SELECT attach_tablespace('slow', 'h')", "SELECT attach_tablespace('fast disk', 'h')",
                    "INSERT INTO h SELECT '2024-01-01'::timestamptz + i * interval '8 hour', i FROM "
                            + "generate_series(1, 12) i",
                    "SELECT attach_tablespace('later', 'h')");
            for (String way : version.equals("2.22.1") ? List.of("", "restore", "script") : List.of("")) {
                String to = empty(target);
                List<String> said = arrive(source, from, target, to, way);
                assertEquals(List.of(
                        WARNING.formatted("later")
                                + "hypertables are detached from it there, so that new chunks do not go to it",
                        WARNING.formatted("slow")
                                + "everything goes to the default one, and hypertables are detached from it there, "
                                + "so that new chunks do not go to it"),
                        said, way);
                assertEquals(List.of(List.of("fast disk")), target.rows(to, "SELECT show_tablespaces('h')"), way);
                CommandRun verified = verified(source, from, target, to);
                assertEquals(0, verified.code(), verified.out() + verified.err());
                target.sql(to,
                        "INSERT INTO h SELECT '2025-01-01'::timestamptz + i * interval '1 day', i FROM "
                                + "generate_series(0, 3) i");
                assertEquals("16", target.query(to, "SELECT count(*) FROM h"), way);
            }
            String all = empty(target);
            for (String name : List.of("slow", "later")) {
                tablespace(target, "target", name);
            }
            assertEquals(List.of(), arrive(source, from, target, all, ""));
            String placed =
                    "SELECT DISTINCT tablespace_name FROM (SELECT show_tablespaces('h') AS tablespace_name) t "
                            + "ORDER BY 1";
            assertEquals(source.rows(from, placed), target.rows(all, placed));
            String chunks = "SELECT range_start, chunk_tablespace FROM timescaledb_information.chunks ORDER BY 1";
            assertEquals(source.rows(from, chunks), target.rows(all, chunks));
            target.sql(all, "SELECT detach_tablespace('later', 'h')");
            CommandRun verified = verified(source, from, target, all);
            assertTrue(verified.out().contains("hypertable tablespaces"), verified.out() + verified.err());
        }
    }

    private static CommandRun verified(PgServer source, String from, PgServer target, String to) {
        return CommandRun.of("Verify", Map.of("SOURCE", source.uri(from), "TARGET", target.uri(to)), "--level",
                "objects", "--permitted");
    }

    /** @return what is said of tablespaces; a script is run after it was printed */
    private List<String> arrive(PgServer source, String from, PgServer target, String to, String way)
            throws IOException {
        Path files = Files.createTempDirectory(folder, "files");
        CommandRun run = switch (way) {
            case "restore" -> CommandRun.of("RestoreTimescale", Map.of("TARGET", target.uri(to)),
                    Dumps.dumped(source, from, files.resolve("dump")).toString());
            case "script" -> CommandRun.migrate(source.uri(from), target.uri(to), "--dry-run");
            default -> CommandRun.migrate(source.uri(from), target.uri(to));
        };
        assertEquals(0, run.code(), run.err());
        if (way.equals("script")) {
            PastedScript.between(run, source.uri(from), target.uri(to));
        }
        return run.err().lines().filter(line -> line.contains("warning: tablespaces: "))
                .map(line -> line.replaceFirst(".*warning: tablespaces: ", "")).sorted().toList();
    }
}

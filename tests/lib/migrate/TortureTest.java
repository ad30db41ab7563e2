//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.tools.DumpFormat;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.MeasuredRun;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Soak;
import testbed.Torture;

/** Everything odd that a database holds, and very many tables, judged by stock tools. */
class TortureTest {
    private static final String[] OPTIONS =
            {"--create-database", "--verify", "checksums", "--leave-out", "foreign-table-data"};

    @AutoClose
    private static PgServer source;
    @AutoClose
    private static PgServer target;
    private static Torture torture;

    @TempDir
    Path folder;

    @BeforeAll
    static void servers() {
        source = PgServer.installed("max_locks_per_transaction=200");
        target = PgServer.installed();
        torture = Torture.on(source, target);
    }

    @Test
    void everything_odd_arrives_by_streaming() {
        CommandRun run = CommandRun.migrate(source.uri(Torture.DATABASE), target.uri("streamed"), OPTIONS);

        assertEquals(0, run.code(), run.err());
        torture.arrivedIn("streamed");
        assertTrue(run.err().contains(
                "the columns of 1 table(s) that inherit will stand in the order of their parents: public.reordered\n"),
                run.err());
    }

    @ParameterizedTest
    @EnumSource(DumpFormat.class)
    void everything_odd_arrives_by_files(DumpFormat format) {
        String database = "by_" + format.word();
        List<String> options = new ArrayList<>(List.of(OPTIONS));
        options.addAll(List.of("--via-files", "--dir", folder.toString(), "--format", format.word()));

        CommandRun run =
                CommandRun.migrate(source.uri(Torture.DATABASE), target.uri(database), options.toArray(String[]::new));

        assertEquals(0, run.code(), run.err());
        torture.arrivedIn(database);
        if (format == DumpFormat.PLAIN) {
            loadedByPsql(folder.resolve(Torture.DATABASE + ".sql"));
        }
    }

    /** What stock tools cannot do with a dump of theirs, they can do with ours. */
    private void loadedByPsql(Path dump) {
        String database = target.newDatabase();
        Map<String, String> environment = target.environment(database);
        environment.put("PGOPTIONS", "-c session_replication_role=replica");
        Run.of(List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), "-Xq", "-v",
                "ON_ERROR_STOP=1", "-f", dump.toString()),
                environment, null).orFail();
        torture.arrivedIn(database);
    }

    @Test
    void everything_odd_arrives_step_by_step() {
        String database = target.newDatabase();
        Map<String, String> sides = Map.of("SOURCE", source.uri(Torture.DATABASE), "TARGET", target.uri(database));
        String dump = folder.resolve("dump").toString();
        Map<String, List<String>> steps = new LinkedHashMap<>();
        steps.put("DumpRoles", List.of("--out", folder.resolve("roles.sql").toString(), "--apply"));
        steps.put("Dump", List.of("--out", dump, "--jobs", "4"));
        steps.put("AlignVersion", List.of());
        steps.put("RestorePostgres", List.of("--restart", "--jobs", "4", dump));
        steps.put("Verify", List.of("--level", "checksums", "--jobs", "4"));

        steps.forEach((command, arguments) -> {
            CommandRun run = CommandRun.of(command, sides, arguments.toArray(String[]::new));
            assertEquals(0, run.code(), command + run.err() + run.out());
        });
        torture.arrivedIn(database);
    }

    @Test
    void everything_odd_arrives_by_the_script_that_is_printed() {
        target.sql("postgres", "CREATE DATABASE pasted TEMPLATE template0");
        PastedScript.between(
                CommandRun.migrate(source.uri(Torture.DATABASE), target.uri("pasted"), "--leave-out",
                        "foreign-table-data", "--dry-run"),
                source.uri(Torture.DATABASE), target.uri("pasted"));
        torture.arrivedIn("pasted");
    }

    @Test
    void thousands_of_tables_go_through_in_little_memory() {
        int tables = Soak.rounds(2000, 5000);
        String many = source.newDatabase();
        source.sql(many, """
                DO $$ BEGIN FOR i IN 1..%d LOOP
                  EXECUTE format('CREATE TABLE t%%s (id int PRIMARY KEY, v text)', i);
                  EXECUTE format('INSERT INTO t%%s SELECT n, ''v'' FROM generate_series(1, 5) n', i);
                  IF i %% 500 = 0 THEN COMMIT; END IF;
                END LOOP; END $$""".formatted(tables));

        MeasuredRun measured = MeasuredRun.of("Migrate", "migrate", List.of(), folder,
                Map.of("SOURCE", source.uri(many), "TARGET", target.uri("many")),
                "--create-database", "-j", "4");

        CommandRun run = measured.run();
        assertEquals(0, run.code(), run.err());
        assertTrue(measured.peak() <= 256 * 1024, "the JVM took " + measured.peak() + " kB");
        assertTrue(run.err().contains("data: " + 5 * tables + " rows in " + tables + " tables"), run.err());
        assertEquals(List.of(List.of(String.valueOf(tables), String.valueOf(5 * tables))), target.rows("many", """
                SELECT count(*), sum((xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' || oid::regclass,
                  false, true, '')))[1]::text::int)
                  FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;

/** Everything odd that a database holds, and very many tables, judged by stock tools. */
class TortureTest {
    private static final Path SQL = Path.of("tests", "sql");
    /** The tables that stock tools lose because a value names an index, which they create later. */
    private static final String LATE = "reg_late";

    @AutoClose
    private static PgServer source;
    @AutoClose
    private static PgServer target;

    @BeforeAll
    static void servers() {
        source = PgServer.start(15, "max_locks_per_transaction=200");
        target = PgServer.start(15);
        source.script("postgres", SQL.resolve("torture-roles.sql"));
        source.sql("postgres", "CREATE DATABASE torture");
        source.script("torture", SQL.resolve("torture.sql"));
    }

    @Test
    void everything_odd_arrives_by_streaming() {
        CommandRun run = CommandRun.migrate(source.uri("torture"), target.uri("streamed"), "--create-database", "--verify", "checksums",
                "--leave-out", "foreign-table-data");

        assertEquals(0, run.code(), run.err());
        arrived("streamed");
    }

    /** Stock tools stop at the table that they cannot load, so they restore a copy of the source in which it is empty. */
    private static void arrived(String database) {
        assertEquals(source.rows("torture", "SELECT * FROM reg_late ORDER BY 1"), target.rows(database, "SELECT * FROM reg_late ORDER BY 1"));
        source.sql("postgres", "DROP DATABASE IF EXISTS without", "CREATE DATABASE without TEMPLATE torture");
        source.sql("without", "SET session_replication_role = replica", "DELETE FROM " + LATE);
        String expected = Oracle.restore(source, "without", target);
        assertEquals(Oracle.schema(target, expected), Oracle.schema(target, database));
        target.sql(database, "SET session_replication_role = replica", "DELETE FROM " + LATE);
        assertEquals(Oracle.data(target, expected), Oracle.data(target, database));
        target.sql("postgres", "DROP DATABASE " + expected);
    }

    /** The script's own JVM options, as JBang would give them. */
    private static List<String> withItsOptions(String main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(ChildCommand.java(main, arguments));
        Files.readAllLines(Path.of("scripts", "migrate.java")).stream().filter(line -> line.startsWith("//JAVA_OPTIONS "))
                .forEach(line -> command.addAll(1, List.of(line.substring("//JAVA_OPTIONS ".length()).split(" "))));
        return command;
    }

    /** The largest resident size so far in kB; 0 when the process has just ended. */
    private static long resident(long pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:")).mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).max().orElse(0);
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    @Test
    void five_thousand_tables_go_through_in_little_memory(@TempDir Path folder) throws Exception {
        String many = source.newDatabase();
        source.sql(many, """
                DO $$ BEGIN FOR i IN 1..5000 LOOP
                  EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v text)', i);
                  EXECUTE format('INSERT INTO t%s SELECT n, ''v'' FROM generate_series(1, 5) n', i);
                  IF i % 500 = 0 THEN COMMIT; END IF;
                END LOOP; END $$""");

        CommandRun run;
        long peak = 0;
        try (ChildCommand child = ChildCommand.start(withItsOptions("Migrate", "--create-database", "-j", "4"), folder,
                Map.of("SOURCE", source.uri(many), "TARGET", target.uri("many")))) {
            while (child.handle().isAlive()) {
                peak = Math.max(peak, resident(child.handle().pid()));
                Thread.sleep(20);
            }
            run = child.end();
        }

        assertEquals(0, run.code(), run.err());
        assertTrue(peak > 0 && peak <= 256 * 1024, "the JVM took " + peak + " kB");
        assertTrue(run.err().contains("data: 25000 rows in 5000 tables"), run.err());
        assertEquals(List.of(List.of("5000", "25000")), target.rows("many", """
                SELECT count(*), sum((xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM ' || oid::regclass, false, true, '')))[1]::text::int)
                  FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"""));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/**
 * A value is computed on the target as the target's database computes it, whatever this machine, the driver and what is
 * compared depend on.
 */
class ComputedValuesTest {
    /** Functions that are declared immutable and are not; nothing but settings decides what they give. */
    private static final String[] COMPUTED = {
            "CREATE FUNCTION day_of(t timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS 'SELECT t::date'",
            "CREATE FUNCTION shown(i interval, d float8, b bytea, at timestamptz) RETURNS text LANGUAGE sql "
                    + "IMMUTABLE AS $$ SELECT i::text || d || b || at $$",
            "CREATE TABLE visit (id int PRIMARY KEY, at timestamptz NOT NULL, day date GENERATED ALWAYS AS "
                    + "(day_of(at)) STORED,"
                    + " text text GENERATED ALWAYS AS (shown(at - '2024-01-01 00:00+00', id / 3.0::float8, "
                    + "int4send(id), at)) STORED)",
            "INSERT INTO visit (id, at) SELECT i, '2024-03-01 00:00+01'::timestamptz + i * interval '30 min' FROM "
                    + "generate_series(1, 1900) i",
            "CREATE INDEX visit_day ON visit (day_of(at))",
            "CREATE MATERIALIZED VIEW per_day AS SELECT date_trunc('day', at) d, count(*) n FROM visit GROUP BY 1",
            "CREATE MATERIALIZED VIEW shown AS SELECT id, to_char(at, 'YYYY-MM-DD HH24:MI') s, at::text, shown(at "
                    + "- '2024-01-01', id / 3.0::float8, int4send(id), at) FROM visit"
                    + " WHERE id <= 10"};
    private static final String[] SETTINGS = {"timezone=Europe/Berlin", "datestyle=ISO, DMY", "intervalstyle=iso_8601",
            "bytea_output=escape", "extra_float_digits=0"};
    private static final String BY_INDEX = "SELECT count(*) FROM visit WHERE day_of(at) = '2024-03-05'";
    private static Sides berlin;

    @TempDir
    Path folder;

    private static Sides berlin() {
        if (berlin == null) {
            berlin = new Sides(PgServer.installed(SETTINGS), PgServer.installed(SETTINGS));
        }
        return berlin;
    }

    @AfterAll
    static void stop() {
        if (berlin != null) {
            berlin.close();
        }
    }

    private static String filled(PgServer server) {
        String database = server.newDatabase();
        psql(server, database, COMPUTED);
        return database;
    }

    /** Without the driver, which sets the time zone of this machine and more. */
    private static String psql(PgServer server, String database, String... statements) {
        List<String> command = new ArrayList<>(
                List.of(Oracle.clients(server.major()).resolve("psql").toString(), "-XqAt", "-v", "ON_ERROR_STOP=1"));
        List.of(statements).forEach(sql -> command.addAll(List.of("-c", sql)));
        return Run.of(command, server.environment(database), null).orFail().out().strip();
    }

    private static void assertComputed(Sides sides, String source, String target) {
        assertEquals(Oracle.data(sides.source(), source), Oracle.data(sides.target(), target));
        for (String plan : List.of("seqscan", "indexscan")) {
            assertEquals("48", psql(sides.target(), target, "SET enable_bitmapscan = off",
                    "SET enable_" + plan + " = off", BY_INDEX), plan);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "custom"})
    void under_the_settings_of_the_server(String files) {
        String source = filled(berlin().source());
        String target = berlin().target().newDatabase();
        String[] options = files.isEmpty() ? new String[]{}
                : new String[]{"--via-files", "--dir", folder.toString(), "--format", files};
        succeeds(berlin().migrate(source, target, options));
        assertComputed(berlin(), source, target);
        assertEquals(Oracle.data(berlin().target(), Oracle.restore(berlin().source(), source, berlin().target())),
                Oracle.data(berlin().target(), target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "plain", "restore", "script"})
    void under_the_settings_that_come_with_the_database(String way) {
        Sides sides = Sides.shared();
        String source = sides.source().newDatabase();
        for (String setting : SETTINGS) {
            sides.source().sql(source, "ALTER DATABASE " + source + " SET " + setting.replace("=", " = '") + "'");
        }
        psql(sides.source(), source, COMPUTED);
        String target = sides.target().newDatabase();
        arrive(sides, source, target, way);
        assertComputed(sides, source, target);
        assertEquals(settings(sides.source(), source), settings(sides.target(), target));
    }

    private void arrive(Sides sides, String source, String target, String way) {
        switch (way) {
            case "" -> succeeds(sides.migrate(source, target));
            case "restore" -> {
                Path dump = folder.resolve("shop");
                succeeds(Dumps.dump(sides.source().uri(source), dump));
                succeeds(Dumps.restore(sides.target().uri(target), dump));
            }
            case "script" ->
                PastedScript.between(sides.migrate(source, target, "--dry-run"), sides.source().uri(source),
                        sides.target().uri(target));
            default ->
                succeeds(sides.migrate(source, target, "--via-files", "--dir", folder.toString(), "--format", way));
        }
    }

    private static String settings(PgServer server, String database) {
        return server.query("postgres",
                "SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE "
                        + "datname = '"
                        + database + "')");
    }

    private static CommandRun succeeds(CommandRun run) {
        assertEquals(0, run.code(), run.err());
        return run;
    }

    @Test
    void a_view_that_was_computed_under_another_time_zone_is_a_difference() {
        String source = filled(berlin().source());
        String target = berlin().target().newDatabase();
        succeeds(berlin().migrate(source, target));
        psql(berlin().source(), source, "DELETE FROM visit WHERE id > 1890");
        psql(berlin().target(), target, "DELETE FROM visit WHERE id > 1890", "REFRESH MATERIALIZED VIEW per_day");
        // What the source holds is out of date, and what the target holds is right.
        succeeds(verify(source, target));
        psql(berlin().target(), target, "SET timezone = 'UTC'", "REFRESH MATERIALIZED VIEW per_day");
        CommandRun run = verify(source, target);
        assertEquals(4, run.code(), run.err());
        assertTrue(run.out().contains("public.per_day"), run.out());
    }

    /** The JDBC driver closes a session whose DateStyle does not begin with ISO. */
    @Test
    void what_another_form_of_dates_would_decide_stops_before_anything_is_changed() {
        Sides sides = Sides.shared();
        String source = german(sides, "CREATE TABLE day (d date, text text GENERATED ALWAYS AS (written(d)) STORED)",
                "INSERT INTO day VALUES ('2024-02-01')",
                "CREATE INDEX written_day ON day (written(d))",
                "CREATE MATERIALIZED VIEW seen AS SELECT d::text FROM day");
        String target = sides.target().newDatabase();
        CommandRun run = sides.migrate(source, target);
        assertEquals(3, run.code(), run.err());
        assertTrue(
                run.err().contains("\"German, DMY\"") && run.err().contains(
                        "materialized view public.seen, generated column public.day.text, index public.written_day"),
                run.err());
        assertEquals("0",
                psql(sides.target(), target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
        psql(sides.source(), source, "DROP INDEX written_day", "DROP MATERIALIZED VIEW seen");
        Path dump = folder.resolve("german");
        succeeds(Dumps.dump(sides.source().uri(source), dump));
        CommandRun restore = Dumps.restore(sides.target().uri(target), dump);
        assertEquals(3, restore.code(), restore.err());
        assertTrue(restore.err().contains("what is computed for generated column public.day.text"), restore.err());
        psql(sides.source(), source, "CREATE INDEX written_day ON day (written(d))",
                "CREATE MATERIALIZED VIEW seen AS SELECT d::text FROM day");
        PastedScript.between(sides.migrate(source, target, "--dry-run"), sides.source().uri(source),
                sides.target().uri(target));
        for (String table : List.of("day", "seen")) {
            assertEquals(psql(sides.source(), source, "TABLE " + table),
                    psql(sides.target(), target, "TABLE " + table));
        }
    }

    @Test
    void another_form_of_dates_stops_nothing_that_it_does_not_decide() {
        Sides sides = Sides.shared();
        String source =
                german(sides, "CREATE TABLE day (d date PRIMARY KEY DEFAULT '2024-02-01', CHECK (d > '2023-04-05'))",
                        "INSERT INTO day VALUES ('2024-02-01')");
        String target = sides.target().newDatabase();
        succeeds(sides.migrate(source, target));
        assertEquals("01.02.2024", psql(sides.target(), target, "TABLE day"));
        assertEquals(Oracle.schema(sides.source(), source), Oracle.schema(sides.target(), target));
    }

    private static String german(Sides sides, String... statements) {
        String source = sides.source().newDatabase();
        psql(sides.source(), source, "ALTER DATABASE " + source + " SET datestyle = 'German, DMY'");
        psql(sides.source(), source,
                "CREATE FUNCTION written(d date) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT d::text'");
        psql(sides.source(), source, statements);
        return source;
    }

    private static CommandRun verify(String source, String target) {
        return CommandRun.of("Verify",
                Map.of("SOURCE", berlin().source().uri(source), "TARGET", berlin().target().uri(target)));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.OrdinaryShop;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/** The script that migrate prints instead of moving a database: run by a shell, it brings what migrate brings. */
class MigrateDryRunTest {
    private static final PgServer SOURCE = PgServer.installed();
    private static final PgServer TARGET = PgServer.installed();
    private static final Sides SIDES = new Sides(SOURCE, TARGET);
    /** Whatever a shell, psql or a here-document could trip over. */
    private static final String ODD = "it's \"$HOME\" back\\slash `x` !\nSQL\n:y ☃";
    private static final String SETTINGS = """
            SELECT coalesce(r.rolname, ''), c, shobj_description(d.oid, 'pg_database'), d.datacl::text
              FROM pg_database d LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid LEFT
                JOIN pg_roles r ON r.oid = s.setrole
              LEFT JOIN unnest(setconfig) c ON true WHERE d.datname = current_database() ORDER BY 1, 2""";

    private static final OrdinaryShop ORDINARY = OrdinaryShop.on(SIDES);

    @TempDir
    Path folder;

    @AfterAll
    static void close() {
        SOURCE.close();
        TARGET.close();
    }

    @Test
    void names_that_a_shell_would_trip_over_arrive_as_stock_tools_would_bring_them() {
        String name = "\"" + ODD.replace("\"", "\"\"") + "\"";
        String text = "E'" + ODD.replace("\\", "\\\\").replace("'", "\\'") + "'";
        SOURCE.sql("postgres", "CREATE DATABASE " + name, "CREATE ROLE " + name + " SUPERUSER LOGIN PASSWORD 'secret'",
                "COMMENT ON ROLE " + name + " IS " + text,
                "GRANT clerk TO " + name, "ALTER ROLE " + name + " SET application_name TO " + text,
                "ALTER ROLE " + name + " IN DATABASE " + name + " SET search_path TO " + name,
                "ALTER DATABASE " + name + " SET application_name TO " + text,
                "COMMENT ON DATABASE " + name + " IS " + text, "GRANT CREATE ON DATABASE " + name + " TO " + name);
        SOURCE.sql(ODD, "CREATE SCHEMA " + name + " AUTHORIZATION " + name, "CREATE EXTENSION citext SCHEMA " + name,
                "SET search_path TO " + name,
                "CREATE TABLE " + name + " (" + name + " serial PRIMARY KEY, t text DEFAULT " + text + ", c regclass)",
                "ALTER TABLE " + name + " OWNER TO " + name, "INSERT INTO " + name + " (c) VALUES ('pg_class')",
                "GRANT SELECT ON " + name + " TO clerk", "CREATE MATERIALIZED VIEW view AS SELECT t FROM " + name,
                "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER " + name + " ON sql_drop EXECUTE FUNCTION f()",
                "COMMENT ON EVENT TRIGGER " + name + " IS " + text,
                "ALTER EVENT TRIGGER " + name + " OWNER TO " + name,
                "SELECT lo_from_bytea(99, 'large')", "GRANT SELECT ON LARGE OBJECT 99 TO " + name,
                "COMMENT ON LARGE OBJECT 99 IS " + text);

        CommandRun run = SIDES.migrate(ODD, ODD, "--create-database", "--dry-run");
        assertFalse((run.out() + run.err()).contains("SCRAM-SHA-256") || run.out().contains(SOURCE.password())
                || run.out().contains(TARGET.password()));
        PastedScript
                .run(run, Map.of("SOURCE", SOURCE.uri(ODD), "TARGET", TARGET.uri(ODD), "PGPASSWORD", TARGET.password()))
                .orFail();

        assertEquals(0, CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(ODD), "TARGET", TARGET.uri(ODD))).code());
        String expected = Oracle.restore(SOURCE, ODD, TARGET);
        assertEquals(Oracle.schema(TARGET, expected), Oracle.schema(TARGET, ODD));
        assertEquals(Oracle.data(TARGET, expected), Oracle.data(TARGET, ODD));
        assertEquals(SOURCE.rows(ODD, SETTINGS), TARGET.rows(ODD, SETTINGS));
        TARGET.sql("postgres", "DROP DATABASE " + expected, "DROP DATABASE " + name, "DROP ROLE " + name);
        SOURCE.sql("postgres", "DROP DATABASE " + name, "DROP ROLE " + name);
    }

    @Test
    void every_ordinary_kind_of_object_arrives_as_stock_tools_would_bring_it() {
        String target = ORDINARY.newName();
        TARGET.sql("postgres", "CREATE DATABASE " + target);
        CommandRun run = SIDES.unchanged(ORDINARY.database(), target,
                () -> SIDES.migrate(ORDINARY.database(), target, "--leave-out", "server-settings", "--dry-run"));
        PastedScript.between(run, SOURCE.uri(ORDINARY.database()), TARGET.uri(target));
        arrived(target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "directory"})
    void it_goes_through_files_where_the_migration_would(String format) {
        String target = ORDINARY.newName();
        TARGET.sql("postgres", "CREATE DATABASE " + target);
        Path dir = folder.resolve("it's here");
        CommandRun run = SIDES.migrate(ORDINARY.database(), target, "--leave-out", "server-settings", "--via-files",
                "--dir", dir.toString(),
                "--format", format, "--jobs", "2", "--dry-run");
        assertFalse(Files.exists(dir));
        PastedScript.between(run, SOURCE.uri(ORDINARY.database()), TARGET.uri(target));
        assertTrue(Files.exists(dir));
        arrived(target);
    }

    private static void arrived(String target) {
        assertEquals(ORDINARY.schema(), Oracle.schema(TARGET, target));
        assertEquals(ORDINARY.data(), Oracle.data(TARGET, target));
        assertEquals(SOURCE.rows(ORDINARY.database(), SETTINGS), TARGET.rows(target, SETTINGS));
        String filled = "SELECT relname FROM pg_class WHERE relkind = 'm' AND relispopulated ORDER BY 1";
        assertEquals(SOURCE.rows(ORDINARY.database(), filled), TARGET.rows(target, filled));
        assertNotEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_stats WHERE schemaname = 'sales'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-t one.*", "-N two --exclude-table-data one.a --no-owner --no-privileges"})
    void filters_and_what_is_left_out_mean_what_they_mean_in_the_migration(String options) {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE SCHEMA one", "CREATE TABLE one.a AS SELECT generate_series(1, 10) AS n",
                "CREATE TABLE one.b (n serial)",
                "INSERT INTO one.b VALUES (DEFAULT)", "CREATE SCHEMA two", "CREATE TABLE two.c AS SELECT 2 AS n",
                "ALTER TABLE one.a OWNER TO clerk",
                "GRANT SELECT ON one.a, one.b TO reader", "SELECT lo_from_bytea(99, 'large')",
                "GRANT CREATE ON DATABASE " + source + " TO reader");
        String moved = TARGET.newDatabase();
        String pasted = TARGET.newDatabase();
        List<String> all = List.of(options.split(" "));
        CommandRun migrated = SIDES.migrate(source, moved, all.toArray(String[]::new));
        assertEquals(0, migrated.code(), migrated.err());
        CommandRun run = SIDES.migrate(source, pasted,
                Stream.concat(all.stream(), Stream.of("--dry-run")).toArray(String[]::new));
        PastedScript.between(run, SOURCE.uri(source), TARGET.uri(pasted));
        assertEquals(Oracle.schema(TARGET, moved), Oracle.schema(TARGET, pasted));
        assertEquals(Oracle.data(TARGET, moved), Oracle.data(TARGET, pasted));
        String acl = "SELECT datacl::text FROM pg_database WHERE datname = current_database()";
        assertEquals(TARGET.query(moved, acl), TARGET.query(pasted, acl));
    }

    @Test
    void names_arrive_in_another_encoding_too() {
        String source = SOURCE.newDatabase("ENCODING 'LATIN1' LOCALE 'C'");
        String target = TARGET.newDatabase("ENCODING 'LATIN1' LOCALE 'C'");
        SOURCE.sql(source, "CREATE TABLE \"Grün\" AS SELECT 'Grüße'::text AS t", "ALTER TABLE \"Grün\" OWNER TO clerk",
                "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER \"für\" ON sql_drop EXECUTE FUNCTION f()");
        PastedScript.between(SIDES.migrate(source, target, "--dry-run"), SOURCE.uri(source), TARGET.uri(target));
        assertEquals(List.of(List.of("Grüße", "clerk", "für")), TARGET.rows(target, """
                SELECT t, tableowner, evtname FROM "Grün", pg_tables, pg_event_trigger WHERE tablename = 'Grün'"""));
    }

    @Test
    void a_stop_of_preflight_is_no_script() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        TARGET.sql(target, "CREATE TABLE there (n int)");
        SIDES.refusesToMigrate("""
                error: the target is not empty: table public.there
                hint: name an empty database, or create one with --create-database
                """, source, target, "--dry-run");
    }

    @Test
    void rows_that_cannot_be_read_to_their_end_stop_the_script() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE a AS SELECT generate_series(1, 100000) AS n",
                "CREATE TABLE b AS SELECT 1 AS n",
                "GRANT SELECT ON a, b TO clerk", "CREATE INDEX late ON a (n)");
        CommandRun printed = SIDES.migrate(source, target, "--dry-run");
        SOURCE.sql(source, "ALTER TABLE b ENABLE ROW LEVEL SECURITY");
        Run run = PastedScript.run(printed,
                Map.of("SOURCE", SOURCE.uri(source, "clerk", "clerk-secret"), "TARGET", TARGET.uri(target)));
        assertNotEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("row-level security"), run.err());
        assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_class WHERE relname = 'late'"));
    }
}

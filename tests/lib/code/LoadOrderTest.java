//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.Sides;
import testbed.Ways;

/** Tables whose rows the server runs functions for are loaded after what these functions read. */
class LoadOrderTest {
    private static final Sides SIDES = Sides.shared();

    /** The table that reads is the largest one, and by name the first of all. */
    private static final String[] READING = {
            "CREATE TABLE z_kind (kind text PRIMARY KEY, factor int NOT NULL)",
            "INSERT INTO z_kind VALUES ('x', 2), ('y', 3)",
            "CREATE FUNCTION known(text) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT EXISTS (SELECT FROM "
                    + "public.z_kind WHERE kind = $1)'",
            "CREATE FUNCTION factor(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT factor "
                    + "FROM public.z_kind WHERE kind = $1); END $$",
            "CREATE FUNCTION counting(text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN (SELECT "
                    + "count(*) FROM public.parts WHERE kind = $1); END $$",
            "CREATE FUNCTION counted(text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT public.counting($1)'",
            "CREATE DOMAIN kind AS text CHECK (known(VALUE))",
            "CREATE TABLE a_check (id int PRIMARY KEY, kind text CHECK (known(kind)), body text)",
            "INSERT INTO a_check SELECT g, 'x', repeat('text', 50) FROM generate_series(1, 20000) g",
            "CREATE TABLE a_domain (id int PRIMARY KEY, kinds kind[])",
            "INSERT INTO a_domain SELECT g, ARRAY['x', 'y'] FROM generate_series(1, 100) g",
            "CREATE TABLE c_part (id int, kind text CHECK (known(kind))) PARTITION BY RANGE (id)",
            "CREATE TABLE c_part_one PARTITION OF c_part FOR VALUES FROM (0) TO (100)",
            "CREATE VIEW parts AS SELECT kind FROM c_part",
            "INSERT INTO c_part SELECT g, 'y' FROM generate_series(1, 9) g",
            "CREATE TABLE b_computed (id int PRIMARY KEY, kind text, n int GENERATED ALWAYS AS (factor(kind)) "
                    + "STORED, parts int GENERATED ALWAYS AS (counted(kind)) STORED)",
            "INSERT INTO b_computed SELECT g, 'y' FROM generate_series(1, 9000) g"};

    private static final String CIRCLE =
            "tables public.first, public.second may read each other while they are loaded, and";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"", "custom", "plain", "restore", "restore plain", "script", "script via files",
            "script via plain files"})
    void after_what_their_functions_read(String way) {
        String source = SIDES.source().newDatabase();
        SIDES.source().sql(source, READING);
        String target = SIDES.target().newDatabase();
        Ways.arrive(SIDES.source().uri(source), SIDES.target().uri(target), way, "RestorePostgres", folder);
        assertEquals(Oracle.data(SIDES.source(), source), Oracle.data(SIDES.target(), target));
        assertEquals("3 9",
                SIDES.target().query(target, "SELECT string_agg(DISTINCT n || ' ' || parts, ', ') FROM b_computed"));
    }

    private static String readingEachOther() {
        String source = SIDES.source().newDatabase();
        SIDES.source().sql(source, "CREATE TABLE first (id int, body text)", "CREATE TABLE second (id int, body text)",
                "CREATE FUNCTION in_second(int) RETURNS boolean LANGUAGE sql AS 'SELECT $1 = 0 OR EXISTS (SELECT "
                        + "FROM public.second WHERE id = $1 - 1)'",
                "CREATE FUNCTION in_first(int) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM "
                        + "public.first WHERE id = 0) OR $1 > 100'",
                "INSERT INTO first VALUES (0, 'only this one')",
                "INSERT INTO second SELECT g, repeat('x', 3000) FROM generate_series(1, 200) g",
                "ALTER TABLE first ADD CHECK (in_second(id))", "ALTER TABLE second ADD CHECK (in_first(id))");
        return source;
    }

    /** No order by tables is right: one of them is tried again once the other is there. */
    @ParameterizedTest
    @ValueSource(strings = {"", "custom"})
    void tables_that_read_each_other(String files) {
        String source = readingEachOther();
        String target = SIDES.target().newDatabase();
        CommandRun run = SIDES.migrate(source, target, options(files));
        succeeds(run);
        assertFalse(run.err().contains(CIRCLE), run.err());
        assertEquals(Oracle.data(SIDES.source(), source), Oracle.data(SIDES.target(), target));
    }

    /** What PostgreSQL's own programs load they do not try again, which is said before. */
    @Test
    void tables_that_read_each_other_are_named_where_none_is_tried_again() {
        String source = readingEachOther();
        Path plain = folder.resolve("plain");
        String files = CIRCLE + " psql retries none: if one fails, use --format directory for the dump";
        warns(Dumps.dump(SIDES.source().uri(source), plain, "--format", "plain", "--dry-run"), files);
        warns(Dumps.dump(SIDES.source().uri(source), plain, "--format", "plain"), files);
        warns(Dumps.restore(SIDES.target().uri(SIDES.target().newDatabase()), plain, "--dry-run"), files);
        String script = CIRCLE + " a script retries none: if one fails, run %s without --dry-run";
        String target = SIDES.target().newDatabase();
        warns(SIDES.migrate(source, target, "--dry-run"), script.formatted("migrate"));
        Path archive = folder.resolve("archive");
        CommandRun dump = Dumps.dump(SIDES.source().uri(source), archive);
        succeeds(dump);
        assertFalse(dump.err().contains(CIRCLE), dump.err());
        warns(Dumps.restore(SIDES.target().uri(target), archive, "--dry-run"), script.formatted("restore-postgres"));
        succeeds(Dumps.restore(SIDES.target().uri(target), archive));
    }

    private static void warns(CommandRun run, String text) {
        succeeds(run);
        assertTrue(run.err().contains("warning: functions: " + text), run.err());
    }

    /** What really breaks a constraint is named, and the trying ends. */
    @ParameterizedTest
    @ValueSource(strings = {"", "custom"})
    void what_no_order_helps_fails_by_name(String files) {
        String source = SIDES.source().newDatabase();
        SIDES.source().sql(source, READING);
        SIDES.source().sql(source, "DELETE FROM z_kind WHERE kind = 'x'");
        CommandRun run = SIDES.migrate(source, SIDES.target().newDatabase(), options(files));
        assertEquals(1, run.code(), run.err());
        assertTrue(run.err().contains("a_check") || run.err().contains("a_domain"), run.err());
        assertTrue(run.err().contains("check constraint"), run.err());
    }

    private String[] options(String files) {
        return files.isEmpty() ? new String[]{"--jobs", "1"}
                : new String[]{"--via-files", "--dir", folder.toString(), "--format", files};
    }

    private static void succeeds(CommandRun run) {
        assertEquals(0, run.code(), run.err());
    }
}

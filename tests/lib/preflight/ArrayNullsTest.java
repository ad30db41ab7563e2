//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;

/**
 * A database in which NULL in the text of an array is a word (array_nulls, PostgreSQL manual, 20.13.1), which no
 * session that loads may take it for.
 */
class ArrayNullsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @TempDir
    private static Path folder;

    private static String source(String nulls) {
        String source = SOURCE.newDatabase();
        SOURCE.sql("postgres", "ALTER DATABASE " + source + " SET array_nulls = " + nulls);
        SOURCE.sql(source, "CREATE FUNCTION words(t text) RETURNS text[] IMMUTABLE LANGUAGE sql AS 'SELECT t::text[]'",
                "CREATE FUNCTION long(t text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT length(t)'",
                "CREATE TABLE \"t x\" (id int PRIMARY KEY, t text CHECK (cardinality(t::int[]) > 0 OR true), a "
                        + "text[], \"g\"\"\" text[] GENERATED ALWAYS AS (words(t)) STORED,"
                        + " n int GENERATED ALWAYS AS (long(t)) STORED)",
                "CREATE INDEX ix ON \"t x\" (words(t))", "CREATE INDEX other ON \"t x\" (long(t))");
        // Other ways to name an array type.
        for (String type : List.of("_text", "text[3]", "pg_catalog.text ARRAY", "public.\"t x\".a%TYPE")) {
            String name = "by_" + type.replaceAll("\\W", "");
            SOURCE.sql(source,
                    "CREATE FUNCTION " + name + "(t text) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'DECLARE v " + type
                            + " := t; BEGIN RETURN cardinality(array_remove(v, NULL)); END'",
                    "CREATE INDEX " + name + " ON \"t x\" (" + name + "(t))");
        }
        SOURCE.sql(source, "INSERT INTO \"t x\" VALUES (1, '{a,NULL}', ARRAY['b', NULL])",
                "CREATE MATERIALIZED VIEW mv AS SELECT id, t::text[] AS a FROM \"t x\"",
                "CREATE MATERIALIZED VIEW plain AS SELECT id, a FROM \"t x\"");
        return source;
    }

    @Test
    void what_reads_texts_as_arrays_is_named_with_what_computes_it_anew() {
        String source = source("off");
        assertEquals("{a,\"NULL\"} {b,NULL}",
                SOURCE.query(source, "SELECT \"g\"\"\"::text || ' ' || a::text FROM \"t x\""));
        String target = TARGET.newDatabase();
        String said =
                "array_nulls is off for the target's database but on while it is loaded, which affects what reads a "
                        + "text as an array: "
                        + "constraint public.\"t x\": \"t x_t_check\", generated column public.\"t x\".\"g\"\"\", "
                        + "index public.by__text, index public.by_pg_catalogtextarray, index "
                        + "public.by_publictxatype, index public.by_text3, index public.ix, materialized view "
                        + "public.mv\n";
        CommandRun run = SIDES.migrate(source, target);
        assertTrue(run.err().contains("warning: settings: " + said), run.err());
        // Which is the case here, and what differs is not to be passed over before that is done.
        assertEquals(4, run.code(), run.err());
        // What is stored comes as it is, and what is computed as was said.
        assertEquals("{b,NULL}", TARGET.query(target, "SELECT a::text FROM \"t x\""));
        Matcher fix = Pattern.compile("fix: if such a text contains NULL, afterwards in psql on the target: (.*;)")
                .matcher(CommandRun.preflight(SOURCE.uri(source),
                        TARGET.uri(TARGET.newDatabase())).out());
        assertTrue(fix.find());
        TARGET.sql(target, fix.group(1).split("(?<=;) "));
        assertEquals("{a,\"NULL\"} {a,\"NULL\"}",
                TARGET.query(target, "SELECT \"g\"\"\"::text || ' ' || v.a::text FROM \"t x\" JOIN mv v USING (id)"));
        CommandRun verified = CommandRun.of("Verify",
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target)), "--level", "checksums");
        assertEquals(0, verified.code(), verified.out() + verified.err());
    }

    @Test
    void a_restore_names_it_too() {
        String source = source("false");
        CommandRun run =
                Dumps.restore(TARGET.uri(TARGET.newDatabase()), Dumps.dumped(SOURCE, source, folder.resolve("d")));
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("warning: settings: array_nulls is off for the target's database"), run.err());
    }

    @Test
    void where_it_is_on_nothing_is_said() {
        String source = source("on");
        CommandRun run = SIDES.migrate(source, TARGET.newDatabase(), "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        assertFalse(run.err().contains("array_nulls"), run.err());
    }
}

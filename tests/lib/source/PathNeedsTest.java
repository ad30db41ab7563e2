//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.Sides;
import testbed.Soak;

/**
 * Functions that find something only through a search_path fail before the rows are loaded, with what makes them work,
 * and that works.
 */
class PathNeedsTest {
    private static final Sides SIDES = Sides.shared();

    /** What each of the cases needs; the table that is not concerned is the one whose rows must not have come. */
    private static final String[] COMMON = {
            "CREATE SCHEMA geo",
            "CREATE FUNCTION geo.cell(x float8, r int) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS 'SELECT "
                    + "floor(x * (10 ^ r))::bigint'",
            "CREATE TABLE geo.factor (f int)", "INSERT INTO geo.factor VALUES (2)",
            "CREATE TYPE geo.mood AS ENUM ('calm', 'wild')",
            "SET search_path = public, geo",
            "CREATE FUNCTION public.cell_of(x float8) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS 'SELECT "
                    + "cell(x, 2)'",
            "CREATE FUNCTION public.celled(x float8) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN "
                    + "public.cell_of(x); END $$",
            "CREATE FUNCTION public.scaled(x float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN "
                    + "x * (SELECT f FROM factor); END $$",
            "CREATE FUNCTION public.moody(t text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ DECLARE m mood; "
                    + "BEGIN m := t; RETURN m IS NOT NULL; END $$",
            "CREATE TABLE spot (id int PRIMARY KEY, x float8, note text)",
            "INSERT INTO spot SELECT i, i * 0.37, 'n' || i FROM generate_series(1, 3000) i",
            "CREATE TABLE moods (id int PRIMARY KEY, m text)", "INSERT INTO moods VALUES (1, 'calm'), (2, 'wild')",
            "CREATE TABLE other (id int PRIMARY KEY, t text)",
            "INSERT INTO other SELECT i, 'o' FROM generate_series(1, 100) i",
            "CREATE VIEW cells AS SELECT cell_of(x) AS c, count(*) AS n FROM spot GROUP BY 1"};

    /** What calls them, what of that is named, the function that is at fault, and its path. */
    private record Case(String sql, String what, String function, String left) {
    }

    private static final List<Case> CASES = List.of(
            new Case("CREATE INDEX spot_cell ON spot (cell_of(x))", "index public.spot_cell",
                    "public.cell_of(double precision)", "public.spot_cell"),
            new Case("CREATE INDEX spot_celled ON spot (id) WHERE celled(x) > 3", "index public.spot_celled",
                    "public.cell_of(double precision)", "public.spot_celled"),
            new Case("ALTER TABLE spot ADD scale float8 GENERATED ALWAYS AS (scaled(x)) STORED",
                    "generated column public.spot.scale", "public.scaled(double precision)", null),
            new Case("ALTER TABLE moods ADD CONSTRAINT known CHECK (moody(m))", "constraint public.moods: known",
                    "public.moody(text)", null),
            new Case("CREATE MATERIALIZED VIEW daily AS SELECT c FROM cells; CREATE UNIQUE INDEX ON daily (c)",
                    "materialized view public.daily",
                    "public.cell_of(double precision)", "public.daily"));

    private static final Pattern FIX =
            Pattern.compile("hint: (ALTER FUNCTION [^;]* SET search_path = [^;]*;) on the source");

    @TempDir
    Path folder;

    private int dumps;

    private static String database(String more) {
        String database = SIDES.source().newDatabase();
        SIDES.source().sql(database,
                Stream.concat(Stream.of(COMMON), Stream.of(more.split("; ")).filter(sql -> !sql.isEmpty()))
                        .toArray(String[]::new));
        SIDES.source().sql("postgres", "ALTER DATABASE " + database + " SET search_path TO public, geo");
        return database;
    }

    private CommandRun load(String source, String target, String way, String... options) {
        if (way.startsWith("restore")) {
            Path dump = folder.resolve("dump" + ++dumps);
            Dumps.dumped(SIDES.source(), source, dump, "--format", way.substring("restore ".length()));
            return Dumps.restore(SIDES.target().uri(target), dump, options);
        }
        return SIDES.migrate(source, target,
                Stream.concat(Stream.of(options), way.isEmpty() ? Stream.of("--verify", "checksums")
                        : Stream.of("--via-files", "--dir", folder.resolve(target).toString(), "--format", way))
                        .toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({"always, ''", "always, custom", "soak, restore directory", "soak, restore custom"})
    void fail_before_the_rows_and_pass_with_what_is_printed(String when, String way) {
        Soak.assumeIn(when);
        for (Case one : way.isEmpty() ? CASES : List.of(CASES.get(0), CASES.get(4))) {
            String source = database(one.sql);
            String target = SIDES.target().newDatabase();
            CommandRun run = load(source, target, way);
            assertEquals(1, run.code(), one + "\n" + run.err());
            assertTrue(run.err().contains("error: " + one.what + " cannot be computed, because " + one.function
                    + " has no search_path when it is called: "), run.err());
            Matcher fix = FIX.matcher(run.err());
            assertTrue(fix.find(), run.err());
            assertTrue(run.err().contains(one.function + " finds "), run.err());
            assertEquals("0 0 0", SIDES.target().query(target,
                    "SELECT (SELECT count(*) FROM spot) || ' ' || (SELECT count(*) FROM moods) || ' ' || (SELECT "
                            + "count(*) FROM other)"));
            assertEquals("0", SIDES.target().query(target,
                    "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
                            + "'public'::regnamespace"));
            if (one.left != null) {
                String without = SIDES.target().newDatabase();
                succeeds(load(source, without, way, "--leave-out", one.left));
                assertArrived(database(""), without);
            }
            SIDES.source().sql(source, fix.group(1));
            CommandRun again = load(source, target, way, "--restart");
            succeeds(again);
            assertFalse(again.err().contains(one.function + " finds "), again.err());
            assertArrived(source, target);
        }
    }

    /** What is printed can be run. */
    @Test
    void schemas_that_are_called_like_words_of_sql_are_quoted() {
        String source = SIDES.source().newDatabase();
        SIDES.source().sql(source, "CREATE SCHEMA \"order\"",
                "CREATE FUNCTION \"order\".cell(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT x'",
                "CREATE SCHEMA \"between\"", "CREATE TABLE \"between\".factor (f int)",
                "CREATE FUNCTION public.cell_of(x float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
                        + "RETURN cell(x) * (SELECT count(*) FROM factor); END $$",
                "CREATE TABLE spot (x float8)", "CREATE INDEX ON spot (cell_of(x))");
        SIDES.source().sql("postgres", "ALTER DATABASE " + source + " SET search_path = public, \"between\"");
        String target = SIDES.target().newDatabase();
        CommandRun run = CommandRun.preflight(SIDES.source().uri(source), SIDES.target().uri(target));
        Matcher fix = Pattern
                .compile("fix: (ALTER FUNCTION [^;]* SET search_path = public, \"between\", \"order\";) on the source")
                .matcher(run.out());
        assertTrue(fix.find(), run.out() + run.err());
        SIDES.source().sql(source, fix.group(1));
        CommandRun again = CommandRun.preflight(SIDES.source().uri(source), SIDES.target().uri(target));
        assertFalse(again.out().contains("only through a search_path"), again.out());
    }

    private static void succeeds(CommandRun run) {
        assertEquals(0, run.code(), run.err());
    }

    private static void assertArrived(String source, String target) {
        String stock = Oracle.restore(SIDES.source(), source, SIDES.target());
        assertEquals(Oracle.schema(SIDES.target(), stock), Oracle.schema(SIDES.target(), target));
        assertEquals(Oracle.data(SIDES.target(), stock), Oracle.data(SIDES.target(), target));
    }
}

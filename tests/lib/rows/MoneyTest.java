//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Locales;
import testbed.Oracle;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Sides;

/** Money is a number, and lc_monetary says which amount it is. */
class MoneyTest {
    private static final String[] PAID = {
            "CREATE DOMAIN fee AS money DEFAULT '￥300' CHECK (VALUE > '￥7')",
            "CREATE TABLE pay (id int PRIMARY KEY, m money, d money DEFAULT '￥500', CHECK (m < '￥99,999,999'))",
            "INSERT INTO pay (id, m) SELECT i, (i * 1000)::money FROM generate_series(1, 5) i",
            // Rows with a column of xml travel as text.
            "CREATE TABLE odd (m money[], f fee, x xml)",
            "INSERT INTO odd VALUES (ARRAY['￥1,000'::money, '-￥2'], '￥4,321', '<a/>')",
            "CREATE VIEW big AS SELECT * FROM pay WHERE m > '￥2,000'",
            "CREATE INDEX rich ON pay (m) WHERE m > '￥3,000'",
            "CREATE MATERIALIZED VIEW told AS SELECT id, m::text FROM pay"};
    private static Sides japanese;

    @TempDir
    Path folder;

    @BeforeAll
    static void start(@TempDir Path locales) throws IOException {
        PgServer.Plan plan = Locales.in(locales, "japanese").with("ja_JP", "UTF-8", "ja_JP.utf8").plan()
                .with("lc_monetary=ja_JP.UTF-8");
        japanese = new Sides(plan.start(), plan.start());
    }

    @AfterAll
    static void stop() {
        if (japanese != null) {
            japanese.close();
        }
    }

    private static String paid() {
        String source = japanese.source().newDatabase();
        japanese.source().sql(source, PAID);
        return source;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "directory", "plain", "restore", "script"})
    void where_both_sides_mean_the_same_amounts_all_arrives(String way) {
        String source = paid();
        String target = japanese.target().newDatabase();
        switch (way) {
            case "" -> succeeds(japanese.migrate(source, target));
            case "restore" -> {
                Path dump = folder.resolve("shop");
                succeeds(Dumps.dump(japanese.source().uri(source), dump));
                succeeds(Dumps.restore(japanese.target().uri(target), dump));
            }
            case "script" -> PastedScript.between(japanese.migrate(source, target, "--dry-run"),
                    japanese.source().uri(source), japanese.target().uri(target));
            default ->
                succeeds(japanese.migrate(source, target, "--via-files", "--dir", folder.toString(), "--format", way));
        }
        assertEquals(Oracle.schema(japanese.source(), source), Oracle.schema(japanese.target(), target));
        assertEquals(Oracle.data(japanese.source(), source), Oracle.data(japanese.target(), target));
        assertEquals("￥3,000", japanese.target().query(target, "SELECT m FROM pay WHERE id = 3"));
    }

    /**
     * The name alone does not matter: servers of other systems call the same locale differently, and amounts that
     * nobody has do not either.
     */
    @Test
    void another_name_stops_nothing() {
        String source = japanese.source().newDatabase();
        String target = japanese.target().newDatabase();
        japanese.source().sql(source, PAID);
        japanese.target().sql("postgres", "ALTER DATABASE " + target + " SET lc_monetary = 'ja_JP.utf8'");
        succeeds(japanese.migrate(source, target));
        String none = japanese.source().newDatabase();
        String dollars = japanese.target().newDatabase();
        japanese.source().sql(none, "CREATE TABLE item (id int)");
        japanese.target().sql("postgres", "ALTER DATABASE " + dollars + " SET lc_monetary = 'C'");
        succeeds(japanese.migrate(none, dollars));
    }

    @Test
    void where_they_would_be_other_amounts_that_stops_before_anything_is_changed() {
        String source = paid();
        String target = japanese.target().newDatabase();
        japanese.target().sql("postgres", "ALTER DATABASE " + target + " SET lc_monetary = 'C'");
        Path dump = folder.resolve("shop");
        succeeds(Dumps.dump(japanese.source().uri(source), dump));
        for (CommandRun run : new CommandRun[]{japanese.migrate(source, target),
                Dumps.restore(japanese.target().uri(target), dump)}) {
            assertEquals(3, run.code(), run.err());
            for (String part : new String[]{"column public.odd.f", "column public.odd.m", "column public.pay.m",
                    "a constraint of public.pay", "a default of public.pay",
                    "the definition of public.big", "domain public.fee", "index public.rich",
                    "ALTER DATABASE \"" + target + "\" SET lc_monetary TO 'ja_JP.UTF-8'"}) {
                assertTrue(run.failure().contains(part), part + " is missing: " + run.failure());
            }
        }
        assertEquals("0", japanese.target().query(target,
                "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"));
        // What the stop says mends it.
        japanese.target().sql("postgres", "ALTER DATABASE " + target + " SET lc_monetary TO 'ja_JP.UTF-8'");
        succeeds(japanese.migrate(source, target));
        assertEquals(Oracle.data(japanese.source(), source), Oracle.data(japanese.target(), target));
    }

    @Test
    void a_setting_that_comes_along_counts_and_one_that_the_target_does_not_know_stops() {
        Sides plain = Sides.shared();
        String source = paid();
        String target = japanese.target().newDatabase();
        japanese.source().sql("postgres", "ALTER DATABASE " + source + " SET lc_monetary = 'ja_JP.UTF-8'");
        japanese.target().sql("postgres", "ALTER DATABASE " + target + " SET lc_monetary = 'C'");
        succeeds(japanese.migrate(source, target));
        assertEquals("￥3,000", japanese.target().query(target, "SELECT m FROM pay WHERE id = 3"));
        CommandRun run = CommandRun.of("Migrate", Map.of("SOURCE", japanese.source().uri(source), "TARGET",
                plain.target().uri(plain.target().newDatabase())));
        assertEquals(3, run.code(), run.err());
        assertTrue(run.failure().contains("the target does not know the source's lc_monetary, \"ja_JP.UTF-8\"")
                && run.failure().contains("install the locale"), run.failure());
    }

    private static void succeeds(CommandRun run) {
        assertEquals(0, run.code(), run.err());
    }
}

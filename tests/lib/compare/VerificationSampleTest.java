//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Sides;

/**
 * What a comparison by sample sees, which is the default after a migration, what it does not see, and that a summary
 * says no more than was looked at.
 */
class VerificationSampleTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static String shop;
    private static String moved;
    private static CommandRun migrated;

    /** Of the tables of more than a megabyte, one of each kind of key, and one without any. */
    @BeforeAll
    static void move() {
        shop = SOURCE.newDatabase();
        moved = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE FUNCTION twice(int) RETURNS int IMMUTABLE RETURN $1 * 2",
                "CREATE TABLE single (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (twice(id)) STORED, v text)",
                "CREATE TABLE pair (a text, b \"char\", \"c d\" timestamptz, v text, PRIMARY KEY (a, \"c d\"))",
                "CREATE TABLE often (at timestamptz NOT NULL, v text)", "CREATE INDEX ON often (at DESC)",
                "CREATE TABLE keyless (a int, v text)",
                "CREATE TABLE small (id int, v text)",
                "CREATE TABLE odd (id regclass PRIMARY KEY, v text)",
                "INSERT INTO single (id, v) SELECT i, repeat('v', 100) FROM generate_series(1, 20000) i",
                "INSERT INTO pair SELECT 'it''s ' || i || E'\\\\', 'x', '2024-01-01'::timestamptz + i * interval "
                        + "'1 hour', repeat('v', 100) FROM generate_series(1, 20000) i",
                "INSERT INTO often SELECT '2024-01-01'::timestamptz + i / 5 * interval '1 hour', repeat('v', 100) "
                        + "FROM generate_series(1, 20000) i",
                "INSERT INTO keyless SELECT i, repeat('v', 100) FROM generate_series(1, 20000) i",
                "INSERT INTO small SELECT i, 'v' FROM generate_series(1, 100) i",
                "INSERT INTO odd SELECT i, repeat('v', 100) FROM generate_series(1000000, 1020000) i",
                "CREATE MATERIALIZED VIEW seen AS SELECT count(*) FROM single", "ANALYZE");
        migrated = SIDES.migrate(shop, moved);
        assertEquals(0, migrated.code(), migrated.err());
    }

    @AfterAll
    static void drop() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop);
        TARGET.sql("postgres", "DROP DATABASE " + moved);
    }

    private static CommandRun verify(String level) {
        return CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(moved)), "--level",
                level);
    }

    @Test
    void the_summary_says_what_was_looked_at() {
        assertTrue(migrated.out().matches(
                "(?s).*\\narrived: 100101 rows in 6 tables and 1 row in 1 materialized view; compared: objects, "
                        + "numbers of rows, "
                        + "contents of 4 in full, of 3 by a sample of [23]\\d\\d\\d rows\\n"),
                migrated.out());
        assertFalse(migrated.out().contains("everything arrived"), migrated.out());
        CommandRun whole = SIDES.migrate(shop, TARGET.newDatabase(), "--verify", "checksums");
        assertTrue(
                whole.out()
                        .endsWith("\neverything arrived: 100101 rows in 6 tables and 1 row in 1 materialized view\n"),
                whole.out());
        CommandRun counted = SIDES.migrate(shop, TARGET.newDatabase(), "--verify", "counts");
        assertTrue(counted.out().endsWith("\narrived: 100101 rows in 6 tables and 1 row in 1 materialized view; "
                + "compared: objects and numbers of rows, no contents\n"), counted.out());
        CommandRun none =
                SIDES.migrate(shop, TARGET.newDatabase(), "--verify", "none", "--exclude-table-data", "keyless");
        assertTrue(none.out().endsWith(
                "\narrived: 80101 rows in 5 tables; nothing was compared; left out: what the filters exclude\n"),
                none.out());
    }

    /**
     * Rows of a large table are found by their keys, whatever kind of key it is; of a small table or one without a key
     * one wrong row is found.
     */
    @ParameterizedTest
    @CsvSource({"single, v = 'w'", "single, v = CASE id % 50 WHEN 3 THEN 'w' ELSE v END",
            "single, v = CASE id / 400 WHEN 49 THEN 'w' ELSE v END", "pair, v = 'w'", "often, v = 'w'",
            "keyless, v = CASE a WHEN 4711 THEN 'w' ELSE v END",
            "small, v = CASE id WHEN 99 THEN 'w' ELSE v END",
            "odd, v = CASE id::oid::int WHEN 1004711 THEN 'w' ELSE v END"})
    void other_contents_are_found(String table, String change) {
        try {
            TARGET.sql(moved, "UPDATE " + table + " SET " + change);
            assertEquals(0, verify("counts").code());
            CommandRun sampled = verify("sample");
            assertEquals(4, sampled.code(), sampled.out() + sampled.err());
            assertTrue(sampled.out().contains("\nrow contents  public." + table + " "), sampled.out());
        } finally {
            TARGET.sql(moved, "UPDATE " + table + " SET v = repeat('v', " + (table.equals("small") ? 1 : 100) + ")");
        }
        assertEquals(0, verify("checksums").code());
    }

    /** A computed column is compared in full: one wrong value in a large table is found. */
    @Test
    void one_generated_value_is_found() {
        String twice = "CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE RETURN ";
        TARGET.sql(moved, twice + "CASE $1 WHEN 4711 THEN 1 ELSE $1 * 2 END",
                "UPDATE single SET id = id WHERE id = 4711", twice + "$1 * 2");
        CommandRun sampled = verify("sample");
        assertEquals(4, sampled.code(), sampled.out() + sampled.err());
        assertTrue(sampled.out().contains("\nrow contents  public.single "), sampled.out());
        TARGET.sql(moved, "UPDATE single SET id = id WHERE id = 4711");
        assertEquals(0, verify("sample").code());
    }
}

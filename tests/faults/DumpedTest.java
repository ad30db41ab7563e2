//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.PgServer;
import testbed.Sides;

/** What judges the campaigns sees each difference, and none where there is none. */
class DumpedTest {
    private static final PgServer SERVER = Sides.shared().source();
    private static String database;

    @BeforeAll
    static void make_a_database() {
        database = SERVER.newDatabase();
        SERVER.sql(database, "CREATE TABLE item (id serial, said text, CHECK (id > 0))",
                "INSERT INTO item (said) VALUES ('a'), ('b'), ('b')",
                "SELECT lo_from_bytea(4711, convert_to(repeat('first', 9000) || repeat('other', 9000), 'UTF8'))",
                "CREATE MATERIALIZED VIEW seen AS SELECT count(*) FROM item",
                "CREATE INDEX item_said ON item (said)");
    }

    @AfterAll
    static void drop() {
        SERVER.sql("postgres", "DROP DATABASE " + database);
    }

    private static String copy(String... changes) {
        String copy = database + "_copy";
        SERVER.sql("postgres", "DROP DATABASE IF EXISTS " + copy,
                "CREATE DATABASE " + copy + " TEMPLATE " + database);
        SERVER.sql(copy, changes);
        return copy;
    }

    private static List<String> differences(String copy) {
        return Dumped.differences(Dumped.of(SERVER, database), Dumped.of(SERVER, copy));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            table public.item        | UPDATE item SET said = 'c' WHERE id = 1
            table public.item        | DELETE FROM item WHERE id = 2
            table public.item        | UPDATE item SET said = NULL WHERE id = 3
            sequence public.item_id_seq | SELECT nextval('item_id_seq')
            large object 4711        | SELECT lo_put(4711, 44999, 'X')
            large object 4712        | SELECT lo_create(4712)
            materialized view seen   | CREATE OR REPLACE FUNCTION one() RETURNS int RETURN 1; DROP MATERIALIZED VIEW \
            seen; CREATE MATERIALIZED VIEW seen AS SELECT count(*) FROM item WITH NO DATA
            only expected: ALTER     | ALTER TABLE item OWNER TO pg_database_owner
            only there: COMMENT      | COMMENT ON COLUMN item.said IS 'said'
            indexes that are not     | UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'item_said'::regclass
            """)
    void a_difference_is_named(String named, String change) {
        List<String> differences = differences(copy(change));
        assertTrue(differences.stream().anyMatch(difference -> difference.startsWith(named)), differences.toString());
    }

    @Test
    void the_order_of_rows_is_none() {
        assertEquals(List.of(),
                differences(copy("UPDATE item SET said = said WHERE id = 1", "VACUUM item",
                        "UPDATE item SET said = said WHERE id = 3")));
    }

    @Test
    void what_views_would_hold_is_told_from_what_they_hold() {
        String copy = copy("DELETE FROM item WHERE id = 1");
        assertNotEquals(Dumped.of(SERVER, copy), Dumped.restored(SERVER, copy));
        SERVER.sql(copy, "REFRESH MATERIALIZED VIEW seen");
        assertEquals(Dumped.of(SERVER, copy), Dumped.restored(SERVER, copy));
    }

    @Test
    void rows_that_were_brought_again_are_counted() {
        String copy = copy();
        RepeatedWork work = RepeatedWork.since(SERVER, copy);
        assertEquals(3, work.kept());
        assertEquals(List.of(), work.repeated(table -> false));
        SERVER.sql(copy, "INSERT INTO item (said) VALUES ('more')");
        assertEquals(List.of(), work.repeated(table -> false));
        SERVER.sql(copy, "BEGIN; CREATE TABLE kept AS TABLE item; DELETE FROM item WHERE id < 3; INSERT INTO item "
                + "SELECT * FROM kept WHERE id < 3; COMMIT");
        assertEquals(List.of("2 of 3 rows of public.item were brought again"), work.repeated(table -> false));
        assertEquals(List.of(), work.repeated("public.item"::equals));
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package testbed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The judge of migrations: it must see what is equal as equal, and every kind of difference. */
class OracleTest {
    @AutoClose
    private static PgServer source;
    @AutoClose
    private static PgServer target;
    private static String database;
    private static String copy;

    @BeforeAll
    static void restore_a_database_with_stock_tools() {
        source = PgServer.installed();
        target = PgServer.installed();
        database = source.newDatabase();
        source.sql("postgres", "CREATE ROLE \"odd \"\"name\" PASSWORD 'secret'", "CREATE ROLE reader",
                "GRANT reader TO \"odd \"\"name\"");
        source.sql(database, "CREATE SCHEMA app AUTHORIZATION \"odd \"\"name\"",
                "CREATE TABLE app.item (id serial PRIMARY KEY, at timestamptz, span interval, price float8, raw "
                        + "bytea, note text)",
                "INSERT INTO app.item (at, span, price, raw, note) SELECT now(), n * interval '1 hour', n / 3.0, "
                        + "'\\x00ff', E'tab\\tline\\n' || n "
                        + "FROM generate_series(1, 1000) n",
                "GRANT SELECT ON app.item TO reader",
                "CREATE MATERIALIZED VIEW app.total AS SELECT count(*) FROM app.item",
                "CREATE MATERIALIZED VIEW app.later AS SELECT 1 AS n WITH NO DATA",
                "SELECT lo_from_bytea(4711, 'a large object')");
        copy = Oracle.restore(source, database, target);
    }

    @Test
    void a_stock_restoration_is_equal_to_its_source() {
        assertEquals(Oracle.schema(source, database), Oracle.schema(target, copy));
        assertEquals(Oracle.data(source, database), Oracle.data(target, copy));
        assertTrue(Oracle.schema(target, copy).orElseThrow().contains("ALTER SCHEMA app OWNER TO \"odd \"\"name\";"));
    }

    @Test
    void every_kind_of_data_is_looked_at() {
        assertEquals(
                "[large object 4711, materialized view app.later, materialized view app.total, sequence "
                        + "app.item_id_seq, table app.item]",
                Oracle.data(source, database).keySet().toString());
        assertEquals("1000 t", Oracle.data(source, database).get("sequence app.item_id_seq"));
        assertEquals("not populated", Oracle.data(source, database).get("materialized view app.later"));
    }

    @Test
    void roles_come_with_passwords_and_memberships() {
        assertEquals("t", target.query("postgres",
                "SELECT rolpassword LIKE 'SCRAM-SHA-256%' FROM pg_authid WHERE rolname = 'odd \"name'"));
        assertEquals("t", target.query("postgres", "SELECT pg_has_role('odd \"name', 'reader', 'MEMBER')"));
    }

    @Test
    void a_changed_value_a_moved_sequence_and_another_large_object_show() {
        String changed = Oracle.restore(source, database, target);
        target.sql(changed, "UPDATE app.item SET price = price + 1e-12 WHERE id = 500",
                "SELECT setval('app.item_id_seq', 1001)",
                "SELECT lo_put(4711, 0, 'A')");
        var expected = Oracle.data(target, copy);
        var found = Oracle.data(target, changed);
        for (String key : new String[]{"table app.item", "sequence app.item_id_seq", "large object 4711"}) {
            assertNotEquals(expected.get(key), found.get(key), key);
        }
    }

    @Test
    void the_order_of_rows_is_no_difference_but_a_missing_grant_is() {
        String changed = Oracle.restore(source, database, target);
        target.sql(changed, "UPDATE app.item SET note = note WHERE id < 500", "REVOKE SELECT ON app.item FROM reader");
        assertEquals(Oracle.data(target, copy), Oracle.data(target, changed));
        assertNotEquals(Oracle.schema(target, copy), Oracle.schema(target, changed));
    }

    @Test
    void event_triggers_of_the_source_do_not_get_in_the_way() {
        String guarded = source.newDatabase();
        source.sql(guarded, "CREATE MATERIALIZED VIEW mv AS SELECT 1 AS n",
                "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; "
                        + "END $$",
                "CREATE EVENT TRIGGER guard ON ddl_command_start EXECUTE FUNCTION refuse()");
        String restored = Oracle.restore(source, guarded, target);
        assertEquals("O", target.query(restored, "SELECT evtenabled FROM pg_event_trigger WHERE evtname = 'guard'"));
        assertEquals(Oracle.schema(source, guarded), Oracle.schema(target, restored));
        assertEquals(Oracle.data(source, guarded), Oracle.data(target, restored));
    }

    @Test
    void a_hypertable_is_restored_with_its_chunks() {
        try (PgServer timescale = TrixieRoot.timescale()) {
            String metrics = timescale.newDatabase();
            timescale.sql(metrics, "CREATE EXTENSION timescaledb", "CREATE TABLE m (at timestamptz NOT NULL, v int)",
                    "SELECT create_hypertable('m', 'at')",
                    "INSERT INTO m SELECT '2024-01-01'::timestamptz + n * interval '1 day', n FROM "
                            + "generate_series(1, 30) n");
            String restored = Oracle.restore(timescale, metrics, timescale);
            assertEquals("30", timescale.query(restored, "SELECT count(*) FROM m"));
            assertEquals("5", timescale.query(restored, "SELECT count(*) FROM timescaledb_information.chunks"));
            assertEquals(Oracle.schema(timescale, metrics), Oracle.schema(timescale, restored));
            assertEquals(Oracle.data(timescale, metrics), Oracle.data(timescale, restored));
            assertEquals(6, Oracle.data(timescale, metrics).size());
        }
    }
}

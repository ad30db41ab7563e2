//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/** Extensions of the source become others between two passes. */
class PreparedExtensionsTest {
    private static final Sides SIDES = Sides.installed();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @AfterAll
    static void takeDown() {
        SIDES.close();
    }

    private static List<List<String>> extensions(PgServer server, String database) {
        return server.rows(database, "SELECT concat_ws(' ', e.extname, e.extversion, n.nspname) FROM pg_extension e "
                + "JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1");
    }

    @Test
    void they_are_on_the_target_as_the_source_has_them_in_the_end() {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE SCHEMA bag", "CREATE EXTENSION hstore SCHEMA bag", "CREATE EXTENSION citext",
                "CREATE TABLE item (id int, tags bag.hstore, name citext)", "INSERT INTO item VALUES (1, 'a=>1', 'X')",
                "CREATE EXTENSION earthdistance CASCADE", "CREATE EXTENSION pg_trgm VERSION '1.3'",
                "CREATE TABLE word (word text)", "CREATE INDEX ON word USING gin (word gin_trgm_ops)",
                "INSERT INTO word VALUES ('word')");
        assertEquals(0, CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--prepare").code());
        SOURCE.sql(shop, "DROP EXTENSION hstore CASCADE", "DROP SCHEMA bag", "DROP EXTENSION citext CASCADE",
                "CREATE SCHEMA globe", "ALTER EXTENSION earthdistance SET SCHEMA globe",
                "ALTER EXTENSION pg_trgm UPDATE", "CREATE EXTENSION unaccent");
        CommandRun last = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--resume");
        assertEquals(0, last.code(), last.err());
        assertTrue(last.err().contains("migrate: extensions: 4 there, changed since: earthdistance, pg_trgm ("),
                last.err());
        assertTrue(last.err().contains("migrate: changes of the schema: changed table public.item; gone extension "
                + "citext, extension hstore, schema bag ("), last.err());
        assertEquals(extensions(SOURCE, shop), extensions(TARGET, target));
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
        assertEquals(Oracle.schema(SOURCE, shop), Oracle.schema(TARGET, target));
    }

    @Test
    void one_that_somebody_needs_on_the_target_is_named() {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE EXTENSION citext", "CREATE TABLE item (id int)", "INSERT INTO item VALUES (1)");
        assertEquals(0, CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--prepare").code());
        SOURCE.sql(shop, "DROP EXTENSION citext");
        TARGET.sql(target, "ALTER TABLE item ADD name citext");
        CommandRun last = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--resume");
        assertEquals(1, last.code(), last.err());
        assertTrue(last.err().contains("migrate: error: the schema of the source has changed since the interrupted run "
                + "in what cannot be followed: extension citext\nmigrate: detail: column name of table public.item "
                + "depends on type public.citext\n"), last.err());
    }
}

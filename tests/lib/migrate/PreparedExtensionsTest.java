//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.HeldLock;
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
                "CREATE EXTENSION seg",
                "CREATE TABLE word (word text)", "CREATE INDEX ON word USING gin (word gin_trgm_ops)",
                "INSERT INTO word VALUES ('word')");
        assertEquals(0, CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--prepare").code());
        SOURCE.sql(shop, "DROP EXTENSION hstore CASCADE", "DROP SCHEMA bag", "DROP EXTENSION citext CASCADE",
                // The second one needs the first.
                "DROP EXTENSION cube CASCADE",
                "CREATE SCHEMA grown", "ALTER EXTENSION seg SET SCHEMA grown", "ALTER EXTENSION pg_trgm UPDATE",
                "CREATE EXTENSION unaccent");
        CommandRun last = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--resume");
        assertEquals(0, last.code(), last.err());
        assertTrue(last.err().contains("migrate: extensions: 3 there, changed since: pg_trgm, seg ("),
                last.err());
        assertTrue(last.err().contains("migrate: changes of the schema: changed table public.item; gone extension "
                + "citext, extension cube, extension earthdistance, extension hstore, schema bag ("), last.err());
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

    @Test
    void a_version_to_which_there_is_no_way_is_refused() {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE EXTENSION pg_trgm VERSION '1.4'", "CREATE TABLE item (id int)",
                "INSERT INTO item VALUES (1)");
        assertEquals(0, CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--prepare").code());
        SOURCE.sql(shop, "DROP EXTENSION pg_trgm", "CREATE EXTENSION pg_trgm VERSION '1.3'");
        CommandRun last = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--resume");
        assertEquals(1, last.code(), last.err());
        assertTrue(last.failure().startsWith("""
                error: the schema of the source has changed since the interrupted run in what cannot be followed: \
                extension pg_trgm
                detail: extension "pg_trgm" has no update path from version "1.4" to version "1.3"
                hint: begin anew: run the same command with --restart, in place of --resume if that was given
                """.strip()), last.failure());
    }

    /** It was made of what there was then. */
    @Test
    void a_dump_gets_the_extensions_that_it_needs(@TempDir Path folder) {
        String shop = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(shop, "CREATE EXTENSION citext", "CREATE EXTENSION postgres_fdw",
                "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw",
                "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'u')", "CREATE TABLE item (id int, n citext)",
                "INSERT INTO item VALUES (1, 'A')");
        try (HeldLock hold = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_user_mapping IN SHARE MODE");
                ChildCommand child = ChildCommand.start(
                        ChildCommand.java("Migrate", "--via-files", "--dir", folder.toString()), folder,
                        Map.of("SOURCE", SOURCE.uri(shop), "TARGET", TARGET.uri(target)))) {
            hold.awaitWaiter();
            child.signal("KILL");
        }
        SOURCE.sql(shop, "DROP EXTENSION citext CASCADE");
        CommandRun run = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target), "--via-files", "--dir",
                folder.toString(), "--resume", "--verify", "none");
        assertEquals(0, run.code(), run.err());
        assertEquals("A", TARGET.query(target, "SELECT n FROM item"));
    }
}

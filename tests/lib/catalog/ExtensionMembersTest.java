//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;

/**
 * What somebody has put into an extension of the target (ALTER EXTENSION … ADD), or what nobody owns, is not taken for
 * nothing.
 */
class ExtensionMembersTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static String shop;

    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        SOURCE.sql(shop, "CREATE EXTENSION citext", "CREATE SCHEMA app", "CREATE TABLE app.item AS SELECT 1 AS id",
                "CREATE TABLE item AS SELECT 1 AS id",
                "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE TYPE mood AS ENUM ('x')",
                "CREATE CAST (int AS inet) WITH INOUT");
    }

    private static String target(String... statements) {
        String target = TARGET.newDatabase();
        TARGET.sql(target, "CREATE EXTENSION citext");
        TARGET.sql(target, statements);
        return target;
    }

    @Test
    void members_with_names_that_are_to_be_created_are_named_and_when_the_hint_is_followed_all_arrives() {
        String target = target(
                "BEGIN; CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER EXTENSION citext ADD "
                        + "FUNCTION f(int); COMMIT",
                "BEGIN; CREATE VIEW item AS SELECT 7 AS id; ALTER EXTENSION citext ADD VIEW item; COMMIT",
                // Relations and types share their names.
                "BEGIN; CREATE TABLE mood (id int); ALTER EXTENSION citext ADD TABLE mood; COMMIT",
                "CREATE CAST (int AS inet) WITH INOUT", "ALTER EXTENSION citext ADD CAST (int AS inet)",
                "CREATE SCHEMA app", "ALTER EXTENSION citext ADD SCHEMA app");
        SIDES.refusesToMigrate("""
                error: the target has objects with names that are to be created: function public.f(integer) \
                in extension citext, \
                view public.item in extension citext, table public.mood in extension citext, cast (integer \
                AS pg_catalog.inet) in extension citext, \
                schema app in extension citext
                hint: rename them on the source, or drop them on the target: ALTER EXTENSION "citext" DROP FUNCTION \
                public.f(integer); \
                DROP FUNCTION public.f(integer); ALTER EXTENSION "citext" DROP VIEW public.item; \
                DROP VIEW public.item; ALTER EXTENSION "citext" DROP TABLE public.mood; DROP TABLE public.mood; \
                ALTER EXTENSION "citext" DROP CAST (integer AS pg_catalog.inet); DROP CAST (integer \
                AS pg_catalog.inet); \
                ALTER EXTENSION "citext" DROP SCHEMA app; DROP SCHEMA app;
                """, shop, target);
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(shop), TARGET.uri(target));
        assertEquals(3, preflight.code());
        TARGET.sql(target,
                preflight.out().replaceFirst("(?s).* drop them on the target: ", "").replaceFirst("(?s)\n.*", ""));
        assertEquals(0, SIDES.migrate(shop, target).code());
    }

    @Test
    void a_table_that_was_put_into_an_extension_makes_a_target_not_empty() {
        String target = target("CREATE TABLE ledger AS SELECT generate_series(1, 777) AS id",
                "ALTER EXTENSION citext ADD TABLE ledger");
        SIDES.refusesToMigrate("""
                error: the target is not empty: table public.ledger in extension citext
                hint: name an empty database, or create one with --create-database
                """, shop, target);
        // Neither a change of the extension nor one of its version makes what it brought along somebody's.
        TARGET.sql(target, "ALTER EXTENSION citext DROP TABLE ledger", "DROP TABLE ledger", "CREATE SCHEMA words",
                "ALTER EXTENSION citext SET SCHEMA words",
                "ALTER EXTENSION citext SET SCHEMA public", "DROP SCHEMA words",
                "CREATE EXTENSION pg_stat_statements VERSION '1.8'",
                "ALTER EXTENSION pg_stat_statements UPDATE", "VACUUM FULL pg_depend", "VACUUM FREEZE");
        assertEquals(0, SIDES.migrate(shop, target).code());
    }

    @Test
    void a_cast_that_is_there_already_is_named() {
        String target = target("CREATE CAST (int AS inet) WITH INOUT");
        SIDES.refusesToMigrate("""
                error: the target has objects with names that are to be created: cast (integer AS pg_catalog.inet)
                hint: rename them on the source, or drop them on the target: DROP CAST (integer AS pg_catalog.inet);
                """, shop, target);
        assertEquals(0, SIDES.migrate(shop, target, "--table", "app.item").code());
    }

    @Test
    void what_the_source_has_in_the_same_extension_or_what_is_not_wanted_is_no_matter() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE EXTENSION citext", "CREATE TABLE item AS SELECT 7 AS id",
                "CREATE TYPE mood AS ENUM ('x')", "CREATE TABLE other (id int)",
                "ALTER EXTENSION citext ADD TYPE mood");
        String target = target("CREATE TYPE mood AS ENUM ('x')", "ALTER EXTENSION citext ADD TYPE mood",
                "CREATE TYPE item AS ENUM ('x')",
                "ALTER EXTENSION citext ADD TYPE item");
        assertEquals(3, SIDES.migrate(source, target).code());
        assertEquals(0, SIDES.migrate(source, target, "--table", "other").code());
    }

    @Test
    void a_dump_is_not_restored_over_it(@TempDir Path folder) {
        Dumps.dumped(SOURCE, shop, folder.resolve("dump"));
        String target = target("BEGIN; CREATE TYPE item AS ENUM ('y'); ALTER EXTENSION citext ADD TYPE item; COMMIT");
        CommandRun restore = Dumps.restore(TARGET.uri(target), folder.resolve("dump"));
        assertEquals(3, restore.code());
        assertTrue(restore.failure().startsWith(
                "error: the target has objects with names that are to be created: type public.item in extension "
                        + "citext\n"),
                restore.failure());
        assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_class WHERE relname = 'item'"));
    }

    @Test
    void what_was_put_into_an_extension_of_the_source_is_not_lost_without_a_word() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE EXTENSION citext", "CREATE TABLE kept AS SELECT 1 AS id",
                "CREATE TABLE lost AS SELECT generate_series(1, 1000) AS id",
                "CREATE VIEW seen AS SELECT id FROM lost");
        SOURCE.sql(source, "ALTER EXTENSION citext ADD TABLE lost");
        SIDES.refusesToMigrate("""
                error: extension-members: public.lost: somebody has put it into extension citext, \
                which does not make it; to carry it: \
                ALTER EXTENSION citext DROP TABLE public.lost; on the source
                hint: migrate --leave-out extension-members
                """, source, TARGET.newDatabase());
        SOURCE.sql(source, "DROP VIEW seen");
        String without = TARGET.newDatabase();
        CommandRun run = SIDES.migrate(source, without, "--leave-out", "extension-members");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().contains("left out: extension-members: public.lost"), run.out());
        SOURCE.sql(source, "ALTER EXTENSION citext DROP TABLE public.lost");
        String target = TARGET.newDatabase();
        assertEquals(0, SIDES.migrate(source, target).code());
        assertEquals("1000", TARGET.query(target, "SELECT count(*) FROM lost"));
    }

    /** As pg_upgrade does with all members of all extensions. */
    @Test
    void members_that_were_all_put_in_one_by_one_are_the_extensions_own() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE EXTENSION pg_stat_statements");
        SOURCE.rows(source, """
                SELECT format('ALTER EXTENSION pg_stat_statements DROP %1$s %2$s; ALTER EXTENSION pg_stat_statements \
                ADD %1$s %2$s', upper(i.type), i.identity)
                  FROM pg_depend e, pg_identify_object(e.classid, e.objid, 0) i
                 WHERE e.refclassid = 'pg_extension'::regclass AND e.refobjid = (SELECT oid FROM pg_extension
                   WHERE extname = 'pg_stat_statements') AND e.deptype = 'e'
                   AND i.type IN ('view', 'function')""").forEach(row -> SOURCE.sql(source, row.get(0)));
        CommandRun run = SIDES.migrate(source, TARGET.newDatabase());
        assertEquals(0, run.code(), run.err());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.Sides;

/** What needs itself can be made by no script: it is named before anything is changed, and can be left out. */
class SelfReferencesTest {
    private static final Sides SIDES = Sides.shared();

    private static final String[] LOOPS = {
            "CREATE VIEW loop AS SELECT id FROM items", "CREATE OR REPLACE VIEW loop AS SELECT id FROM loop",
            "COMMENT ON VIEW loop IS 'of no use'",
            "CREATE VIEW counted AS SELECT 1::bigint AS n",
            "CREATE OR REPLACE VIEW counted AS WITH x AS (SELECT FROM counted o) SELECT count(*) AS n FROM x",
            "CREATE FUNCTION down(int) RETURNS int LANGUAGE sql RETURN 1",
            "CREATE OR REPLACE FUNCTION down(int) RETURNS int LANGUAGE sql RETURN down($1 - 1)"};
    /** These look alike, and pg_dump's script makes them. */
    private static final String[] OTHERS = {
            "CREATE TABLE items (id int PRIMARY KEY)", "INSERT INTO items VALUES (1), (2)",
            "CREATE VIEW one AS SELECT id AS old FROM items", "CREATE VIEW other AS SELECT old FROM one",
            "CREATE OR REPLACE VIEW one AS SELECT old FROM other",
            "CREATE VIEW \"new\" AS SELECT id FROM items",
            "CREATE RULE adds AS ON INSERT TO \"new\" DO INSTEAD INSERT INTO items VALUES (new.id)",
            "CREATE FUNCTION up(int) RETURNS int LANGUAGE sql RETURN $1 + 1",
            "CREATE FUNCTION upper_still(int) RETURNS int LANGUAGE sql RETURN up($1) + up($1)",
            "CREATE FUNCTION text_loop(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN public.text_loop($1); END'"};

    @TempDir
    Path folder;

    private static String database(boolean loops) {
        String database = SIDES.source().newDatabase();
        SIDES.source().sql(database, OTHERS);
        if (loops) {
            SIDES.source().sql(database, LOOPS);
        }
        return database;
    }

    @Test
    void stops_before_anything_is_changed() {
        SIDES.refusesToMigrate("""
                error: self-references: public.counted: the view reads itself, so that pg_dump's script cannot create it
                hint: DROP VIEW public.counted; on the source, or migrate --leave-out self-references
                error: self-references: public.down(integer): the function calls itself in a body that pg_dump's \
                script cannot create
                hint: DROP FUNCTION public.down(integer); on the source, or migrate --leave-out self-references
                error: self-references: public.loop: the view reads itself, so that pg_dump's script cannot create it
                hint: DROP VIEW public.loop; on the source, or migrate --leave-out self-references
                error: preflight found 3 reasons not to start; nothing was changed
                """, database(true), SIDES.target().newDatabase());
    }

    @Test
    void the_rest_arrives_without_them() {
        String source = database(true);
        String target = SIDES.target().newDatabase();
        succeeds(SIDES.migrate(source, target, "--leave-out", "self-references"));
        String files = SIDES.target().newDatabase();
        succeeds(SIDES.migrate(source, files, "--leave-out", "public.loop", "--leave-out", "public.counted",
                "--leave-out", "public.down(integer)", "--via-files", "--dir",
                folder.toString(), "--format", "custom"));
        assertAsWithout(target, files);
    }

    @Test
    void the_rest_of_a_dump_arrives_without_them() {
        String source = database(true);
        Path dump = folder.resolve("dump");
        CommandRun dumped = Dumps.dump(SIDES.source().uri(source), dump);
        succeeds(dumped);
        assertTrue(dumped.err().contains("cannot be restored: self-references: public.loop"), dumped.err());
        String target = SIDES.target().newDatabase();
        CommandRun refused = Dumps.restore(SIDES.target().uri(target), dump);
        assertEquals(3, refused.code(), refused.err());
        assertTrue(refused.err().contains("--leave-out self-references"), refused.err());
        succeeds(Dumps.restore(SIDES.target().uri(target), dump, "--leave-out", "self-references"));
        assertAsWithout(target);
    }

    private static void assertAsWithout(String... targets) {
        String stock = Oracle.restore(SIDES.source(), database(false), SIDES.target());
        for (String target : targets) {
            assertEquals(Oracle.schema(SIDES.target(), stock), Oracle.schema(SIDES.target(), target));
            assertEquals(Oracle.data(SIDES.target(), stock), Oracle.data(SIDES.target(), target));
        }
    }

    private static void succeeds(CommandRun run) {
        assertEquals(0, run.code(), run.err());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.ServerAccess;
import testbed.Sides;
import testbed.TrixieRoot;

/**
 * What stock tools restore is the same for verify, though the server prints it in another form then; what is not the
 * same is found.
 */
class RestoredTextsTest {
    private static final Sides SIDES = Sides.shared();
    private static final Path TEXTS = Path.of("tests/sql/restored-texts.sql");
    private static final String PRINTED =
            "SELECT viewname || ' ' || definition FROM pg_views WHERE schemaname = 'public'";

    private static String database() {
        String database = SIDES.source().newDatabase();
        SIDES.source().script(database, TEXTS);
        return database;
    }

    private static CommandRun verify(ServerAccess source, String from, ServerAccess target, String to) {
        return CommandRun.of("Verify", Map.of("SOURCE", source.uri(from), "TARGET", target.uri(to)), "--level",
                "objects");
    }

    private static void assertSame(ServerAccess source, String from, ServerAccess target, String to) {
        CommandRun run = verify(source, from, target, to);
        assertEquals("", run.out(), run.err());
        assertEquals(0, run.code(), run.err());
    }

    @Test
    void what_stock_tools_restore_is_the_same() {
        String source = database();
        String target = Oracle.restore(SIDES.source(), source, SIDES.target());
        List<List<String>> before = SIDES.source().rows(source, PRINTED);
        long changed = SIDES.target().rows(target, PRINTED).stream().filter(view -> !before.contains(view)).count();
        assertTrue(changed > 5, "restoring changes the text of " + changed + " views only");
        assertSame(SIDES.source(), source, SIDES.target(), target);
    }

    @Test
    void on_a_newer_server_and_from_there_on() {
        try (PgServer newer = PgServer.plan(TrixieRoot.server()).start()) {
            String source = database();
            String there = Oracle.restore(SIDES.source(), source, newer, Oracle.clients(17));
            assertSame(SIDES.source(), source, newer, there);
            newer.script(there, Path.of("tests/sql/restored-texts-17.sql"));
            assertSame(newer, there, newer, Oracle.restore(newer, there, newer, Oracle.clients(17)));
        }
    }

    /** A canonical form may not take other things for the same. */
    @Test
    void another_value_type_or_name_is_found() {
        String source = SIDES.source().newDatabase();
        String target = SIDES.target().newDatabase();
        List<List<String>> pairs = List.of(
                List.of("SELECT k FROM (SELECT 'a'::text AS k UNION ALL SELECT 'b'::text) q",
                        "SELECT k FROM (SELECT 'a'::text AS k UNION ALL SELECT 'c'::text) q"),
                List.of("SELECT k FROM (SELECT 'a'::text AS k UNION ALL SELECT NULL) q",
                        "SELECT k FROM (SELECT 'a'::text AS k UNION ALL SELECT '') q"),
                List.of("SELECT k FROM (SELECT 'a'::text AS k UNION ALL SELECT 'b') q",
                        "SELECT k FROM (SELECT 'a'::text AS k UNION SELECT 'b') q"),
                List.of("SELECT 'a'::text AS text", "SELECT 'a'::text AS other"),
                List.of("SELECT k::text FROM (SELECT 1 AS k UNION ALL SELECT 2) q",
                        "SELECT k::text FROM (SELECT 1::bigint AS k UNION ALL SELECT 2) q"));
        for (int i = 0; i < pairs.size(); i++) {
            SIDES.source().sql(source, "CREATE VIEW v" + i + " AS " + pairs.get(i).get(0));
            SIDES.target().sql(target, "CREATE VIEW v" + i + " AS " + pairs.get(i).get(1));
        }
        CommandRun run = verify(SIDES.source(), source, SIDES.target(), target);
        assertEquals(4, run.code(), run.err());
        for (int i = 0; i < pairs.size(); i++) {
            assertTrue(run.out().contains("public.v" + i), run.out());
        }
    }
}

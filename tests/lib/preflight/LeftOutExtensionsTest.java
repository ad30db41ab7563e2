//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;
import testbed.Timescale;

/**
 * Where nobody is superuser, what only a superuser may create can be left out, by the very words of the hint, or what
 * needs it is named.
 */
class LeftOutExtensionsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String LOADER = "left_out_loader";
    @TempDir
    private static Path folder;

    @BeforeAll
    static void makeRole() {
        TARGET.sql("postgres", "CREATE ROLE " + LOADER + " LOGIN PASSWORD 'l'");
    }

    @AfterAll
    static void dropRole() {
        TARGET.rows("postgres", "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = '" + LOADER + "'")
                .forEach(row -> TARGET.sql("postgres", "DROP DATABASE " + row.get(0)));
        TARGET.sql("postgres", "DROP ROLE " + LOADER);
    }

    private static String target() {
        return TARGET.uri(TARGET.newDatabase("OWNER " + LOADER), LOADER, "l");
    }

    private static String[] options(CommandRun refused, String before) {
        assertEquals(3, refused.code(), refused.err());
        Matcher hint = Pattern.compile("hint: .*" + before + "((--[a-z-]+ [^ ]+ ?)+)").matcher(refused.failure());
        assertTrue(hint.find(), refused.failure());
        return hint.group(1).strip().split(" ");
    }

    @Test
    void an_extension_that_nothing_uses() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE EXTENSION pg_buffercache", "CREATE TABLE t AS SELECT 1 AS id");
        String to = target();
        CommandRun run = CommandRun.migrate(SOURCE.uri(from), to,
                options(CommandRun.migrate(SOURCE.uri(from), to), "or leave it out: "));
        assertEquals(0, run.code(), run.err());
        Path dump = Dumps.dumped(SOURCE, from, folder.resolve("d"));
        String restored = target();
        CommandRun again = Dumps.restore(restored, dump,
                options(Dumps.restore(restored, dump), "if nothing in the dump needs it: "));
        assertEquals(0, again.code(), again.err());
    }

    @Test
    void an_extension_that_a_view_uses() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE EXTENSION pg_buffercache",
                "CREATE VIEW \"in use\" AS SELECT count(*) FROM pg_buffercache", "CREATE TABLE t AS SELECT 1 AS id");
        String to = target();
        String[] without = options(CommandRun.migrate(SOURCE.uri(from), to),
                "or drop on the source what uses it, and leave it out: ");
        CommandRun needed = CommandRun.migrate(SOURCE.uri(from), to, without);
        assertEquals("error: extension pg_buffercache is left out, and is used by view public.\"in use\"\n"
                + "hint: leave that out too: --exclude-table 'public.\"in use\"', or drop on the source what uses it",
                needed.failure());
        assertEquals(3, needed.code());
        CommandRun run = CommandRun.migrate(SOURCE.uri(from), to, without[0], without[1], "--exclude-table",
                "public.\"in use\"");
        assertEquals(0, run.code(), run.err());
    }

    /** Its rows are a part of every dump of such a database, and its restoring mode one of every load. */
    @Test
    void timescaledb_only_by_dropping_it() {
        try (PgServer source = Timescale.community("2.22.1").start()) {
            String from = source.newDatabase();
            source.sql(from, "CREATE EXTENSION timescaledb", "CREATE TABLE t AS SELECT 1 AS id");
            String to = target();
            CommandRun refused = CommandRun.migrate(source.uri(from), to, "--leave-out", "timescaledb");
            String drop = "where nothing uses it, drop it on the source, first in a session such as psql -X: ";
            assertEquals("error: extension timescaledb cannot be left out of a database that has it\nhint: " + drop
                    + "DROP EXTENSION timescaledb;", refused.failure());
            assertEquals(3, refused.code());
            source.sql(from, refused.failure().replaceFirst("(?s).*" + drop, ""));
            CommandRun run = CommandRun.migrate(source.uri(from), to);
            assertEquals(0, run.code(), run.err());
        }
    }
}

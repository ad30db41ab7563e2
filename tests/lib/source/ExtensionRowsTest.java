//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PastedScript;
import testbed.Sides;

/**
 * An extension that a superuser of the target has created, with a table that the target's user may not fill, as PostGIS
 * and its spatial_ref_sys.
 */
class ExtensionRowsTest {
    private static final Sides SIDES = Sides.shared();
    private static final String USER = "extension_rows_user";
    private static final String ROWS = "SELECT string_agg(id || ' ' || body, ', ' ORDER BY id) FROM known";

    @TempDir
    Path folder;

    @BeforeAll
    static void user() {
        SIDES.target().sql("postgres", "CREATE ROLE " + USER + " LOGIN PASSWORD 'secret'");
    }

    @AfterAll
    static void gone() {
        SIDES.target().rows("postgres", "SELECT datname FROM pg_database WHERE datdba = '" + USER + "'::regrole")
                .forEach(row -> SIDES.target().sql("postgres", "DROP DATABASE " + row.get(0)));
        SIDES.target().sql("postgres", "DROP ROLE " + USER);
    }

    /**
     * What pg_extension_config_dump does for an extension that has such a table from the beginning: made and put in at
     * once, or it would be somebody's.
     */
    private static String[] extension() {
        return new String[]{"BEGIN", "CREATE EXTENSION seg", "CREATE TABLE known (id int PRIMARY KEY, body text)",
                "INSERT INTO known VALUES (1, 'built in')",
                "GRANT SELECT ON known TO PUBLIC", "ALTER EXTENSION seg ADD TABLE known",
                "UPDATE pg_extension SET extconfig = ARRAY['known'::regclass::oid], extcondition = ARRAY['WHERE id "
                        + "> 100'] WHERE extname = 'seg'",
                "COMMIT"};
    }

    private static String source(String... more) {
        String source = SIDES.source().newDatabase();
        SIDES.source().sql(source, extension());
        SIDES.source().sql(source, "CREATE TABLE place (id int PRIMARY KEY, at seg)",
                "INSERT INTO place SELECT g, '1 .. 2' FROM generate_series(1, 100) g");
        SIDES.source().sql(source, more);
        return source;
    }

    private static String target() {
        String target = SIDES.target().newDatabase();
        SIDES.target().sql(target, extension());
        SIDES.target().sql(target, "ALTER DATABASE " + target + " OWNER TO " + USER);
        return target;
    }

    private static String uri(String target) {
        return SIDES.target().uri(target, USER, "secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "custom", "restore", "script", "script via files"})
    void nothing_is_sent_where_there_is_nothing(String way) {
        String source = source();
        String target = target();
        String from = SIDES.source().uri(source);
        switch (way) {
            case "" -> succeeds(CommandRun.migrate(from, uri(target), "--no-owner"));
            case "restore" -> {
                Path dump = folder.resolve("dump");
                succeeds(Dumps.dump(from, dump));
                succeeds(Dumps.restore(uri(target), dump, "--no-owner"));
            }
            case "script" -> PastedScript.between(CommandRun.migrate(from, uri(target), "--no-owner", "--dry-run"),
                    from, uri(target));
            case "script via files" -> PastedScript.between(CommandRun.migrate(from, uri(target), "--no-owner",
                    "--dry-run", "--via-files", "--dir", folder.toString(), "--format",
                    "custom"), from, uri(target));
            default -> succeeds(CommandRun.migrate(from, uri(target), "--no-owner", "--via-files", "--dir",
                    folder.toString(), "--format", way));
        }
        assertEquals("100", SIDES.target().query(target, "SELECT count(*) FROM place"));
        assertEquals("1 built in", SIDES.target().query(target, ROWS));
    }

    @Test
    void rows_of_the_user_stop_unless_they_may_stay_behind() {
        String source = source("INSERT INTO known VALUES (101, 'mine')");
        String target = target();
        String from = SIDES.source().uri(source);
        CommandRun refused = CommandRun.migrate(from, uri(target), "--no-owner");
        assertEquals("""
                error: extension-rows: public.known: the extension's table has rows of the user, and \
                "extension_rows_user" may not insert into it on the target
                hint: GRANT INSERT ON public.known TO "extension_rows_user"; as its owner on the target, or migrate \
                --leave-out extension-rows
                """.strip(), refused.failure(), refused.err());
        assertEquals(3, refused.code());
        Path dump = folder.resolve("dump");
        succeeds(Dumps.dump(from, dump));
        CommandRun restored = Dumps.restore(uri(target), dump, "--no-owner");
        assertEquals(3, restored.code(), restored.err());
        assertTrue(restored.err().contains("GRANT INSERT ON public.known TO \"extension_rows_user\";"), restored.err());
        succeeds(Dumps.restore(uri(target), dump, "--no-owner", "--leave-out", "extension-rows"));
        assertEquals("1 built in", SIDES.target().query(target, ROWS));
        String streamed = target();
        CommandRun run = CommandRun.migrate(from, uri(streamed), "--no-owner", "--leave-out", "public.known");
        succeeds(run);
        assertTrue(run.err().contains("left out: extension-rows: public.known")
                || run.out().contains("left out: extension-rows: public.known"), run.err() + run.out());
        assertEquals("1 built in", SIDES.target().query(streamed, ROWS));
    }

    @Test
    void rows_of_the_user_arrive_where_the_hint_was_followed() {
        String source = source("INSERT INTO known VALUES (101, 'mine')");
        String target = target();
        SIDES.target().sql(target, "GRANT INSERT ON public.known TO extension_rows_user");
        succeeds(CommandRun.migrate(SIDES.source().uri(source), uri(target), "--no-owner"));
        assertEquals("1 built in, 101 mine", SIDES.target().query(target, ROWS));
    }

    private static void succeeds(CommandRun run) {
        assertEquals(0, run.code(), run.err());
    }
}

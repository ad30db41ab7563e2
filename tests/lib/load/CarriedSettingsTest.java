//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Sides;

/** Settings that were made for the source's server or for the move. */
class CarriedSettingsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @TempDir
    Path folder;

    @Test
    void what_looks_like_sql_in_a_comment_or_a_value_stays() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        String comment = "once meant for DATABASE \"" + source + "\"";
        String value = "x SET \"default_transaction_read_only\" TO on in DATABASE \"" + source + "\"";
        SOURCE.sql(source, "COMMENT ON EXTENSION plpgsql IS '" + comment + "'",
                "ALTER DATABASE " + source + " SET carried.words = '" + value + "'");
        CommandRun run = SIDES.migrate(source, target);
        assertEquals(0, run.code(), run.err());
        assertEquals(comment, TARGET.query(target,
                "SELECT obj_description(oid, 'pg_extension') FROM pg_extension WHERE extname = 'plpgsql'"));
        assertEquals(value, TARGET.query(target, "SHOW carried.words"));
        SOURCE.sql("postgres", "DROP DATABASE " + source);
        TARGET.sql("postgres", "DROP DATABASE " + target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "custom", "restore", "script"})
    void a_source_that_is_closed_for_the_move_leaves_the_target_open(String way) {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT generate_series(1, 100) AS id",
                "ALTER DATABASE " + source + " SET work_mem = '7MB'",
                "ALTER DATABASE " + source + " SET default_transaction_read_only = on");
        CommandRun run = switch (way) {
            case "", "script" ->
                SIDES.migrate(source, target, way.isEmpty() ? new String[]{} : new String[]{"--dry-run"});
            case "restore" -> {
                assertEquals(0, Dumps.dump(SOURCE.uri(source), folder.resolve("shop")).code());
                yield Dumps.restore(TARGET.uri(target), folder.resolve("shop"));
            }
            default -> SIDES.migrate(source, target, "--via-files", "--dir", folder.toString(), "--format", way);
        };
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("default_transaction_read_only of the database is not copied"), run.err());
        if (way.equals("script")) {
            PastedScript.between(run, SOURCE.uri(source), TARGET.uri(target));
        } else {
            assertTrue(run.out().contains("\neverything that was to be moved arrived: "), run.out());
            assertTrue(run.out().endsWith("; left out: default_transaction_read_only (1)\n"), run.out());
        }
        TARGET.sql(target, "INSERT INTO item VALUES (101)");
        assertEquals("7MB", TARGET.query(target, "SHOW work_mem"));
        TARGET.sql(target, "DELETE FROM item WHERE id = 101");
        CommandRun verified =
                CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target)));
        assertEquals(0, verified.code(), verified.out());
    }

    @Test
    void what_names_the_old_server_is_said_with_what_undoes_it() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE closed_reader",
                "ALTER ROLE closed_reader SET default_transaction_read_only = 'yes'",
                "ALTER DATABASE " + source + " SET search_path = public, \"Gone, too\", pg_catalog, \"$user\"",
                "ALTER ROLE closed_reader IN DATABASE " + source + " SET search_path = gone",
                "ALTER DATABASE " + source + " SET session_preload_libraries = 'auto_explain'");
        try {
            CommandRun run = SIDES.migrate(source, target);
            assertEquals(0, run.code(), run.err());
            String report = run.out();
            for (String said : new String[]{"role \"closed_reader\" will be read-only on the target too",
                    "search_path of the database is copied and names schemas that do not exist on the source: "
                            + "\"Gone, too\"",
                    "search_path of role \"closed_reader\" in the database is copied and names schemas "
                            + "that do not exist on the source: gone",
                    "session_preload_libraries of the database is copied, and its sessions cannot start if the "
                            + "target's server lacks one of these libraries: auto_explain"}) {
                assertTrue(report.contains(said), said + " is missing: " + report);
            }
            CommandRun check = CommandRun.of("PreflightCheck",
                    Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(TARGET.newDatabase())));
            for (String line : check.out().lines().filter(line -> line.contains("on the target: ALTER ")).toList()) {
                String sql = line.replaceFirst(".*on the target: ", "").replaceFirst(";$", "");
                TARGET.sql("postgres", sql.replaceFirst("DATABASE \"[^\"]*\"", "DATABASE \"" + target + "\""));
            }
            assertEquals("0",
                    TARGET.query("postgres",
                            "SELECT count(*) FROM pg_db_role_setting s, unnest(setconfig) c WHERE setdatabase ="
                                    + " (SELECT oid FROM pg_database WHERE datname = '" + target + "')"));
        } finally {
            SOURCE.sql("postgres", "ALTER DATABASE " + source + " RESET ALL",
                    "ALTER ROLE closed_reader IN DATABASE " + source + " RESET ALL", "DROP ROLE closed_reader");
            TARGET.sql("postgres", "ALTER DATABASE " + target + " RESET ALL",
                    "ALTER ROLE closed_reader IN DATABASE " + target + " RESET ALL", "DROP ROLE closed_reader");
        }
    }

    @Test
    void what_the_servers_hold_apart_is_said_and_the_commands_make_it_equal() {
        try (Sides apart = new Sides(
                PgServer.installed("timezone=Europe/Berlin", "default_text_search_config=pg_catalog.german",
                        "work_mem=9MB", "intervalstyle=iso_8601"),
                PgServer.installed("timezone=Etc/UTC"))) {
            String source = apart.source().newDatabase();
            String target = apart.target().newDatabase();
            apart.source().sql(source, "CREATE TABLE item (id int)",
                    "ALTER DATABASE " + source + " SET intervalstyle = 'sql_standard'");
            CommandRun run = apart.migrate(source, target);
            assertEquals(0, run.code(), run.err());
            String said =
                    run.out().lines().filter(line -> line.contains("that stay behind")).findFirst().orElse(run.out());
            assertTrue(said.contains("TimeZone is \"Europe/Berlin\" there and \"Etc/UTC\" on the target")
                    && said.contains("default_text_search_config is \"pg_catalog.german\" there"), said);
            assertFalse(said.contains("work_mem") || said.contains("IntervalStyle"), said);
            String empty = apart.target().newDatabase();
            CommandRun check = CommandRun.of("PreflightCheck",
                    Map.of("SOURCE", apart.source().uri(source), "TARGET", apart.target().uri(empty)));
            String fix = check.out().lines().filter(line -> line.contains("ALTER DATABASE")).findFirst().orElseThrow()
                    .replaceFirst(".*?(ALTER DATABASE)", "$1");
            for (String sql : fix.split(";\\s*")) {
                apart.target().sql("postgres", sql);
            }
            assertFalse(apart.migrate(source, empty).out().contains("that stay behind"));
        }
    }

    /** What a session may do is the role's, on the source now and on the target afterwards. */
    @Test
    void a_role_that_sessions_act_as_is_said() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE acted_as", "CREATE ROLE acting LOGIN SUPERUSER PASSWORD 'a'");
        try {
            SOURCE.sql(source, "CREATE TABLE item AS SELECT 1 AS id", "ALTER TABLE item OWNER TO acted_as",
                    "ALTER DATABASE " + source + " SET role = acted_as");
            String from = SOURCE.uri(source, "acting", "a");
            CommandRun run = CommandRun.migrate(from, TARGET.uri(target));
            assertEquals(0, run.code(), run.err());
            assertTrue(
                    run.err().contains(
                            "sessions of \"acting\" on the source act as role \"acted_as\" because of a setting"),
                    run.err());
            assertTrue(run.err().contains(
                    "the setting \"role\" of the database is copied: its sessions act as role \"acted_as\" on the "
                            + "target too"),
                    run.err());
            assertEquals("acted_as", TARGET.query(target, "SELECT current_user"));
            CommandRun check = CommandRun.preflight(from, TARGET.uri(TARGET.newDatabase()));
            String fix = check.out().lines()
                    .filter(line -> line.contains("to act as the connecting user, on the source: ")).findFirst()
                    .orElseThrow();
            SOURCE.sql("postgres", fix.replaceFirst(".*on the source: ", "").replaceFirst(";$", ""));
            CommandRun mended = CommandRun.preflight(from, TARGET.uri(TARGET.newDatabase()));
            assertFalse(mended.out().contains("acted_as"), mended.out());
        } finally {
            SOURCE.sql("postgres", "ALTER DATABASE " + source + " RESET ALL",
                    "DROP DATABASE " + source + " WITH (FORCE)", "DROP ROLE acting, acted_as");
            TARGET.sql("postgres", "DROP DATABASE " + target + " WITH (FORCE)", "DROP ROLE acted_as, acting");
        }
    }
}

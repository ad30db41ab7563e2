//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS com.google.code.gson:gson:2.13.1

package lib.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lib.dump.Manifest;
import lib.talk.Sql;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/**
 * Somebody who may create in a database gives things names, and has the server say things, that would forge lines of
 * our output or reach the operator's terminal. Nothing of it does, and everything arrives under the name that it has.
 */
class NamesTest {
    private static final Sides SIDES = new Sides(PgServer.installed(), PgServer.installed());
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /** Each forges a line, writes a terminal's clipboard, moves its cursor, or turns the direction of writing. */
    private static final String FORGED = "go";
    private static final String DATABASE = "d\n" + FORGED + "\n\u009d52;c;eA==\u0007";
    private static final String OTHER = "e\n" + FORGED + "\n\u001b]52;c;eA==\u0007";
    private static final String ROLE = "r\u0085q\u2029\n" + FORGED + "\n\u001b]52;c;eA==\u0007";
    private static final String MISSING = "m\n" + FORGED + "\n\u001b[2J";
    private static final String SCHEMA = "s\n" + FORGED + "\n\u202e\u200b\u0085x\u2028y";
    private static final String TABLE = "t'\"$(id)\\\r\u001b[2K\b\u2028\u0085\n" + FORGED;
    private static final String QUALIFIED = Sql.name(SCHEMA, TABLE);

    @TempDir
    private Path folder;

    @BeforeAll
    static void fill() {
        SOURCE.sql("postgres", "CREATE ROLE " + Sql.ident(ROLE) + " LOGIN PASSWORD 'x'",
                "CREATE DATABASE " + Sql.ident(DATABASE));
        SOURCE.sql(DATABASE, "CREATE SCHEMA " + Sql.ident(SCHEMA) + " AUTHORIZATION " + Sql.ident(ROLE),
                "CREATE TABLE " + QUALIFIED + " (id int PRIMARY KEY, " + Sql.ident("c\n" + FORGED + "\n\u001b")
                        + " text DEFAULT E'a\n\u001b')",
                "INSERT INTO " + QUALIFIED + " SELECT generate_series(1, 7)",
                "ALTER TABLE " + QUALIFIED + " OWNER TO " + Sql.ident(ROLE),
                "COMMENT ON TABLE " + QUALIFIED + " IS " + Sql.literal("\n" + FORGED + "\n\u001b"));
    }

    @AfterAll
    static void stop() {
        SOURCE.close();
        TARGET.close();
    }

    @Test
    void a_migration_and_its_summary_and_what_verify_finds() throws IOException {
        Path summary = folder.resolve("summary");
        clean(CommandRun.preflight(SOURCE.uri(DATABASE), TARGET.uri(DATABASE), "--create-database"), 0, true);
        CommandRun run = clean(SIDES.migrate(DATABASE, DATABASE, "--create-database", "--verify", "checksums",
                "--verbose", "--out", summary.toString()), 0, false);
        assertTrue(run.err().contains("s<U+000A>go<U+000A><U+202E>"), run.err());
        clean(Files.readString(summary));
        assertEquals("7", TARGET.query(DATABASE, "SELECT count(*) FROM " + QUALIFIED));
        assertEquals(ROLE, TARGET
                .rows(DATABASE, "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = " + Sql.literal(TABLE))
                .get(0).get(0));

        TARGET.sql(DATABASE, "DELETE FROM " + QUALIFIED + " WHERE id = 7",
                "ALTER TABLE " + QUALIFIED + " ADD " + Sql.ident("x\n" + FORGED) + " int");
        Map<String, String> sides = Map.of("SOURCE", SOURCE.uri(DATABASE), "TARGET", TARGET.uri(DATABASE));
        clean(CommandRun.of("Verify", sides, "--level", "checksums", "--verbose"), 4, false);
        clean(SIDES.migrate(DATABASE, DATABASE), 3, false);
        clean(CommandRun.preflight(SOURCE.uri(DATABASE), TARGET.uri(DATABASE)), 3, false);
    }

    @Test
    void a_dump_its_manifest_and_its_restoration() throws IOException {
        TARGET.sql("postgres", "DROP ROLE IF EXISTS " + Sql.ident(MISSING), "CREATE DATABASE " + Sql.ident(OTHER));
        SOURCE.sql("postgres", "CREATE DATABASE " + Sql.ident(OTHER), "CREATE ROLE " + Sql.ident(MISSING));
        SOURCE.sql(OTHER, "CREATE TABLE " + Sql.ident(TABLE) + " (id int)",
                "INSERT INTO " + Sql.ident(TABLE) + " VALUES (1)",
                "ALTER TABLE " + Sql.ident(TABLE) + " OWNER TO " + Sql.ident(MISSING));
        Path dump = folder.resolve("dump");
        Map<String, String> from = Map.of("SOURCE", SOURCE.uri(OTHER));
        Map<String, String> to = Map.of("TARGET", TARGET.uri(OTHER));
        clean(CommandRun.of("Dump", from, "--verbose", "--out", dump.toString()), 0, false);
        String manifest = Files.readString(Manifest.beside(dump));
        clean(manifest);
        assertTrue(JsonParser.parseString(manifest).toString().contains("\\u001b[2K"), manifest);
        clean(CommandRun.of("RestorePostgres", to, dump.toString()), 3, false);
        clean(CommandRun.of("DumpRoles", Map.of("SOURCE", SOURCE.uri(OTHER), "TARGET", TARGET.uri("postgres")),
                "--verbose", "--apply"), 0, false);
        script(CommandRun.of("RestorePostgres", to, dump.toString(), "--dry-run"));
        clean(CommandRun.of("RestorePostgres", to, dump.toString()), 0, false);
        assertEquals("1", TARGET.query(OTHER, "SELECT count(*) FROM " + Sql.ident(TABLE)));
        assertEquals(List.of(List.of(MISSING)), TARGET.rows(OTHER,
                "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = " + Sql.literal(TABLE)));
    }

    @Test
    void scripts_that_are_printed_and_mean_the_same() throws IOException {
        try (PgServer server = PgServer.installed()) {
            Map<String, String> sides = Map.of("SOURCE", SOURCE.uri(DATABASE), "TARGET", server.uri("postgres"));
            CommandRun roles = script(CommandRun.of("DumpRoles", sides, "--dry-run", "--verbose"));
            clean(CommandRun.of("DumpRoles", sides), 0, false);
            String json = clean(CommandRun.of("DumpRoles", sides, "--json"), 0, false).out();
            assertTrue(JsonParser.parseString(json).toString().contains("]52;c;"), json);
            Run run = Run.of(List.of("sh", Files.writeString(folder.resolve("roles"), roles.out()).toString()), sides,
                    null);
            assertEquals(0, run.code(), run.err());
            assertEquals("1",
                    server.query("postgres", "SELECT count(*) FROM pg_roles WHERE rolname = " + Sql.literal(ROLE)));

            script(CommandRun.of("PreflightCheck", sides, "--dry-run"));
            script(CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(DATABASE), "TARGET", SOURCE.uri(DATABASE)),
                    "--dry-run"));
            script(CommandRun.of("Dump", Map.of("SOURCE", SOURCE.uri(DATABASE)), "--dry-run", "--out",
                    folder.resolve("d").toString()));
            CommandRun migration = script(CommandRun.of("Migrate", sides, "--dry-run"));
            Run moved =
                    Run.of(List.of("sh", Files.writeString(folder.resolve("migration"), migration.out()).toString()),
                            sides, null);
            assertEquals(0, moved.code(), moved.err());
            assertEquals("7", server.query("postgres", "SELECT count(*) FROM " + QUALIFIED));
        }
    }

    @Test
    void passwords_for_such_a_role() throws IOException {
        TARGET.sql("postgres", "DROP ROLE IF EXISTS " + Sql.ident("p" + ROLE),
                "CREATE ROLE " + Sql.ident("p" + ROLE) + " LOGIN");
        Map<String, String> to = Map.of("TARGET", TARGET.uri("postgres"));
        String[] roles = {"--roles", "p" + ROLE};
        script(CommandRun.of("MstPasswords", to, roles[0], roles[1], "--dry-run"));
        clean(CommandRun.of("MstPasswords", to, roles[0], roles[1], "--out", folder.resolve("p").toString(), "--format",
                "pgpass"), 2, false);
        clean(CommandRun.of("MstPasswords", to, roles[0], roles[1], "--show"), 3, false);
        Path csv = folder.resolve("passwords.csv");
        clean(CommandRun.of("MstPasswords", to, roles[0], roles[1], "--overwrite", "--verbose", "--out",
                csv.toString()), 0, false);
        assertTrue(Files.readString(csv).contains("\"p" + ROLE + '"'), "what programs read is exact");
    }

    @Test
    void what_servers_say() {
        String said = "E'no\\n" + FORGED + "\\neverything arrived: 7 rows\\n\\x1b]52;c;eA==\\x07'";
        SOURCE.sql("postgres", "CREATE DATABASE said");
        SOURCE.sql("said", "CREATE FUNCTION told(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
                + "IF current_setting('port') <> '" + SOURCE.port() + "' THEN RAISE EXCEPTION USING MESSAGE = " + said
                + ", DETAIL = " + said + ", HINT = " + said
                + "; END IF; RETURN $1; END $$", "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)",
                "CREATE INDEX ON t (told(id))");
        for (String[] options : List.of(new String[]{"--create-database"},
                new String[]{"--restart", "--via-files", "--dir", folder.toString()})) {
            CommandRun run = clean(SIDES.migrate("said", "said", options), 1, false);
            assertTrue(run.err().contains("error: ") && run.err().contains("no<U+000A>go<U+000A>everything arrived"),
                    run.err());
            assertEquals("", run.out());
            assertFalse(run.err().matches("(?s).*: hint: no.*"), "a server's hint is not ours: " + run.err());
        }
    }

    /** What shows nothing but what can be seen, in lines that are all ours. */
    private static CommandRun clean(CommandRun run, int code, boolean go) {
        assertEquals(code, run.code(), run.err() + run.out());
        clean(run.out().replaceFirst(go ? "(?m)^go$" : "^$", ""));
        clean(run.err());
        assertEquals(List.of(), run.err().lines().filter(line -> !line.matches("[a-z-]+: .*")).toList());
        return run;
    }

    private static void clean(String text) {
        assertEquals(List.of(), text.codePoints()
                .filter(c -> c != '\n'
                        && List.of((int) Character.CONTROL, (int) Character.FORMAT).contains(Character.getType(c)))
                .mapToObj("%04X"::formatted).toList(), text);
        assertFalse(text.lines().anyMatch(FORGED::equals), text);
    }

    private CommandRun script(CommandRun run) throws IOException {
        clean(run, 0, false);
        assertEquals("",
                Run.of(List.of("sh", "-n", Files.writeString(folder.resolve("script"), run.out()).toString())).err());
        return run;
    }
}

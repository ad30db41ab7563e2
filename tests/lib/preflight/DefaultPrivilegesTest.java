//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/**
 * Default privileges that the target has before (ALTER DEFAULT PRIVILEGES) give what arrives more or less than it has
 * on the source.
 */
class DefaultPrivilegesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String PRIVILEGES = """
            SELECT string_agg(what || ' ' || acl, E'\\n' ORDER BY what) FROM (
              SELECT relname AS what, coalesce(relacl::text, '-') AS acl FROM pg_class
                WHERE relnamespace IN ('public'::regnamespace, 'own'::regnamespace) AND relkind IN ('r', 'p', 'S', 'v')
              UNION ALL SELECT proname, coalesce(proacl::text, '-') FROM pg_proc
                WHERE pronamespace IN ('public'::regnamespace, 'own'::regnamespace)
              UNION ALL SELECT typname, coalesce(typacl::text, '-') FROM pg_type WHERE typtype = 'e'
              UNION ALL SELECT nspname, coalesce(nspacl::text, '-') FROM pg_namespace WHERE nspname = 'own') o""";

    @TempDir
    private static Path folder;
    private final List<String> databases = new ArrayList<>();
    private final String id = UUID.randomUUID().toString().substring(0, 8);
    private final String reader = "reader_" + id;
    private final String other = "other " + id;

    private String source() {
        String source = SOURCE.newDatabase();
        databases.add(source);
        SOURCE.sql(source, "CREATE ROLE " + reader, "CREATE SCHEMA own", "CREATE TABLE item (id serial PRIMARY KEY)",
                "INSERT INTO item DEFAULT VALUES", "CREATE TABLE own.part (id int)",
                "GRANT INSERT ON item TO " + reader, "CREATE VIEW seen AS SELECT id FROM item",
                "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "CREATE TYPE colour AS ENUM ('red')", "CREATE TABLE split (id int) PARTITION BY LIST (id)",
                "ALTER DEFAULT PRIVILEGES GRANT REFERENCES ON TABLES TO " + reader);
        return source;
    }

    private String target() {
        String target = TARGET.newDatabase();
        databases.add(target);
        TARGET.sql(target,
                "DO $$ BEGIN IF to_regrole('" + reader + "') IS NULL THEN CREATE ROLE " + reader + "; CREATE ROLE \""
                        + other + "\"; END IF; END $$",
                "ALTER DEFAULT PRIVILEGES GRANT SELECT, UPDATE ON TABLES TO " + reader,
                "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO PUBLIC",
                "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
                "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO \"" + other + "\"",
                "ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO " + reader + " WITH GRANT OPTION",
                "ALTER DEFAULT PRIVILEGES FOR ROLE \"" + other + "\" IN SCHEMA public GRANT SELECT ON TABLES TO "
                        + reader);
        return target;
    }

    @AfterEach
    void dropThem() {
        for (PgServer server : List.of(SOURCE, TARGET)) {
            databases.forEach(
                    database -> server.sql("postgres", "DROP DATABASE IF EXISTS " + database + " WITH (FORCE)"));
            server.sql("postgres", "DROP ROLE IF EXISTS " + reader + ", \"" + other + "\"");
        }
    }

    @Test
    void they_are_announced_and_are_as_stock_tools_have_them_unless_they_are_undone() {
        String source = source();
        String target = target();
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(source), TARGET.uri(target));
        assertEquals(0, preflight.code(), preflight.out());
        String fix = preflight.out().lines().filter(line -> line.contains("fix: to have only those of the source, "
                + "run before the migration: "))
                .findFirst().orElseThrow(() -> new AssertionError(preflight.out()))
                .replaceFirst(".*, run before the migration: ", "");
        assertTrue(
                preflight.out().contains(
                        "default privileges of the target give migrated objects other privileges than on the source: "),
                preflight.out());
        assertTrue(preflight.out().contains("the target has default privileges, which it keeps: "), preflight.out());
        assertTrue(preflight.out().contains("not EXECUTE on functions for PUBLIC"), preflight.out());
        assertTrue(
                preflight.out()
                        .contains("SELECT on tables in schema \"public\" to \"" + reader + "\" of \"" + other + "\""),
                preflight.out());

        CommandRun run = SIDES.migrate(source, target, "--verify", "checksums");
        assertEquals(0, run.code(), run.err() + run.out());
        assertTrue(run.err().contains("warning: privileges: default privileges of the target"), run.err());
        String stock = target();
        Oracle.restoreInto(SOURCE, source, TARGET, stock);
        assertEquals(TARGET.query(stock, PRIVILEGES), TARGET.query(target, PRIVILEGES));
        String files = target();
        CommandRun viaFiles = SIDES.migrate(source, files, "--via-files", "--dir", folder.toString());
        assertEquals(0, viaFiles.code(), viaFiles.err());
        assertEquals(TARGET.query(stock, PRIVILEGES), TARGET.query(files, PRIVILEGES));

        String undone = target();
        TARGET.sql(undone, fix);
        CommandRun less = SIDES.migrate(source, undone, "--verify", "objects");
        assertEquals(0, less.code(), less.err());
        assertEquals(false, less.err().contains("default privileges of the target give"), less.err());
        assertEquals(SOURCE.query(source, PRIVILEGES), TARGET.query(undone, PRIVILEGES));
    }

    /** They give none, and what else is granted while the run goes on is a difference. */
    @Test
    void they_explain_no_grant_option() {
        String source = source();
        SOURCE.sql(source, "GRANT SELECT ON own.part TO " + reader, """
                CREATE FUNCTION more(id int) RETURNS boolean LANGUAGE plpgsql AS $$
                BEGIN
                  IF pg_catalog.current_database() <> '%s' THEN GRANT SELECT ON own.part TO %s WITH GRANT OPTION; END \
                IF;
                  RETURN true;
                END $$""".formatted(source, reader), "ALTER TABLE item ADD CHECK (more(id))");
        CommandRun run = SIDES.migrate(source, target());
        assertEquals(4, run.code(), run.err());
        assertTrue(run.err().lines().anyMatch(line -> line.matches(
                "migrate: detail: table grant +own\\.part to " + reader + " +SELECT +SELECT with grant option.*")),
                run.err());
    }

    @Test
    void a_restore_announces_them_too() {
        Path dump = Dumps.dumped(SOURCE, source(), folder.resolve("d"));
        CommandRun restored = Dumps.restore(TARGET.uri(target()), dump);
        assertEquals(0, restored.code(), restored.err());
        assertTrue(
                restored.err().contains(
                        "warning: privileges: default privileges of the target give migrated objects other privileges"),
                restored.err());
    }
}

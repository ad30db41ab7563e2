//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/**
 * With whose rights the code of somebody runs on the target who may create in one schema of the source, and wants to be
 * a superuser.
 */
class RightsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String MALLORY = "rights_mallory";
    private static final Path PAGE = Path.of("docs", "rights.md");
    /** The places, each with the words of the page. */
    private static final Map<String, String> PLACES = new LinkedHashMap<>();

    static {
        String[] words = {"check", "CHECK constraint", "domain", "CHECK constraint of a domain", "generated",
                "generated column", "partition", "partition key",
                "folded", "partition key, call with constant arguments", "default", "column default", "index",
                "index expression", "predicate", "index predicate",
                "exclusion", "exclusion constraint", "statistics", "extended statistics, by `ANALYZE`", "cast",
                "foreign key, cast of the key's type",
                "matview", "materialized view", "matview_index", "index of a materialized view", "rule", "rule",
                "trigger", "trigger", "policy", "policy",
                "event_trigger", "event trigger"};
        for (int i = 0; i < words.length; i += 2) {
            PLACES.put(words[i], words[i + 1]);
        }
    }

    private static final Pattern SEEN = Pattern.compile("rights of (\\w+) in (\\w+): (\\w+)");
    private static String database;

    @TempDir
    Path folder;

    @BeforeAll
    static void plant() throws SQLException {
        database = SOURCE.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE " + MALLORY + " LOGIN PASSWORD 'm'");
        for (String place : PLACES.keySet()) {
            SOURCE.sql("postgres", "CREATE ROLE rights_" + place);
        }
        SOURCE.sql(database, "CREATE SCHEMA play AUTHORIZATION " + MALLORY);
        try (Connection connection = SOURCE.connect(database, MALLORY, "m");
                Statement statement = connection.createStatement()) {
            for (String sql : planted()) {
                statement.execute(sql);
            }
        }
        SOURCE.sql(database, "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION play.on_ddl()",
                "ALTER EVENT TRIGGER seen ENABLE ALWAYS");
    }

    private static List<String> planted() {
        return List.of("""
                CREATE FUNCTION play.attempt(place text) RETURNS void LANGUAGE plpgsql AS $$
                BEGIN
                  BEGIN EXECUTE 'RESET ROLE'; EXCEPTION WHEN OTHERS THEN NULL; END;
                  BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXCEPTION WHEN OTHERS THEN NULL; END;
                  BEGIN EXECUTE 'SET SESSION AUTHORIZATION DEFAULT'; EXCEPTION WHEN OTHERS THEN NULL; END;
                  BEGIN
                    EXECUTE 'ALTER ROLE rights_' || place || ' SUPERUSER';
                  EXCEPTION WHEN OTHERS THEN
                    NULL;
                  END;
                  RAISE LOG 'rights of % in %: %', place, pg_catalog.current_database(), CASE
                    WHEN (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN 'superuser'
                    WHEN current_user = 'rights_mallory' THEN 'owner' ELSE current_user END;
                END $$""", """
                CREATE FUNCTION play.n(place text, n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  PERFORM play.attempt(place);
                  RETURN n;
                END $$""", """
                CREATE FUNCTION play.on_row() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  PERFORM play.attempt('trigger');
                  RETURN new;
                END $$""", """
                CREATE FUNCTION play.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
                BEGIN
                  PERFORM play.attempt('event_trigger');
                END $$""",
                "CREATE TABLE play.checked AS SELECT 1 AS a",
                "ALTER TABLE play.checked ADD CHECK (play.n('check', a) = a)",
                "CREATE DOMAIN play.odd AS int CHECK (play.n('domain', VALUE) = VALUE)",
                "CREATE TABLE play.of_domain AS SELECT 1::play.odd AS a",
                "CREATE TABLE play.generated (a int, b int GENERATED ALWAYS AS (play.n('generated', a)) STORED)",
                "INSERT INTO play.generated VALUES (1)",
                "CREATE TABLE play.parts (a int) PARTITION BY LIST (play.n('partition', a))",
                "CREATE TABLE play.part PARTITION OF play.parts FOR VALUES IN (1)",
                "INSERT INTO play.parts VALUES (1)",
                "CREATE TABLE play.folded (a int) PARTITION BY LIST ((a + play.n('folded', 1)))",
                "CREATE TABLE play.plain (a int DEFAULT play.n('default', 1))", "INSERT INTO play.plain VALUES (1)",
                "CREATE INDEX ON play.plain (play.n('index', a))",
                "CREATE INDEX ON play.plain (a) WHERE play.n('predicate', a) = a",
                "CREATE TABLE play.excluded (a int, EXCLUDE USING btree ((play.n('exclusion', a)) WITH =))",
                "INSERT INTO play.excluded VALUES (1)",
                "CREATE TABLE play.observed AS SELECT 1 AS a FROM generate_series(1, 10)",
                "CREATE STATISTICS play.of_observed ON (play.n('statistics', a)) FROM play.observed",
                "CREATE TYPE play.kind AS ENUM ('one')", """
                CREATE FUNCTION play.number(play.kind) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  PERFORM play.attempt('cast');
                  RETURN 1;
                END $$""",
                "CREATE CAST (play.kind AS int) WITH FUNCTION play.number(play.kind) AS IMPLICIT",
                "CREATE TABLE play.parent (id int PRIMARY KEY)",
                "INSERT INTO play.parent VALUES (1)", "CREATE TABLE play.child (kind play.kind REFERENCES play.parent)",
                "INSERT INTO play.child VALUES ('one')",
                "CREATE MATERIALIZED VIEW play.view AS SELECT play.n('matview', a) AS a FROM play.plain",
                "CREATE INDEX ON play.view (play.n('matview_index', a))",
                "CREATE TABLE play.ruled AS SELECT 1 AS a",
                "CREATE RULE copied AS ON INSERT TO play.ruled DO ALSO SELECT play.n('rule', new.a)",
                "CREATE TRIGGER seen BEFORE INSERT ON play.plain FOR EACH ROW EXECUTE FUNCTION play.on_row()",
                "ALTER TABLE play.plain ENABLE ALWAYS TRIGGER seen", "CREATE TABLE play.secured AS SELECT 1 AS a",
                "CREATE POLICY mine ON play.secured USING (play.n('policy', a) = a)",
                "ALTER TABLE play.secured ENABLE ROW LEVEL SECURITY");
    }

    @Test
    void nobody_has_more_rights_than_with_stock_tools() throws IOException {
        Map<String, Map<String, String>> seen = new LinkedHashMap<>();
        // Roles first, which belong to no database.
        seen.put("migrate", seen(copy -> SIDES.migrate(database, copy, "--verify", "none")));
        seen.put("script", seen(copy -> PastedScript.between(SIDES.migrate(database, copy, "--dry-run"),
                SOURCE.uri(database), TARGET.uri(copy))));
        Path plain = Dumps.dumped(SOURCE, database, folder.resolve("plain"), "--format", "plain");
        Path directory = Dumps.dumped(SOURCE, database, folder.resolve("directory"), "--format", "directory");
        seen.put("plain", seen(copy -> Dumps.restore(TARGET.uri(copy), plain)));
        seen.put("directory", seen(copy -> Dumps.restore(TARGET.uri(copy), directory)));
        seen.put("psql", seen(copy -> Run.of(command("psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-f", plain.toString()),
                TARGET.environment(copy), null).orFail()));
        seen.put("pg_restore", seen(copy -> Run
                .of(command("pg_restore", "-d", copy, directory.toString()), TARGET.environment(copy), null).orFail()));
        for (String other : List.of("script", "directory")) {
            assertEquals(seen.get("migrate"), seen.get(other), other);
        }
        // That is psql itself; and they fire whatever the session asks for.
        assertEquals("superuser", seen.get("plain").replace("event_trigger", "not run"));
        assertEquals(seen.get("migrate"), seen.get("plain"));
        List<String> table = new ArrayList<>();
        PLACES.forEach((place,
                words) -> table.add("| " + words + " | " + seen.get("psql").get(place) + " | "
                        + seen.get("pg_restore").get(place) + " | "
                        + seen.get("migrate").get(place) + " |"));
        assertEquals(String.join("\n", table),
                Files.readAllLines(PAGE).stream()
                        .filter(line -> line.matches("(\\| [^|]*){4}\\|") && !line.contains("---"))
                        .collect(Collectors.joining("\n")));
        PLACES.keySet().forEach(place -> assertFalse(seen.get("migrate").get(place).equals("superuser")
                && !seen.get("pg_restore").get(place).equals("superuser"), place));
    }

    @Test
    void an_index_whose_function_reads_what_somebody_else_owns_is_made_with_the_privileges_of_the_source() {
        String lookup = SOURCE.newDatabase();
        owners(SOURCE);
        SOURCE.sql(lookup, "CREATE SCHEMA there AUTHORIZATION rights_other",
                "CREATE TABLE there.zone AS SELECT 1 AS id", "ALTER TABLE there.zone OWNER TO rights_other",
                "GRANT USAGE ON SCHEMA there TO rights_owner", "GRANT SELECT ON there.zone TO rights_owner", """
                CREATE FUNCTION there.zone_of(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  RETURN (SELECT id FROM there.zone WHERE id = a);
                END $$""",
                "CREATE TABLE place AS SELECT 1 AS a FROM generate_series(1, 10)",
                "ALTER TABLE place OWNER TO rights_owner", "CREATE INDEX place_zone ON place (there.zone_of(a))",
                // The owner has no right to call it, which only whoever adds rows needs.
                "CREATE FUNCTION closed(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1'",
                "CREATE TABLE shut AS SELECT 1 AS a",
                "CREATE INDEX shut_closed ON shut (closed(a))", "ALTER TABLE shut OWNER TO rights_owner",
                "REVOKE EXECUTE ON FUNCTION closed FROM PUBLIC");
        String copy = TARGET.newDatabase();

        CommandRun run = SIDES.migrate(lookup, copy);

        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(SOURCE, lookup), Oracle.schema(TARGET, copy));
        assertEquals("place_zone", TARGET.query(copy, "SELECT tablename FROM pg_stats WHERE tablename = 'place_zone'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"INHERIT", "NOINHERIT"})
    void who_is_no_superuser_gives_to_several_owners_what_is_made_before_and_after_the_rows(String inherit) {
        String shop = SOURCE.newDatabase();
        owners(SOURCE);
        SOURCE.sql(shop, "CREATE SCHEMA \"Move TO Cloud\" AUTHORIZATION rights_other",
                "CREATE TABLE \"Move TO Cloud\".item (id int PRIMARY KEY, name text, size int)",
                "INSERT INTO \"Move TO Cloud\".item SELECT i, 'item ' || i, i / 10 FROM generate_series(1, 100) i",
                "ALTER TABLE \"Move TO Cloud\".item OWNER TO rights_owner",
                "CREATE INDEX ON \"Move TO Cloud\".item (lower(name))",
                "CREATE STATISTICS \"Move TO Cloud\".of_item ON id, size FROM \"Move TO Cloud\".item",
                "ALTER STATISTICS \"Move TO Cloud\".of_item OWNER TO rights_owner",
                "SELECT lo_from_bytea(4711, 'large')", "ALTER LARGE OBJECT 4711 OWNER TO rights_owner");
        if (inherit.equals("INHERIT")) {
            // By its primary key, so that it is made after that. Only its owner, with rights and all, can fill it.
            SOURCE.sql(shop,
                    "CREATE MATERIALIZED VIEW \"Move TO Cloud\".items AS SELECT id, name, count(*) FROM \"Move TO "
                            + "Cloud\".item GROUP BY id",
                    "ALTER MATERIALIZED VIEW \"Move TO Cloud\".items OWNER TO rights_owner");
        }
        String loader = "rights_loader_" + inherit.toLowerCase(java.util.Locale.ROOT);
        owners(TARGET);
        TARGET.sql("postgres", "CREATE ROLE " + loader + " LOGIN PASSWORD 'l' CREATEROLE " + inherit);
        TARGET.administer(loader, "rights_owner", "rights_other");
        String copy = TARGET.newDatabase("OWNER " + loader);

        CommandRun run = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(copy, loader, "l"), "--verify", "none");

        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(SOURCE, shop), Oracle.schema(TARGET, copy));
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, copy));
        assertEquals(List.of(), TARGET.joined(loader));
        TARGET.sql("postgres", "DROP DATABASE " + copy, "DROP ROLE " + loader);
    }

    private static void owners(PgServer server) {
        for (String role : List.of("rights_owner", "rights_other")) {
            if (server.query("postgres", "SELECT 1 FROM pg_roles WHERE rolname = '" + role + "'") == null) {
                server.sql("postgres", "CREATE ROLE " + role);
            }
        }
    }

    private static List<String> command(String program, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve(program).toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Restores into a new database. */
    private interface Restoring {
        Object into(String copy);
    }

    /** @return with whose rights the code of each place has run, "superuser" where that has made somebody one */
    private static Map<String, String> seen(Restoring restoring) {
        String copy = TARGET.newDatabase();
        if (restoring.into(copy) instanceof CommandRun ours) {
            assertEquals(0, ours.code(), ours.err());
        }
        // Stock tools leave that to whoever has used them.
        TARGET.sql(copy, "ANALYZE");
        Map<String, Set<String>> users = new LinkedHashMap<>();
        Matcher seen = SEEN.matcher(TARGET.log());
        while (seen.find()) {
            if (seen.group(2).equals(copy)) {
                users.computeIfAbsent(seen.group(1), any -> new TreeSet<>()).add(seen.group(3));
            }
        }
        Map<String, String> rights = new LinkedHashMap<>();
        for (String place : PLACES.keySet()) {
            boolean escaped = "t".equals(
                    TARGET.query("postgres", "SELECT rolsuper FROM pg_roles WHERE rolname = 'rights_" + place + "'"));
            rights.put(place,
                    escaped ? "superuser" : String.join(" and ", users.getOrDefault(place, Set.of("not run"))));
            TARGET.sql("postgres", "ALTER ROLE rights_" + place + " NOSUPERUSER");
        }
        TARGET.sql("postgres", "DROP DATABASE " + copy);
        return rights;
    }
}

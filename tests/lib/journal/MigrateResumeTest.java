//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/**
 * A run that goes on where another one failed: what has arrived stays, what has changed on the source since is copied
 * again, and both sides are equal in the end. The target's user is no superuser.
 */
class MigrateResumeTest {
    private static final Sides SIDES = Sides.installed();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String USER = "resuming";
    private static final List<String> TABLES =
            List.of("app.item", "price", "ledger", "ledger_1", "secret", "parent", "child", "log");

    /**
     * A database some of whose parts can be made only where a setting is on. It has what acts on rows: keys that
     * cascade, triggers, row security that holds for the owner too, and rules.
     */
    private static String shop() {
        String shop = SOURCE.newDatabase();
        for (String part : List.of("data", "index", "key", "view")) {
            SOURCE.sql("postgres", "ALTER ROLE postgres IN DATABASE " + shop + " SET shop." + part + " = 'on'");
        }
        SOURCE.sql(shop, "CREATE SCHEMA app", """
                CREATE FUNCTION app.made(part text, id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('shop.' || part, true) IS DISTINCT FROM 'on' THEN
                    RAISE EXCEPTION 'shop.% is off', part;
                  END IF;
                  RETURN id;
                END $$""",
                "CREATE TABLE app.item (id int PRIMARY KEY, name text UNIQUE, n int GENERATED ALWAYS AS (id) STORED)",
                "INSERT INTO app.item SELECT i, 'item ' || i FROM generate_series(1, 1000) i",
                "CREATE TABLE price (item int REFERENCES app.item ON DELETE CASCADE, amount numeric)",
                "INSERT INTO price SELECT id, id / 7.0 FROM app.item",
                "CREATE INDEX price_made ON price (app.made('index', item))",
                "CREATE TABLE ledger (at date, amount money, PRIMARY KEY (at)) PARTITION BY RANGE (at)",
                "CREATE TABLE ledger_1 PARTITION OF ledger FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
                "INSERT INTO ledger SELECT date '2026-01-01' + i, i FROM generate_series(1, 300) i",
                "CREATE TABLE entry (at date REFERENCES ledger)", "INSERT INTO entry SELECT at FROM ledger",
                "CREATE TABLE secret (of text, v bytea)", "INSERT INTO secret VALUES ('me', '\\x00ff')",
                "ALTER TABLE secret ENABLE ROW LEVEL SECURITY", "ALTER TABLE secret FORCE ROW LEVEL SECURITY",
                "CREATE POLICY own ON secret USING (of = 'nobody')",
                "CREATE TABLE parent (a int CHECK (app.made('data', a) = a))",
                "CREATE TABLE child () INHERITS (parent)",
                "INSERT INTO parent SELECT generate_series(1, 10)", "INSERT INTO child SELECT generate_series(1, 10)",
                "CREATE TABLE log (v text)", "INSERT INTO log SELECT 'line ' || i % 3 FROM generate_series(1, 100) i",
                "CREATE RULE kept AS ON DELETE TO log DO INSTEAD NOTHING",
                "CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                "CREATE TRIGGER seen BEFORE INSERT OR DELETE ON app.item FOR EACH ROW EXECUTE FUNCTION seen()",
                "CREATE TRIGGER seen BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION seen()",
                "COMMENT ON TRIGGER seen ON app.item IS 'lets nothing pass'",
                "ALTER TABLE price ADD CONSTRAINT \"odd\nname\" FOREIGN KEY (item) REFERENCES app.item NOT VALID",
                "CREATE MATERIALIZED VIEW total AS SELECT app.made('view', 1) AS made, sum(amount) FROM price",
                "CREATE SEQUENCE ticket", "SELECT setval('ticket', 77)", "SELECT lo_from_bytea(815, 'large')",
                "COMMENT ON LARGE OBJECT 815 IS 'one'");
        return shop;
    }

    @BeforeAll
    static void user() {
        TARGET.sql("postgres", "CREATE ROLE " + USER + " LOGIN CREATEROLE PASSWORD 'secret'");
    }

    @AfterAll
    static void takeDown() {
        SIDES.close();
    }

    private static String target() {
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " OWNER TO " + USER);
        TARGET.sql(target, "ALTER SCHEMA public OWNER TO " + USER);
        return target;
    }

    private static CommandRun migrate(String source, String target, String... options) {
        return CommandRun.migrate(SOURCE.uri(source), TARGET.uri(target, USER, "secret"),
                Stream.concat(Stream.of("--no-owner", "--verify", "none"), Stream.of(options)).toArray(String[]::new));
    }

    private static void switchOn(String target, String part) {
        TARGET.sql("postgres", "ALTER ROLE " + USER + " IN DATABASE " + target + " SET shop." + part + " = 'on'");
    }

    /** The transactions that have brought the rows of each table. */
    private static Map<String, String> brought(String target) {
        Map<String, String> brought = new TreeMap<>();
        for (String table : TABLES) {
            brought.put(table, TARGET.query(target,
                    "SELECT string_agg(DISTINCT xmin::text, ' ') FROM ONLY " + table));
        }
        brought.values().removeIf(Objects::isNull);
        return brought;
    }

    private static void arrives(CommandRun run, String source, String target) {
        assertEquals(0, run.code(), run.err());
        List<String> wanted = statements(SOURCE, source);
        List<String> arrived = statements(TARGET, target);
        assertEquals(wanted.stream().filter(line -> !arrived.contains(line)).toList(),
                arrived.stream().filter(line -> !wanted.contains(line)).toList());
        assertEquals(wanted, arrived);
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
        assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }

    /** The lines of a dump of the schema, but for owners and comments. */
    private static List<String> statements(PgServer server, String database) {
        return Oracle.schema(server, database).orElseThrow().lines()
                .filter(line -> !line.matches("ALTER .* OWNER TO .*;|--.*|")).toList();
    }

    @Test
    void what_has_arrived_stays_wherever_the_run_ended() {
        String shop = shop();
        String target = target();
        assertEquals(1, migrate(shop, target).code());
        for (String part : List.of("data", "index")) {
            switchOn(target, part);
            assertEquals(1, migrate(shop, target, "--resume").code(), part);
        }
        Map<String, String> before = brought(target);
        switchOn(target, "view");
        CommandRun run = migrate(shop, target, "--resume");
        assertEquals(0, run.code(), run.err());
        assertEquals(before, brought(target));
        assertTrue(run.err().contains("parts kept"), run.err());
        arrives(run, shop, target);
    }

    @Test
    void what_has_changed_since_is_named_and_copied_again_whatever_acts_on_rows() {
        String shop = shop();
        String target = target();
        Stream.of("data", "index").forEach(part -> switchOn(target, part));
        assertEquals(1, migrate(shop, target).code());
        Map<String, String> before = brought(target);
        SOURCE.sql(shop, "SET session_replication_role = replica; UPDATE app.item SET name = name || ' ' WHERE id = 7",
                "SET session_replication_role = replica; DELETE FROM ledger WHERE amount = '5'",
                "SET session_replication_role = replica; DELETE FROM entry WHERE at = '2026-01-06'",
                "UPDATE secret SET v = '\\x01'", "UPDATE ONLY parent SET a = 11 WHERE a = 3",
                "TRUNCATE log", "SELECT lo_put(815, 0, 'L')", "SELECT setval('ticket', 78)");
        switchOn(target, "view");
        CommandRun run = migrate(shop, target, "--resume", "--verbose");
        Map<String, String> after = brought(target);
        assertEquals(List.of("child", "price"),
                before.keySet().stream().filter(table -> before.get(table).equals(after.get(table))).toList());
        for (String table : List.of("app.item", "public.ledger_1", "public.secret", "public.parent", "public.log")) {
            assertTrue(run.err().contains("table " + table + " has changed since it was copied\n"), run.err());
        }
        arrives(run, shop, target);
    }

    /** Their owner is another role on both sides, so that they are somebody else's when the next run begins. */
    @Test
    void of_large_objects_only_those_that_differ_are_copied_again() {
        String shop = SOURCE.newDatabase();
        SOURCE.sql(shop, "CREATE ROLE clerk", "SELECT lo_from_bytea(4710 + i, 'large') FROM generate_series(1, 4) i",
                "ALTER LARGE OBJECT 4711 OWNER TO clerk", "ALTER LARGE OBJECT 4712 OWNER TO clerk",
                "ALTER LARGE OBJECT 4713 OWNER TO clerk", "ALTER LARGE OBJECT 4714 OWNER TO clerk", """
                CREATE FUNCTION made() RETURNS int LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('shop.view', true) IS DISTINCT FROM 'on' THEN
                    RAISE EXCEPTION 'shop.view is off';
                  END IF;
                  RETURN 1;
                END $$""", "ALTER FUNCTION made() OWNER TO clerk",
                "SET shop.view = 'on'; CREATE MATERIALIZED VIEW total AS SELECT made()",
                "ALTER MATERIALIZED VIEW total OWNER TO clerk");
        String target = target();
        CommandRun first = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target, USER, "secret"));
        assertEquals(1, first.code());
        assertTrue(first.err().contains("shop.view is off"), first.err());
        String kept = "SELECT string_agg(oid || ' ' || xmin, ' ' ORDER BY oid) FROM pg_largeobject_metadata WHERE oid "
                + "IN (4711, 4714)";
        String before = TARGET.query(target, kept);
        SOURCE.sql(shop, "SELECT lo_put(4712, 0, 'L')", "SELECT lo_unlink(4713)", "SELECT lo_from_bytea(4715, 'new')");
        switchOn(target, "view");
        CommandRun run = CommandRun.migrate(SOURCE.uri(shop), TARGET.uri(target, USER, "secret"), "--resume");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("large objects: 2 copied, 2 kept"), run.err());
        assertEquals(before, TARGET.query(target, kept));
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
    }

    @Test
    void a_table_that_was_made_again_has_its_own_rows() {
        String shop = shop();
        String target = target();
        Stream.of("data", "index").forEach(part -> switchOn(target, part));
        assertEquals(1, migrate(shop, target).code());
        SOURCE.sql(shop, "DROP TABLE log", "CREATE TABLE log (v text)", "INSERT INTO log VALUES ('another')",
                "CREATE RULE kept AS ON DELETE TO log DO INSTEAD NOTHING");
        switchOn(target, "view");
        arrives(migrate(shop, target, "--resume"), shop, target);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "ALTER TABLE app.item ADD more int DEFAULT 7 | changed table app.item",
            "DROP INDEX price_made | gone index public.price_made",
            "DROP TABLE entry | gone fk constraint public.entry entry_at_fkey, table public.entry",
            "ALTER TABLE entry DROP CONSTRAINT entry_at_fkey; ALTER TABLE ledger DETACH PARTITION ledger_1 | ",
            "CREATE TABLE ledger_2 PARTITION OF ledger FOR VALUES FROM ('2027-01-01') TO ('2028-01-01') | ",
            "DROP MATERIALIZED VIEW total; ALTER TABLE price ALTER amount TYPE float8 | changed table public.price",
            "DROP SCHEMA app CASCADE | changed table public.parent; gone ",
            "DROP TRIGGER seen ON ledger; CREATE TRIGGER seen AFTER INSERT ON ledger EXECUTE FUNCTION seen() | ",
            "ALTER TABLE secret DISABLE ROW LEVEL SECURITY; DROP POLICY own ON secret | gone policy public.secret own",
            "CREATE OR REPLACE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END' | changed function "})
    void a_schema_that_has_changed_is_followed(String change, String named) {
        String shop = shop();
        String target = target();
        Stream.of("data", "index").forEach(part -> switchOn(target, part));
        assertEquals(1, migrate(shop, target).code());
        SOURCE.sql(shop, change);
        switchOn(target, "view");
        CommandRun run = migrate(shop, target, "--resume");
        arrives(run, shop, target);
        if (named != null) {
            assertTrue(run.err().contains("migrate: changes of the schema: " + named), run.err());
        }
    }

    @Test
    void what_cannot_be_followed_is_named() {
        String shop = shop();
        String target = target();
        SOURCE.sql(shop, "CREATE COLLATION own FROM \"C\"");
        assertEquals(1, migrate(shop, target).code());
        SOURCE.sql(shop, "DROP COLLATION own");
        CommandRun run = migrate(shop, target, "--resume");
        assertEquals("""
                error: the schema of the source has changed since the interrupted run in what cannot be followed: \
                collation public.own
                hint: begin anew: run the same command with --restart, in place of --resume if that was given""",
                run.failure().lines().limit(2).collect(Collectors.joining("\n")));
        assertEquals(1, run.code());
        Stream.of("data", "index", "view").forEach(part -> switchOn(target, part));
        arrives(migrate(shop, target, "--restart"), shop, target);
    }

    @Test
    void another_source_and_other_options_are_refused_with_what_differs() {
        String shop = shop();
        String target = target();
        assertEquals(1, migrate(shop, target).code());
        String other = shop();
        SIDES.refuses(3, """
                error: the interrupted run on the target has another source: %s, and this one is %s
                hint: check --source and --target; to begin anew, run with --restart in place of --resume
                """.formatted(identity(shop), identity(other)), other, target,
                () -> migrate(other, target, "--resume"));
        SIDES.refuses(3, """
                error: the interrupted run had other options: --exclude-table-data=log is new
                hint: give the options of that run; to begin anew, run with --restart in place of --resume
                """, shop, target, () -> migrate(shop, target, "--resume", "--exclude-table-data", "log"));
        SIDES.refuses(3, """
                error: the target holds objects of an interrupted run
                hint: migrate --resume, which goes on, or migrate --restart, which begins anew
                """, shop, target, () -> migrate(shop, target));
    }

    private static String identity(String database) {
        return "database " + SOURCE.query("postgres", "SELECT oid FROM pg_database WHERE datname = '" + database + "'")
                + " of server " + SOURCE.query("postgres", "SELECT system_identifier FROM pg_control_system()");
    }

    @Test
    void where_nothing_was_begun_it_begins_and_twice_is_too_often() {
        String shop = shop();
        String target = target();
        Stream.of("data", "index", "view").forEach(part -> switchOn(target, part));
        arrives(migrate(shop, target, "--resume"), shop, target);
        CommandRun again = migrate(shop, target, "--resume");
        assertEquals(3, again.code());
        assertTrue(again.failure().startsWith(
                "error: no interrupted run is on the target to go on with, and it is not empty: "), again.failure());
        assertTrue(again.failure().contains("\nhint: verify, which compares both sides: "), again.failure());
        for (String option : List.of("--restart", "--prepare", "--dry-run")) {
            CommandRun refused = migrate(shop, target, "--resume", option);
            assertEquals(2, refused.code());
            assertEquals("error: --resume goes on with a failed run: without " + option,
                    refused.failure().lines().findFirst().orElse(""));
        }
    }
}

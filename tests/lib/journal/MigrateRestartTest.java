//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.BackgroundWork;
import testbed.CommandRun;
import testbed.HeldLock;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/** A step that fails after work has begun: what is said then, and that --restart takes away just what that run made. */
class MigrateRestartTest {
    private static final String HINT =
            "hint: fix the cause, then run the same command again with --resume: it keeps what has arrived; or with "
                    + "--restart: it removes what this run made\n";
    private static final String IN_USE_HINT =
            "wait for it, or end it: SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
                    + "AND granted AND classid = 116"
                    + " AND objid = 1936550247 AND objsubid = 1 AND database = (SELECT oid FROM pg_database WHERE "
                    + "datname = current_database());";
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static String shop;

    /**
     * A database some of whose parts can be made only where a setting is on, as it is on the source for the bootstrap
     * superuser, whose settings do not come along.
     */
    @BeforeAll
    static void fill() {
        shop = SOURCE.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE till", "CREATE ROLE auditor");
        for (String part : List.of("data", "index", "view")) {
            SOURCE.sql("postgres", "ALTER ROLE postgres IN DATABASE " + shop + " SET shop." + part + " = 'on'");
        }
        SOURCE.sql(shop, "CREATE EXTENSION citext", "CREATE SCHEMA app", """
                CREATE FUNCTION app.made(part text, id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN
                  IF current_setting('shop.' || part, true) IS DISTINCT FROM 'on' THEN
                    RAISE EXCEPTION 'shop.% is off', part;
                  END IF;
                  RETURN id;
                END $$""",
                "CREATE TABLE app.item (id int PRIMARY KEY CHECK (app.made('data', id) = id), name citext)",
                "INSERT INTO app.item SELECT i, 'item ' || i FROM generate_series(1, 1000) i",
                "CREATE INDEX item_made ON app.item (app.made('index', id))",
                "CREATE TABLE price (item int REFERENCES app.item, amount numeric)",
                "INSERT INTO price SELECT id, id / 7.0 FROM app.item",
                "CREATE MATERIALIZED VIEW total AS SELECT app.made('view', 1) AS made, sum(amount) FROM price",
                "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                // Neither the functions of a range type nor an operator that is not defined is in an archive.
                "CREATE TYPE span AS RANGE (subtype = citext)",
                "CREATE FUNCTION app.inside(int, span) RETURNS bool LANGUAGE sql RETURN true",
                "CREATE OPERATOR <% (LEFTARG = int4, RIGHTARG = span, FUNCTION = app.inside, COMMUTATOR = >%)",
                "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()",
                "CREATE SEQUENCE ticket", "SELECT setval('ticket', 77)", "SELECT lo_from_bytea(815, 'large')",
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO auditor",
                "ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT EXECUTE ON FUNCTIONS TO till",
                "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
                "ALTER TABLE price OWNER TO till", "GRANT SELECT ON app.item TO auditor");
    }

    @AfterAll
    static void drop_the_database_with_the_roles() {
        SOURCE.sql("postgres", "DROP DATABASE " + shop, "DROP ROLE till", "DROP ROLE auditor");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            data  |            | error: loading table app.item failed on the target: shop.data is off
            index | data       | error: creating index app.item_made failed on the target: shop.index is off
            view  | data,index | error: refreshing materialized view "public"."total" failed on the target: shop.view \
            is off
            """)
    void a_failed_step_names_the_way_on_and_the_way_works(String part, String on, String error) {
        String target = TARGET.newDatabase();
        Stream.ofNullable(on).flatMap(list -> Stream.of(list.split(","))).forEach(other -> switchOn(target, other));

        CommandRun failed = SIDES.migrate(shop, target);

        assertEquals(1, failed.code(), failed.err());
        assertEquals(error, failed.failure().lines().findFirst().orElseThrow());
        assertEquals(HINT.strip(), failed.failure().lines().reduce((first, last) -> last).orElseThrow());
        assertEquals("", failed.out());
        SIDES.refusesToMigrate("""
                error: the target holds objects of an interrupted run
                hint: migrate --resume, which goes on, or migrate --restart, which begins anew
                """, shop, target);
        Stream.of("data", "index", "view").forEach(other -> switchOn(target, other));
        arrives(SIDES.migrate(shop, target, "--restart"), target);
    }

    @Test
    void a_run_may_fail_and_be_restarted_over_and_over() {
        String target = TARGET.newDatabase();
        for (String part : List.of("data", "index", "view")) {
            assertEquals(1, SIDES.migrate(shop, target, "--restart").code());
            switchOn(target, part);
        }
        arrives(SIDES.migrate(shop, target, "--restart"), target);
    }

    @Test
    void what_psql_has_loaded_is_removed_too(@TempDir Path folder) {
        String target = TARGET.newDatabase();
        String[] files = {"--via-files", "--format", "plain", "--dir", folder.toString(), "--restart"};
        for (String part : List.of("data", "index", "view")) {
            CommandRun failed = SIDES.migrate(shop, target, files);
            assertEquals(1, failed.code(), failed.err());
            switchOn(target, part);
        }
        arrives(SIDES.migrate(shop, target, files), target);
    }

    @Test
    void a_row_that_breaks_a_foreign_key_is_named_and_can_be_mended_on_the_source() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item (id int PRIMARY KEY)",
                "CREATE TABLE price (item int CONSTRAINT of_item REFERENCES item)",
                "SET session_replication_role = replica; INSERT INTO price VALUES (7)");
        CommandRun failed = SIDES.migrate(source, target);
        assertEquals("""
                error: creating foreign key public.price of_item failed on the target: insert or update on table \
                "price" violates foreign key \
                constraint "of_item"
                detail: Key (item)=(7) is not present in table "item".
                detail: Command was: ALTER TABLE ONLY public.price VALIDATE CONSTRAINT of_item;
                """ + HINT, failed.failure() + "\n");
        assertEquals(1, failed.code());
        SOURCE.sql(source, "DELETE FROM price");
        assertEquals(0, SIDES.migrate(source, target, "--restart").code());
    }

    @Test
    void settings_of_the_database_are_taken_back_but_not_what_somebody_has_set_since() {
        String source = SOURCE.newDatabase();
        String target = TARGET.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE teller");
        SOURCE.sql(source, "CREATE TABLE item (id int PRIMARY KEY)",
                "CREATE TABLE price (item int CONSTRAINT of_item REFERENCES item)",
                "SET session_replication_role = replica; INSERT INTO price VALUES (7)");
        for (String setting : List.of("timezone = 'Europe/Berlin'", "work_mem = '7MB'", "intervalstyle = 'iso_8601'",
                "search_path = public, \"Odd, one\"")) {
            SOURCE.sql("postgres", "ALTER DATABASE " + source + " SET " + setting);
        }
        SOURCE.sql("postgres", "ALTER ROLE teller IN DATABASE " + source + " SET work_mem = '9MB'");
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET work_mem = '5MB'",
                "ALTER DATABASE " + target + " SET search_path = \"My, own\", public");
        String before = settings(target);
        assertEquals(1, SIDES.migrate(source, target).code());
        assertTrue(settings(target).startsWith(":TimeZone=Europe/Berlin\n")
                && settings(target).contains("\n:work_mem=7MB\n") && settings(target).contains("teller:work_mem=9MB"),
                settings(target));
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET intervalstyle = 'sql_standard'");
        SOURCE.sql("postgres", "ALTER DATABASE " + source + " RESET ALL",
                "ALTER ROLE teller IN DATABASE " + source + " RESET ALL");
        SOURCE.sql(source, "DELETE FROM price");
        assertEquals(0, SIDES.migrate(source, target, "--restart").code());
        assertEquals(before + "\n:IntervalStyle=sql_standard", settings(target));
        Stream.of(SOURCE, TARGET).forEach(server -> server.sql("postgres", "DROP ROLE teller"));
    }

    private static String settings(String database) {
        return TARGET.query("postgres",
                "SELECT string_agg(coalesce(rolname, '') || ':' || c, E'\\n' ORDER BY c LIKE 'Interval%', rolname "
                        + "NULLS FIRST, c COLLATE \"C\")"
                        + " FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(setconfig) c "
                        + "WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '"
                        + database + "')");
    }

    @Test
    void what_somebody_else_made_in_between_is_never_dropped() {
        String target = TARGET.newDatabase();
        assertEquals(1, SIDES.migrate(shop, target).code());
        Map.of("CREATE TABLE mine (id int)", "table public.mine",
                "CREATE TABLE app.mine (id int)", "table app.mine",
                "CREATE VIEW app.mine AS SELECT id FROM app.item", "view app.mine",
                "CREATE FUNCTION mine(app.item) RETURNS int RETURN 1", "routine public.mine(app.item)",
                "CREATE SCHEMA mine", "schema mine",
                "SELECT lo_from_bytea(4711, 'mine')", "large object 4711").forEach((make, named) -> {
                    TARGET.sql(target, make);
                    String drop = named.startsWith("large") ? "SELECT pg_catalog.lo_unlink(4711);"
                            : "DROP " + named.replaceFirst(" .*", "").toUpperCase(Locale.ROOT)
                                    + named.replaceFirst("[a-z]+", "") + ";";
                    SIDES.refusesToMigrate("""
                            error: the target holds objects that the interrupted run did not make: %s
                            hint: move or drop them, then run again with --restart: %s
                            """.formatted(named, drop), shop, target, "--restart");
                    TARGET.sql(target, drop);
                });
        Stream.of("data", "index", "view").forEach(other -> switchOn(target, other));
        arrives(SIDES.migrate(shop, target, "--restart"), target);
    }

    @Test
    void a_database_that_the_failed_run_created_is_used_again() {
        String target = "made_" + shop;
        // What the database through which the server is asked first has is no part of the new one.
        TARGET.sql("postgres", "CREATE EXTENSION citext");
        CommandRun failed = SIDES.migrate(shop, target, "--create-database");
        assertEquals("error: loading table app.item failed on the target: shop.data is off\n" + HINT,
                failed.failure() + "\n");
        assertEquals(1, failed.code(), failed.err());
        Stream.of("data", "index", "view").forEach(other -> switchOn(target, other));
        arrives(SIDES.migrate(shop, target, "--create-database", "--restart"), target);
        TARGET.sql("postgres", "DROP EXTENSION citext");
    }

    @Test
    void a_target_that_takes_no_more_connections_when_work_has_begun_is_a_failed_step() {
        String target = TARGET.newDatabase();
        CommandRun failed;
        // The journal comes first, before the sessions that make tables and bring rows.
        try (HeldLock journal = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_namespace IN SHARE MODE")) {
            CompletableFuture<CommandRun> run = BackgroundWork.run(() -> SIDES.migrate(shop, target));
            journal.awaitWaiter();
            TARGET.sql("postgres", "ALTER DATABASE " + target + " ALLOW_CONNECTIONS false");
            journal.release();
            failed = run.join();
        }
        assertEquals(1, failed.code());
        assertEquals(
                """
                error: could not connect to the target: database "%1$s" is not currently accepting connections
                hint: let the database take connections, as its owner or a superuser of the target: ALTER DATABASE \
                "%1$s" ALLOW_CONNECTIONS true;
                hint: then run the same command again with --resume: it keeps what has arrived; or with --restart: it \
                removes what this run made"""
                        .formatted(target),
                failed.failure());
        TARGET.sql("postgres", "ALTER DATABASE " + target + " ALLOW_CONNECTIONS true");
        Stream.of("data", "index", "view").forEach(other -> switchOn(target, other));
        arrives(SIDES.migrate(shop, target, "--restart"), target);
    }

    @Test
    void somebody_who_is_no_superuser_can_restart_too() {
        SOURCE.sql("postgres", "CREATE ROLE lessor LOGIN PASSWORD 'lessor' CREATEROLE", "CREATE ROLE lodger",
                "GRANT lodger TO lessor");
        TARGET.sql("postgres", "CREATE ROLE lessor LOGIN PASSWORD 'lessor' CREATEROLE");
        String source = SOURCE.newDatabase("OWNER lessor");
        String target = TARGET.newDatabase("OWNER lessor");
        SOURCE.sql("postgres", "ALTER DATABASE " + source + " SET shop.view = 'on'");
        SOURCE.sql(source,
                "SET SESSION AUTHORIZATION lessor; CREATE EXTENSION citext; CREATE SCHEMA app; GRANT ALL ON SCHEMA "
                        + "app TO lodger",
                "SET SESSION AUTHORIZATION lodger; CREATE TABLE app.item AS SELECT i AS id, i::text::public.citext "
                        + "FROM generate_series(1, 100) i",
                "SET SESSION AUTHORIZATION lessor; CREATE FUNCTION app.made() RETURNS text LANGUAGE sql AS $$ "
                        + "SELECT current_setting('shop.view') $$;"
                        + " CREATE MATERIALIZED VIEW app.total AS SELECT app.made() FROM app.item");
        String member = "SELECT pg_has_role('lessor', 'lodger', 'MEMBER')";
        Supplier<CommandRun> restart =
                () -> CommandRun.migrate(SOURCE.uri(source, "lessor", "lessor"), TARGET.uri(target, "lessor", "lessor"),
                        "--restart");
        CommandRun failed = restart.get();
        assertEquals(1, failed.code(), failed.err());
        // The failed run had given the table away and was to take back the membership that this needs.
        assertEquals("lodger",
                TARGET.query(target, "SELECT relowner::regrole FROM pg_class WHERE oid = 'app.item'::regclass"));
        switchOn(target, "view");
        // As if an administrator had made it anew meanwhile: it is no longer the run's to drop.
        TARGET.sql(target, "UPDATE pg_extension SET extowner = 10 WHERE extname = 'citext'");
        CommandRun run = restart.get();
        assertEquals(0, run.code(), run.err());
        assertFalse(run.err().contains("migrate: extensions: 1 created"), run.err());
        assertEquals(Oracle.schema(SOURCE, source), Oracle.schema(TARGET, target));
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
        assertEquals(SOURCE.query(source, member), TARGET.query(target, member));
        SOURCE.sql("postgres", "DROP DATABASE " + source, "DROP ROLE lessor", "DROP ROLE lodger");
        TARGET.sql("postgres", "DROP DATABASE " + target, "DROP ROLE lessor", "DROP ROLE lodger");
    }

    @Test
    void while_a_run_is_at_work_no_other_touches_its_target() {
        String target = TARGET.newDatabase();
        Stream.of("data", "index", "view").forEach(other -> switchOn(target, other));
        CompletableFuture<CommandRun> first;
        try (HeldLock table = HeldLock.on(TARGET, target, "LOCK TABLE pg_catalog.pg_event_trigger IN SHARE MODE")) {
            first = BackgroundWork.run(() -> SIDES.migrate(shop, target));
            table.awaitWaiter();
            for (String option : List.of("--no-owner", "--restart")) {
                CommandRun second = SIDES.migrate(shop, target, option);
                assertEquals("error: another migration is running on the target\nhint: " + IN_USE_HINT,
                        second.failure());
                assertEquals(3, second.code());
            }
        }
        arrives(first.join(), target);
    }

    private static void switchOn(String target, String part) {
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop." + part + " = 'on'");
    }

    /** All is there, with its owners and privileges, and nothing of ours. */
    private static void arrives(CommandRun run, String target) {
        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(SOURCE, shop), Oracle.schema(TARGET, target));
        assertEquals(Oracle.data(SOURCE, shop), Oracle.data(TARGET, target));
        String defaults =
                "SELECT defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl FROM "
                        + "pg_default_acl ORDER BY 1, 2, 3";
        assertEquals(SOURCE.rows(shop, defaults), TARGET.rows(target, defaults));
    }
}

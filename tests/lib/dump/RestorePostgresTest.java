//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ChildCommand;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.HeldLock;
import testbed.Oracle;
import testbed.OrdinaryShop;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/** What a dump brings to a target, judged by stock tools, and how a restore that fails is done again. */
class RestorePostgresTest {
    private static final Path SQL = Path.of("tests", "sql");
    private static final Sides SIDES = new Sides(PgServer.installed(), PgServer.installed());
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /** What pg_dump shows with --create only. */
    private static final String OF_THE_DATABASE = """
            SELECT 'setting', coalesce(r.rolname, ''), c FROM pg_db_role_setting s LEFT
              JOIN pg_roles r ON r.oid = s.setrole, unnest(setconfig) c
             WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
            UNION ALL SELECT 'acl', datdba::regrole::text, datacl::text FROM pg_database
              WHERE datname = current_database()
            UNION ALL SELECT 'comment', '', shobj_description(oid, 'pg_database') FROM pg_database
              WHERE datname = current_database()
            ORDER BY 1, 2, 3""";

    private static OrdinaryShop ordinary;

    @TempDir
    Path folder;

    @BeforeAll
    static void fill() {
        ordinary = OrdinaryShop.on(SIDES);
        SOURCE.sql("postgres", "COMMENT ON DATABASE " + ordinary.database() + " IS 'all of it'");
    }

    @AfterAll
    static void drop_the_database_with_the_roles() {
        ordinary.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "custom", "directory"})
    void a_database_with_every_ordinary_kind_of_object_arrives_as_stock_tools_would_bring_it(String format) {
        String target = ordinary.newName();
        Path dump = dump(ordinary.database(), "-F", format);

        CommandRun run = Dumps.restore(TARGET.uri(target), dump, "--create-database");

        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().endsWith("\neverything arrived: the rows of 15 tables\n"), run.out());
        assertEquals(ordinary.schema(), Oracle.schema(TARGET, target));
        assertEquals(ordinary.data(), Oracle.data(TARGET, target));
        assertEquals(SOURCE.rows(ordinary.database(), OF_THE_DATABASE), TARGET.rows(target, OF_THE_DATABASE));
        assertNull(TARGET.query(target, "SELECT 1 FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }

    @Test
    void a_dump_of_an_old_server_arrives_on_a_new_one() {
        try (PgServer source = PgServer.start(13); PgServer target = PgServer.start(17)) {
            String database = source.newDatabase();
            source.script("postgres", SQL.resolve("ordinary-roles.sql"));
            target.script("postgres", SQL.resolve("ordinary-roles.sql"));
            source.script(database, SQL.resolve("ordinary.sql"));
            Path dump = folder.resolve("shop.dump");
            assertEquals(0, Dumps.dump(source.uri(database), dump, "-Fc").code());

            CommandRun run = Dumps.restore(target.uri("moved"), dump, "--create-database");

            assertEquals(0, run.code(), run.err());
            String expected = Oracle.restore(source, database, target);
            assertEquals(Oracle.schema(target, expected), Oracle.schema(target, "moved"));
            assertEquals(Oracle.data(target, expected), Oracle.data(target, "moved"));
        }
    }

    @Test
    void an_owner_who_is_no_superuser_restores_what_is_theirs() {
        try (PgServer target = PgServer.installed(); PgServer source = PgServer.installed()) {
            Path dump = owners(source, target, "custom");

            CommandRun run = Dumps.restore(target.uri("app", "app", "app"), dump);

            assertEquals(0, run.code(), run.err());
            String expected = Oracle.restore(source, "app", target);
            assertEquals(Oracle.schema(target, expected), Oracle.schema(target, "app"));
            assertEquals(Oracle.data(target, expected), Oracle.data(target, "app"));
            // What was lent to give objects away is given back.
            assertEquals("f", target.query("app", "SELECT pg_has_role('app', 'app_jobs', 'USAGE')"));

            Path plain = folder.resolve("app.sql");
            assertEquals(0, Dumps.dump(source.uri("app", "app", "app"), plain, "-Fp").code());
            target.sql("postgres", "CREATE DATABASE again OWNER app");
            assertEquals("""
                    error: only a superuser can restore a plain dump with objects of other owners (app_jobs), and \
                    "app" is not one
                    hint: use --format directory or --no-owner for the dump""",
                    Dumps.restore(target.uri("again", "app", "app"), plain).failure());
        }
    }

    private Path owners(PgServer source, PgServer target, String format) {
        for (PgServer server : List.of(source, target)) {
            server.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app' CREATEROLE", "CREATE ROLE app_ro NOLOGIN",
                    "CREATE ROLE app_jobs NOLOGIN",
                    "CREATE DATABASE app OWNER app");
        }
        target.administer("app", "app_jobs");
        source.sql("postgres", "GRANT app_jobs TO app");
        Run.of(List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), "-Xq", "-v",
                "ON_ERROR_STOP=1",
                source.uri("app", "app", "app"), "-f", SQL.resolve("owner.sql").toString()), Map.of(), null).orFail();
        Path dump = folder.resolve("app");
        assertEquals(0, Dumps.dump(source.uri("app", "app", "app"), dump, "-F", format).code());
        return dump;
    }

    @Test
    void a_table_that_names_an_index_arrives_although_the_index_comes_later() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE parent (id int PRIMARY KEY)",
                "CREATE TABLE names (id int PRIMARY KEY, c regclass, parent int REFERENCES parent)",
                "CREATE TABLE child (name int REFERENCES names)",
                "CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE; END'",
                "INSERT INTO parent VALUES (1)", "INSERT INTO names VALUES (1, 'parent_pkey', 1)",
                "INSERT INTO child VALUES (1)",
                "CREATE TRIGGER boom BEFORE INSERT ON names FOR EACH ROW EXECUTE FUNCTION boom()");
        String target = TARGET.newDatabase();

        CommandRun run = Dumps.restore(TARGET.uri(target), dump(source));

        assertEquals(0, run.code(), run.err());
        assertEquals(List.of(List.of("1", "parent_pkey", "1")), TARGET.rows(target, "SELECT * FROM names"));
        assertEquals(Oracle.schema(SOURCE, source), Oracle.schema(TARGET, target));
    }

    @Test
    void filters_hold_for_the_dump_and_what_it_brings() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE SCHEMA one", "CREATE TABLE one.a AS SELECT generate_series(1, 10) AS n",
                "CREATE TABLE one.b (n serial)",
                "CREATE TABLE two AS SELECT 1 AS n", "SELECT lo_from_bytea(817, 'large')",
                "INSERT INTO one.b VALUES (7)");
        String target = TARGET.newDatabase();
        assertEquals(0,
                Dumps.restore(TARGET.uri(target), dump(source, "-t", "one.*", "--exclude-table-data", "one.a", "-Fc"))
                        .code());
        assertEquals(List.of(List.of("one", "a"), List.of("one", "b")),
                TARGET.rows(target,
                        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^pg_|^information' ORDER "
                                + "BY 2"));
        assertEquals(List.of(List.of("0", "1")),
                TARGET.rows(target, "SELECT (SELECT count(*) FROM one.a), (SELECT count(*) FROM one.b)"));
        assertEquals("0", TARGET.query(target, "SELECT count(*) FROM pg_largeobject_metadata"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            plain     | The dump, Sequences, Statistics for the planner
            directory | Extensions, Types, functions, tables, views, Rows, large objects, and the values of the \
            sequences, Indexes, constraints, triggers, Comments, Sequences, \
            Materialized views, Statistics for the planner""")
    void a_dry_run_prints_a_script_that_does_the_same_and_changes_nothing(String format, String steps) {
        String source = Dumps.shop(SOURCE);
        String target = TARGET.newDatabase();
        Path dump = dump(source, "-F", format);
        CommandRun run =
                SIDES.unchanged("postgres", target, () -> Dumps.restore(TARGET.uri(target), dump, "--dry-run", "-j2"));
        assertEquals(0, run.code(), run.err());
        assertEquals(steps, run.out().lines().filter(line -> line.startsWith("# ")).skip(3)
                .map(line -> line.substring(2)).collect(Collectors.joining(", ")));
        assertFalse(run.out().contains(TARGET.password()), run.out());
        PastedScript.run(run, Map.of("TARGET", TARGET.uri(target))).orFail();
        assertEquals(Oracle.schema(SOURCE, source), Oracle.schema(TARGET, target));
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "directory"})
    void a_restore_that_fails_can_be_done_again(String format) {
        String source = Dumps.shop(SOURCE);
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.broken = 'yes'");
        Path dump = dump(source, "-F", format);

        CommandRun failed = Dumps.restore(TARGET.uri(target), dump);
        assertEquals(1, failed.code(), failed.err());
        assertEquals("error: %s failed on the target: broken".formatted(format.equals("plain") ? "psql"
                : "loading table public.item"), failed.failure().lines().findFirst().orElseThrow());
        assertTrue(failed.failure().endsWith(
                "\nhint: fix the cause, then run the same command again with " + "--resume: it "
                        + "keeps what has arrived; or with --restart: it removes what this run made"),
                failed.failure());
        String command = "restore-postgres " + dump;
        assertEquals("error: the target holds objects of an interrupted run\nhint: " + command
                + " --resume, which goes on, or " + command + " --restart, which begins anew",
                Dumps.restore(TARGET.uri(target), dump).failure());

        TARGET.sql("postgres", "ALTER DATABASE " + target + " RESET shop.broken");
        CommandRun again = Dumps.restore(TARGET.uri(target), dump, "--restart");
        assertEquals(0, again.code(), again.err());
        assertEquals(Oracle.schema(SOURCE, source), Oracle.schema(TARGET, target));
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
    }

    @Test
    void an_interrupted_restore_says_so_and_can_be_done_again() {
        String source = Dumps.shop(SOURCE);
        String target = TARGET.newDatabase();
        Path dump = dump(source, "-Fc");
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.slow = 'yes'");
        try (HeldLock hold = HeldLock.on(TARGET, target, "SELECT pg_advisory_xact_lock(1)");
                ChildCommand child = ChildCommand.start(ChildCommand.java("RestorePostgres", dump.toString()), folder,
                        Map.of("TARGET", TARGET.uri(target)))) {
            hold.awaitWaiter();
            child.signal("TERM");
            CommandRun run = child.end();
            assertEquals(143, run.code(), run.err());
            assertTrue(run.err().endsWith("""
                    restore-postgres: warning: interrupted: the dump is unchanged, the target is partly loaded
                    restore-postgres: hint: run the same command again with --resume: it keeps what has arrived; or \
                    with --restart: it removes what this run made
                    """), run.err());
        }
        TARGET.sql("postgres", "ALTER DATABASE " + target + " RESET shop.slow");
        assertEquals(0, Dumps.restore(TARGET.uri(target), dump, "--restart").code());
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
    }

    @Test
    void what_the_manifest_names_and_the_dump_did_not_bring_is_a_difference() throws IOException {
        String target = TARGET.newDatabase();
        Path dump = dump(Dumps.shop(SOURCE), "-Fc");
        Path file = Manifest.beside(dump);
        Files.writeString(file, Files.readString(file).replaceFirst("\"objects\": \\[\n",
                "\"objects\": [\n{\"catalog\":1259,\"oid\":1,\"kind\":\"TABLE\",\"identity\":\"public.lost\","
                        + "\"schema\":\"public\",\"owner\":\"postgres\",\"part\":false},\n"));
        CommandRun run = Dumps.restore(TARGET.uri(target), dump, "--no-owner");
        assertEquals("""
                error: 1 difference between the dump and the target
                detail: KIND   OBJECT       SOURCE       TARGET
                detail: table  public.lost  in the dump  missing""", run.failure());
        assertEquals(4, run.code());
    }

    private Path dump(String database, String... options) {
        return Dumps.dumped(SOURCE, database, folder.resolve("shop"), options);
    }
}

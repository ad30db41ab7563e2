//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.migrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;

/**
 * What a migration leaves on the target, judged by stock tools: the same source restored by pg_dump and psql as
 * superuser.
 */
class MigrateTest {
    private static final Path SQL = Path.of("tests", "sql");
    /**
     * What pg_dump without --create does not show: database settings and privileges, and what materialized views hold.
     */
    private static final String BESIDE_THE_DUMP = """
            SELECT 'setting', coalesce(r.rolname, ''), c FROM pg_db_role_setting s LEFT
              JOIN pg_roles r ON r.oid = s.setrole, unnest(setconfig) c
             WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
            UNION ALL SELECT 'acl', datdba::regrole::text, datacl::text FROM pg_database
              WHERE datname = current_database()
            UNION ALL SELECT 'matview', relname, relispopulated::text FROM pg_class WHERE relkind = 'm'
              AND relnamespace <> 'pg_catalog'::regnamespace
            UNION ALL SELECT 'lo', oid::text, lomowner::regrole || ' ' || coalesce(lomacl::text, '')
              FROM pg_largeobject_metadata
            UNION ALL SELECT 'lo comment', objoid::text, description FROM pg_description
              WHERE classoid = 'pg_largeobject'::regclass
            UNION ALL SELECT 'index', indexrelid::regclass::text, indisvalid::text FROM pg_index
              WHERE indexrelid > 16384 AND NOT indisvalid
            ORDER BY 1, 2, 3""";
    private static final String ROLES = """
            SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolconnlimit, rolpassword,
              rolvaliduntil, rolconfig,
                   shobj_description(a.oid, 'pg_authid'), array(SELECT m.roleid::regrole || ' ' || m.admin_option
                     FROM pg_auth_members m
                                                    WHERE m.member = a.oid ORDER BY 1)
              FROM pg_authid a LEFT JOIN pg_roles USING (rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb,
                rolcanlogin, rolconnlimit)
             WHERE rolname !~ '^pg_' AND a.oid <> 10 ORDER BY 1"""
            .replace("rolvaliduntil,", "a.rolvaliduntil,").replace("rolpassword,", "a.rolpassword,");

    @ParameterizedTest
    @CsvSource({"15, 15", "15, 17", "13, 15"})
    void a_database_with_every_ordinary_kind_of_object_arrives_as_stock_tools_would_bring_it(int from, int to) {
        ClientBinaries.between(from, to);
        try (PgServer source = PgServer.start(from); PgServer target = PgServer.start(to)) {
            String database = source.newDatabase();
            source.script("postgres", SQL.resolve("ordinary-roles.sql"));
            source.script(database, SQL.resolve("ordinary.sql"));

            CommandRun run = CommandRun.migrate(source.uri(database), target.uri("moved"), "--create-database",
                    "--verify", "checksums");

            assertEquals("",
                    run.err().lines().filter(line -> line.contains("error")).collect(Collectors.joining("\n")));
            assertEquals(0, run.code());
            assertEquals(source.rows(database, ROLES), target.rows("moved", ROLES));
            String expected = Oracle.restore(source, database, target);
            assertEquals(Oracle.schema(target, expected), Oracle.schema(target, "moved"));
            assertTrue(Oracle.schema(target, "moved").isPresent(), "no pg_dump here reads a server of version " + to);
            assertEquals(Oracle.data(target, expected), Oracle.data(target, "moved"));
            assertEquals(source.rows(database, BESIDE_THE_DUMP), target.rows("moved", BESIDE_THE_DUMP));
            assertEquals(null, target.query("moved", "SELECT 1 FROM pg_namespace WHERE nspname = 'tsmigrate'"));
            amcheck(target);
        }
    }

    private static void amcheck(PgServer target) {
        target.sql("moved", "DROP EVENT TRIGGER no_drop");
        ClientBinaries.find(target.major()).map(folder -> folder.resolve("pg_amcheck"))
                .filter(tool -> tool.toFile().canExecute()).ifPresent(
                        tool -> Run.of(List.of(tool.toString(), "--install-missing", "--heapallindexed", "moved"),
                                target.environment("moved"), null).orFail());
    }

    @ParameterizedTest
    @CsvSource({"15, 15", "15, 17", "13, 15"})
    void an_owner_who_is_no_superuser_on_either_side_moves_what_is_theirs(int from, int to) {
        ClientBinaries.between(from, to);
        try (PgServer source = PgServer.start(from); PgServer target = PgServer.start(to)) {
            source.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app' CREATEROLE", "CREATE ROLE app_ro NOLOGIN",
                    "CREATE ROLE app_jobs NOLOGIN",
                    "GRANT app_jobs TO app", "CREATE DATABASE app OWNER app");
            target.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app' CREATEROLE", "CREATE DATABASE app OWNER app");
            Run.of(List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), "-Xq", "-v",
                    "ON_ERROR_STOP=1",
                    source.uri("app", "app", "app"), "-f", SQL.resolve("owner.sql").toString()), Map.of(), null)
                    .orFail();

            CommandRun run = CommandRun.migrate(source.uri("app", "app", "app"), target.uri("app", "app", "app"),
                    "--verify", "checksums");

            assertEquals(0, run.code(), run.err());
            String expected = Oracle.restore(source, "app", target);
            assertEquals(withoutOwnerOfPublic(Oracle.schema(target, expected)),
                    withoutOwnerOfPublic(Oracle.schema(target, "app")));
            assertEquals(Oracle.data(target, expected), Oracle.data(target, "app"));
            assertEquals(source.rows("app", BESIDE_THE_DUMP), target.rows("app", BESIDE_THE_DUMP));
            // What was lent to give objects away is given back.
            assertEquals(source.rows("app", "SELECT pg_has_role('app', 'app_ro', 'USAGE')"),
                    target.rows("app", "SELECT pg_has_role('app', 'app_ro', 'USAGE')"));
        }
    }

    /**
     * Before version 15 it is the bootstrap superuser; only a superuser could bring that along. Comments and blank
     * lines go with it.
     */
    private static Optional<String> withoutOwnerOfPublic(Optional<String> schema) {
        return schema.map(text -> text.lines()
                .filter(line -> !line.startsWith("ALTER SCHEMA public OWNER TO ") && !line.startsWith("--")
                        && !line.isBlank())
                .collect(Collectors.joining("\n")));
    }

    @Test
    void a_table_that_names_an_index_arrives_although_the_index_comes_later() {
        PgServer server = PgServer.shared(ClientBinaries.clientMajor());
        String source = server.newDatabase();
        String target = server.newDatabase();
        server.sql(source, "CREATE TABLE parent (id int PRIMARY KEY)",
                "CREATE TABLE names (id int PRIMARY KEY, c regclass, parent int REFERENCES parent)",
                "CREATE TABLE child (name int REFERENCES names)",
                "CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE; END'",
                "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "INSERT INTO parent VALUES (1)", "INSERT INTO names VALUES (1, 'parent_pkey', 1)",
                "INSERT INTO child VALUES (1)",
                "CREATE TRIGGER boom BEFORE INSERT ON names FOR EACH ROW EXECUTE FUNCTION boom()",
                "COMMENT ON TRIGGER boom ON names IS 'late'",
                "CREATE EVENT TRIGGER seen ON sql_drop EXECUTE FUNCTION seen()",
                "COMMENT ON EVENT TRIGGER seen IS 'last'",
                "COMMENT ON CONSTRAINT names_parent_fkey ON names IS 'late too'");

        CommandRun run = CommandRun.migrate(server.uri(source), server.uri(target));

        assertEquals(0, run.code(), run.err());
        assertEquals(List.of(List.of("1", "parent_pkey", "1")), server.rows(target, "SELECT * FROM names"));
        assertEquals(Oracle.schema(server, source), Oracle.schema(server, target));
    }

    @Test
    void an_event_trigger_arrives_with_its_owner() {
        PgServer server = PgServer.shared(ClientBinaries.clientMajor());
        String source = server.newDatabase();
        String target = server.newDatabase();
        server.sql(source, "CREATE ROLE watchman SUPERUSER",
                "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
                "CREATE EVENT TRIGGER seen ON sql_drop EXECUTE FUNCTION seen()",
                "ALTER EVENT TRIGGER seen OWNER TO watchman");

        CommandRun run = CommandRun.migrate(server.uri(source), server.uri(target));

        assertEquals(0, run.code(), run.err());
        assertEquals(Oracle.schema(server, source), Oracle.schema(server, target));
        server.sql("postgres", "DROP DATABASE " + source, "DROP DATABASE " + target, "DROP ROLE watchman");
    }

    @Test
    void filters_move_what_pg_dump_would_dump() {
        PgServer server = PgServer.shared(ClientBinaries.clientMajor());
        String source = server.newDatabase();
        server.sql(source, "CREATE SCHEMA one", "CREATE SCHEMA two",
                "CREATE TABLE one.a AS SELECT generate_series(1, 10) AS n",
                "CREATE TABLE one.b AS SELECT 1 AS n", "CREATE TABLE two.a AS SELECT 2 AS n",
                "CREATE TABLE \"Odd\" (n int)", "INSERT INTO \"Odd\" VALUES (3)",
                "CREATE VIEW two.v AS SELECT * FROM two.a", "CREATE SEQUENCE one.s", "SELECT nextval('one.s')");
        filtered(server, source, List.of("-n", "one"), List.of("one.a 10", "one.b 1"));
        filtered(server, source, List.of("-N", "one"), List.of("public.Odd 1", "two.a 1", "two.v 1"));
        filtered(server, source, List.of("-t", "one.*", "-T", "one.b"), List.of("one.a 10"));
        filtered(server, source, List.of("-t", "\"Odd\""), List.of("public.Odd 1"));
        filtered(server, source, List.of("--exclude-table-data", "one.a"),
                List.of("one.a 0", "one.b 1", "public.Odd 1", "two.a 1", "two.v 1"));
    }

    private static void filtered(PgServer server, String source, List<String> filters, List<String> expected) {
        String target = server.newDatabase();
        CommandRun run = CommandRun.migrate(server.uri(source), server.uri(target), filters.toArray(String[]::new));
        assertEquals(0, run.code(), run.err());
        List<List<String>> counts = server.rows(target,
                """
                SELECT n.nspname || '.' || relname || ' ' || (xpath('/row/c/text()',
                  query_to_xml(format('SELECT count(*) AS c FROM %I.%I', n.nspname, relname),
                         false, true, '')))[1]
                  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'v')
                    AND n.nspname !~ '^pg_|^information' ORDER BY 1""");
        assertEquals(expected, counts.stream().map(row -> row.get(0)).toList(), String.join(" ", filters));
    }

    @Test
    void rows_too_large_for_one_batch_arrive() {
        PgServer server = PgServer.shared(ClientBinaries.clientMajor());
        assumeTrue(Runtime.getRuntime().maxMemory() > 200_000_000, "needs a heap of 200 MB");
        String source = server.newDatabase();
        String target = server.newDatabase();
        server.sql(source, "CREATE TABLE big (b bytea, t text)",
                "INSERT INTO big SELECT decode(repeat('00ff5c0a', 2500000), 'hex'), repeat(E'x\\t\\\\y\\n', 1000000)");
        assertEquals(0, CommandRun.migrate(server.uri(source), server.uri(target)).code());
        assertEquals(server.rows(source, "SELECT md5(b), md5(t) FROM big"),
                server.rows(target, "SELECT md5(b), md5(t) FROM big"));
    }
}

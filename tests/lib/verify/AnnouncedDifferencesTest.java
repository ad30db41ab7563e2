//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import lib.facts.Difference;
import lib.facts.FactIdentity;
import lib.facts.FactKind;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Sides;

/**
 * What stays behind is announced, and what is announced, or is the same in other words, is no difference afterwards.
 */
class AnnouncedDifferencesTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final String KEEPER = "announced_keeper";
    private static final String LOADER = "announced_loader";
    @TempDir
    Path folder;

    @BeforeAll
    static void makeRoles() {
        SOURCE.sql("postgres", "CREATE ROLE " + KEEPER + " LOGIN PASSWORD 'k'");
        // Out of the loader's reach, as the administrator of a server is whose name the source's owner bears.
        TARGET.sql("postgres", "CREATE ROLE " + KEEPER + " SUPERUSER", "CREATE ROLE " + LOADER + " LOGIN PASSWORD 'l'");
    }

    @AfterAll
    static void dropRoles() {
        SOURCE.sql("postgres", "DROP ROLE " + KEEPER);
        TARGET.sql("postgres", "DROP ROLE " + KEEPER, "DROP ROLE " + LOADER);
    }

    private static String ownedByLoader() {
        String to = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + to + " OWNER TO " + LOADER);
        return to;
    }

    private static String loader(String database) {
        return TARGET.uri(database, LOADER, "l");
    }

    private static void drop(String from, String... to) {
        SOURCE.sql("postgres", "DROP DATABASE " + from);
        List.of(to).forEach(database -> TARGET.sql("postgres", "DROP DATABASE " + database));
    }

    /** Each way of moving it ends without a difference, and so does verify, by what the target's user may do. */
    private List<CommandRun> arrives(String from, String... targets) {
        List<CommandRun> runs = new ArrayList<>();
        for (int i = 0; i < targets.length; i++) {
            CommandRun run = i == 0 ? CommandRun.migrate(SOURCE.uri(from), targets[i])
                    : i == 1 ? CommandRun.migrate(SOURCE.uri(from), targets[i], "--via-files", "--dir",
                            folder.resolve("via").toString())
                    : Dumps.restore(targets[i], Dumps.dumped(SOURCE, from, folder.resolve("dump-" + i)));
            assertEquals(0, run.code(), run.err());
            CommandRun verified =
                    CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(from), "TARGET", targets[i]), "--permitted");
            assertEquals(0, verified.code(), i + verified.out() + verified.err());
            runs.add(run);
        }
        return runs;
    }

    /**
     * The owner has these options anyway (PostgreSQL manual, 5.7); stock tools give the privileges to the owner's
     * namesake.
     */
    @Test
    void an_owners_own_grant_option() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE SCHEMA g",
                "CREATE SEQUENCE q", "CREATE TYPE e AS ENUM ('a')",
                "CREATE TABLE t (a int, b int)", "SELECT lo_from_bytea(4719, 'x')");
        for (String kind : List.of("FUNCTION f()", "SCHEMA g", "SEQUENCE q", "TYPE e", "TABLE t", "LARGE OBJECT 4719",
                "DATABASE " + from)) {
            SOURCE.sql(from, "ALTER " + kind + " OWNER TO " + KEEPER,
                    "GRANT ALL ON " + kind + " TO " + KEEPER + " WITH GRANT OPTION");
        }
        SOURCE.sql(from, "GRANT SELECT (a) ON t TO " + KEEPER + " WITH GRANT OPTION", "CREATE TABLE u (a int)",
                "ALTER TABLE u OWNER TO " + KEEPER,
                "REVOKE DELETE ON u FROM " + KEEPER);
        String[] to = {ownedByLoader(), ownedByLoader(), ownedByLoader()};
        arrives(from, loader(to[0]), loader(to[1]), loader(to[2]));
        // What the owner may not do any more is a difference still.
        TARGET.sql(to[0], "REVOKE INSERT ON t FROM " + LOADER + ", " + KEEPER);
        CommandRun verified =
                CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(from), "TARGET", loader(to[0])), "--permitted");
        assertEquals(4, verified.code());
        assertTrue(verified.out().contains("public.t to its owner"), verified.out());
        drop(from, to);
    }

    /** Only an owner may change what is said of an extension, a schema or a database (PostgreSQL manual, COMMENT). */
    @Test
    void comments_on_what_belongs_to_others() {
        String from = SOURCE.newDatabase();
        SOURCE.sql(from, "CREATE EXTENSION citext", "COMMENT ON EXTENSION citext IS 'text without case'",
                "COMMENT ON EXTENSION plpgsql IS 'blocks'", "CREATE TABLE t (a citext)",
                "COMMENT ON SCHEMA public IS 'ours'", "CREATE SCHEMA \"public is\"",
                "COMMENT ON SCHEMA \"public is\" IS 'more'",
                "COMMENT ON DATABASE " + from + " IS 'shop'", "CREATE EXTENSION hstore");
        String[] to = {TARGET.newDatabase(), TARGET.newDatabase(), TARGET.newDatabase()};
        for (String database : to) {
            TARGET.sql(database, "CREATE EXTENSION citext", "ALTER SCHEMA public OWNER TO postgres",
                    "GRANT CREATE ON DATABASE " + database + " TO " + LOADER,
                    "GRANT CREATE ON SCHEMA public TO " + LOADER, "COMMENT ON SCHEMA public IS 'theirs'");
        }
        List<String> on = List.of("extension citext", "extension plpgsql", "schema public", "the database");
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(from), loader(to[0]));
        assertEquals(0, preflight.code(), preflight.out());
        on.forEach(item -> assertTrue(
                preflight.out().contains("the comment on " + item + " stays as it is on the target"),
                preflight.out()));
        for (CommandRun run : arrives(from, loader(to[0]), loader(to[1]), loader(to[2]))) {
            on.forEach(item -> assertTrue(
                    run.err().contains("warning: comments: the comment on " + item + " stays as it is on the target"),
                    run.err()));
            assertEquals(4, run.err().split("warning: comments: ", -1).length - 1, run.err());
            assertTrue(
                    run.out().matches(
                            "(?s).*\neverything that was to be moved arrived: .*; left out: .*comments \\(4\\)\n"),
                    run.out());
        }
        assertEquals("theirs", TARGET.query(to[2], "SELECT obj_description('public'::regnamespace)"));
        assertEquals("more", TARGET.query(to[2], "SELECT obj_description('\"public is\"'::regnamespace)"));
        // What is said is done, and nothing is left to say of it, nor to find.
        Matcher statements =
                Pattern.compile("fix: as its owner on the target: (COMMENT ON .*;)").matcher(preflight.out());
        TARGET.sql(to[0], statements.results().map(found -> found.group(1)).toArray(String[]::new));
        assertEquals("text without case, blocks, ours, shop", TARGET.query(to[0],
                """
                SELECT concat_ws(', ', (SELECT obj_description(oid) FROM pg_extension
                  WHERE extname = 'citext'), (SELECT obj_description(oid) FROM pg_extension WHERE extname = 'plpgsql'),
                                 obj_description('public'::regnamespace), (SELECT shobj_description(oid, 'pg_database')
                                   FROM pg_database WHERE datname = current_database()))"""));
        String all = TARGET.newDatabase();
        assertEquals(0, SIDES.migrate(from, all).code());
        assertEquals("blocks",
                TARGET.query(all, "SELECT obj_description(oid) FROM pg_extension WHERE extname = 'plpgsql'"));
        TARGET.sql("postgres", "DROP DATABASE " + all);
        drop(from, to);
    }

    /** A trusted extension belongs to the owner of the database that has created it, who may update and drop it. */
    @Test
    void an_extension_belongs_to_its_owner_or_it_is_said_that_it_does_not() throws Exception {
        String from = SOURCE.newDatabase();
        String owner = "announced_" + from;
        SOURCE.sql("postgres", "CREATE ROLE " + owner + " LOGIN PASSWORD 'o'",
                "ALTER DATABASE " + from + " OWNER TO " + owner);
        try (Connection session = SOURCE.connect(from, owner, "o"); Statement statement = session.createStatement()) {
            statement.execute("CREATE EXTENSION hstore; CREATE SCHEMA words; CREATE EXTENSION citext SCHEMA words");
        }
        SOURCE.sql(from, "CREATE EXTENSION pageinspect");
        String owners =
                "SELECT string_agg(extname || ' ' || extowner::regrole, ', ' ORDER BY extname) FROM pg_extension "
                        + "WHERE extname <> 'plpgsql'";
        String all = "citext " + owner + ", hstore " + owner + ", pageinspect postgres";
        String[] to = {TARGET.newDatabase(), TARGET.newDatabase(), TARGET.newDatabase(), TARGET.newDatabase()};
        assertEquals(0, SIDES.migrate(from, to[0]).code());
        assertEquals(0, SIDES.migrate(from, to[1], "--via-files", "--dir", folder.resolve("files").toString()).code());
        assertEquals(0, Dumps
                .restore(TARGET.uri(to[2]), Dumps.dumped(SOURCE, from, folder.resolve("owned"), "--format", "custom"))
                .code());
        for (int i = 0; i < 3; i++) {
            assertEquals(all, TARGET.query(to[i], owners));
            assertEquals("f", TARGET.query(to[i],
                    "SELECT has_database_privilege('" + owner + "', current_database(), 'CREATE')"));
        }
        // As the runbook does it, which brings the roles before.
        TARGET.sql("postgres", "DROP DATABASE " + to[2], "CREATE DATABASE " + to[2]);
        assertEquals(0,
                CommandRun.of("AlignVersion", Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to[2]))).code());
        assertEquals(all, TARGET.query(to[2], owners));
        // Where it is there, it is somebody else's, until what is said was done.
        TARGET.sql(to[3], "CREATE EXTENSION hstore");
        CommandRun preflight = CommandRun.preflight(SOURCE.uri(from), TARGET.uri(to[3]));
        Matcher drop = Pattern.compile("extension hstore belongs to \"" + owner
                + "\" on the source and to \"postgres\" on the target, where it is installed already\n"
                + " +fix: on the target: (DROP EXTENSION .*;)").matcher(preflight.out());
        assertTrue(drop.find(), preflight.out());
        CommandRun announced = SIDES.migrate(from, to[3]);
        assertEquals(0, announced.code(), announced.err());
        assertEquals(4,
                CommandRun.of("Verify", Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to[3]))).code());
        TARGET.sql("postgres", "DROP DATABASE " + to[3], "CREATE DATABASE " + to[3]);
        TARGET.sql(to[3], "CREATE EXTENSION hstore", drop.group(1));
        assertEquals(0, SIDES.migrate(from, to[3]).code());
        assertEquals(all, TARGET.query(to[3], owners));
        drop(from, to);
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql("postgres", "DROP ROLE " + owner);
        }
    }

    /** Stock tools give the privileges of such an owner to its role, and leave the owners as they are. */
    @Test
    void objects_of_the_system_and_of_extensions_with_another_owner() {
        String from = SOURCE.newDatabase();
        String owner = "announced_" + from;
        SOURCE.sql("postgres", "CREATE ROLE " + owner);
        SOURCE.sql(from, "ALTER FUNCTION pg_catalog.lo_export(oid, text) OWNER TO " + owner,
                "CREATE EXTENSION pg_stat_statements", "ALTER VIEW pg_stat_statements OWNER TO " + owner,
                "ALTER FUNCTION pg_stat_statements_reset OWNER TO " + owner, "CREATE TABLE t (a int)");
        String[] to = {TARGET.newDatabase(), TARGET.newDatabase(), ownedByLoader()};
        TARGET.sql(to[2], "CREATE EXTENSION pg_stat_statements");
        String stock = Oracle.restore(SOURCE, from, TARGET);
        arrives(from, TARGET.uri(to[0]), TARGET.uri(to[1]), loader(to[2]));
        String acl = "SELECT proacl::text FROM pg_proc WHERE proname = 'lo_export'";
        assertEquals(TARGET.query(stock, acl), TARGET.query(to[0], acl));
        String empty = TARGET.newDatabase();
        Matcher fix = Pattern.compile("role \"" + owner
                + "\" owns objects of the system or of extensions on the source, and will not on the target: .*\n"
                + " +fix: afterwards, a superuser of the target may run: (ALTER .*;)")
                .matcher(CommandRun.preflight(SOURCE.uri(from), TARGET.uri(empty)).out());
        assertTrue(fix.find());
        TARGET.sql(to[0], fix.group(1));
        assertEquals("3", TARGET.query(to[0],
                ("SELECT (SELECT count(*) FROM pg_proc WHERE proowner = '%1$s'::regrole) + (SELECT count(*) FROM "
                        + "pg_class WHERE relowner = '%1$s'::regrole)")
                        .formatted(owner)));
        assertEquals(0, CommandRun
                .of("Verify", Map.of("SOURCE", SOURCE.uri(from), "TARGET", TARGET.uri(to[0])), "--permitted").code());
        TARGET.sql("postgres", "DROP DATABASE " + stock, "DROP DATABASE " + empty);
        drop(from, to);
        for (PgServer server : List.of(SOURCE, TARGET)) {
            server.sql("postgres", "DROP ROLE " + owner);
        }
    }

    /** From a service whose administrator bears the name that other servers give to their first superuser. */
    @Test
    void a_role_that_is_the_targets_bootstrap_superuser() {
        try (PgServer service = PgServer.plan(ClientBinaries.clientMajor()).superuser("service_admin").start()) {
            String from = service.newDatabase();
            service.sql(from, "CREATE ROLE postgres LOGIN CREATEROLE", "CREATE TABLE t (a int)",
                    "ALTER TABLE t OWNER TO postgres", "GRANT ALL ON t TO postgres WITH GRANT OPTION");
            for (boolean superuser : List.of(false, true)) {
                String to = ownedByLoader();
                String uri = superuser ? TARGET.uri(to) : loader(to);
                CommandRun run = CommandRun.migrate(service.uri(from), uri);
                assertEquals(0, run.code(), run.err());
                assertTrue(run.err().contains(
                        "warning: roles: role \"postgres\" is kept as it is: the target's bootstrap superuser is "
                                + "called that"),
                        run.err());
                assertEquals(0, CommandRun
                        .of("Verify", Map.of("SOURCE", service.uri(from), "TARGET", uri), "--permitted").code());
                TARGET.sql("postgres", "DROP DATABASE " + to);
            }
        }
    }

    @Test
    void a_name_with_a_comma_is_one_name() {
        Difference difference =
                new Difference(FactKind.HYPERTABLE, "tablespaces", FactIdentity.of("plant.reading"), null,
                        "fast, \"old, slow\"", "fast");
        AnnouncedDifferences announced =
                new AnnouncedDifferences(LOADER, List.of(), List.of(), List.of(), false, false, false);

        assertTrue(announced.tablespaces(Set.of("old, slow")).covers(difference));
        assertFalse(announced.tablespaces(Set.of("old", "slow")).covers(difference));
    }
}

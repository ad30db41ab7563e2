//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.preflight;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.catalog.Extensions;
import lib.dsn.Dsn;
import lib.journal.Journal;
import lib.journal.Memberships;
import lib.journal.Removal;
import lib.journal.RunIdentity;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetLock;
import lib.talk.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.OwnExtensions;
import testbed.PastedScript;
import testbed.PgServer;

/**
 * Extensions of the source arrive on the target in a version, a schema and an order that are right, or the reason is
 * said and nothing done.
 */
class AlignVersionTest {
    private static final String INSTALLED = """
            SELECT extname || ' ' || extversion || ' in ' || nspname FROM pg_extension
              JOIN pg_namespace n ON n.oid = extnamespace
             WHERE extname <> 'plpgsql' ORDER BY 1""";

    /** What the source's server has beyond contrib, and what the target's has. */
    private static final OwnExtensions HERE = new OwnExtensions(17)
            .add("gadget", "", Map.of("1.5", """
                    CREATE TYPE gadget AS ENUM ('a', 'b');
                    CREATE FUNCTION gadget_of(int) RETURNS gadget IMMUTABLE LANGUAGE sql
                      AS 'SELECT NULL::@extschema@.gadget';
                    CREATE VIEW all_gadgets AS SELECT gadget_of(1) AS g;
                    CREATE OPERATOR CLASS gadget_ops FOR TYPE gadget USING hash AS OPERATOR 1 = (anyenum, anyenum),
                      FUNCTION 1 hashenum(anyenum);
                    """))
            .add("gear", "requires = 'gadget'", Map.of("1", "CREATE FUNCTION gear_of(gadget) RETURNS int RETURN 1;"))
            .add("ahead", "", Map.of("3.0", "CREATE TYPE ahead AS (a int);"))
            .add("behind", "", Map.of("1.9", "CREATE TYPE behind AS (a int);"))
            .add("aaa", "", Map.of("1", "CREATE TYPE aaa AS (a int);"))
            .add("zzz", "", Map.of("1", "CREATE TYPE zzz AS (a int);"))
            .add("moving", "", Map.of("1", "CREATE TYPE moving AS (a int);", "1--2", ""));
    private static final OwnExtensions THERE = new OwnExtensions(17)
            .add("ahead", "", Map.of("1.0", "", "2.0-dev", "", "2.0", "", "1.10", ""))
            .add("behind", "", Map.of("1.8", "", "1.10", "", "2.0", ""))
            .add("aaa", "requires = 'zzz, extra'", Map.of("1", "")).add("zzz", "requires = 'cube'", Map.of("1", ""))
            .add("extra", "", Map.of("7", ""))
            .add("moving", "", Map.of("1", "", "2", "", "1--2", "")).add("gadget", "", Map.of("1.5", "SELECT 1 / 0;"));
    private static PgServer source;
    private static PgServer target;
    private static PgServer contrib;
    private static PgServer plain;
    private String from;
    private String to;

    @BeforeAll
    static void start() {
        source = HERE.start();
        target = THERE.start();
        contrib = PgServer.shared(ClientBinaries.clientMajor());
        plain = PgServer.shared(17);
    }

    @AfterAll
    static void stop() {
        // Their own programs end them.
        Stream.of(source, target).filter(Objects::nonNull).forEach(PgServer::close);
        HERE.close();
        THERE.close();
    }

    @BeforeEach
    void make_databases() {
        from = source.newDatabase();
        to = target.newDatabase();
    }

    @Test
    void extensions_of_contrib_arrive_in_their_version_and_schema() {
        String here = contrib.newDatabase();
        String there = plain.newDatabase();
        contrib.sql(here, "CREATE SCHEMA \"Odd Schema\"", "CREATE EXTENSION earthdistance SCHEMA public CASCADE",
                "CREATE EXTENSION hstore SCHEMA \"Odd Schema\" VERSION '1.6'",
                "CREATE EXTENSION pg_trgm SCHEMA pg_catalog", "CREATE EXTENSION citext");
        plain.sql(there, "CREATE EXTENSION citext");
        List<String> expected = contrib.rows(here, INSTALLED).stream().map(row -> row.get(0)).toList();

        CommandRun tried = run(contrib, here, plain, there, "--dry-run");
        assertEquals(0, tried.code(), tried.err());
        assertEquals(List.of(List.of(expected.get(0))), plain.rows(there, INSTALLED));
        String pasted = plain.newDatabase();
        plain.sql(pasted, "CREATE EXTENSION citext");
        PastedScript.run(tried, Map.of("TARGET", plain.uri(pasted))).orFail();
        assertEquals(expected, installed(plain, pasted));

        CommandRun run = run(contrib, here, plain, there);
        assertEquals("", run.err());
        assertEquals(0, run.code());
        assertEquals(expected, installed(plain, there));
        // It has changed within PostgreSQL 15 to 17.
        String earthdistance =
                contrib.query(here, "SELECT extversion FROM pg_extension WHERE extname = 'earthdistance'");
        assertTrue(run.out().contains("""
                extension                source       target       result
                cube                     1.5          -            created: 1.5
                earthdistance            %1$s          -            created: %1$s
                hstore                   1.6          -            created: 1.6
                pg_trgm                  1.6          -            created: 1.6
                citext                   1.6          1.6          equal
                """.formatted(earthdistance)), run.out());
        CommandRun again = run(contrib, here, plain, there);
        assertTrue(again.out().contains("\nhstore                   1.6          1.6          equal\n"), again.out());
        assertEquals(0, again.code());
    }

    @Test
    void a_schema_that_belongs_to_somebody_else_on_the_source_is_told() {
        source.sql("postgres", "CREATE ROLE owner_of_ext");
        source.sql(from, "CREATE SCHEMA ext AUTHORIZATION owner_of_ext", "CREATE EXTENSION cube SCHEMA ext");
        CommandRun run = run();
        source.sql(from, "DROP SCHEMA ext CASCADE", "DROP ROLE owner_of_ext");
        assertEquals(0, run.code());
        assertEquals("""
                align-version: warning: schema "ext" belongs to "owner_of_ext" on the source and to "postgres" on the \
                target
                align-version: hint: bring the role over with dump-roles, then on the target: ALTER SCHEMA "ext" OWNER \
                TO "owner_of_ext";
                """, run.err());
    }

    @Test
    void an_extension_that_is_not_to_be_had_is_named_with_all_that_uses_it() {
        source.sql(from, "CREATE EXTENSION gadget",
                "CREATE TABLE used (g gadget, gs gadget[], n int DEFAULT length(gadget_of(1)::text))",
                "CREATE INDEX by_g ON used USING hash (g gadget_ops)",
                "CREATE VIEW seen AS SELECT 1 AS one WHERE gadget_of(1) IS NULL",
                "CREATE DOMAIN small AS gadget", "CREATE FUNCTION takes(gadget) RETURNS int RETURN 1",
                "CREATE EXTENSION cube",
                "ALTER TABLE used ADD CONSTRAINT check_n CHECK (gadget_of(n) IS NULL)", "CREATE EXTENSION gear");
        String there = plain.newDatabase();
        assertRefused(run(source, from, plain, there, "--leave-out", "gear"), """
                error: extension gadget is not available on the target; it is used by default value for public.used.n, \
                function public.takes(public.gadget), \
                index public.by_g, table column public.used.g, table column public.used.gs, table constraint check_n \
                on public.used, type public.small, \
                view public.seen
                hint: install gadget on the target's server, or drop it on the source
                """);
        source.sql(from, Stream.of("a", "b", "c", "d").map(name -> "CREATE TABLE " + name + " (g gadget)")
                .toArray(String[]::new));
        CommandRun run = run(source, from, plain, there);
        assertTrue(run.failure().endsWith("error: 2 extensions prevent the migration; nothing was "
                + "changed"), run.failure());
        assertTrue(run.failure().contains(
                "table column public.d.g, table column public.used.g, table column public.used.gs, table "
                        + "constraint check_n on "
                        + "public.used and 2 more\n"),
                run.failure());
        assertEquals(List.of(), installed(plain, there));

        CommandRun without = run(source, from, plain, there, "--leave-out", "gadget", "--leave-out", "gear");
        assertEquals(0, without.code(), without.err());
        assertEquals(List.of("cube 1.5 in public"), installed(plain, there));
        assertTrue(without.out().contains("gadget                   1.5          -            left out\n"),
                without.out());
    }

    @Test
    void the_nearest_version_is_the_oldest_newer_one_else_the_newest_older_one() {
        source.sql(from, "CREATE EXTENSION ahead", "CREATE EXTENSION behind");
        CommandRun run = run();
        assertEquals(0, run.code(), run.err());
        assertEquals("""
                align-version: warning: extension ahead is 3.0 on the source and will be 2.0 on the target, which does \
                not offer 3.0
                align-version: warning: extension behind is 1.9 on the source and will be 1.10 on the target, which \
                does not offer 1.9
                """, run.err());
        assertEquals(List.of("ahead 2.0 in public", "behind 1.10 in public"), installed(target, to));
    }

    @Test
    void what_an_extension_needs_on_the_target_is_created_before_it() {
        source.sql(from, "CREATE EXTENSION aaa", "CREATE EXTENSION zzz", "CREATE SCHEMA c",
                "CREATE EXTENSION cube SCHEMA c");
        CommandRun run = run();
        assertEquals(0, run.code(), run.err());
        assertEquals(
                "align-version: warning: extension aaa 1 needs extra on the target, which the source does not have; "
                        + "it is created too\n",
                run.err());
        assertEquals(List.of("cube", "zzz", "aaa"),
                run.out().lines().skip(1).map(line -> line.replaceFirst(" .*", "")).toList());
        assertEquals(List.of("aaa 1 in public", "cube 1.5 in c", "extra 7 in public", "zzz 1 in public"),
                installed(target, to));
        assertRefused(run(source, from, target, target.newDatabase(), "--leave-out", "cube"), """
                error: extension zzz needs extension cube, which is left out
                hint: leave out zzz too: --leave-out zzz
                """);
    }

    @Test
    void what_came_along_with_an_extension_is_removed_with_it() throws SQLException {
        source.sql(from, "CREATE EXTENSION aaa", "CREATE EXTENSION zzz", "CREATE EXTENSION cube");
        Server server = Server.connect(Dsn.parse("target", target.uri(to), false, Map.of()));
        try (Session here = source.session("source", from);
                Session there = server.session();
                var lock = TargetLock.take(server.session());
                Memberships memberships = new Memberships(server, null, new Console())) {
            List<Extensions.Extension> extensions = Extensions.compare(here, there, name -> true).all();
            Journal.begin(server, there, new RunIdentity("database 1 of server 1", ""), false, List.of(), extensions)
                    .create(extensions);
            assertEquals(List.of("aaa 1 in public", "cube 1.5 in public", "extra 7 in public", "zzz 1 in public"),
                    installed(target, to));
            Removal.run(lock, there, memberships, () -> {}, "--restart");
        }
        assertEquals(List.of(), installed(target, to));
    }

    @Test
    void one_that_the_target_has_in_another_version_is_not_changed_but_the_way_is_told() {
        source.sql(from, "CREATE EXTENSION moving VERSION '2'", "CREATE EXTENSION behind");
        target.sql(to, "CREATE EXTENSION moving VERSION '1'", "CREATE EXTENSION behind VERSION '2.0'");
        CommandRun run = run();
        assertEquals(0, run.code());
        assertEquals("""
                align-version: warning: extension moving is 2 on the source and 1 on the target, where it is installed \
                already
                align-version: hint: on the target: ALTER EXTENSION "moving" UPDATE TO '2';
                align-version: warning: extension behind is 1.9 on the source and 2.0 on the target, where it is \
                installed already
                """, run.err());
        assertEquals("""
                extension                source       target       result
                moving                   2            1            not changed
                behind                   1.9          2.0          not changed
                """, run.out());

        String older = source.newDatabase();
        source.sql(older, "CREATE EXTENSION moving VERSION '1'");
        target.sql(to, "ALTER EXTENSION moving UPDATE TO '2'");
        assertTrue(run(source, older, target, to).err()
                .endsWith("hint: on the source: ALTER EXTENSION \"moving\" UPDATE TO '2';\n"));
    }

    @Test
    void one_that_the_target_has_in_another_schema_stops_if_something_uses_it() {
        source.sql(from, "CREATE SCHEMA ext", "CREATE EXTENSION hstore SCHEMA ext");
        target.sql(to, "CREATE EXTENSION hstore");
        CommandRun unused = run();
        assertEquals(0, unused.code());
        assertEquals("""
                align-version: warning: extension hstore is in schema "ext" on the source and in schema "public" on \
                the target
                align-version: hint: on the target: CREATE SCHEMA "ext"; ALTER EXTENSION "hstore" SET SCHEMA "ext";
                """, unused.err());
        source.sql(from, "CREATE TABLE t (h ext.hstore)");
        assertRefused(run(), """
                error: extension hstore is in schema "ext" on the source and in schema "public" on the target; it is \
                used by table column public.t.h
                hint: on the target: CREATE SCHEMA "ext"; ALTER EXTENSION "hstore" SET SCHEMA "ext";
                """);
    }

    @Test
    void whoever_is_no_superuser_creates_what_is_trusted_and_is_told_what_a_superuser_must_run() {
        source.sql(from, "CREATE EXTENSION hstore", "CREATE EXTENSION pg_buffercache");
        target.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app'");
        Map<String, String> sides = Map.of("SOURCE", source.uri(from), "TARGET", target.uri(to, "app", "app"));
        assertRefused(CommandRun.of("AlignVersion", sides, "--leave-out", "pg_buffercache"), """
                error: user "app" may not create in the target's database
                hint: GRANT CREATE ON DATABASE "%s" TO "app";
                """.formatted(to));
        target.sql(to, "GRANT CREATE ON DATABASE " + to + " TO app", "GRANT CREATE ON SCHEMA public TO app");
        CommandRun refused = CommandRun.of("AlignVersion", sides);
        assertRefused(refused, """
                error: extension pg_buffercache can be created on the target by a superuser only
                hint: as a superuser of the target: CREATE SCHEMA IF NOT EXISTS "public"; CREATE EXTENSION \
                IF NOT EXISTS "pg_buffercache" \
                WITH SCHEMA "public" VERSION '1.5'; or leave it out: --leave-out pg_buffercache
                """);
        assertEquals(List.of(), installed(target, to));
        target.sql(to, refused.failure().replaceFirst("(?s).*superuser of the target: ", "")
                .replaceFirst(" or leave it out: .*", ""));
        CommandRun run = CommandRun.of("AlignVersion", sides);
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("hstore 1.8 in public", "pg_buffercache 1.5 in public"), installed(target, to));
        target.sql(to, "DROP OWNED BY app", "DROP ROLE app");
    }

    @Test
    void an_extension_whose_creation_fails_leaves_none_behind() {
        source.sql(from, "CREATE EXTENSION cube", "CREATE EXTENSION gadget");
        CommandRun run = run();
        assertEquals(1, run.code());
        assertEquals(
                "error: creating extension gadget failed on the target: division by zero\nhint: no extension was "
                        + "created",
                run.failure());
        assertEquals(List.of(), installed(target, to));
    }

    private CommandRun run() {
        return run(source, from, target, to);
    }

    private static CommandRun run(PgServer source, String from, PgServer target, String to, String... options) {
        return CommandRun.of("AlignVersion", Map.of("SOURCE", source.uri(from), "TARGET", target.uri(to)), options);
    }

    private static void assertRefused(CommandRun run, String failure) {
        assertEquals(failure.strip(), run.failure(), run.err());
        assertEquals(3, run.code());
        assertEquals("", run.out());
    }

    private static List<String> installed(PgServer server, String database) {
        return server.rows(database, INSTALLED).stream().map(row -> row.get(0)).collect(Collectors.toList());
    }
}

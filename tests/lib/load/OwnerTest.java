//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;

/**
 * An owner who is superuser on neither side: what they may create arrives, the rest is named before anything is moved.
 */
class OwnerTest {
    private static final Path SQL = Path.of("tests", "sql");
    private static final List<String> CLASSES =
            List.of("access-methods", "casts", "event-triggers", "foreign-data-wrappers", "foreign-table-data",
                    "functions", "languages", "operator-classes", "operator-families", "publications",
                    "text-search-parsers", "text-search-templates",
                    "transforms", "types");

    @AutoClose
    private static PgServer source;
    @AutoClose
    private static PgServer target;
    private static Optional<String> schema;
    private static SortedMap<String, String> data;

    @TempDir
    Path folder;

    @BeforeAll
    static void fill() {
        source = PgServer.installed("wal_level=logical");
        target = PgServer.installed("wal_level=logical");
        for (PgServer server : List.of(source, target)) {
            server.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app' CREATEROLE", "CREATE ROLE app_ro NOLOGIN",
                    "CREATE ROLE app_jobs NOLOGIN",
                    "GRANT app_jobs TO app");
        }
        database(source, "app");
        Run.of(List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), "-Xq", "-v",
                "ON_ERROR_STOP=1",
                source.uri("app", "app", "app"), "-f", SQL.resolve("owner.sql").toString(), "-f",
                SQL.resolve("owner-odd.sql").toString()), Map.of(), null).orFail();
        String expected = Oracle.restore(source, "app", target);
        schema = Oracle.schema(target, expected);
        data = Oracle.data(target, expected);
        source.script("app", SQL.resolve("owner-superuser.sql"));
    }

    /** What the owner needs from a superuser: an extension that is not trusted. */
    private static String database(PgServer server, String name) {
        server.sql("postgres", "CREATE DATABASE " + name + " OWNER app");
        server.sql(name, "CREATE EXTENSION postgres_fdw", "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO app");
        return name;
    }

    @Test
    void everything_that_only_a_superuser_may_create_is_named_before_anything_is_moved() {
        String copy = database(target, "refused");
        CommandRun run = migrate(copy);
        assertEquals("""
                access-methods: heap_too: only a superuser may create an access method
                casts: beyond.base as integer: only a superuser may create a cast without a function, or between types \
                of others
                casts: boolean as text[]: only a superuser may create a cast without a function, or between types of \
                others
                event-triggers: seen: only a superuser may create an event trigger
                foreign-data-wrappers: wrapper: only a superuser may create a foreign-data wrapper
                foreign-table-data: odd.far_away: the rows of a foreign table are kept elsewhere
                functions: beyond.base_in(cstring): only a superuser may create a function in language internal
                functions: beyond.base_out(beyond.base): only a superuser may create a function in language internal
                functions: beyond.handler(): only a superuser may create a function in language c
                functions: beyond.in_odd_language(): only a superuser may create a function in language odd_language
                functions: beyond.internal_state(double precision, anyelement): only a superuser may create an \
                aggregate with a state of type internal
                functions: beyond.leakproof(): only a superuser may create a leakproof function
                functions: beyond.supported(integer): only a superuser may create a function with a support function
                languages: odd_language: only a superuser may create a language
                operator-classes: beyond.class using btree: only a superuser may create an operator class
                operator-families: beyond.family using btree: only a superuser may create an operator family
                publications: all_of_odd: only a superuser may publish all tables or a schema
                publications: everything: only a superuser may publish all tables or a schema
                text-search-parsers: beyond.parser: only a superuser may create a text search parser
                text-search-templates: beyond.template: only a superuser may create a text search template
                transforms: beyond.base for odd_language: the functions of a transform are for a superuser
                types: beyond.base: only a superuser may create a base type or a shell type
                types: beyond.shell: only a superuser may create a base type or a shell type""",
                run.failure().lines().filter(
                        line -> line.startsWith("error: ") && line.contains(": only ") || line.contains(" are "))
                        .map(line -> line.substring("error: ".length())).collect(Collectors.joining("\n")));
        assertEquals(CLASSES, run.failure().lines().filter(line -> line.startsWith("hint: migrate --leave-out "))
                .map(line -> line.substring("hint: migrate --leave-out ".length())).distinct().toList());
        assertEquals(3, run.code());
        assertEquals("0",
                target.query(copy, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"streamed", "custom"})
    void all_that_the_owner_may_create_arrives_once_the_rest_is_left_out(String way) {
        String copy = database(target, way);
        List<String> options = new ArrayList<>(List.of("--verify", "checksums"));
        CLASSES.forEach(name -> options.addAll(List.of("--leave-out", name)));
        if (!way.equals("streamed")) {
            options.addAll(List.of("--via-files", "--dir", folder.toString(), "--format", way));
        }

        CommandRun run = migrate(copy, options.toArray(String[]::new));

        assertEquals(0, run.code(), run.err());
        target.sql(copy, "DROP SCHEMA beyond CASCADE");
        assertEquals(schema, Oracle.schema(target, copy));
        assertEquals(data, Oracle.data(target, copy));
    }

    @Test
    void what_cannot_do_without_what_is_left_out_is_named_before_anything_is_moved() {
        String needing = source.newDatabase("OWNER app");
        source.sql(needing, "CREATE FUNCTION leak(int) RETURNS int LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT $1'",
                "CREATE TABLE t (a int DEFAULT leak(1))",
                "CREATE VIEW v AS SELECT leak(a) FROM t", "CREATE INDEX i ON t (leak(a))",
                "CREATE ACCESS METHOD heap_too TYPE TABLE HANDLER heap_tableam_handler",
                "CREATE TABLE u (a int) USING heap_too", "GRANT SELECT ON t, u TO app");
        String copy = database(target, "needing");
        CommandRun run = CommandRun.migrate(source.uri(needing, "app", "app"), target.uri(copy, "app", "app"),
                "--leave-out", "functions", "--leave-out",
                "access-methods");
        assertEquals("""
                error: what is left out is needed by default value for public.t.a, index public.i, table public.u, \
                view public.v
                hint: leave that out too: \
                --exclude-table public.t --exclude-table public.u --exclude-table public.v, or move as a superuser \
                of the target, \
                or drop on the source what needs it""", run.failure());
        assertEquals(3, run.code());
        CommandRun less = CommandRun.migrate(source.uri(needing, "app", "app"), target.uri(copy, "app", "app"),
                "--leave-out", "functions", "--leave-out",
                "access-methods", "--exclude-table", "public.t", "--exclude-table", "public.u", "--exclude-table",
                "public.v");
        assertEquals(0, less.code(), less.err());
    }

    private static CommandRun migrate(String copy, String... options) {
        return CommandRun.migrate(source.uri("app", "app", "app"), target.uri(copy, "app", "app"), options);
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.OrdinaryShop;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.WrappedClients;

/** A migration whose rows take their way through the files of a dump. */
class ViaFilesTest {
    private static final Path SQL = Path.of("tests", "sql");
    private static final Sides SIDES = new Sides(PgServer.installed(), PgServer.installed());
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    private static OrdinaryShop ordinary;

    @TempDir
    Path folder;

    @BeforeAll
    static void fill() {
        ordinary = OrdinaryShop.on(SIDES);
    }

    @AfterAll
    static void drop_the_database_with_the_roles() {
        ordinary.close();
    }

    @ParameterizedTest
    @CsvSource({"plain, .sql", "custom, .dump", "directory, ''"})
    void the_same_arrives_as_stock_tools_would_bring_and_the_dump_stays(String format, String ending)
            throws IOException {
        String target = ordinary.newName();
        Path dir = folder.resolve("files");

        CommandRun run = SIDES.migrate(ordinary.database(), target, "--create-database", "--verify", "checksums",
                "--leave-out", "server-settings",
                "--via-files", "--dir", dir.toString(), "--format", format);

        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("migrate: verify: no differences (checksums)"), run.err());
        assertEquals(ordinary.schema(), Oracle.schema(TARGET, target));
        assertEquals(ordinary.data(), Oracle.data(TARGET, target));
        Path dump = dir.resolve(ordinary.database() + ending);
        assertTrue(run.out().contains("\nthe dump is in \"" + dump + "\"\n"), run.out());
        assertEquals(format, Manifest.read(dump).dump().format());
        try (Stream<Path> files = Files.list(dir)) {
            assertEquals(List.of(dump, Manifest.beside(dump)), files.sorted().toList());
        }
    }

    @Test
    void an_owner_who_is_no_superuser_on_either_side_moves_what_is_theirs() {
        try (PgServer source = PgServer.installed(); PgServer target = PgServer.installed()) {
            source.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app' CREATEROLE", "CREATE ROLE app_ro NOLOGIN",
                    "CREATE ROLE app_jobs NOLOGIN",
                    "GRANT app_jobs TO app", "CREATE DATABASE app OWNER app");
            target.sql("postgres", "CREATE ROLE app LOGIN PASSWORD 'app' CREATEROLE", "CREATE DATABASE app OWNER app");
            Run.of(List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), "-Xq", "-v",
                    "ON_ERROR_STOP=1",
                    source.uri("app", "app", "app"), "-f", SQL.resolve("owner.sql").toString()), Map.of(), null)
                    .orFail();

            CommandRun run = CommandRun.migrate(source.uri("app", "app", "app"), target.uri("app", "app", "app"),
                    "--verify", "checksums", "--via-files",
                    "--dir", folder.toString());

            assertEquals(0, run.code(), run.err());
            String expected = Oracle.restore(source, "app", target);
            assertEquals(Oracle.schema(target, expected), Oracle.schema(target, "app"));
            assertEquals(Oracle.data(target, expected), Oracle.data(target, "app"));
        }
    }

    @Test
    void the_dump_is_finished_before_the_target_is_touched() throws IOException {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE t AS SELECT 1 AS n");
        String target = TARGET.newDatabase();
        String failing = "case $out in *.partial-*) echo 'pg_dump: error: the disk fell out' >&2; exit 1;; esac";
        SIDES.refuses(3, "error: pg_dump failed on the source: the disk fell out", source, target,
                () -> migrate(WrappedClients.in(folder, "pg_dump", failing), source, target));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(),
                    files.filter(file -> !file.getFileName().toString().startsWith("clients-")).toList());
        }
    }

    @Test
    void a_run_that_fails_can_be_done_again_with_a_new_dump() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source,
                """
                CREATE FUNCTION mind(n int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
                BEGIN IF current_setting('shop.broken', true) = 'yes' THEN RAISE EXCEPTION 'broken'; END IF; RETURN n; \
                END $$""",
                "CREATE TABLE t (n int CHECK (mind(n) = n))", "INSERT INTO t VALUES (1)");
        String target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " SET shop.broken = 'yes'");
        CommandRun failed = migrate(Map.of(), source, target);
        assertEquals(1, failed.code(), failed.err());
        assertEquals("error: loading table public.t failed on the target: broken",
                failed.failure().lines().findFirst().orElseThrow());

        TARGET.sql("postgres", "ALTER DATABASE " + target + " RESET shop.broken");
        SOURCE.sql(source, "INSERT INTO t VALUES (2)");
        CommandRun without = migrate(Map.of(), source, target);
        assertEquals("error: \"" + folder.resolve(source) + "\" exists already",
                without.failure().lines().findFirst().orElseThrow());
        CommandRun again = migrate(Map.of(), source, target, "--restart");
        assertEquals(0, again.code(), again.err());
        assertEquals(List.of(List.of("1"), List.of("2")), TARGET.rows(target, "SELECT n FROM t ORDER BY 1"));
    }

    @Test
    void a_plain_dump_is_refused_where_something_must_be_left_out_of_it() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE EXTENSION citext", "CREATE TABLE t (n int)");
        String target = TARGET.newDatabase();
        CommandRun run = SIDES.unchanged("postgres", target,
                () -> migrate(Map.of(), source, target, "-Fp", "--leave-out", "citext"));
        assertEquals(
                "error: extension citext cannot be left out of a plain dump\nhint: use --format directory for the dump",
                run.failure());
        assertEquals(3, run.code());
        assertFalse(Files.exists(folder.resolve(source + ".sql")));
    }

    @Test
    void options_for_the_files_need_the_one_that_asks_for_files() {
        String error = Stream.of("--dir=x", "-Fc", "-Z1")
                .map(option -> CommandRun.migrate("postgresql://a@127.0.0.1:1/a", "postgresql://a@127.0.0.1:1/b",
                        option))
                .map(run -> run.code() + " " + run.failure()).distinct().collect(Collectors.joining("\n"));
        assertEquals("2 error: --dir, --format and --compress go with --via-files", error);
    }

    private CommandRun migrate(Map<String, String> environment, String source, String target, String... options) {
        Map<String, String> all = new LinkedHashMap<>(environment);
        all.put("SOURCE", SOURCE.uri(source));
        all.put("TARGET", TARGET.uri(target));
        return CommandRun.of("Migrate", all,
                Stream.concat(Stream.of("--via-files", "--dir", folder.toString()), Stream.of(options))
                        .toArray(String[]::new));
    }
}

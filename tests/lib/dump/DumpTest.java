//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PastedScript;
import testbed.PgServer;
import testbed.TrixieRoot;

/** What a dump writes, what its manifest says, and what is refused. */
class DumpTest {
    private static final PgServer SERVER = PgServer.shared(ClientBinaries.clientMajor());
    private static String shop;

    @TempDir
    Path folder;

    @BeforeAll
    static void fill() {
        shop = SERVER.newDatabase();
        SERVER.sql("postgres", "CREATE ROLE dump_reader", "ALTER DATABASE " + shop + " SET work_mem = '5MB'");
        SERVER.sql(shop, "CREATE EXTENSION citext", "CREATE SCHEMA app",
                "CREATE TABLE app.item (id serial PRIMARY KEY, name citext)",
                "INSERT INTO app.item (name) SELECT 'item ' || i FROM generate_series(1, 5000) i",
                "CREATE TABLE price (item int REFERENCES app.item, amount numeric)",
                "INSERT INTO price SELECT id, id / 7.0 FROM app.item", "CREATE TABLE names (c regclass)",
                "GRANT SELECT ON price TO dump_reader",
                "CREATE MATERIALIZED VIEW total AS SELECT sum(amount) FROM price", "SELECT lo_from_bytea(816, 'large')",
                "ANALYZE app.item");
    }

    @AfterAll
    static void drop_the_database_with_the_role() {
        SERVER.sql("postgres", "DROP DATABASE " + shop, "DROP ROLE dump_reader");
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "custom", "directory"})
    void every_file_is_in_the_manifest_and_for_this_user_only(String format) throws Exception {
        Path out = folder.resolve("shop");
        CommandRun run = Dumps.dump(SERVER.uri(shop), out, "--format", format);

        assertEquals(0, run.code(), run.err());
        assertEquals("", run.out());
        assertTrue(run.err().endsWith("dump: \"" + out + "\" holds 3 tables, 1 sequence, 1 large object\n"), run.err());
        assertEquals(Set.of("shop", "shop.manifest.json"), Dumps.names(folder));
        Manifest manifest = Manifest.read(out);
        Map<String, String> checksums = new LinkedHashMap<>();
        for (Path file : Dumps.files(out)) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            checksums.put(file.getFileName().toString(), Files.size(file) + " " + sha256(file));
        }
        assertEquals(checksums, manifest.files().stream()
                .collect(Collectors.toMap(Manifest.File::name, file -> file.bytes() + " " + file.sha256())));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(Manifest.beside(out))));
        if (format.equals("directory")) {
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(out)));
        }
    }

    @Test
    void the_manifest_says_what_the_dump_was_made_of() {
        Path out = folder.resolve("shop.dump");
        assertEquals(0, Dumps.dump(SERVER.uri(shop), out, "-Fc", "-Z9", "--exclude-table-data", "price").code());

        Manifest manifest = Manifest.read(out);
        assertEquals(SERVER.query("postgres", "SHOW server_version"), manifest.source().version());
        assertEquals("UTF8 C.UTF-8 C.UTF-8",
                manifest.source().encoding() + " " + manifest.source().collate() + " " + manifest.source().ctype());
        assertEquals("postgresql://postgres@127.0.0.1:" + SERVER.port() + "/" + shop, manifest.source().server());
        assertEquals(new Manifest.Dump("custom", "gzip:9", true, true, manifest.dump().client(),
                ClientBinaries.clientMajor()), manifest.dump());
        assertEquals(List.of("--exclude-table-data=price"), manifest.filters());
        assertEquals(
                SERVER.rows(shop,
                        "SELECT extname, extversion, extnamespace::regnamespace FROM pg_extension ORDER BY oid"),
                manifest.extensions().stream()
                        .map(extension -> List.of(extension.name(), extension.version(), extension.schema())).toList());
        assertEquals(List.of("app.item 5000 false", "public.names -1 true"),
                manifest.contents().tables().stream().map(table -> table + " " + table.rows() + " " + table.deferred())
                        .sorted().toList());
        assertEquals("[app.item_id_seq 5000 true]",
                manifest.contents().sequences().stream()
                        .map(at -> at.schema() + "." + at.name() + " " + at.value() + " " + at.called()).toList()
                        .toString());
        assertEquals(List.of("dump_reader"), manifest.grantees());
        assertEquals(List.of("ALTER DATABASE \"" + shop + "\" SET \"work_mem\" TO '5MB'"),
                manifest.contents().settings());
    }

    @Test
    void a_password_is_nowhere() throws IOException {
        Path out = folder.resolve("shop");
        CommandRun run = Dumps.dump(SERVER.uri(shop), out, "-v", "-Fp");
        assertEquals(0, run.code());
        assertTrue(run.err().contains("pg_dump --no-password -d "), run.err());
        assertFalse((run.out() + run.err() + Files.readString(out) + Files.readString(Manifest.beside(out)))
                .contains(SERVER.password()));
    }

    @Test
    void a_dry_run_prints_a_script_that_can_be_pasted_and_writes_nothing() {
        Path out = folder.resolve("it's here");
        CommandRun run = Dumps.dump(SERVER.uri(shop), out, "--dry-run", "-j2", "-n", "app", "--exclude-table-data",
                "app.\"Odd Name\"");

        assertEquals(0, run.code(), run.err());
        assertEquals(Set.of(), Dumps.names(folder));
        assertFalse(run.out().contains(SERVER.password()));
        PastedScript.run(run, Map.of("SOURCE", SERVER.uri(shop, "postgres", "wrong").replace(":wrong@", "@"),
                "PGPASSWORD", SERVER.password())).orFail();
        assertEquals(Set.of("it's here"), Dumps.names(folder));
        assertTrue(Dumps.files(out).stream().anyMatch(file -> file.getFileName().toString().equals("toc.dat")));
    }

    @Test
    void the_script_for_a_plain_dump_has_rows_behind_the_indexes_too_where_a_value_may_name_one() throws IOException {
        Path out = folder.resolve("shop.sql");
        CommandRun printed = Dumps.dump(SERVER.uri(shop), out, "--dry-run", "-Fp", "--no-owner");
        assertFalse(Dumps.dump(SERVER.uri(shop), out, "--dry-run", "-Fp", "-n", "app").out().contains("pg_restore"));
        assertEquals(0, Dumps.dump(SERVER.uri(shop), out, "-Fp", "--no-owner").code());
        List<String> dumped = statements(out);
        Files.delete(out);
        PastedScript.run(printed, Map.of("SOURCE", SERVER.uri(shop))).orFail();
        assertEquals(dumped, statements(out));
    }

    /** A plain dump without its random key. */
    private static List<String> statements(Path dump) throws IOException {
        return Files.readAllLines(dump).stream().filter(line -> !line.matches("\\\\(un)?restrict .*")).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -Fc -j2     | only format directory is written by several workers at once, not custom
            -j0         | --jobs must be at least 1, got 0
            -Fx         | invalid format "x": must be plain, custom or directory
            -Zbzip2     | invalid compression "bzip2": must be a level of 0 to 9, or none, gzip, lz4 or zstd with an \
            optional :LEVEL
            -Zgzip:12   | invalid compression "gzip:12": must be a level of 0 to 9, or none, gzip, lz4 or zstd with an \
            optional :LEVEL
            -Fp -Z1     | a plain dump is not compressed, since psql could not read it
            """)
    void wrong_usage_is_said_before_anything_is_connected_to(String options, String error) {
        String[] arguments =
                Stream.concat(Stream.of("-o", folder.resolve("shop").toString()), Stream.of(options.split(" ")))
                        .toArray(String[]::new);
        CommandRun run = CommandRun.of("Dump", Map.of("SOURCE", "postgresql://nobody@127.0.0.1:1/none"), arguments);
        assertEquals("error: " + error, run.failure().lines().findFirst().orElseThrow());
        assertEquals(2, run.code());
    }

    @Test
    void a_compression_needs_a_client_that_knows_it() {
        assumeTrue(ClientBinaries.clientMajor() < 16, "the installed pg_dump knows all compressions");
        CommandRun refused = Dumps.dump(SERVER.uri(shop), folder.resolve("shop"), "-Zzstd:1");
        assertEquals("error: pg_dump and pg_restore of version 16 or newer are needed for compression zstd:1",
                refused.failure().lines().findFirst().orElseThrow());
        assertEquals(3, refused.code());

        Map<String, String> newer = Map.of("TSMIGRATE_PG_BINDIRS", TrixieRoot.clientWrappers().toString());
        assertEquals(0, Dumps.dump(newer, SERVER.uri(shop), folder.resolve("shop"), "-Zzstd:1").code());
        assertTrue(Dumps.files(folder.resolve("shop")).stream().anyMatch(file -> file.toString().endsWith(".dat.zst")));
    }

    @Test
    void a_table_that_cannot_be_read_is_refused_before_anything_is_written() {
        SERVER.sql("postgres", "CREATE ROLE dump_guest LOGIN PASSWORD 'guest'");
        CommandRun run = Dumps.dump(SERVER.uri(shop, "dump_guest", "guest"), folder.resolve("shop"), "-t", "names");
        assertEquals(
                "error: table public.names of the source cannot be read\nhint: GRANT SELECT ON TABLE public.names "
                        + "TO \"dump_guest\";",
                run.failure());
        assertEquals(3, run.code());
        assertEquals(Set.of(), Dumps.names(folder));
        SERVER.sql("postgres", "DROP ROLE dump_guest");
    }

    @Test
    void without_timescaledb_there_are_no_jobs_to_pause() {
        CommandRun run = Dumps.dump(SERVER.uri(shop), folder.resolve("shop"), "--pause-jobs");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.err().contains("dump: the source has no TimescaleDB, and no jobs to pause\n"), run.err());
        assertEquals("0", SERVER.query(shop, "SELECT count(*) FROM pg_namespace WHERE nspname = 'tsmigrate'"));
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}

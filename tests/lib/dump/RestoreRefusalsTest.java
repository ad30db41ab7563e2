//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Sides;

/**
 * What restore-postgres refuses before the target is touched: dumps that are not whole, and targets that cannot take
 * them.
 */
class RestoreRefusalsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();

    @TempDir
    Path folder;

    @Test
    void a_dump_that_is_not_whole_is_refused() throws IOException {
        String target = TARGET.newDatabase();
        Path dump = dump(Dumps.shop(SOURCE));
        Path rows = files(dump).stream().filter(file -> file.toString().endsWith(".dat.gz")).findFirst().orElseThrow();
        byte[] content = Files.readAllBytes(rows);

        byte[] damaged = content.clone();
        damaged[content.length / 2] ^= 1;
        Files.write(rows, damaged);
        refuses("error: the dump is damaged: \"" + rows + "\" does not have the checksum that its manifest says", dump,
                target);

        Files.write(rows, Arrays.copyOf(content, content.length - 1));
        refuses("error: the dump is incomplete: \"%s\" has %d bytes, and its manifest says %d".formatted(rows,
                content.length - 1, content.length), dump, target);

        Files.delete(rows);
        refuses("error: the dump is incomplete: its file \"" + rows + "\" is missing", dump, target);

        Files.write(rows, content);
        Files.writeString(Manifest.beside(dump), "}", StandardOpenOption.APPEND);
        refuses("error: the manifest \"" + Manifest.beside(dump) + "\" is broken: it is no valid JSON of that form",
                dump, target);

        Files.delete(Manifest.beside(dump));
        refuses("error: the dump \"" + dump + "\" has no manifest (\"shop.manifest.json\")", dump, target);

        CommandRun none = Dumps.restore(TARGET.uri(target), folder.resolve("nowhere"));
        assertEquals("error: \"" + folder.resolve("nowhere") + "\" does not exist", none.failure());
        assertEquals(2, none.code());
    }

    @Test
    void a_manifest_that_does_not_fit_is_refused() throws IOException {
        String target = TARGET.newDatabase();
        Path dump = dump(Dumps.shop(SOURCE), "-Fc");
        Path file = Manifest.beside(dump);
        String manifest = Files.readString(file);

        Files.writeString(file, manifest.replace("\"formatVersion\": 1", "\"formatVersion\": 2"));
        refuses("error: the manifest \"" + file + "\" has format version 2, and this tsmigrate reads version 1", dump,
                target);

        Files.writeString(file, manifest.replaceFirst("\"version\": \"[^\"]*\",\n    \"major\": \\d+",
                "\"version\": \"99.1\",\n    \"major\": 99"));
        refuses("error: the target is PostgreSQL %s, older than the source of the dump, which was 99.1"
                .formatted(TARGET.query("postgres", "SHOW server_version")),
                dump, target);

        Files.writeString(file, manifest.replaceFirst("\"clientMajor\": \\d+", "\"clientMajor\": 99"));
        refuses("error: pg_dump and pg_restore of version 99 or newer are needed to read a dump that pg_dump "
                + Manifest.read(dump).dump().client()
                + " has made", dump, target);

        Files.writeString(file, manifest.replace("\"name\":\"citext\"", "\"name\":\"nothing_of_this_name\""));
        refuses("error: extension nothing_of_this_name is not available on the target", dump, target);
    }

    @Test
    void a_target_that_holds_something_is_refused() {
        String target = TARGET.newDatabase();
        TARGET.sql(target, "CREATE TABLE already (n int)");
        refuses("error: the target is not empty: table public.already", dump(Dumps.shop(SOURCE)), target);
    }

    @Test
    void a_plain_dump_is_refused_where_the_target_has_a_schema_that_it_creates() {
        String source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE SCHEMA ext", "CREATE EXTENSION pg_trgm SCHEMA ext");
        String target = TARGET.newDatabase();
        TARGET.sql(target, "CREATE SCHEMA ext", "CREATE EXTENSION pg_trgm SCHEMA ext");
        refuses("error: a plain dump creates schema \"ext\", which exists on the target\nhint: use --format "
                + "directory for "
                + "the dump",
                dump(source, "-Fp"), target);
    }

    @Test
    void a_user_who_may_not_create_in_a_schema_is_refused() {
        String target = TARGET.newDatabase();
        Path dump = dump(Dumps.shop(SOURCE));
        TARGET.sql("postgres", "CREATE ROLE r_app LOGIN PASSWORD 'app'",
                "GRANT CREATE ON DATABASE " + target + " TO r_app");
        TARGET.sql(target, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        CommandRun run = Dumps.restore(TARGET.uri(target, "r_app", "app"), dump);
        assertTrue(run.failure().contains("error: user \"r_app\" may not create in schema \"public\" of the target\n"),
                run.failure());
        assertEquals(3, run.code());
        TARGET.sql("postgres", "DROP DATABASE " + target, "DROP ROLE r_app");
    }

    @Test
    void roles_that_the_target_lacks_are_named_before_it_is_touched() {
        String source = SOURCE.newDatabase();
        SOURCE.sql("postgres", "CREATE ROLE r_owner", "CREATE ROLE r_reader", "CREATE ROLE r_guest");
        SOURCE.sql(source, "CREATE TABLE t (n int)", "ALTER TABLE t OWNER TO r_owner", "GRANT SELECT ON t TO r_reader",
                "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY p ON t TO r_guest USING (true)");
        String target = TARGET.newDatabase();
        Path dump = dump(source);
        refuses("error: the dump names roles that do not exist on the target: r_guest, r_owner, r_reader", dump,
                target);
        assertEquals("error: the dump names roles that do not exist on the target: r_guest",
                Dumps.restore(TARGET.uri(target), dump, "--no-owner", "-x").failure().lines().findFirst()
                        .orElseThrow());
        TARGET.sql("postgres", "CREATE ROLE r_guest");
        assertEquals(0, Dumps.restore(TARGET.uri(target), dump, "--no-owner", "-x").code());
        assertEquals(List.of(Arrays.asList("postgres", null)),
                TARGET.rows(target, "SELECT relowner::regrole, relacl FROM pg_class WHERE relname = 't'"));
        TARGET.sql("postgres", "DROP DATABASE " + target, "DROP ROLE r_guest");
        SOURCE.sql("postgres", "DROP DATABASE " + source, "DROP ROLE r_owner", "DROP ROLE r_reader",
                "DROP ROLE r_guest");
    }

    private Path dump(String database, String... options) {
        return Dumps.dumped(SOURCE, database, folder.resolve("shop"), options);
    }

    /** Refused with exit code 3 and these lines first, and the target is as it was. */
    private static void refuses(String lines, Path dump, String target) {
        CommandRun run = SIDES.unchanged("postgres", target, () -> Dumps.restore(TARGET.uri(target), dump));
        assertEquals(lines, run.failure().lines().limit(lines.lines().count()).collect(Collectors.joining("\n")),
                run.err());
        assertEquals(1, run.failure().lines().filter(line -> line.startsWith("error: ")).count(), run.err());
        assertEquals(3, run.code(), run.err());
        assertEquals("", run.out());
    }

    private static List<Path> files(Path dump) throws IOException {
        try (Stream<Path> files = Files.walk(dump)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}

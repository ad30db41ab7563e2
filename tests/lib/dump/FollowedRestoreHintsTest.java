//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.Soak;

/** A dump that cannot be restored as it is, and roles that cannot be created, get there by what is said to do next. */
class FollowedRestoreHintsTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    private static final List<String> ROLES = List.of("restored_owner", "restored_reader", "restored_user");

    private static String source;
    private static String owned;
    @TempDir
    static Path folder;
    private String target;

    @BeforeAll
    static void fill() {
        ROLES.forEach(role -> SOURCE.sql("postgres", "CREATE ROLE " + role + " CONNECTION LIMIT 7"));
        source = SOURCE.newDatabase();
        SOURCE.sql(source, "CREATE TABLE item AS SELECT 1 AS id", "ALTER TABLE item OWNER TO restored_owner",
                "GRANT SELECT ON item TO restored_reader");
        owned = SOURCE.newDatabase();
        SOURCE.sql(owned, "CREATE FOREIGN DATA WRAPPER away", "CREATE SERVER far FOREIGN DATA WRAPPER away",
                "CREATE USER MAPPING FOR restored_user SERVER far",
                "CREATE TABLE item AS SELECT 1 AS id", "ALTER TABLE item ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY mine ON item TO restored_user USING (true)");
        TARGET.sql("postgres", "CREATE ROLE restored_loader LOGIN PASSWORD 'l'");
    }

    @BeforeEach
    void makeTarget() {
        ROLES.forEach(role -> TARGET.sql("postgres", "DROP ROLE IF EXISTS " + role));
        target = TARGET.newDatabase();
    }

    @AfterAll
    static void drop() {
        List.of(source, owned).forEach(database -> SOURCE.sql("postgres", "DROP DATABASE " + database));
        ROLES.forEach(role -> SOURCE.sql("postgres", "DROP ROLE " + role));
        ROLES.forEach(role -> TARGET.sql("postgres", "DROP ROLE IF EXISTS " + role));
        TARGET.sql("postgres", "DROP ROLE restored_loader");
    }

    private CommandRun restore(Path dump, String... options) {
        return Dumps.restore(TARGET.uri(target), dump, options);
    }

    private static String hint(CommandRun refused, String says) {
        assertTrue(refused.code() == 2 || refused.code() == 3, refused.err());
        assertTrue(refused.failure().contains(says), refused.failure());
        return refused.failure().substring(refused.failure().indexOf("hint: "));
    }

    private static void through(CommandRun run, String hint) {
        assertEquals(0, run.code(), hint + "\n" + run.err());
    }

    private void dropTarget() {
        TARGET.sql("postgres", "DROP DATABASE " + target);
    }

    /**
     * Roles that are missing are brought over with a file and psql; what leaves them away is offered where it is
     * enough, and where it works.
     */
    @ParameterizedTest
    @CsvSource({"directory, false, always", "plain, false, always", "directory, true, always", "plain, true, soak"})
    void roles_that_a_dump_names(String format, boolean inNames, String run) throws IOException {
        Soak.assumeIn(run);
        String from = inNames ? owned : source;
        Path dump = Dumps.dumped(SOURCE, from, folder.resolve("roles " + format + inNames), "--format", format);
        String hint = hint(restore(dump), "the dump names roles that do not exist on the target: restored_");
        Matcher without = Pattern.compile("or use (--no-owner) and (--no-privileges)( for the dump)?").matcher(hint);
        assertEquals(!inNames, without.find(), hint);
        if (!inNames) {
            String[] options = {without.group(1), without.group(2)};
            through(without.group(3) == null ? restore(dump, options)
                    : restore(Dumps.dumped(SOURCE, from, folder.resolve("without"), "--format", format, options[0],
                            options[1])),
                    hint);
            dropTarget();
            target = TARGET.newDatabase();
        }
        assertTrue(hint.contains("create them with dump-roles and psql first"), hint);
        Path roles = folder.resolve("roles.sql");
        through(CommandRun.of("DumpRoles", Map.of("SOURCE", SOURCE.uri(from)), "--out", roles.toString(),
                "--overwrite"), hint);
        psql(roles);
        through(restore(dump), hint);
        assertEquals("7", TARGET.query(target, "SELECT max(rolconnlimit) FROM pg_roles WHERE rolname ~ '^restored_'"));
        dropTarget();
    }

    private static void psql(Path file) {
        Run.of(List.of(ClientBinaries.bin(ClientBinaries.clientMajor()).resolve("psql").toString(), "-X", "-v",
                "ON_ERROR_STOP=1", "-d", TARGET.uri("postgres"),
                "-f", file.toString())).orFail();
    }

    @Test
    void whoever_may_not_create_roles_writes_them_for_a_superuser() {
        Map<String, String> sides =
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target, "restored_loader", "l"));
        String hint = hint(CommandRun.of("DumpRoles", sides, "--apply"), "may not create roles");
        Matcher version = Pattern.compile("without --target, with (--target-version) (\\d+)").matcher(hint);
        assertTrue(version.find(), hint);
        Path roles = folder.resolve("for a superuser.sql");
        through(CommandRun.of("DumpRoles", Map.of("SOURCE", SOURCE.uri(source)), version.group(1), version.group(2),
                "--out", roles.toString()), hint);
        psql(roles);
        assertEquals("7",
                TARGET.query("postgres", "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'restored_owner'"));
        dropTarget();
    }

    /** The objects of others are for a superuser. */
    @Test
    void a_plain_dump_that_only_another_format_can_restore() {
        ROLES.forEach(role -> TARGET.sql("postgres", "CREATE ROLE " + role));
        TARGET.sql("postgres", "GRANT restored_owner TO restored_loader",
                "ALTER DATABASE " + target + " OWNER TO restored_loader");
        String to = TARGET.uri(target, "restored_loader", "l");
        Path plain = Dumps.dumped(SOURCE, source, folder.resolve("plain"), "--format", "plain");
        String hint = hint(Dumps.restore(to, plain), "a plain dump with objects of other owners");
        Matcher ways = Pattern.compile("use (--format) (directory) or (--no-owner) for the dump").matcher(hint);
        assertTrue(ways.find(), hint);
        through(Dumps.restore(to,
                Dumps.dumped(SOURCE, source, folder.resolve("plain again"), "--format", "plain", ways.group(3))), hint);
        TARGET.sql(target, "DROP OWNED BY restored_loader");
        dropTarget();
        target = TARGET.newDatabase();
        TARGET.sql("postgres", "ALTER DATABASE " + target + " OWNER TO restored_loader");
        Path again = Dumps.dumped(SOURCE, source, folder.resolve("again"), ways.group(1), ways.group(2));
        through(Dumps.restore(TARGET.uri(target, "restored_loader", "l"), again), hint);
        assertEquals("restored_owner",
                TARGET.query(target, "SELECT relowner::regrole FROM pg_class WHERE relname = 'item'"));
        dropTarget();
    }

    /** From a place that holds no whole dump to one that does. */
    @Test
    void a_dump_without_its_manifest_is_made_anew() throws IOException {
        Path dump = Dumps.dumped(SOURCE, source, folder.resolve("interrupted"));
        Path manifest = dump.resolveSibling("interrupted.manifest.json");
        String whole = Files.readString(manifest);
        for (String broken : List.of(whole.replaceFirst("(?s)\"files\".*", ""),
                whole.replaceFirst("(\"formatVersion\": )\\d+", "$10"))) {
            assertFalse(broken.equals(whole));
            Files.writeString(manifest, broken);
            assertTrue(hint(restore(dump), "the manifest ").contains("dump again"));
        }
        Files.delete(manifest);
        String hint = hint(restore(dump), "has no manifest");
        assertTrue(hint.contains("an interrupted dump has none: dump again"), hint);
        // Without its manifest nobody knows whose it is.
        Matcher way = Pattern.compile("name another place, or replace it with (--overwrite)")
                .matcher(hint(Dumps.dump(SOURCE.uri(source), dump, "--resume"), "exists already"));
        assertTrue(way.find());
        through(Dumps.dump(SOURCE.uri(source), dump, way.group(1)), hint);
        through(restore(dump, "--no-owner", "--no-privileges"), hint);
        dropTarget();
    }

    /** What is not ours is not overwritten, so that --overwrite would be the wrong advice. */
    @Test
    void a_place_that_holds_something_else_is_left_alone() throws IOException {
        Path place = Files.createDirectory(folder.resolve("of somebody"));
        Files.writeString(place.resolve("letter"), "");
        assertEquals("hint: name another place", hint(Dumps.dump(SOURCE.uri(source), place), "exists already"));
        assertEquals("hint: name a file",
                hint(CommandRun.of("DumpRoles", Map.of("SOURCE", SOURCE.uri(source)), "--out", place.toString()),
                        "is a folder"));
        assertTrue(Files.exists(place.resolve("letter")));
        dropTarget();
    }

    @Test
    void a_file_that_did_not_arrive_whole_is_copied_again() throws IOException {
        Path dump = Dumps.dumped(SOURCE, source, folder.resolve("copied"), "--format", "custom");
        Path file = Files.isDirectory(dump)
                ? Dumps.files(dump).stream().filter(one -> !one.toString().endsWith(".json")).findFirst().orElseThrow()
                : dump;
        byte[] whole = Files.readAllBytes(file);
        byte[] damaged = whole.clone();
        damaged[damaged.length / 2] ^= 1;
        for (byte[] arrived : List.of(damaged, Arrays.copyOf(whole, whole.length - 1))) {
            Files.write(file, arrived);
            assertTrue(hint(restore(dump, "--no-owner", "--no-privileges"), "the dump is ")
                    .contains("copy it again, or dump again"));
        }
        Files.write(file, whole);
        through(restore(dump, "--no-owner", "--no-privileges"), "copied again");
        dropTarget();
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.ClientBinaries;
import testbed.CommandRun;
import testbed.Dumps;
import testbed.PgServer;

/** A schema of a user's that has the name of ours is named, never taken for ours, and never touched. */
class ReservedSchemaTest {
    private static PgServer source;
    private static PgServer target;

    @TempDir
    Path folder;
    private String shop;
    private String moved;

    @BeforeAll
    static void start() {
        ClientBinaries.between(15, 16);
        source = PgServer.shared(15);
        target = PgServer.shared(16);
    }

    @BeforeEach
    void fill() {
        shop = source.newDatabase();
        moved = target.newDatabase();
        source.sql(shop, "CREATE TABLE small AS SELECT generate_series(1, 10) AS id", "CREATE SCHEMA tsmigrate",
                "CREATE TABLE tsmigrate.large AS SELECT generate_series(1, 1000) AS id",
                // As a run makes it, but for the remark.
                "CREATE TABLE tsmigrate.paused_job (job int PRIMARY KEY, due timestamptz NOT NULL, moved "
                        + "timestamptz NOT NULL)",
                "INSERT INTO tsmigrate.paused_job VALUES (1000, now(), now())");
    }

    @AfterEach
    void everything_is_there() {
        assertEquals("1000 1", source.query(shop,
                "SELECT (SELECT count(*) FROM tsmigrate.large) || ' ' || (SELECT count(*) FROM tsmigrate.paused_job)"));
    }

    private CommandRun migrate(String... options) {
        return CommandRun.migrate(source.uri(shop), target.uri(moved), options);
    }

    private CommandRun verify(String... options) {
        return CommandRun.of("Verify", Map.of("SOURCE", source.uri(shop), "TARGET", target.uri(moved)), options);
    }

    @Test
    void it_stops_a_migration_and_says_what_carries_it() {
        CommandRun preflight = CommandRun.preflight(source.uri(shop), target.uri(moved));
        assertEquals(3, preflight.code(), preflight.out());
        assertTrue(preflight.out().contains(
                " reserved-schemas: tsmigrate: a migration keeps its notes in a schema of this name, and leaves it "
                        + "out\n"),
                preflight.out());
        assertTrue(preflight.out().contains(
                "ALTER SCHEMA \"tsmigrate\" RENAME TO \"renamed_tsmigrate\"; on the source, or migrate --leave-out "
                        + "reserved-schemas\n"),
                preflight.out());
        assertEquals(3, migrate().code());
        assertEquals("0", target.query(moved, "SELECT count(*) FROM pg_class WHERE relname = 'small'"));
    }

    @Test
    void renamed_it_is_carried() {
        source.sql(shop, "ALTER SCHEMA \"tsmigrate\" RENAME TO \"renamed_tsmigrate\";");
        CommandRun run = migrate();
        source.sql(shop, "ALTER SCHEMA \"renamed_tsmigrate\" RENAME TO tsmigrate");
        assertEquals(0, run.code(), run.err());
        assertEquals("1000", target.query(moved, "SELECT count(*) FROM renamed_tsmigrate.large"));
    }

    @Test
    void it_is_left_out_only_where_that_is_accepted_and_a_comparison_names_it() {
        CommandRun run = migrate("--leave-out", "reserved-schemas");
        assertEquals(0, run.code(), run.err());
        assertEquals("10", target.query(moved, "SELECT count(*) FROM small"));
        assertTrue(run.out().endsWith(
                "\neverything that was to be moved arrived: 10 rows in 1 table; left out: reserved-schemas (1)\n"),
                run.out());
        CommandRun verified = verify();
        assertEquals(4, verified.code(), verified.out());
        assertTrue(verified.out().contains("tsmigrate"), verified.out());
        CommandRun elsewhere = verify("--exclude-schema", "tsmigrate");
        assertEquals(0, elsewhere.code(), elsewhere.out());
    }

    @Test
    void what_needs_it_keeps_it_from_being_left_out() {
        source.sql(shop, "CREATE VIEW few AS SELECT id FROM tsmigrate.large");
        assertEquals(
                "error: what is left out is needed by view public.few\nhint: leave that out too: --exclude-table "
                        + "public.few, "
                        + "or ALTER SCHEMA \"tsmigrate\" RENAME TO \"renamed_tsmigrate\"; on the source, or drop on "
                        + "the source what needs it",
                migrate("--leave-out", "tsmigrate").failure());
        CommandRun run = migrate("--leave-out", "tsmigrate", "--exclude-table", "public.few");
        assertEquals(0, run.code(), run.err());
    }

    @Test
    void a_dump_is_not_made_without_it_unless_that_is_said() {
        CommandRun dump = Dumps.dump(source.uri(shop), folder.resolve("shop"));
        assertEquals(
                "error: reserved-schemas: tsmigrate: a migration keeps its notes in a schema of this name, and "
                        + "leaves it out\n"
                        + "hint: ALTER SCHEMA \"tsmigrate\" RENAME TO \"renamed_tsmigrate\"; on the source, or dump "
                        + "--exclude-schema tsmigrate",
                dump.failure());
        assertEquals(3, dump.code());
        assertEquals(Set.of(), Dumps.names(folder));
        Dumps.dumped(source, shop, folder.resolve("shop"), "--exclude-schema", "tsmigrate");
    }

    @Test
    void filters_that_want_it_are_told_and_others_are_not() {
        assertEquals(3, migrate("--schema", "tsmigrate").code());
        assertEquals(3, migrate("--table", "tsmigrate.large").code());
        assertEquals(0, migrate("--table", "small").code());
    }

    @Test
    void an_empty_one_is_named_too_and_so_is_one_that_an_unfinished_migration_has_made() {
        String other = source.newDatabase();
        source.sql(other, "CREATE SCHEMA tsmigrate");
        assertEquals(3, CommandRun.preflight(source.uri(other), target.uri(moved)).code());
        source.sql(other, "CREATE TABLE tsmigrate.run (started timestamptz)",
                "CREATE TABLE tsmigrate.made (kind text)");
        CommandRun preflight = CommandRun.preflight(source.uri(other), target.uri(moved));
        assertTrue(preflight.out().contains(
                "reserved-schemas: tsmigrate: a migration into this database is not finished, and keeps its notes "
                        + "there"),
                preflight.out());
        assertTrue(
                preflight.out()
                        .contains("finish that migration with migrate --resume, or remove what it has made with "
                                + "migrate --restart, or "),
                preflight.out());
    }

    @Test
    void repair_finds_nothing_of_ours_in_it() {
        CommandRun repair = CommandRun.of("RepairCommand", Map.of("SOURCE", source.uri(shop)));
        assertEquals("source: nothing to mend\n", repair.out());
        CommandRun printed = CommandRun.of("RepairCommand", Map.of("SOURCE", source.uri(shop)), "--dry-run");
        assertFalse(printed.out().contains("DROP"), printed.out());
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.dump;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.Account;
import testbed.ChildCommand;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;
import testbed.Soak;

/**
 * The target's disk gets full: told in one line with the server's own reason and what to do next; with room, the run
 * goes on.
 */
class FullDiskTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /** An empty database takes 8 of it. */
    private static final int MEGABYTES = 24;

    private static final String FULL =
            " file \"pg_tblspc/.*\"( with FileFallocate\\(\\))?: No space left on device";
    private static final String FREE = "the target says: Check free disk space\\.";

    @TempDir
    Path temporary;

    private final String source = SOURCE.newDatabase();
    private Path disk;
    private String target;

    @BeforeEach
    void make_a_database_on_a_small_disk() throws IOException {
        assumeTrue(Account.isRoot(), "needs root to mount a small disk; run: sudo make test");
        disk = Files.createTempDirectory("tsmigrate-disk-");
        Run mount = Run.of(List.of("mount", "-t", "tmpfs", "-o", "size=" + MEGABYTES + "m", "tmpfs", disk.toString()));
        assumeTrue(mount.code() == 0, "a small disk cannot be mounted here: " + mount.err().strip());
        Account.ofServers().own(disk);
        Files.setPosixFilePermissions(disk, PosixFilePermissions.fromString("rwx------"));
        target = TARGET.newDatabase();
        TARGET.sql("postgres", "CREATE TABLESPACE small_disk LOCATION '" + disk + "'",
                "ALTER DATABASE " + target + " SET TABLESPACE small_disk");
    }

    @AfterEach
    void remove_the_disk() throws IOException {
        if (target != null) {
            TARGET.sql("postgres", "DROP DATABASE " + target + " WITH (FORCE)", "DROP TABLESPACE small_disk");
        }
        SOURCE.sql("postgres", "DROP DATABASE " + source + " WITH (FORCE)");
        if (disk != null) {
            Run.of(List.of("umount", disk.toString()));
            Files.delete(disk);
        }
    }

    @Test
    void while_rows_arrive() {
        SOURCE.sql(source,
                "CREATE TABLE item AS SELECT id, repeat('x', 1000) AS text FROM generate_series(1, 40000) id");
        survives("loading table public\\.item", "could not extend", FREE);
    }

    @Test
    void while_large_objects_arrive() {
        SOURCE.sql(source,
                "SELECT count(lo_from_bytea(0, convert_to((SELECT string_agg(md5(part || ' ' || id), '') FROM "
                        + "generate_series(1, 31250) id), 'UTF8')))"
                        + " FROM generate_series(1, 40) part");
        survives("(creating large object \\d+|loading large objects)", "could not extend", FREE);
    }

    @Test
    void while_an_index_is_built() {
        SOURCE.sql(source,
                "CREATE TABLE item AS SELECT id, repeat(md5(id::text), 30) AS text FROM generate_series(1, 9000) id",
                "ALTER TABLE item ALTER text SET STORAGE PLAIN", "CREATE INDEX item_all ON item (id) INCLUDE (text)");
        survives("creating index public\\.item_all, or one of the 1 after it,", "could not write to",
                "make room on the disk of the target");
    }

    private void survives(String doing, String reason, String next) {
        try (ChildCommand run = migrate()) {
            run.await("a full disk", () -> run.err().contains("No space left on device") || !run.handle().isAlive());
            assertTrue(
                    Pattern.compile("(?m)^migrate: warning: " + doing + " failed on the target: " + reason + FULL
                            + "; trying again for 5 minutes\nmigrate: hint: " + next + "$").matcher(run.err()).find(),
                    run.err());
            makeRoom();
            CommandRun end = run.end();
            assertEquals(0, end.code(), end.err());
            assertTrue(end.err().contains(", 1 operation tried again ("), end.err());
        }
        assertEquals(Oracle.schema(SOURCE, source), Oracle.schema(TARGET, target));
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
    }

    @Test
    void when_nobody_makes_room() throws Exception {
        Soak.assumeIn("soak");
        SOURCE.sql(source,
                "CREATE TABLE item AS SELECT id, repeat('x', 1000) AS text FROM generate_series(1, 40000) id");
        try (ChildCommand run = migrate()) {
            // All pauses together are five minutes.
            run.handle().onExit().get(450, TimeUnit.SECONDS);
            CommandRun end = run.end();
            assertTrue(end.failure().matches("hint: " + FREE
                    + "\nerror: loading table public\\.item failed on the target: could not extend"
                    + FULL + "\nhint: " + FREE + "\nhint: then run the same command again with --resume: it keeps what "
                    + "has arrived; or with --restart: it removes what this run made"), end.err());
            assertEquals(1, end.code());
        }
        assertEquals("1",
                TARGET.query(target, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"),
                "sessions");
        makeRoom();
        CommandRun again = SIDES.migrate(source, target, "--resume");
        assertEquals(0, again.code(), again.err());
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
    }

    private ChildCommand migrate() {
        return ChildCommand.start(ChildCommand.java("Migrate"), temporary,
                Map.of("SOURCE", SOURCE.uri(source), "TARGET", TARGET.uri(target)));
    }

    private void makeRoom() {
        Run.of(List.of("mount", "-o", "remount,size=" + 10 * MEGABYTES + "m", disk.toString())).orFail();
    }
}

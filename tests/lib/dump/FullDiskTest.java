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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import testbed.Account;
import testbed.CommandRun;
import testbed.Oracle;
import testbed.PgServer;
import testbed.Run;
import testbed.Sides;

/**
 * The target's disk gets full: told in one line with the server's own reason and what to do next; with room, --restart
 * goes on.
 */
class FullDiskTest {
    private static final Sides SIDES = Sides.shared();
    private static final PgServer SOURCE = SIDES.source();
    private static final PgServer TARGET = SIDES.target();
    /** An empty database takes 8 of it. */
    private static final int MEGABYTES = 24;

    private static final String FREE = "the target says: Check free disk space\\.";

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
        fails("loading table public\\.item", "could not extend", FREE);
    }

    @Test
    void while_large_objects_arrive() {
        SOURCE.sql(source,
                "SELECT count(lo_from_bytea(0, convert_to((SELECT string_agg(md5(part || ' ' || id), '') FROM "
                        + "generate_series(1, 31250) id), 'UTF8')))"
                        + " FROM generate_series(1, 40) part");
        fails("(creating large object \\d+|loading large objects)", "could not extend", FREE);
    }

    @Test
    void while_an_index_is_built() {
        SOURCE.sql(source,
                "CREATE TABLE item AS SELECT id, repeat(md5(id::text), 30) AS text FROM generate_series(1, 9000) id",
                "ALTER TABLE item ALTER text SET STORAGE PLAIN", "CREATE INDEX item_all ON item (id) INCLUDE (text)");
        fails("creating index public\\.item_all", "could not write to", "make room on the disk of the target");
    }

    private void fails(String doing, String reason, String next) {
        CommandRun run = SIDES.migrate(source, target);
        assertTrue(
                run.failure().matches("error: " + doing + " failed on the target: " + reason
                        + " file \"pg_tblspc/.*\"( with FileFallocate\\(\\))?: No space left on device\n"
                        + "(detail: Command was: CREATE INDEX .*\n)?hint: " + next
                        + "\nhint: then run the same command again with --restart: it removes what this run made"),
                run.err());
        assertEquals(1, run.code());
        assertEquals("1",
                TARGET.query(target, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"),
                "sessions");
        Run.of(List.of("mount", "-o", "remount,size=" + 10 * MEGABYTES + "m", disk.toString())).orFail();
        CommandRun again = SIDES.migrate(source, target, "--restart");
        assertEquals(0, again.code(), again.err());
        assertEquals(Oracle.data(SOURCE, source), Oracle.data(TARGET, target));
    }
}

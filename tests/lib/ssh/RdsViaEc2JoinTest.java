//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.ssh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.FourMachines;

/** Another machine helps the one on which the migration runs; here it is the same one, in a folder of its own. */
class RdsViaEc2JoinTest {
    @Test
    void another_machine_helps_and_nothing_is_left_there(@TempDir Path folder) {
        try (FourMachines beside = new FourMachines(folder)) {
            String shop = beside.source().newDatabase();
            String moved = beside.target().newDatabase();
            beside.source().sql(shop, """
                    DO $$ BEGIN
                      FOR i IN 1..30 LOOP
                        EXECUTE format('CREATE TABLE item_%1$s (id int, v text); ALTER TABLE item_%1$s ALTER v SET \
                    STORAGE PLAIN; INSERT INTO item_%1$s SELECT j, repeat(''x'', 1900) FROM generate_series(1, 1000) \
                    j', i);
                      END LOOP;
                    END $$""");
            CommandRun run = beside.run(shop, moved, "--host", "beside", "--join-host", "beside", "--jobs=1",
                    "--max-rate=3MB").end();
            assertEquals(0, run.code(), run.err());
            assertTrue(run.err().contains("rds-via-ec2: beside helps the migration\n"), run.err());
            assertTrue(run.err().lines().anyMatch(line -> line.matches("migrate: data: [1-9]\\d* parts?, .*")),
                    run.err());
            assertEquals("30", beside.target().query(moved,
                    "SELECT count(*) FROM pg_class WHERE relname ~ '^item_' AND relkind = 'r'"));
            assertEquals("1000", beside.target().query(moved, "SELECT count(*) FROM item_30"));
            assertEquals("", beside.middle().sh("ls -d /home/ubuntu/.tsmigrate-* 2>/dev/null").out());
        }
    }
}

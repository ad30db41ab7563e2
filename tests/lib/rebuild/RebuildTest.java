//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testbed.CloudDouble;
import testbed.CommandRun;
import testbed.PgServer;
import testbed.Sides;
import testbed.Works;

/**
 * Hypertables, chunks, aggregates, policies and jobs are made anew by another version of TimescaleDB, newer or older,
 * and by the same: both sides hold the same then, and the same again after all that goes on on both.
 */
class RebuildTest {
    @TempDir
    private static Path folder;
    private static Works works;

    @BeforeAll
    static void prepare() {
        works = new Works(folder);
    }

    @AfterAll
    static void stop() {
        works.close();
    }

    @ParameterizedTest
    @CsvSource({"2.13.1, 2.22.1", "2.22.1, 2.13.1", "2.22.1, 2.22.1", "2.13.1, 2.28.3", "2.28.3, 2.13.1",
            "2.22.1, 2.28.3", "2.28.3, 2.22.1"})
    void a_superuser_moves_a_database_to_another_version(String from, String to) {
        Works.Side target = Works.empty(works.server(to));
        moves(works.plant(from), target, target.uri());
    }

    @ParameterizedTest
    @CsvSource({"2.13.1, 2.22.1", "2.22.1, 2.13.1", "2.22.1, 2.28.3", "2.28.3, 2.22.1"})
    void a_database_moves_to_another_version_on_cloud_where_nobody_is_superuser(String from, String to) {
        PgServer server = works.server(to);
        String made = CloudDouble.make(server, to);
        server.sql("postgres", "GRANT CREATE ON TABLESPACE \"fast disk\" TO tsdbadmin");
        moves(works.plant(from), new Works.Side(server, made), CloudDouble.uri(server, made));
    }

    @ParameterizedTest
    @CsvSource({"2.11.2, 2.22.1, source", "2.22.1, 2.11.2, target"})
    void a_version_that_was_not_tried_is_refused_by_name(String from, String to, String side) {
        Works.Side source = works.plant(from);
        Works.Side target = Works.empty(works.server(to));
        CommandRun run = new Sides(source.server(), target.server()).unchanged(source.database(), target.database(),
                () -> CommandRun.migrate(source.uri(), target.uri(), "--rebuild"));
        assertEquals(3, run.code(), run.err());
        assertTrue(run.failure().startsWith("error: timescaledb of the " + side
                + " is 2.11.2, and hypertables are made anew from 2.13 on\n"), run.err());
    }

    private static void moves(Works.Side source, Works.Side target, String uri) {
        Set<String> chunks = source.chunks();
        int last = source.lastChunk();
        CommandRun run = CommandRun.migrate(source.uri(), uri, "--rebuild", "--verify", "checksums");
        assertEquals(0, run.code(), run.err() + run.out());
        assertEquals("", Works.differences(Works.schema(source), Works.schema(target)));
        assertEquals(chunks, target.chunks());
        Works.assertSame(source, target);
        List.of(source, target).forEach(Works.Side::changes);
        Works.assertSame(source, target, "after changes");
        Set<String> later = target.chunks();
        later.removeAll(chunks);
        assertEquals(source.chunks().size() - chunks.size(), later.size());
        assertTrue(later.stream().allMatch(name -> Works.number(name) > last), later::toString);
        List.of(source, target).forEach(Works.Side::refreshes);
        Works.assertSame(source, target, "after all aggregates were refreshed");
        List.of(source, target).forEach(Works.Side::runJobs);
        Works.assertSame(source, target, "after all jobs have run");
    }
}

//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rebuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testbed.CommandRun;
import testbed.Sides;
import testbed.Works;

/** What only newer versions know arrives where it is known, and is refused by name where it is not. */
class NewerFeaturesTest {
    private static final String BUCKET =
            "time_bucket with an origin or an offset in a continuous aggregate needs TimescaleDB 2.15";

    @TempDir
    private static Path folder;
    private static Works works;
    private static Works.Side source;

    @BeforeAll
    static void prepare() {
        works = new Works(folder);
        source = Works.empty(works.server("2.22.1"));
        source.server().script(source.database(), Path.of("tests", "sql", "rebuild-newer.sql"));
    }

    @AfterAll
    static void stop() {
        works.close();
    }

    @Test
    void the_same_version_has_all_of_it() {
        Works.Side target = Works.empty(works.server("2.22.1"));
        CommandRun run = CommandRun.migrate(source.uri(), target.uri(), "--rebuild", "--verify", "checksums");
        assertEquals(0, run.code(), run.err());
        Works.assertSame(source, target);
        assertEquals("", Works.differences(Works.schema(source), Works.schema(target)));
        String own = "SELECT orderby[1] FROM _timescaledb_catalog.compression_settings s JOIN "
                + "timescaledb_information.chunks c ON format('%I.%I', chunk_schema, chunk_name)::regclass = s.relid "
                + "WHERE hypertable_name = 'settings' ORDER BY range_start";
        assertEquals(List.of(List.of("time"), List.of("v")), target.server().rows(target.database(), own));
        String ranges = "SELECT count(*) FROM _timescaledb_catalog.chunk_column_stats WHERE valid AND range_start > 0";
        assertEquals(source.server().query(source.database(), ranges),
                target.server().query(target.database(), ranges));
    }

    @Test
    void an_older_version_refuses_by_name_what_it_does_not_have_before_anything_is_changed() {
        Works.Side target = Works.empty(works.server("2.13.1"));
        String refusals = Stream.of(
                "newer.both_know.counted: a trigger with transition tables on a hypertable needs TimescaleDB 2.18",
                "newer.by_offset: " + BUCKET, "newer.by_origin: " + BUCKET,
                "newer.outer_join: an outer join in a continuous aggregate needs TimescaleDB 2.16",
                "newer.refers.refers_at_fkey: a foreign key to a hypertable needs TimescaleDB 2.16",
                "newer.skipped.device: chunk skipping needs TimescaleDB 2.16",
                "newer.sparse: a sparse index needs TimescaleDB 2.22")
                .map(refusal -> "error: newer-timescaledb: " + refusal
                        + "\nhint: migrate --leave-out newer-timescaledb\n")
                .collect(Collectors.joining());
        new Sides(source.server(), target.server()).refuses(3,
                refusals + "error: preflight found 7 reasons not to start; nothing was changed", source.database(),
                target.database(), () -> CommandRun.migrate(source.uri(), target.uri(), "--rebuild"));
    }

    @Test
    void what_an_older_version_does_not_have_is_left_out_on_demand_and_the_rest_arrives() {
        Works.Side target = Works.empty(works.server("2.13.1"));
        String[] options = {"--rebuild", "--leave-out", "newer-timescaledb", "--verify", "checksums"};
        assertTrue(CommandRun.migrate(source.uri(), target.uri(), options).failure()
                .startsWith("error: what is left out is needed by view newer.upon\n"));
        Works.Side without = new Works.Side(source.server(), Works.copy(source.server(), source.database()));
        without.server().sql(without.database(), "DROP VIEW newer.upon");
        CommandRun run = CommandRun.migrate(without.uri(), target.uri(), options);
        assertEquals(0, run.code(), run.err());
        assertEquals(List.of("both_know", "device", "known", "refers", "settings", "skipped", "sparse", "undecided"),
                target.server().rows(target.database(), "SELECT relname FROM pg_class WHERE relnamespace = "
                        + "'newer'::regnamespace AND relkind IN ('r', 'v') ORDER BY 1").stream()
                        .map(row -> row.get(0)).toList());
        for (String table : List.of("both_know", "known", "refers", "settings", "skipped", "sparse", "undecided")) {
            String rows = "SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM newer." + table + " t";
            assertNotEquals(null, source.server().query(source.database(), rows));
            assertEquals(source.server().query(source.database(), rows),
                    target.server().query(target.database(), rows), table);
        }
    }
}

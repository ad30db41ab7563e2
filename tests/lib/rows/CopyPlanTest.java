//DEPS org.junit.jupiter:junit-jupiter:6.1.3

package lib.rows;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lib.source.Inventory;
import org.junit.jupiter.api.Test;

/** Into how many parts tables are cut for the workers of all machines. */
class CopyPlanTest {
    private static final long MB = 1L << 20;
    private static final int JOBS = 2;

    private static List<CopyBatch> plan(int others, long... megabytes) {
        List<Inventory.Table> tables = new ArrayList<>();
        for (long each : megabytes) {
            tables.add(new Inventory.Table(tables.size() + 1, "public", "t" + each, each * MB, "id", "", null, false,
                    "", false, 1, 0, 0, false, false));
        }
        return CopyPlan.of(tables, Parallelism.requested(JOBS), others, CopyPlan.LARGEST_PART,
                (table, wanted) -> IntStream.range(0, wanted).mapToObj(i -> "part " + i).toList());
    }

    private static long parts(int others, long megabytes) {
        return plan(others, megabytes).size();
    }

    @Test
    void eight_for_each_worker_of_all_machines() {
        assertEquals(8 * (JOBS + 2), parts(2, 1024));
        assertEquals(8 * (JOBS + 5), parts(5, 1792));
    }

    @Test
    void of_8_MB_at_least_and_64_MB_at_most() {
        assertEquals(4, parts(6, 38));
        assertEquals(1, parts(6, 15));
        assertEquals(1600, parts(2, 102400));
        assertEquals(List.of(8L, 8L, 8L, 7L), plan(6, 7, 24).stream().map(batch -> batch.bytes() / MB).toList());
    }

    @Test
    void without_other_machines_only_one_that_keeps_others_waiting_or_is_as_large_that_nobody_begins_it_anew() {
        assertEquals(1, parts(0, 60));
        assertEquals(4, parts(0, 1024));
        assertEquals(6, plan(0, 500, 500, 500, 500, 500, 500).size());
        assertEquals(100, parts(0, 102400));
    }
}

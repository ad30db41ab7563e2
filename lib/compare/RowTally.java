package lib.compare;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Counts what is compared, by whatever thread. */
public final class RowTally {
    private final Map<String, Long> ofHypertables = new ConcurrentHashMap<>();
    private final Set<String> hypertables = new HashSet<>();
    private ComparedRows compared = ComparedRows.NONE;

    public synchronized void add(ComparedTable table, RowSum here) {
        boolean view = table.materialized();
        boolean another = !view && (table.hypertable() == null || hypertables.add(table.hypertable()));
        boolean whole = here.looked() == here.rows();
        boolean sampled = !whole && here.looked() > 0;
        ComparedRows c = compared;
        compared = new ComparedRows(c.tables() + (another ? 1 : 0), c.rows() + (view ? 0 : here.rows()),
                c.views() + (view ? 1 : 0),
                c.viewRows() + (view ? here.rows() : 0), c.whole() + (whole ? 1 : 0), c.sampled() + (sampled ? 1 : 0),
                c.sample() + (sampled ? here.looked() : 0), c.counted() + (whole || sampled ? 0 : 1));
        if (table.hypertable() != null) {
            ofHypertables.merge(table.hypertable(), here.rows(), Long::sum);
        }
    }

    /** @return how many rows the compared chunks of each hypertable have on the source */
    public Map<String, Long> ofHypertables() {
        return ofHypertables;
    }

    /** @return what was compared so far */
    public synchronized ComparedRows compared() {
        return compared;
    }
}

package lib.rows;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.journal.PartRecord;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Batches;
import lib.talk.Sql;

/**
 * What one worker asks about at once: several small tables, a large one, or a slice of a table that would keep it busy
 * when all others are done.
 *
 * @param slice the parts of the one table that are counted on the source, or null for all of all tables
 * @param pages a condition on the target's rows of the one table, or nothing for all of them
 */
record SurveyedRows(List<BegunTable> tables, List<PartRecord> slice, String pages) {
    /** Bytes; a slice of less takes hardly longer than its round trips. */
    private static final long SLICE = 64L << 20;

    /** @return all of them, the largest first */
    static List<SurveyedRows> of(List<BegunTable> begun, Parallelism parallelism, Session to, Server target) {
        List<SurveyedRows> all = new ArrayList<>();
        List<BegunTable> small = new ArrayList<>();
        List<BegunTable> large = new ArrayList<>();
        for (BegunTable table : begun) {
            boolean divisible = table.parts().size() > 1 && table.table().bytes() >= 2 * SLICE
                    && TableRanges.arePages(target);
            if (table.table().bytes() < CopyPlan.SMALL && table.parts().get(0).range().isEmpty()) {
                small.add(table);
            } else if (divisible) {
                large.add(table);
            } else {
                all.add(new SurveyedRows(List.of(table), null, ""));
            }
        }
        all.addAll(slices(large, to));
        all.sort((one, other) -> Long.compare(other.bytes(), one.bytes()));
        // Each question is a round trip.
        int together = Math.max(1, Math.min(CopyPlan.TABLES_TOGETHER, small.size() / parallelism.workers()));
        Batches.of(small, together).forEach(batch -> all.add(new SurveyedRows(batch, null, "")));
        return all;
    }

    /** @return those parts of a table that are counted on the source */
    List<PartRecord> partsOf(BegunTable begun) {
        return slice == null ? begun.parts() : slice;
    }

    /**
     * @param condition on a table's rows, or nothing
     * @return the query's rows of the table on the target
     */
    String rowsOf(BegunTable begun, String condition) {
        String where = Stream.of(condition, pages).filter(each -> !each.isEmpty()).collect(Collectors.joining(" AND "));
        return begun.table().sql() + (where.isEmpty() ? "" : " WHERE " + where);
    }

    private long bytes() {
        return tables.stream().flatMap(table -> partsOf(table).stream()).mapToLong(PartRecord::bytes).sum();
    }

    private static List<SurveyedRows> slices(List<BegunTable> large, Session to) {
        List<SurveyedRows> slices = new ArrayList<>();
        if (large.isEmpty()) {
            return slices;
        }
        Map<String, Long> pages = new HashMap<>();
        to.list("comparing what an interrupted run has copied",
                "SELECT t, pg_catalog.pg_relation_size(t::pg_catalog.regclass, 'main') / "
                        + "pg_catalog.current_setting('block_size')::int FROM pg_catalog.unnest(ARRAY["
                        + large.stream().map(table -> Sql.literal(table.table().sql()))
                                .collect(Collectors.joining(", "))
                        + "]) t",
                row -> pages.put(row.getString(1), row.getLong(2)));
        for (BegunTable table : large) {
            int wanted = (int) Math.min(table.parts().size(), table.table().bytes() / SLICE);
            List<String> ranges = TableRanges.ofPages(pages.getOrDefault(table.table().sql(), 0L), wanted);
            List<PartRecord> parts = table.parts();
            for (int i = 0; i < ranges.size(); i++) {
                slices.add(new SurveyedRows(List.of(table),
                        parts.subList(parts.size() * i / ranges.size(), parts.size() * (i + 1) / ranges.size()),
                        ranges.get(i)));
            }
        }
        return slices;
    }
}

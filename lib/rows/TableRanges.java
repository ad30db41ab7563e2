package lib.rows;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import lib.code.LockedTables;
import lib.code.PlannedCode;
import lib.server.Server;
import lib.server.Session;
import lib.source.Inventory;
import lib.talk.Sql;
import lib.timescale.CompressedChunk;
import lib.timescale.TimescaleExtension;

/**
 * Cuts a large table into ranges that several sessions read side by side: ranges of pages from PostgreSQL 14 on, which
 * has the Tid Range Scan for them (its release notes), else of a primary key that the rows stand in the order of. What
 * cannot be cut is read as a whole, and so is what a query could not read without running what somebody has written.
 */
final class TableRanges {
    /**
     * What makes the planner take the ranges: it does not know that other sessions read the rest. For each session that
     * reads one.
     */
    static final String SETTINGS = "SET enable_seqscan = off; SET max_parallel_workers_per_gather = 0";
    private static final String RESETTING = "RESET enable_seqscan; RESET max_parallel_workers_per_gather";
    private static final String BOUND =
            "(?:\"(?:[^\"]|\"\")+\"|[a-z_][a-z0-9_$]*) (?:>=|<) '[^'\\\\]*'::(?:pg_catalog\\.tid|smallint|integer|"
                    + "bigint|date|timestamp with(?:out)? time zone)";
    private static final Pattern RANGE = Pattern.compile(BOUND + "(?: AND " + BOUND + ")?");
    private static final int TID_RANGES = 14;

    private final Session session;
    private final LockedTables held;
    private final boolean arePages;
    private final boolean timescale;

    /**
     * @param session a session under the snapshot
     * @param held keeps what is cut as it is until all of it is read
     */
    TableRanges(Session session, LockedTables held, Server server) {
        this.session = session;
        this.held = held;
        arePages = arePages(server);
        timescale = TimescaleExtension.of(session) != null;
    }

    /** @return conditions of which each row meets one, at most {@code wanted} of about equal size, or none */
    List<String> of(Inventory.Table table, int wanted) {
        // A chunk with a compressed twin shows its rows as well, which a COPY of the table alone does not; and it has
        // them without a ctid.
        if (timescale && text(CompressedChunk.query(table.schema(), table.name())) != null) {
            return List.of();
        }
        if (!held.runningCode("dividing large tables", List.of(new PlannedCode.Queried(table.sql(), false)))
                .isEmpty()) {
            return List.of();
        }
        List<String> ranges = arePages ? pages(table, wanted) : keys(table, wanted);
        return ranges.size() > 1 && isRange(table, ranges.get(1)) ? ranges : List.of();
    }

    /** @return whether this is a condition as {@link #of} writes it, which calls nothing that somebody has written */
    static boolean isRange(String condition) {
        return RANGE.matcher(condition).matches();
    }

    /**
     * @param now a session that sees what is there now
     * @return whether a query of the table, which is held, would run what somebody has written
     */
    static boolean isCoded(Session now, Inventory.Table table) {
        return !PlannedCode.among(now, "dividing large tables",
                List.of(new PlannedCode.Queried(table.sql(), false).asHeld())).isEmpty();
    }

    private List<String> pages(Inventory.Table table, int wanted) {
        String size = text("""
                SELECT pg_catalog.pg_relation_size(c.oid, 'main') / pg_catalog.current_setting('block_size')::int
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_am a ON a.oid = c.relam
                 WHERE c.oid = %d AND a.amname = 'heap'""".formatted(table.oid()));
        long pages = size == null ? 0 : Long.parseLong(size);
        return ofPages(pages, wanted);
    }

    /** @return whether this server reads a range of pages without the rest */
    static boolean arePages(Server server) {
        return server.facts().major() >= TID_RANGES;
    }

    /** @return conditions of which each row of a table with so many pages meets one, at most {@code wanted} */
    static List<String> ofPages(long pages, int wanted) {
        return between("ctid", IntStream.range(1, wanted)
                .mapToObj(i -> "'(" + pages * i / wanted + ",0)'::pg_catalog.tid").distinct().toList());
    }

    /** Asks something with the settings for ranges, if it is about ranges. */
    static <T> T during(Session session, boolean ranges, String doing, Supplier<T> questions) {
        if (!ranges) {
            return questions.get();
        }
        session.run(doing, SETTINGS);
        T answer = questions.get();
        session.run(doing, RESETTING);
        return answer;
    }

    /** Where rows lie about on the disk, a range of keys would read it from one end to the other for each range. */
    private List<String> keys(Inventory.Table table, int wanted) {
        List<String> key = new ArrayList<>();
        List<String> bounds = session.list("looking for a key to divide table " + table + " by", """
                SELECT pg_catalog.quote_ident(a.attname), pg_catalog.format('%%L::%%s', b.bound,
                  pg_catalog.format_type(a.atttypid, NULL))
                  FROM pg_catalog.pg_index i
                  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                  JOIN pg_catalog.pg_stats s ON s.schemaname = %s AND s.tablename = %s AND s.attname = a.attname
                    AND NOT s.inherited
                  CROSS JOIN pg_catalog.unnest(s.histogram_bounds::text::text[]) WITH ORDINALITY b(bound, place)
                 WHERE i.indrelid = %d AND i.indisprimary AND i.indisvalid AND i.indnkeyatts = 1
                   AND pg_catalog.abs(s.correlation) > 0.9
                   AND a.atttypid = ANY ('{int2,int4,int8,date,timestamp,timestamptz}'::pg_catalog.regtype[])
                 ORDER BY b.place""".formatted(Sql.literal(table.schema()), Sql.literal(table.name()), table.oid()),
                row -> {
                    key.add(row.getString(1));
                    return row.getString(2);
                });
        TreeSet<Integer> places = new TreeSet<>();
        IntStream.range(1, wanted).map(i -> bounds.size() * i / wanted).filter(place -> place > 0).forEach(places::add);
        return bounds.isEmpty() ? List.of() : between(key.get(0), places.stream().map(bounds::get).toList());
    }

    private static List<String> between(String column, List<String> bounds) {
        List<String> ranges = new ArrayList<>();
        for (int i = 0; i <= bounds.size() && !bounds.isEmpty(); i++) {
            String from = i == 0 ? "" : column + " >= " + bounds.get(i - 1);
            String to = i == bounds.size() ? "" : column + " < " + bounds.get(i);
            ranges.add(from + (from.isEmpty() || to.isEmpty() ? "" : " AND ") + to);
        }
        return ranges;
    }

    /** Use ranges only if the planner picks a range scan: else it would read the whole table for each of them. */
    private boolean isRange(Inventory.Table table, String range) {
        String plan = during(session, true, "dividing large tables",
                () -> text("EXPLAIN (COSTS off) SELECT * FROM ONLY " + table.sql() + " WHERE " + range));
        return !plan.contains("Seq Scan");
    }

    private String text(String sql) {
        return session.text("dividing large tables", sql);
    }
}

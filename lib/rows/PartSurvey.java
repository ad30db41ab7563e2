package lib.rows;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import lib.journal.PartRecord;
import lib.server.Server;
import lib.server.Session;
import lib.source.Inventory;
import lib.source.Snapshot;
import lib.talk.Background;
import lib.talk.Batches;

/**
 * Counts on both sides the rows of parts that an earlier run has copied, and finds out which cannot have changed. Each
 * row tells which transaction has brought it (PostgreSQL manual, 5.5 "System Columns"). So on the target the rows of a
 * part are told from others without a key; and on the source, rows have not changed if none is newer than the snapshot
 * that was copied and there are as many. The source's statistics prove less: what is written with track_counts off is
 * never counted.
 */
final class PartSurvey implements AutoCloseable {
    /** Numbers of transactions stand in a circle of 2³², in which half of the others are older than each. */
    private static final long COMPARABLE = 1L << 30;
    /** Parts that are asked about in one round trip. */
    private static final int TOGETHER = 100;
    /** The first version that finds one of many constants by its hash (PostgreSQL 14, release notes). */
    private static final int HASHES = 14;
    /** More make the query itself long. */
    private static final int MOST_HASHED = 10_000;
    private static final String DOING = "comparing what an interrupted run has copied";

    /**
     * Rows of a part on the source.
     *
     * @param proven whether they are those that were copied, as long as there are as many
     */
    record Rows(long number, boolean proven) {
    }

    /**
     * Rows of a table on the target.
     *
     * @param ours whether its parts have brought them all
     */
    record Present(long number, boolean ours) {
        private Present and(Present others) {
            return new Present(number + others.number, ours && others.ours);
        }
    }

    /**
     * What was found of some tables, or of some parts of one.
     *
     * @param here the rows of each part on the source
     * @param there the rows of tables on the target, by the table's OID on the source
     * @param unasked the OIDs of tables that cannot be queried without running what somebody has written, or do not
     * tell which transaction has brought a row
     */
    record Found(Map<PartRecord, Rows> here, Map<Long, Present> there, Set<Long> unasked) {
        static Found nothing() {
            return new Found(new HashMap<>(), new HashMap<>(), new HashSet<>());
        }

        /** Adds what was found of others, or of other parts. */
        void add(Found other) {
            other.there.forEach((table, rows) -> there.merge(table, rows, Present::and));
            here.putAll(other.here);
            unasked.addAll(other.unasked);
        }

        /**
         * @return whether the target has the rows of these parts and no others; where they are as many together, no
         * part has lost any, for none can have got some since its transaction
         */
        boolean isIntact(BegunTable begun) {
            return begun.parts().stream().mapToLong(part -> part.arrival().rows()).sum() == there
                    .get(begun.table().oid()).number && there.get(begun.table().oid()).ours;
        }

        /** @return whether the source has as many rows of a part as were copied */
        boolean areAsMany(PartRecord part) {
            return part.arrival().rows() == here.get(part).number;
        }

        /** @return how many rows parts have on the side where they have more, as far as they were counted */
        long most(List<PartRecord> parts) {
            return parts.stream().mapToLong(
                    part -> Math.max(part.arrival().rows(), here.containsKey(part) ? here.get(part).number : 0)).sum();
        }

        /** @return whether nothing has happened to a part on the source */
        boolean isProven(PartRecord part) {
            return here.get(part).proven && areAsMany(part);
        }
    }

    private final Snapshot source;
    private final ColumnChanges changes;
    private final ComparisonSessions sessions;
    private final boolean hashes;

    PartSurvey(Snapshot source, Server target, ColumnChanges changes) {
        this.source = source;
        this.changes = changes;
        hashes = target.facts().major() >= HASHES;
        sessions = new ComparisonSessions(source, target, DOING);
    }

    /** Counts the rows of some tables, asked about together, or of a slice of one. */
    Found of(SurveyedRows asked) {
        return sessions.ask(asked.tables(), (open, coded) -> {
            Set<Integer> unasked = new HashSet<>(coded);
            unasked.addAll(notHeap(open.source(), asked.tables()));
            List<BegunTable> queried = IntStream.range(0, asked.tables().size())
                    .filter(place -> !unasked.contains(place)).mapToObj(asked.tables()::get).toList();
            Found found = Background.both("comparing", () -> onTarget(open.target(), asked, queried),
                    () -> onSource(open.source(), asked, queried),
                    (there, here) -> new Found(here, there, new HashSet<>()));
            unasked.forEach(place -> found.unasked.add(asked.tables().get(place).table().oid()));
            return found;
        });
    }

    /**
     * Looks where on the target rows stand, of tables that have been counted.
     *
     * @param some the parts that it is about, of tables of which it is not about all, by the table's OID
     * @return the rows by what they have in xmin, of each table by its OID on the source; not of a table where that
     * would run by now what somebody has written
     */
    Map<Long, Map<Long, BroughtRows>> brought(SurveyedRows asked, Map<Long, List<PartRecord>> some) {
        return sessions.ask(asked.tables(), (open, coded) -> {
            Map<Long, String> tables = new HashMap<>();
            for (int i = 0; i < asked.tables().size(); i++) {
                BegunTable begun = asked.tables().get(i);
                if (!coded.contains(i)) {
                    List<PartRecord> parts = some.get(begun.table().oid());
                    tables.put(begun.table().oid(), asked.rowsOf(begun, parts == null ? ""
                            : BroughtRows.condition(begun.with(parts).transactions())));
                }
            }
            Map<Long, Map<Long, BroughtRows>> found =
                    BroughtRows.of(open.target(), tables, !asked.pages().isEmpty(), DOING);
            tables.keySet().forEach(table -> found.putIfAbsent(table, new HashMap<>()));
            return found;
        });
    }

    /**
     * Other ways to store a table need not know which transaction has brought a row.
     *
     * @return the places of those that are stored so
     */
    private static Set<Integer> notHeap(Session from, List<BegunTable> some) {
        Set<Long> heaps = new HashSet<>(from.list(DOING, "SELECT c.oid FROM pg_catalog.pg_class c JOIN "
                + "pg_catalog.pg_am a ON a.oid = c.relam WHERE a.amname = 'heap' AND c.oid IN ("
                + some.stream().map(begun -> String.valueOf(begun.table().oid())).collect(Collectors.joining(", "))
                + ")", row -> row.getLong(1)));
        return IntStream.range(0, some.size()).filter(i -> !heaps.contains(some.get(i).table().oid())).boxed()
                .collect(Collectors.toSet());
    }

    /** @return how many rows tables have, and whether their parts have brought them all */
    private Map<Long, Present> onTarget(Session to, SurveyedRows asked, List<BegunTable> some) {
        Map<Long, Present> found = new HashMap<>();
        if (!some.isEmpty()) {
            String query = some.stream().map(begun -> present(asked, begun)).collect(Collectors.joining(" UNION ALL "));
            TableRanges.during(to, !asked.pages().isEmpty(), DOING, () -> to.list(DOING, query,
                    row -> found.put(row.getLong(1), new Present(row.getLong(2), row.getBoolean(3)))));
        }
        return found;
    }

    /** To count rows by their transactions takes half as long again as to look for these in a hash table. */
    private String present(SurveyedRows asked, BegunTable begun) {
        String rows = "ONLY " + asked.rowsOf(begun, "");
        Set<Long> transactions = begun.transactions();
        boolean hashed = hashes && transactions.size() <= MOST_HASHED;
        return "SELECT " + begun.table().oid() + "::int8, "
                + (hashed ? "pg_catalog.count(*)" : "coalesce(pg_catalog.sum(n)::int8, 0)") + ", coalesce("
                + "pg_catalog.bool_and(" + BroughtRows.condition(transactions) + "), true) FROM "
                + (hashed ? rows : "(SELECT xmin, pg_catalog.count(*) AS n FROM " + rows + " GROUP BY xmin) r");
    }

    /**
     * @return how many rows of each part the source has, and whether none of them is newer than the snapshot that they
     * were copied under: whatever was not over then has a higher number than the oldest transaction of that kind, its
     * subtransactions too. Where a table has been written anew, a range holds other rows.
     */
    private Map<PartRecord, Rows> onSource(Session from, SurveyedRows asked, List<BegunTable> some) {
        Map<PartRecord, Rows> found = new HashMap<>();
        Map<PartRecord, Inventory.Table> tables = new LinkedHashMap<>();
        for (BegunTable begun : some) {
            if (begun.table().bytes() == 0) {
                // Without a file there are no rows; and not every version of TimescaleDB can query a hypertable alone.
                asked.partsOf(begun).forEach(part -> found.put(part, new Rows(0, true)));
            } else {
                asked.partsOf(begun).forEach(part -> tables.put(part, begun.table()));
            }
        }
        for (List<PartRecord> parts : Batches.of(List.copyOf(tables.keySet()), TOGETHER)) {
            String query = IntStream.range(0, parts.size()).mapToObj(i -> "SELECT " + i + ", pg_catalog.count(*), "
                    + older(tables.get(parts.get(i)), parts.get(i)) + " FROM "
                    + PartContents.rowsOf(tables.get(parts.get(i)), parts.get(i)))
                    .collect(Collectors.joining(" UNION ALL "));
            TableRanges.during(from, !parts.get(0).range().isEmpty(), DOING, () -> from.list(DOING, query,
                    row -> found.put(parts.get(row.getInt(1)), new Rows(row.getLong(2), row.getBoolean(3)))));
        }
        return found;
    }

    /** @return an aggregate that says whether all rows are older than the snapshot of the part */
    private String older(Inventory.Table table, PartRecord part) {
        PartRecord.Arrival arrival = part.arrival();
        long since = source.firstUnseen() - arrival.snapshot();
        boolean comparable = (part.range().isEmpty() || arrival.file() == table.file()) && arrival.isTrusted()
                && since >= 0 && since < COMPARABLE && !changes.since(arrival.snapshot(), table.oid());
        return comparable ? "coalesce(pg_catalog.min(pg_catalog.age(xmin)) > pg_catalog.age('"
                + (arrival.snapshot() & 0xFFFFFFFFL) + "'::pg_catalog.xid), true)" : "false";
    }

    /** Makes what it asks fail soon; called from another thread. */
    void cancel() {
        sessions.cancel();
    }

    @Override
    public void close() {
        sessions.close();
    }
}

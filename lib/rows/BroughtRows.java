package lib.rows;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.server.Session;

/**
 * The rows of a table on the target that one transaction has brought. Rows of a transaction stand together, so that
 * from PostgreSQL 14 on the server finds them without reading the rest (Tid Range Scan; its release notes).
 *
 * @param number how many there are
 * @param first the ctid of the first one
 * @param last the ctid of the last one
 */
public record BroughtRows(long number, String first, String last) {
    /**
     * @param tables as SQL, with a condition where not all rows are asked about, by their OIDs on the source
     * @param ranges whether the conditions are ranges of pages
     * @return the rows of each table, by what they have in xmin
     */
    public static Map<Long, Map<Long, BroughtRows>> of(Session target, Map<Long, String> tables, boolean ranges,
            String doing) {
        Map<Long, Map<Long, BroughtRows>> found = new HashMap<>();
        if (!tables.isEmpty()) {
            String query =
                    tables.entrySet().stream()
                            .map(table -> "SELECT " + table.getKey() + "::int8, r.x::text::int8, r.n, r.first::text, "
                                    + "r.last::text FROM (SELECT xmin AS x, pg_catalog.count(*) AS n, "
                                    + "pg_catalog.min(ctid) AS first, pg_catalog.max(ctid) AS last FROM ONLY "
                                    + table.getValue() + " GROUP BY xmin) r")
                            .collect(Collectors.joining(" UNION ALL "));
            TableRanges.during(target, ranges, doing, () -> target.list(doing, query,
                    row -> found.computeIfAbsent(row.getLong(1), any -> new HashMap<>()).put(row.getLong(2),
                            new BroughtRows(row.getLong(3), row.getString(4), row.getString(5)))));
        }
        return found;
    }

    /** @return these and others of the transaction, which stand behind them */
    BroughtRows and(BroughtRows others) {
        boolean behind = place(others.first) > place(first);
        return new BroughtRows(number + others.number, behind ? first : others.first, behind ? others.last : last);
    }

    private static long place(String ctid) {
        return Long.parseLong(ctid.substring(1, ctid.indexOf(',')));
    }

    /** @return the condition that these rows meet, and hardly others */
    String condition(long transaction) {
        return condition(Set.of(transaction)) + " AND ctid >= '" + first + "'::pg_catalog.tid AND ctid <= '" + last
                + "'::pg_catalog.tid";
    }

    /**
     * @param rows those of the table by what they have in xmin, or null if that is not known
     * @return the statements that delete the rows of transactions, each as xmin has it
     */
    static String deletion(String table, Map<Long, BroughtRows> rows, Collection<Long> transactions) {
        String deletion = "DELETE FROM ONLY " + table + " WHERE ";
        return rows == null ? deletion + condition(transactions)
                : transactions.stream().filter(rows::containsKey)
                        .map(transaction -> deletion + rows.get(transaction).condition(transaction))
                        .collect(Collectors.joining("; "));
    }

    /** @return the condition that rows meet which these transactions have brought, each as xmin has it */
    static String condition(Collection<Long> transactions) {
        return "xmin = ANY ('{" + transactions.stream().map(String::valueOf).collect(Collectors.joining(","))
                + "}'::pg_catalog.xid[])";
    }
}

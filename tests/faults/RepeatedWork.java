package faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import testbed.ServerAccess;

/**
 * Which rows a target has, by the transactions that have brought them: those that were there when a run had died, and
 * are there no more as they were, were brought again.
 */
final class RepeatedWork {
    /** What belongs to an extension is little, and its own affair. */
    private static final String TABLES = """
            SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema|tsmigrate)'
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = c.tableoid AND d.objid = c.oid
                 AND d.deptype = 'e') ORDER BY 1""";

    private final ServerAccess server;
    private final String database;
    /** By table, then by transaction: rows. */
    private final Map<String, Map<String, Long>> before;

    private RepeatedWork(ServerAccess server, String database) {
        this.server = server;
        this.database = database;
        before = rows();
    }

    /** Looks at what a run has left that has ended. */
    static RepeatedWork since(ServerAccess server, String database) {
        return new RepeatedWork(server, database);
    }

    private Map<String, Map<String, Long>> rows() {
        Map<String, Map<String, Long>> rows = new TreeMap<>();
        for (List<String> table : server.rows(database, TABLES)) {
            Map<String, Long> groups = new TreeMap<>();
            server.rows(database, "SELECT xmin, count(*) FROM ONLY " + table.get(0) + " GROUP BY 1")
                    .forEach(group -> groups.put(group.get(0), Long.valueOf(group.get(1))));
            rows.put(table.get(0), groups);
        }
        return rows;
    }

    /** @return how many rows were there */
    long kept() {
        return before.values().stream().flatMap(groups -> groups.values().stream()).mapToLong(Long::longValue).sum();
    }

    /**
     * @param changed whether the rows of a table may have been brought again
     * @return for each other table of which rows were, how many
     */
    List<String> repeated(Predicate<String> changed) {
        List<String> repeated = new ArrayList<>();
        Map<String, Map<String, Long>> after = rows();
        before.forEach((table, groups) -> {
            Map<String, Long> now = after.getOrDefault(table, Map.of());
            long again = groups.entrySet().stream()
                    .mapToLong(group -> Math.max(0, group.getValue() - now.getOrDefault(group.getKey(), 0L))).sum();
            if (again > 0 && !changed.test(table)) {
                long all = groups.values().stream().mapToLong(Long::longValue).sum();
                repeated.add("%d of %d rows of %s were brought again".formatted(again, all, table));
            }
        });
        return repeated;
    }
}

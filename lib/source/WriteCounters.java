//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.server.Session;

/**
 * How many rows the source's own statistics have counted as written (PostgreSQL manual, 28.2, pg_stat_all_tables).
 * Sessions report with a delay of up to ten seconds, and rows of transactions that rolled back are counted too. The
 * number of the next transaction knows no delay, but counts those of all databases of the server (PostgreSQL manual,
 * 9.27.6, txid_current_snapshot).
 *
 * @param files the relfilenode of each table
 * @param tables how many rows of each table were written
 */
public record WriteCounters(long inserted, long updated, long deleted, long transactions, Map<Long, Long> files,
        Map<Long, Long> tables) {
    /** Reads the counters, and where each table's rows are stored, of the tables that the session sees. */
    static WriteCounters read(Session source, Selection selection) {
        long[] rows = new long[3];
        Map<Long, Long> files = new TreeMap<>();
        Map<Long, Long> tables = new TreeMap<>();
        source.list("reading the statistics", """
                SELECT c.oid, pg_catalog.pg_stat_get_tuples_inserted(c.oid),
                  pg_catalog.pg_stat_get_tuples_updated(c.oid),
                       pg_catalog.pg_stat_get_tuples_deleted(c.oid), c.relfilenode
                  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND %s""".formatted(selection.relation("c", "n")),
                row -> {
                    rows[0] += row.getLong(2);
                    rows[1] += row.getLong(3);
                    rows[2] += row.getLong(4);
                    tables.put(row.getLong(1), row.getLong(2) + row.getLong(3) + row.getLong(4));
                    return files.put(row.getLong(1), row.getLong(5));
                });
        long next = Long.parseLong(source.text("reading the number of the next transaction",
                "SELECT pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())"));
        return new WriteCounters(rows[0], rows[1], rows[2], next, files, tables);
    }

    /** @return what was written since */
    WriteCounters since(WriteCounters before) {
        Map<Long, Long> rows = new TreeMap<>(tables);
        rows.replaceAll((table, number) -> number - before.tables.getOrDefault(table, 0L));
        return new WriteCounters(inserted - before.inserted, updated - before.updated, deleted - before.deleted,
                transactions - before.transactions, files, rows);
    }

    /** @return the tables that were written to */
    public Set<Long> writtenTables() {
        return tables.entrySet().stream().filter(table -> table.getValue() > 0).map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    /** @return all rows written */
    public long written() {
        return inserted + updated + deleted;
    }
}

package lib.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.catalog.Archive;
import lib.catalog.EntrySql;

/**
 * The order in which to make what stands after the rows. Sessions that work on a partitioned table and on its
 * partitions at once deadlock, which pg_restore's own order does not rule out; so only what touches a single table, or
 * takes long, is done beside others.
 *
 * @param own by the identifier of their table on the source: what can be made as soon as the table has its rows
 * @param computed the same for what calls functions, which may read other tables: once all rows are there
 * @param rest what needs something of these, or no table; one after another
 * @param trees the indexes and constraints of partitioned tables, made out of those of their partitions, which reads no
 * row
 * @param foreignKeys in the order of the archive
 * @param last what takes no time and may lock several tables
 */
record PostPlan(Map<Long, List<EntrySql>> own, Map<Long, List<EntrySql>> computed, List<EntrySql> rest,
        List<EntrySql> trees, List<EntrySql> foreignKeys,
        List<EntrySql> last) {
    private static final Set<String> LAST = Set.of("TRIGGER", "POLICY", "ROW SECURITY", "PUBLICATION",
            "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA");
    private static final Set<String> OF_A_TABLE = Set.of("INDEX", "CONSTRAINT", "CHECK CONSTRAINT", "STATISTICS");
    /**
     * What an index may need beside its table without calling anything of the user's; the rows that functions of
     * extensions read come first.
     */
    private static final Set<String> PASSIVE = Set.of("SCHEMA", "EXTENSION", "COLLATION", "TYPE");

    /**
     * @param parts what is to be made after the rows, in the order of the archive; partitions that are attached late
     * first
     * @param partitioned the indexes and constraints of partitioned tables
     */
    static PostPlan of(List<EntrySql> parts, List<Archive.Entry> archive, Set<Archive.Address> partitioned) {
        PostPlan plan = new PostPlan(new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>(),
                new ArrayList<>(), new ArrayList<>());
        Map<Integer, Archive.Entry> entries = new HashMap<>();
        archive.forEach(entry -> entries.put(entry.id(), entry));
        Set<Integer> after = new HashSet<>();
        parts.forEach(part -> after.add(part.entry().id()));
        Map<Integer, Long> tableOf = new HashMap<>();
        for (EntrySql part : parts) {
            Archive.Entry entry = part.entry();
            // The index or constraint of a partitioned table is attached to those of its partitions.
            if (entry.kind().equals("INDEX ATTACH") || entry.kind().equals("TABLE ATTACH")
                    || partitioned.contains(entry.address())) {
                plan.trees.add(part);
            } else if (entry.kind().equals("FK CONSTRAINT")) {
                plan.foreignKeys.add(part);
            } else if (LAST.contains(entry.kind())) {
                plan.last.add(part);
            } else {
                plan.place(part, entries, after, tableOf);
            }
        }
        return plan;
    }

    private void place(EntrySql part, Map<Integer, Archive.Entry> entries, Set<Integer> after,
            Map<Integer, Long> tableOf) {
        Set<Long> tables = new HashSet<>();
        boolean alone = OF_A_TABLE.contains(part.entry().kind());
        boolean calls = false;
        for (int need : part.needs()) {
            Archive.Entry needed = entries.get(need);
            if (tableOf.containsKey(need)) {
                tables.add(tableOf.get(need));
                calls |= computed.containsKey(tableOf.get(need));
            } else if (after.contains(need)) {
                alone = false;
            } else if (needed != null && needed.kind().equals("TABLE")) {
                tables.add(needed.oid());
            } else {
                calls |= needed != null && !PASSIVE.contains(needed.kind());
            }
        }
        if (!alone || tables.size() != 1) {
            rest.add(part);
            return;
        }
        long table = tables.iterator().next();
        tableOf.put(part.entry().id(), table);
        (calls ? computed : own).computeIfAbsent(table, any -> new ArrayList<>()).add(part);
    }
}

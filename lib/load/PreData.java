package lib.load;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lib.catalog.Archive;
import lib.catalog.EntrySql;

/**
 * Makes what stands before the rows, in the order of the archive; of many tables in a row those at once that have
 * nothing to do with each other.
 */
final class PreData {
    private static final Set<String> RELATIONS =
            Set.of("TABLE", "SEQUENCE", "SEQUENCE OWNED BY", "DEFAULT", "TABLE ATTACH", "VIEW");
    /** Fewer are made as fast by one session. */
    private static final int MANY = 100;

    private final SchemaWorkers workers;
    private final Map<Integer, Archive.Entry> entries = new HashMap<>();

    PreData(SchemaWorkers workers, List<Archive.Entry> archive) {
        this.workers = workers;
        archive.forEach(entry -> entries.put(entry.id(), entry));
    }

    /** @param parts in the order of the archive */
    void make(List<EntrySql> parts) {
        List<EntrySql> serial = new ArrayList<>();
        int from = 0;
        while (from < parts.size()) {
            int to = from;
            boolean relations = isRelation(parts.get(from));
            while (to < parts.size() && isRelation(parts.get(to)) == relations) {
                to++;
            }
            if (relations && to - from >= MANY) {
                submit(serial);
                workers.await();
                independent(parts.subList(from, to)).forEach(this::submit);
                workers.await();
                serial.clear();
            } else {
                serial.addAll(parts.subList(from, to));
            }
            from = to;
        }
        submit(serial);
        workers.await();
    }

    private static boolean isRelation(EntrySql part) {
        return RELATIONS.contains(part.entry().kind());
    }

    private void submit(List<EntrySql> parts) {
        workers.submit(parts.stream().map(SchemaSession.Step::of).toList());
    }

    /**
     * Sessions that make children of the same table wait for each other, or for ever where it is several tables, so
     * these are in one list.
     */
    private List<List<EntrySql>> independent(List<EntrySql> parts) {
        Map<Integer, Integer> next = new HashMap<>();
        for (EntrySql part : parts) {
            part.needs().stream()
                    .filter(need -> entries.containsKey(need) && RELATIONS.contains(entries.get(need).kind()))
                    .forEach(need -> next.put(groupOf(part.entry().id(), next), groupOf(need, next)));
        }
        Map<Integer, List<EntrySql>> lists = new LinkedHashMap<>();
        parts.forEach(
                part -> lists.computeIfAbsent(groupOf(part.entry().id(), next), any -> new ArrayList<>()).add(part));
        return List.copyOf(lists.values());
    }

    /** @return what stands for all that belong together */
    private static int groupOf(int id, Map<Integer, Integer> next) {
        int last = id;
        while (next.getOrDefault(last, last) != last) {
            last = next.get(last);
        }
        if (last != id) {
            next.put(id, last);
        }
        return last;
    }
}

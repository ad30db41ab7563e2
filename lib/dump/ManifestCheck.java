//DEPS org.postgresql:postgresql:42.7.14
package lib.dump;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.catalog.OwnedObjects;
import lib.facts.Difference;
import lib.facts.FactKind;
import lib.server.Finding;
import lib.server.Session;
import lib.source.Contents;
import lib.source.Inventory;
import lib.talk.Batches;
import lib.talk.Sql;

/**
 * Whether the target holds what a manifest says: every object, and every sequence at its value. The numbers of rows in
 * a manifest are estimates, so that only a table that arrived empty is conspicuous.
 */
final class ManifestCheck {
    private static final int SEQUENCES_A_TRIP = 500;

    private final Contents contents;
    private final Session target;

    ManifestCheck(Contents contents, Session target) {
        this.contents = contents;
        this.target = target;
    }

    /**
     * @param objects those that were to be restored
     * @return what is missing or behind, sorted
     */
    List<Difference> differences(List<OwnedObjects.Owned> objects) {
        Set<String> there = OwnedObjects.list(target).stream().map(OwnedObjects.Owned::toString)
                .collect(Collectors.toSet());
        List<Difference> differences = new ArrayList<>();
        objects.stream().filter(object -> !there.contains(object.toString()) && !object.isPublic())
                .forEach(object -> differences.add(new Difference(FactKind.of(object.kind()),
                        object.identity(), "in the dump",
                        Difference.MISSING)));
        if (differences.isEmpty()) {
            differences.addAll(sequences());
        }
        return differences.stream().sorted().toList();
    }

    private List<Difference> sequences() {
        Map<String, String> there = new HashMap<>();
        for (List<Inventory.Sequence> batch : Batches.of(contents.sequences(), SEQUENCES_A_TRIP)) {
            String questions = batch.stream()
                    .map(sequence -> "SELECT " + Sql.literal(sequence.sql())
                            + ", last_value, is_called FROM " + sequence.sql())
                    .collect(Collectors.joining(" UNION ALL "));
            target.list("reading the sequences", questions,
                    row -> there.put(row.getString(1), position(row.getLong(2), row.getBoolean(3))));
        }
        return contents.sequences().stream()
                .filter(sequence -> !position(sequence.value(), sequence.called()).equals(there.get(sequence.sql())))
                .map(sequence -> new Difference(FactKind.SEQUENCE_VALUE, sequence.sql(),
                        position(sequence.value(), sequence.called()), there.get(sequence.sql())))
                .toList();
    }

    private static String position(long value, boolean called) {
        return value + (called ? "" : " (not yet used)");
    }

    /** @return a warning for each table that had rows by the estimate and has none; it must have been analyzed */
    List<Finding> emptyTables() {
        Set<String> empty = new HashSet<>(target.texts("listing the empty tables", """
                SELECT pg_catalog.format('%s.%s', n.nspname, c.relname) FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind = 'r' AND c.relpages = 0"""));
        return contents.tables().stream()
                .filter(table -> table.rows() > 0 && !table.catalog() && empty.contains(table.toString()))
                .map(table -> Finding.warning("rows", null,
                        "table %s is empty, and the source's statistics said about %d rows", table, table.rows()))
                .toList();
    }
}

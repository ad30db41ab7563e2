//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import lib.journal.Journal;
import lib.journal.LateObjects;
import lib.journal.PartRecord;
import lib.journal.PartRecords;
import lib.journal.UnfinishedRun;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.Inventory;
import lib.source.Snapshot;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * The parts of tables that an interrupted run has copied. Each is compared with the source as it is under this run's
 * snapshot ({@link PartComparison}); what differs is removed, and copied again.
 */
final class EarlierParts {
    private static final String DOING = "comparing what an interrupted run has copied";
    /** Transactions of others, each of which takes a statement. */
    private static final int MOST_FOREIGN = 1000;

    private final Snapshot source;
    private final ComputingSessions target;
    private final Parallelism parallelism;
    private final Console console;

    EarlierParts(Snapshot source, ComputingSessions target, Parallelism parallelism, Console console) {
        this.source = source;
        this.target = target;
        this.parallelism = parallelism;
        this.console = console;
    }

    /**
     * Leaves of the parts only what the source has.
     *
     * @return what was found, in words
     */
    String settle(Collection<Inventory.Table> tables, Journal journal) {
        List<Inventory.Table> rows = tables.stream().filter(table -> table.catalog() == 0).toList();
        rows.forEach(table -> refuseForged(table, journal.parts().earlier(table.oid())));
        List<BegunTable> begun = rows.stream()
                .map(table -> new BegunTable(table,
                        journal.parts().earlier(table.oid()).stream().filter(PartRecord::finished).toList()))
                .filter(table -> !table.parts().isEmpty()).toList();
        Map<Long, OutdatedParts> outdated = new HashMap<>();
        try (Session to = target.server().session()) {
            refuseDropped(to, begun);
            Map<Boolean, List<BegunTable>> renamed =
                    begun.stream().collect(Collectors.partitioningBy(BegunTable::isRenamed));
            // Its rows stand in a table of another name, and in this one those of another table.
            renamed.get(true).forEach(
                    table -> outdated.put(table.table().oid(),
                            new OutdatedParts(table.parts(), null, Set.of(), LateObjects.ALL)));
            // Where the catalog of TimescaleDB is moved, chunks and compressed rows are tables like others.
            PackedChunks packed = new PackedChunks(to, tables.stream().noneMatch(table -> table.catalog() > 0));
            outdated.putAll(new PartComparison(source, target.server(), parallelism).of(renamed.get(false),
                    packed.among(begun), to));
            begun.stream().filter(table -> packed.isUnpacked(table.table())).forEach(table -> outdated.put(
                    table.table().oid(), new OutdatedParts(table.parts(), null, Set.of(), LateObjects.ALL)));
            packed.unpack(begun.stream().map(BegunTable::table).filter(table -> outdated.containsKey(table.oid()))
                    .toList(), journal.units());
            Set<Inventory.Table> finished = begun.stream().map(BegunTable::table).filter(
                    table -> journal.parts().earlier(table.oid()).stream().allMatch(PartRecord::finished))
                    .collect(Collectors.toSet());
            List<Inventory.Table> written = rows.stream()
                    .filter(table -> !finished.contains(table) || outdated.containsKey(table.oid())).toList();
            LateObjects.dropOf(to, journal.units(), written.stream().collect(Collectors.toMap(packed::actingOn,
                    table -> finished.contains(table) ? outdated.get(table.oid()).changed() : LateObjects.ALL,
                    Math::max)));
            to.setAutoCommit(false);
            emptySuccessors(to, rows, journal.parts());
            for (Inventory.Table table : written) {
                remove(to, table, outdated.get(table.oid()), journal.parts());
            }
        }
        List<Inventory.Table> changed =
                rows.stream().filter(table -> outdated.containsKey(table.oid())).toList();
        changed.forEach(table -> console.explain("table %s has changed since it was copied", table));
        long kept = begun.stream().mapToLong(table -> outdated.containsKey(table.table().oid())
                ? outdated.get(table.table().oid()).kept(table) : table.parts().size()).sum();
        return Count.of(kept, "part") + " kept"
                + (changed.isEmpty() ? "" : ", changed since: " + Count.some(changed));
    }

    private static void refuseDropped(Session to, List<BegunTable> begun) {
        List<String> dropped = begun.isEmpty() ? List.of()
                : to.texts(DOING, "SELECT t FROM pg_catalog.unnest(ARRAY["
                        + begun.stream().map(table -> Sql.literal(table.table().sql()))
                                .collect(Collectors.joining(", "))
                        + "]) t WHERE pg_catalog.to_regclass(t) IS NULL");
        if (!dropped.isEmpty()) {
            throw Failure.of("somebody has dropped what the interrupted run had made on the target: %s",
                    Count.some(begun.stream().map(BegunTable::table).filter(table -> dropped.contains(table.sql()))
                            .toList()))
                    .hint("%s", UnfinishedRun.ANEW);
        }
    }

    /** The conditions run on the source, and whoever is superuser of the target can write into the journal. */
    private static void refuseForged(Inventory.Table table, List<PartRecord> parts) {
        if (parts.stream().map(PartRecord::range)
                .anyMatch(range -> !range.isEmpty() && !TableRanges.isRange(range))) {
            throw Failure.of("the journal on the target divides table %s by a condition that no run writes", table)
                    .hint("somebody has changed the journal; %s", UnfinishedRun.ANEW);
        }
    }

    /**
     * A table in place of one that was dropped on the source has no parts, but on the target it has that one's rows.
     */
    private void emptySuccessors(Session to, List<Inventory.Table> tables, PartRecords records) {
        Map<Long, Inventory.Table> present = new HashMap<>();
        Map<String, Inventory.Table> named = new HashMap<>();
        tables.forEach(table -> {
            present.put(table.oid(), table);
            named.put(table.sql(), table);
        });
        for (long gone : records.earlierTables()) {
            List<PartRecord> parts = records.earlier(gone);
            if (!present.containsKey(gone)) {
                String name = parts.get(0).name();
                to.run(DOING, (named.containsKey(name) ? "TRUNCATE ONLY " + name + "; " : "")
                        + PartRecords.deletion(gone) + "; COMMIT");
                records.replaceEarlier(gone, List.of());
            }
        }
    }

    /** @param found what is outdated of it, or null */
    private void remove(Session to, Inventory.Table table, OutdatedParts found, PartRecords records) {
        List<PartRecord> earlier = records.earlier(table.oid());
        if (found == null) {
            if (earlier.stream().noneMatch(PartRecord::finished)) {
                // Nothing of it has arrived: it is planned anew.
                records.replaceEarlier(table.oid(), List.of());
            }
            return;
        }
        Set<PartRecord> gone = new HashSet<>(found.parts());
        boolean all = gone.containsAll(earlier.stream().filter(PartRecord::finished).toList());
        // What its extension has brought, or what stands in chunks, goes not with TRUNCATE.
        boolean own = !table.extension() && !table.deferred();
        if (own && (all || found.foreign().size() > MOST_FOREIGN) || !deleted(to, table, found)) {
            gone.addAll(earlier);
            to.run(DOING, "TRUNCATE ONLY " + table.sql());
        }
        to.run(DOING, PartRecords.removal(gone) + "; COMMIT");
        List<PartRecord> left = earlier.stream().map(part -> gone.contains(part) ? part.unfinished() : part).toList();
        records.replaceEarlier(table.oid(), left.stream().anyMatch(PartRecord::finished) ? left : List.of());
    }

    /** @return whether all their rows have gone: a rule can have DELETE do something else */
    private static boolean deleted(Session to, Inventory.Table table, OutdatedParts outdated) {
        List<Long> transactions = Stream.concat(outdated.parts().stream().map(part -> part.arrival().xmin()),
                outdated.foreign().stream()).toList();
        String deletion = BroughtRows.deletion(table.sql(), outdated.rows(), transactions);
        if (!deletion.isEmpty()) {
            to.run(DOING, deletion);
        }
        // Triggers are gone; and who has no rule need not be read once more.
        return to.text(DOING, "SELECT NOT c.relhasrules FROM pg_catalog.pg_class c WHERE c.oid = "
                + Sql.literal(table.sql()) + "::pg_catalog.regclass").equals("t")
                || to.text(DOING, "SELECT pg_catalog.count(*) FROM ONLY " + table.sql() + " WHERE "
                        + BroughtRows.condition(transactions)).equals("0");
    }
}

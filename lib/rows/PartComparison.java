package lib.rows;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import lib.journal.PartRecord;
import lib.server.Server;
import lib.server.Session;
import lib.source.Snapshot;
import lib.talk.Workers;

/**
 * Compares the parts of tables that an interrupted run has copied with the source, in several sessions at once. Rows
 * that a transaction has brought are the same as long as they have its number, and are all there as long as there are
 * as many ({@link PartSurvey}); so the contents are looked at only where that proves nothing ({@link PartContents}).
 */
final class PartComparison {
    private static final String DOING = "comparing what an interrupted run has copied";

    private final Snapshot source;
    private final Server target;
    private final Parallelism parallelism;

    PartComparison(Snapshot source, Server target, Parallelism parallelism) {
        this.source = source;
        this.target = target;
        this.parallelism = parallelism;
    }

    /**
     * @param packed the tables with compressed rows, which only their contents tell
     * @param to a session on the target
     * @return what is outdated, by the table's OID on the source; nothing of a table that is as it should be
     */
    Map<Long, OutdatedParts> of(List<BegunTable> all, Set<Long> packed, Session to) {
        List<BegunTable> begun = all.stream().filter(table -> !packed.contains(table.table().oid())).toList();
        ColumnChanges changes =
                ColumnChanges.of(source, begun.stream().map(table -> table.table().oid()).toList(), DOING);
        PartSurvey.Found found = surveyed(SurveyedRows.of(begun, parallelism, to, target), changes);
        Map<Long, Map<Long, BroughtRows>> there = brought(begun, to, found, changes);
        Map<Long, List<PartRecord>> different = new ConcurrentHashMap<>();
        List<BegunTable> unproven = new ArrayList<>();
        for (BegunTable table : begun) {
            long oid = table.table().oid();
            if (found.unasked().contains(oid)) {
                unproven.add(table);
            } else if (there.containsKey(oid)) {
                boolean intact = found.isIntact(table);
                Map<Boolean, List<PartRecord>> same = table.parts().stream().collect(Collectors.partitioningBy(
                        part -> found.areAsMany(part) && (intact || areAllThere(part, there.get(oid)))));
                different.put(oid, new ArrayList<>(same.get(false)));
                unproven.addAll(divided(
                        table.with(same.get(true).stream().filter(part -> !found.isProven(part)).toList())));
            }
        }
        all.stream().filter(table -> packed.contains(table.table().oid())).forEach(unproven::add);
        contentsOf(unproven, there, packed).forEach(table -> different
                .computeIfAbsent(table.table().oid(), any -> new ArrayList<>()).addAll(table.parts()));
        Map<Long, OutdatedParts> outdated = new HashMap<>();
        for (BegunTable table : all) {
            long oid = table.table().oid();
            Map<Long, BroughtRows> brought = there.getOrDefault(oid, Map.of());
            Set<Long> foreign = foreign(table, brought);
            List<PartRecord> gone = different.getOrDefault(oid, List.of());
            OutdatedParts parts = new OutdatedParts(gone, there.get(oid), foreign,
                    found.most(gone) + foreign.stream().mapToLong(each -> brought.get(each).number()).sum());
            if (!parts.parts().isEmpty() || !parts.foreign().isEmpty()) {
                outdated.put(oid, parts);
            }
        }
        return outdated;
    }

    private static boolean areAllThere(PartRecord part, Map<Long, BroughtRows> rows) {
        BroughtRows brought = rows.get(part.arrival().xmin());
        return part.arrival().rows() == (brought == null ? 0 : brought.number());
    }

    /** An extension brings rows of its own. */
    private static Set<Long> foreign(BegunTable table, Map<Long, BroughtRows> rows) {
        Set<Long> foreign = new HashSet<>(table.table().extension() ? Set.of() : rows.keySet());
        foreign.removeAll(table.transactions());
        return foreign;
    }

    private PartSurvey.Found surveyed(List<SurveyedRows> questions, ColumnChanges changes) {
        PartSurvey.Found all = PartSurvey.Found.nothing();
        survey(questions, changes, (survey, asked) -> {
            PartSurvey.Found found = survey.of(asked);
            synchronized (all) {
                all.add(found);
            }
        });
        return all;
    }

    /**
     * @return the rows of the tables that may be outdated, by what they have in xmin: of those that the target has as
     * they were copied, the rows of the parts that may be; nothing of tables that are as they should be
     */
    private Map<Long, Map<Long, BroughtRows>> brought(List<BegunTable> begun, Session to, PartSurvey.Found found,
            ColumnChanges changes) {
        Map<Long, List<PartRecord>> some = new HashMap<>();
        List<BegunTable> doubtful = new ArrayList<>();
        for (BegunTable table : begun) {
            long oid = table.table().oid();
            boolean asked = !found.unasked().contains(oid);
            if (asked && found.isIntact(table)) {
                List<PartRecord> parts = table.parts().stream().filter(part -> !found.isProven(part)).toList();
                if (!parts.isEmpty()) {
                    some.put(oid, parts);
                    doubtful.add(table);
                }
            } else if (asked) {
                doubtful.add(table);
            }
        }
        Map<Long, Map<Long, BroughtRows>> all = new HashMap<>();
        survey(SurveyedRows.of(doubtful, parallelism, to, target), changes, (survey, asked) -> {
            Map<Long, Map<Long, BroughtRows>> rows = survey.brought(asked, some);
            synchronized (all) {
                asked.tables().stream().map(each -> each.table().oid()).filter(table -> !rows.containsKey(table))
                        .forEach(found.unasked()::add);
                rows.forEach((table, brought) -> add(brought, all.computeIfAbsent(table, any -> new HashMap<>())));
            }
        });
        all.keySet().removeAll(found.unasked());
        return all;
    }

    private static void add(Map<Long, BroughtRows> some, Map<Long, BroughtRows> all) {
        some.forEach((transaction, rows) -> all.merge(transaction, rows, BroughtRows::and));
    }

    private void survey(List<SurveyedRows> questions, ColumnChanges changes,
            BiConsumer<PartSurvey, SurveyedRows> question) {
        Workers.run("comparing", parallelism.workers(), questions, () -> new Workers.Worker<>() {
            private final PartSurvey survey = new PartSurvey(source, target, changes);

            @Override
            public void work(SurveyedRows asked) {
                question.accept(survey, asked);
            }

            @Override
            public void cancel() {
                survey.cancel();
            }

            @Override
            public void close() {
                survey.close();
            }
        });
    }

    /** Where ranges of pages can be read, a large table is no work for one worker alone. */
    private List<BegunTable> divided(BegunTable table) {
        return table.parts().isEmpty() ? List.of()
                : TableRanges.arePages(target)
                        ? table.parts().stream().map(part -> table.with(List.of(part))).toList()
                : List.of(table);
    }

    /** @return those that differ */
    private Collection<BegunTable> contentsOf(List<BegunTable> unproven,
            Map<Long, Map<Long, BroughtRows>> there, Set<Long> packed) {
        Collection<BegunTable> changed = ConcurrentHashMap.newKeySet();
        Workers.run("comparing", parallelism.workers(), unproven, () -> new Workers.Worker<>() {
            private final PartContents contents = new PartContents(source, target);

            @Override
            public void work(BegunTable table) {
                Map<Long, BroughtRows> rows = there.get(table.table().oid());
                if (rows != null) {
                    changed.add(table.with(contents.changed(table, rows)));
                } else if (packed.contains(table.table().oid()) ? !contents.isSameUnpacked(table)
                        : !contents.isSame(table)) {
                    changed.add(table);
                }
            }

            @Override
            public void cancel() {
                contents.cancel();
            }

            @Override
            public void close() {
                contents.close();
            }
        });
        return changed;
    }
}

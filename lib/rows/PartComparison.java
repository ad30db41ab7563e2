package lib.rows;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
    private final Snapshot source;
    private final Server target;
    private final Parallelism parallelism;

    PartComparison(Snapshot source, Server target, Parallelism parallelism) {
        this.source = source;
        this.target = target;
        this.parallelism = parallelism;
    }

    /**
     * @param to a session on the target
     * @return what is outdated, by the table's OID on the source; nothing of a table that is as it should be
     */
    Map<Long, OutdatedParts> of(List<BegunTable> begun, Session to) {
        PartSurvey.Found found = surveyed(SurveyedRows.of(begun, parallelism, to, target));
        Map<Long, List<PartRecord>> different = new ConcurrentHashMap<>();
        List<BegunTable> unproven = new ArrayList<>();
        for (BegunTable table : begun) {
            if (found.unasked().contains(table.table().oid())) {
                unproven.add(table);
                continue;
            }
            Map<Long, BroughtRows> rows = found.rows(table);
            Map<Boolean, List<PartRecord>> same = table.parts().stream()
                    .collect(Collectors.partitioningBy(part -> found.areAsMany(part, rows)));
            different.put(table.table().oid(), new ArrayList<>(same.get(false)));
            unproven.addAll(divided(table.with(
                    same.get(true).stream().filter(part -> !found.here().get(part).proven()).toList())));
        }
        contentsOf(unproven, found).forEach(table -> different
                .computeIfAbsent(table.table().oid(), any -> new ArrayList<>()).addAll(table.parts()));
        Map<Long, OutdatedParts> outdated = new HashMap<>();
        for (BegunTable table : begun) {
            long oid = table.table().oid();
            boolean asked = !found.unasked().contains(oid);
            OutdatedParts parts = new OutdatedParts(different.getOrDefault(oid, List.of()),
                    asked ? found.rows(table) : null, asked && hasOthers(table, found.rows(table)));
            if (!parts.parts().isEmpty() || parts.others()) {
                outdated.put(oid, parts);
            }
        }
        return outdated;
    }

    /** An extension brings rows of its own. */
    private static boolean hasOthers(BegunTable table, Map<Long, BroughtRows> rows) {
        Set<Long> transactions =
                table.parts().stream().map(part -> part.arrival().xmin()).collect(Collectors.toSet());
        return !table.table().extension() && !transactions.containsAll(rows.keySet());
    }

    private PartSurvey.Found surveyed(List<SurveyedRows> questions) {
        PartSurvey.Found all = PartSurvey.Found.nothing();
        Workers.run("comparing", parallelism.workers(), questions, () -> new Workers.Worker<>() {
            private final PartSurvey survey = new PartSurvey(source, target);

            @Override
            public void work(SurveyedRows asked) {
                PartSurvey.Found found = survey.of(asked);
                synchronized (all) {
                    all.add(found);
                }
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
        return all;
    }

    /** Where ranges of pages can be read, a large table is no work for one worker alone. */
    private List<BegunTable> divided(BegunTable table) {
        return table.parts().isEmpty() ? List.of()
                : TableRanges.arePages(target)
                        ? table.parts().stream().map(part -> table.with(List.of(part))).toList()
                : List.of(table);
    }

    /** @return those that differ */
    private Collection<BegunTable> contentsOf(List<BegunTable> unproven, PartSurvey.Found found) {
        Collection<BegunTable> changed = ConcurrentHashMap.newKeySet();
        Workers.run("comparing", parallelism.workers(), unproven, () -> new Workers.Worker<>() {
            private final PartContents contents = new PartContents(source, target);

            @Override
            public void work(BegunTable table) {
                if (!found.unasked().contains(table.table().oid())) {
                    changed.add(table.with(contents.changed(table, found.rows(table))));
                } else if (!contents.isSame(table)) {
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

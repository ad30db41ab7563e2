//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Stream;
import lib.catalog.ReservedSchemas;
import lib.catalog.Selection;
import lib.compare.ComparedRows;
import lib.compare.ComparedTable;
import lib.compare.RowQueries;
import lib.facts.Difference;
import lib.facts.FactComparison;
import lib.facts.FactKind;
import lib.server.Server;
import lib.server.Session;
import lib.settings.ComputingSessions;
import lib.source.Snapshot;
import lib.talk.Console;
import lib.talk.Failure;

/**
 * Asks whether the source is contained in the target: every object in its present form, with its owner, privileges and
 * comment, every row, every large object; what only the target has is no difference. Nothing stays written on either
 * side. What the connecting user may not read of rows ends the comparison; what it may not see of options of user
 * mappings and subscriptions is not compared.
 */
public final class Verification {
    /** How far the comparison goes; each level includes those before it. */
    public enum Level {
        /** What the catalogs know, and the values of sequences. */
        OBJECTS,
        /** Also the number of rows of each table. */
        COUNTS,
        /**
         * Also a checksum over the rows of each small table, and over a sample of those of a large one and of the large
         * objects.
         */
        SAMPLE,
        /** Also a checksum over all rows of each table, and over each large object. */
        CHECKSUMS;

        /**
         * @param text the name in lower case, as an option has it
         * @param more further words that the option takes, for the message
         * @throws Failure usage, when there is no such level
         */
        public static Level of(String text, String... more) {
            return Stream.of(values()).filter(level -> level.toString().equalsIgnoreCase(text)).findFirst()
                    .orElseThrow(() -> {
                        List<String> words = new ArrayList<>(List.of(more));
                        Stream.of(values()).map(Level::toString).forEach(words::add);
                        String last = words.remove(words.size() - 1);
                        return Failure.usage("invalid level \"%s\": must be %s or %s", text, String.join(", ", words),
                                last);
                    });
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Snapshot source;
    private final ComputingSessions computing;
    private final Server target;
    private final Selection selection;
    private final Console console;
    private final int workers;
    private Map<Long, Long> sequenceValues = Map.of();
    private final Set<String> incomplete = new HashSet<>();
    private boolean jobsPaused;
    private RowResults rows;
    private final List<UndecidedRelation> undecided = new ArrayList<>();
    private int tables;
    private volatile String state = "listing objects";

    /**
     * @param computing the target
     * @param selection what is wanted of the source
     * @param workers how many tables are compared at once; each takes a session on both sides
     */
    public Verification(Snapshot source, ComputingSessions computing, Selection selection, Console console,
            int workers) {
        this.source = source;
        this.computing = computing;
        target = computing.server();
        this.selection = selection;
        this.console = console;
        this.workers = workers;
    }

    /**
     * Gives values that sequences of the target must have reached, in place of those that the source's have now.
     *
     * @param values by the identifier of the source's sequence; a sequence without a value is read from the source
     */
    public Verification sequenceValues(Map<Long, Long> values) {
        sequenceValues = Map.copyOf(values);
        return this;
    }

    /** Leaves out whether jobs of TimescaleDB are scheduled, for a target whose jobs are paused for the time being. */
    Verification jobsPaused() {
        jobsPaused = true;
        return this;
    }

    /**
     * Compares.
     *
     * @return every difference, sorted
     * @throws Failure when a side cannot answer, naming the side and the table
     */
    public List<Difference> run(Level level) {
        ExecutorService executor = Executors.newCachedThreadPool(work -> {
            Thread thread = new Thread(work, "comparing");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<Difference> differences = new ArrayList<>();
            FactComparison facts = retried(() -> {
                FactComparison comparison = new FactComparison(source, target, selection, executor,
                        kind -> state = "comparing each " + kind, jobsPaused);
                differences.addAll(comparison.run());
                return comparison;
            });
            differences.addAll(uncompared());
            state = "comparing sequences";
            differences.addAll(retried(() -> new SequenceValues(source, target, selection, sequenceValues)
                    .run(facts::lacksRelation)));
            if (level != Level.OBJECTS) {
                differences.addAll(rows(level, facts, executor));
            }
            if (level.compareTo(Level.SAMPLE) >= 0 && !selection.selective()) {
                state = "comparing large objects";
                differences
                        .addAll(new LargeObjectContents(source, target, level == Level.SAMPLE, executor).run(workers));
            }
            if (rows != null) {
                judge(rows.views(), differences);
            }
            Collections.sort(differences);
            undecided.sort(Comparator.comparing(UndecidedRelation::relation));
            return differences;
        } finally {
            executor.shutdown();
        }
    }

    /**
     * Does again what a fault has ended that passes, as long as there is a snapshot to read; workers do so themselves.
     */
    private <T> T retried(Supplier<T> work) {
        return target.retries().run(again -> work.get(), () -> source.holder().isClosed());
    }

    /** Schemas that are never looked into; that they stay behind is said all the same. */
    private List<Difference> uncompared() {
        synchronized (source.holder()) {
            return source.holder().list("looking for schemas that are not compared",
                    ReservedSchemas.query(selection),
                    row -> new Difference(FactKind.SCHEMA, row.getString(2), row.getString(3), "not compared"));
        }
    }

    private List<Difference> rows(Level level, FactComparison facts, ExecutorService executor) {
        state = "listing the tables";
        List<ComparedTable> wanted = retried(() -> tables(facts));
        tables = wanted.size();
        RowComparison comparison = new RowComparison(source, computing, console, depth(level), executor);
        rows = comparison.results();
        state = null;
        comparison.run(wanted, workers);
        List<Difference> differences = new ArrayList<>(rows.differences());
        undecided.addAll(rows.undecided());
        if (!rows.ofHypertables().isEmpty() || !incomplete.isEmpty()) {
            state = "counting the rows of hypertables";
            HypertableRows hypertables = new HypertableRows(target, facts.theirs(), rows.ofHypertables(), incomplete);
            differences.addAll(hypertables.run(workers));
            undecided.addAll(hypertables.undecided());
        }
        return differences;
    }

    static RowQueries.Depth depth(Level level) {
        return switch (level) {
            case OBJECTS, COUNTS -> RowQueries.Depth.NUMBER;
            case SAMPLE -> RowQueries.Depth.SAMPLE;
            case CHECKSUMS -> RowQueries.Depth.CONTENTS;
        };
    }

    /** A view is wrong only if nothing is that it could have been made of. */
    private void judge(List<Difference> views, List<Difference> differences) {
        if (differences.stream().noneMatch(Difference::bearsOnRows)) {
            differences.addAll(views);
        } else {
            views.forEach(view -> undecided.add(new UndecidedRelation(view.object().text(),
                    "a REFRESH on the target would give other rows than the view has there",
                    "to decide, mend the other differences and refresh it, then verify")));
        }
    }

    /** What the target lacks has been reported with all that it holds. */
    private List<ComparedTable> tables(FactComparison facts) {
        List<ComparedTable> tables = new ArrayList<>();
        incomplete.clear();
        synchronized (source.holder()) {
            for (ComparedTable table : ComparedTable.list(source.holder(), selection, facts.timescale())) {
                if (!facts.lacksRelation(table.identity())) {
                    tables.add(facts.lacks("hypertable", table.identity())
                            ? table.withChunks(source.holder(), facts.ours()) : table);
                }
            }
            if (facts.timescale().present() && facts.targetHasTimescale()) {
                try (Session there = target.session()) {
                    for (ComparedTable chunk : ComparedTable.chunks(source.holder(), facts.ours(), there,
                            facts.theirs())) {
                        if (chunk.counterpart() != null) {
                            tables.add(chunk);
                        } else {
                            incomplete.add(chunk.hypertable());
                        }
                    }
                }
                tables.sort(Comparator.comparingLong(ComparedTable::bytes).reversed());
            }
        }
        return tables;
    }

    /** @return the relations of which it could not be told whether their rows are right, by name */
    List<UndecidedRelation> undecided() {
        return undecided;
    }

    /** @return the rows that have been compared so far, and how */
    public ComparedRows compared() {
        return rows == null ? ComparedRows.NONE : rows.compared();
    }

    /** @return what is going on, in a few words; may be called from another thread */
    String state() {
        String now = state;
        return now != null ? now : progress(compared());
    }

    private String progress(ComparedRows so) {
        return "%d of %d tables, %d rows compared".formatted(so.relations(), tables, so.rows() + so.viewRows());
    }
}

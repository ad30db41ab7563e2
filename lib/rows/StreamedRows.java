package lib.rows;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import lib.catalog.Grants;
import lib.code.LoadOrder;
import lib.journal.Joiners;
import lib.journal.Journal;
import lib.journal.PartRecord;
import lib.journal.PartRecords;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.server.TargetLock;
import lib.settings.ComputingSessions;
import lib.source.Inventory;
import lib.source.Snapshot;
import lib.source.Timeline;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.ProgressLine;
import lib.talk.Steps;
import lib.timescale.Jobs;
import lib.timescale.TimescaleCatalog;

/** Rows that go from the source's sessions to the target's without touching a disk of this machine. */
public final class StreamedRows implements RowMover {
    private final Snapshot source;
    private final ComputingSessions target;
    private final Session to;
    private final List<Inventory.Table> tables;
    private final List<Long> largeObjects;
    private final CopyProgress progress;
    private final Copier copier;
    private final Console console;
    private final Steps steps;
    private final Parallelism parallelism;
    private final boolean prepares;
    private final TargetLock lock;
    private final Collection<String> sameExtensions;
    private volatile boolean stopped;

    /**
     * @param to a session on the target
     * @param tables largest first
     * @param rate bytes a second at most, in COPY's format; 0 for as many as both sides can
     * @param prepares whether another run comes, before which rows may change: the smaller parts are, the less it
     * copies
     * @param lock hears of other machines that want to help
     * @param sameExtensions the extensions that have the same version on both sides
     */
    public StreamedRows(Snapshot source, ComputingSessions target, Session to, List<Inventory.Table> tables,
            List<Long> largeObjects,
            Parallelism parallelism, long rate, boolean prepares, TargetLock lock, Collection<String> sameExtensions,
            Console console, Steps steps) {
        this.lock = lock;
        this.sameExtensions = sameExtensions;
        this.source = source;
        this.target = target;
        this.to = to;
        this.tables = tables;
        this.largeObjects = largeObjects;
        this.progress = new CopyProgress(tables.stream().mapToLong(Inventory.Table::bytes).sum());
        this.copier = new Copier(source, target, console, parallelism,
                prepares ? CopyPlan.PART_OF_PASS : CopyPlan.LARGEST_PART, rate, progress);
        this.prepares = prepares;
        this.console = console;
        this.steps = steps;
        this.parallelism = parallelism;
    }

    @Override
    public void prepare(int sessions) {
        copier.connect(Math.min(sessions, tables.size()));
    }

    @Override
    public RowSample sample(long table) {
        return tables.stream().filter(one -> one.oid() == table && !one.extension() && one.catalog() == 0).findFirst()
                .map(one -> RowSample.of(source, one)).orElse(null);
    }

    @Override
    public void moveCatalog(Jobs jobs) {
        // A table without a file has no rows in the snapshot, either: nobody can empty it while its lock is held.
        copier.copyInOrder(tables.stream().filter(table -> table.catalog() > 0 && table.bytes() > 0)
                .sorted(Comparator.comparing(Inventory.Table::catalog))
                .map(table -> table.name().equals(TimescaleCatalog.JOBS) ? table.reading(jobs.columns(table.columns()))
                        : table)
                .toList());
    }

    @Override
    public void move(LongConsumer loaded, Journal journal) {
        if (journal.parts().distrust(to, source.firstUnseen(), Timeline.of(source.server()))) {
            console.warn("the source is not what it was when rows were copied from it: it was put back to an earlier "
                    + "state, or is a standby that is behind or has taken over; what was copied is compared by its "
                    + "contents");
        }
        if (journal.resumed()) {
            steps.run("earlier rows",
                    () -> new EarlierParts(source, target, parallelism, console).settle(tables, journal));
            progress.leaveOut(tables.stream().flatMap(table -> journal.parts().earlier(table.oid()).stream())
                    .filter(PartRecord::finished).mapToLong(PartRecord::bytes).sum());
        }
        steps.run("data",
                () -> copy(tables.stream().filter(table -> !table.deferred() && table.catalog() == 0).toList(),
                        journal.parts(), loaded));
        moveLargeObjects(journal);
    }

    private void moveLargeObjects(Journal journal) {
        if (largeObjects.isEmpty() && (!journal.resumed() || journal.largeObjects(to).isEmpty())) {
            return;
        }
        steps.run("large objects", () -> {
            List<Long> left = journal.resumed()
                    ? new EarlierLargeObjects(source, target.server(), parallelism.workers()).settle(largeObjects,
                            journal)
                    : largeObjects;
            new LargeObjects(source, target.server(), parallelism.workers()).copy(left, journal);
            if (!prepares) {
                Grants.largeObjectComments(source.holder())
                        .forEach(sql -> to.run("commenting on large objects", sql));
            }
            return left.size() + " copied"
                    + (journal.resumed() ? ", " + (largeObjects.size() - left.size()) + " kept" : "");
        });
    }

    @Override
    public void stop() {
        stopped = true;
        copier.stop();
    }

    @Override
    public void moveDeferred(Journal journal) {
        ProgressLine line = console.progress(() -> "data: " + progress.text());
        try {
            inOrder(tables.stream().filter(Inventory.Table::deferred).toList(), journal.parts(), table -> {});
        } finally {
            line.close();
            copier.close();
        }
    }

    private String copy(List<Inventory.Table> some, PartRecords records, LongConsumer landed) {
        ProgressLine line = console.progress(() -> "data: " + progress.text());
        try {
            // Functions of extensions that are called by an index may read these.
            copier.copy(some.stream().filter(Inventory.Table::extension).toList(), records,
                    table -> landed.accept(table.oid()), null);
            copyWithOthers(some.stream().filter(table -> !table.extension() && table.turn() == 0).toList(), records,
                    landed);
            inOrder(some.stream().filter(table -> !table.extension() && table.turn() > 0).toList(), records, landed);
        } finally {
            line.close();
            copier.close();
        }
        return movedRows() + ", " + Bytes.text(progress.bytes());
    }

    private void copyWithOthers(List<Inventory.Table> some, PartRecords records, LongConsumer landed) {
        Joiners.admit(to, source.id(), source.sees(), sameExtensions);
        try {
            copier.copy(some, records, table -> landed.accept(table.oid()), lock);
        } catch (RuntimeException e) {
            try {
                Joiners.dismiss(to);
            } catch (Failure lost) {
                e.addSuppressed(lost);
            }
            throw e;
        }
        Joiners.dismiss(to);
    }

    private void inOrder(List<Inventory.Table> some, PartRecords records, LongConsumer landed) {
        Set<Long> arrived = ConcurrentHashMap.newKeySet();
        LoadOrder.load(some, Inventory.Table::turn, together -> copier.copy(together, records, table -> {
            arrived.add(table.oid());
            landed.accept(table.oid());
        }, null), table -> arrived.contains(table.oid()), failure -> !stopped && SqlFailures.refusesValues(failure));
    }

    @Override
    public String movedRows() {
        return copier.copiedRows();
    }
}

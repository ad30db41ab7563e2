package lib.rows;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.journal.JoinedRun;
import lib.journal.SharedBatches;
import lib.rebuild.Rebuild;
import lib.rebuild.RebuildReader;
import lib.server.Session;
import lib.source.Inventory;
import lib.source.Snapshot;
import lib.talk.Failure;

/** What the first machine of a run lets this one copy, as long as it goes on. */
final class JoinedParts extends SharedWork {
    private static final long PAUSE_MILLIS = 500;
    /** The first machine may get back its lock, when its server was restarted. */
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final JoinedRun run;
    private final Snapshot source;
    private final List<String> sameExtensions;
    private final CopiedRows copied;
    /** By their OIDs on the source. */
    private final Map<Long, Inventory.Table> tables = new HashMap<>();
    private long attended = System.nanoTime();
    private boolean ended;
    private int parts;

    /** @param sameExtensions the extensions that have the same version on both sides */
    JoinedParts(JoinedRun run, Snapshot source, List<String> sameExtensions, CopiedRows copied) {
        this.run = run;
        this.source = source;
        this.sameExtensions = sameExtensions;
        this.copied = copied;
    }

    @Override
    String joiner() {
        return run.id();
    }

    @Override
    synchronized CopyBatch next() {
        return ended ? null : CopyBatch.SHARED;
    }

    @Override
    void nothingFree() {
        if (next() != null) {
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of("interrupted while waiting for parts to copy").because(e);
        }
    }

    @Override
    boolean goesOn(Session target) {
        return is(run.enter(target));
    }

    /** Waits while the first machine may get back its lock. */
    void awaitRun(Session target) {
        while (!is(run.look(target))) {
            if (next() == null) {
                throw Failure.again("the run does not go on");
            }
            pause();
        }
    }

    private synchronized boolean is(JoinedRun.State state) {
        if (state == JoinedRun.State.OPEN) {
            attended = System.nanoTime();
        } else if (state != JoinedRun.State.UNATTENDED || System.nanoTime() - attended > GRACE_NANOS) {
            ended = true;
        }
        return state == JoinedRun.State.OPEN && !ended;
    }

    @Override
    synchronized CopyBatch batch(Session target, int number) {
        List<SharedBatches.Claimed> claimed = SharedBatches.parts(target, number);
        if (claimed.stream().anyMatch(each -> !tables.containsKey(each.part().source()))) {
            read(JoinedRun.tables(target), JoinedRun.rebuilds(target));
        }
        return new CopyBatch(claimed.stream().map(this::part).toList());
    }

    /** Whoever is superuser of the target can write into the journal, and what stands there runs on the source. */
    private Part part(SharedBatches.Claimed claimed) {
        Inventory.Table table = tables.get(claimed.part().source());
        String range = claimed.part().range();
        if (table == null || !table.sql().equals(claimed.part().name())
                || !range.isEmpty() && !TableRanges.isRange(range)) {
            throw Failure.of("the journal on the target has a part of table %s that no run writes",
                    claimed.part().name())
                    .hint("somebody has changed the journal: see who else can write into schema tsmigrate there");
        }
        return !range.isEmpty() ? Part.of(table, claimed.part(), claimed.of())
                : table.bytes() < CopyPlan.SMALL ? Part.small(table) : Part.whole(table);
    }

    private void read(List<Long> oids, boolean rebuilds) {
        synchronized (source.holder()) {
            Rebuild rebuild = rebuilds ? RebuildReader.read(source.holder()) : null;
            tables.putAll(
                    new Inventory(source.holder(), source.server(), Selection.ofTables(oids), sameExtensions, rebuild)
                            .tables().stream().collect(Collectors.toMap(Inventory.Table::oid, table -> table)));
        }
    }

    @Override
    synchronized void arrived(int number, CopyBatch batch, List<Long> rows) {
        parts += batch.parts().size();
        for (int i = 0; i < rows.size(); i++) {
            copied.rows(batch.parts().get(i).table(), rows.get(i));
        }
    }

    @Override
    void givenBack(int number) {
        // The first machine reads it by the session that holds its lock.
    }

    /** @return how many parts have arrived */
    synchronized int parts() {
        return parts;
    }
}

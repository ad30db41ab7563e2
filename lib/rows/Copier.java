//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import lib.catalog.Money;
import lib.code.PlannedCode;
import lib.journal.PartRecords;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.SessionSettings;
import lib.server.TargetLock;
import lib.server.WorkerSessions;
import lib.settings.ComputingSessions;
import lib.source.Inventory;
import lib.source.Snapshot;
import lib.talk.Background;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Workers;

/**
 * Copies the rows of tables from source to target with COPY, in several pairs of sessions at once. The rows of one
 * transaction arrive completely or not at all.
 */
final class Copier implements AutoCloseable {
    private final Snapshot source;
    private final ComputingSessions target;
    private final Console console;
    private final Parallelism parallelism;
    private final long largestPart;
    private final Throttle throttle;
    private final CopyProgress progress;
    private final LockedParts parts;
    private final CommittedParts committed = new CommittedParts();
    /** Pairs of sessions that are not in use; some are still being connected. */
    private final Queue<Background<SessionPair>> idle = new ConcurrentLinkedQueue<>();
    private final Set<Pair> busy = ConcurrentHashMap.newKeySet();
    private volatile boolean stopped;

    /**
     * @param largestPart bytes of a part of a table, about
     * @param rate bytes a second at most, in COPY's format; 0 for as many as both sides can
     */
    Copier(Snapshot source, ComputingSessions target, Console console, Parallelism parallelism, long largestPart,
            long rate, CopyProgress progress) {
        this.source = source;
        this.target = target;
        this.console = console;
        this.parallelism = parallelism;
        this.largestPart = largestPart;
        this.throttle = new Throttle(rate);
        this.progress = progress;
        this.parts = new LockedParts(source);
    }

    /**
     * Starts to open this many pairs of sessions; with a distant server that takes as long as creating the tables.
     */
    public void connect(int pairs) {
        while (idle.size() < Math.min(pairs, parallelism.workers())) {
            idle.add(Background.begin("connecting", this::pair));
        }
    }

    private SessionPair pair() {
        SessionPair sessions = new SessionPair(source, target);
        try {
            sessions.source().run("beginning a session",
                    TableRanges.SETTINGS + ";" + PlannedCode.TABLES_ONLY + ";" + Money.OWN);
            sessions.target().run("beginning a session", SessionSettings.COMMITTING_LATER);
            sessions.target().setAutoCommit(false);
            return sessions;
        } catch (RuntimeException e) {
            sessions.close();
            throw e;
        }
    }

    /**
     * Copies the tables, large ones in parts, the largest first. One that has failed can be copied again. Parts that an
     * interrupted run has copied, and that are as they should be, stay.
     *
     * @param records of the parts
     * @param arrival is called for each table whose rows are all committed, by the thread that copied the last of them
     * @param lock hears of other machines that want to help; null where they cannot
     * @throws Failure naming the table and the side, when a table cannot be copied or arrives with another number of
     * rows
     */
    public void copy(List<Inventory.Table> tables, PartRecords records, Consumer<Inventory.Table> arrival,
            TargetLock lock) {
        try (OfferedParts shared = new OfferedParts(lock, () -> stopped, target, console, progress,
                (batch, rows) -> count(batch, rows, arrival))) {
            List<Inventory.Table> begun =
                    tables.stream().filter(table -> records.earlier(table.oid()).isEmpty()).toList();
            List<CopyBatch> plan = new ArrayList<>(committed.goOn(tables, records, arrival));
            int elsewhere = shared.workersElsewhere();
            if (elsewhere > 0) {
                console.explain("%s on other machines will help", Count.of(elsewhere, "worker"));
            }
            synchronized (source.holder()) {
                plan.addAll(CopyPlan.of(begun, parallelism, elsewhere, largestPart,
                        (table, wanted) -> committed.forget(table) ? List.of()
                                : new TableRanges(source.holder(), parts.tables(), source.server()).of(table, wanted)));
            }
            Set<Inventory.Table> planned = Set.copyOf(begun);
            records.plan(plan.stream().flatMap(batch -> batch.parts().stream())
                    .filter(part -> planned.contains(part.table())).map(Part::record).toList());
            List<Part> contended = Collections.synchronizedList(new ArrayList<>());
            shared.copy(plan, () -> Workers.run("copying", Math.min(parallelism.workers(), plan.size()), shared::next,
                    () -> new Pair(contended, shared, arrival)));
            copyThroughLockHolder(contended, true, arrival);
        } finally {
            parts.releaseLocks();
        }
    }

    /**
     * Copies tables one after another, because later ones refer to earlier ones; in one transaction, since each further
     * one costs a round trip.
     */
    public void copyInOrder(List<Inventory.Table> tables) {
        if (tables.isEmpty()) {
            return;
        }
        List<Part> contended = new ArrayList<>();
        try (Pair pair = new Pair(contended, null, table -> {})) {
            pair.work(new CopyBatch(tables.stream().map(Part::whole).toList()));
        }
        copyThroughLockHolder(contended, false, table -> {});
    }

    /** Copies what the first machine of a run lets others copy, until there is no more. */
    public void help(SharedWork work) {
        Workers.run("copying", parallelism.workers(), work::next, () -> new Pair(List.of(), work, table -> {}));
    }

    /** A TRUNCATE or ALTER TABLE waits for our snapshot; only the session that holds the lock already reads past it. */
    private void copyThroughLockHolder(List<Part> parts, boolean recorded, Consumer<Inventory.Table> arrival) {
        if (parts.isEmpty()) {
            return;
        }
        BatchTransfer transfer = transfer(recorded, null);
        try (Session to = target.session()) {
            to.setAutoCommit(false);
            for (Part part : parts) {
                console.explain(
                        "table %s is waited for by another session; it is read by the session that holds its lock",
                        part);
                CopyBatch batch = new CopyBatch(List.of(part));
                synchronized (source.holder()) {
                    Money.during(source.holder(),
                            () -> count(batch, transfer.run(batch, source.holder(), to), arrival));
                }
            }
        }
    }

    private final class Pair implements Workers.Worker<CopyBatch> {
        private final WorkerSessions sessions =
                new WorkerSessions(target.server().retries(), this::first, Copier.this::pair);
        private final BatchTransfer transfer;
        private final List<Part> contended;
        private final SharedWork shared;
        private final Consumer<Inventory.Table> arrival;

        /** @param shared what other machines help with; null where the journal does not know the parts */
        Pair(List<Part> contended, SharedWork shared, Consumer<Inventory.Table> arrival) {
            this.contended = contended;
            this.shared = shared;
            this.arrival = arrival;
            transfer = transfer(shared != null, shared == null ? null : shared.joiner());
            busy.add(this);
            if (stopped) {
                cancel();
            }
        }

        private SessionPair first() {
            Background<SessionPair> begun = idle.poll();
            return begun == null ? pair() : begun.get();
        }

        @Override
        public void work(CopyBatch batch) {
            if (batch == CopyBatch.SHARED) {
                shared.copyOne(source, sessions, transfer);
                return;
            }
            List<Long> rows = transfer.isRecorded() ? sessions.run((open, again) -> copy(batch, open, again))
                    : sessions.runOnce((open, again) -> copy(batch, open, again));
            if (!rows.isEmpty()) {
                count(batch, rows, arrival);
            } else if (batch.parts().size() == 1) {
                contended.addAll(batch.parts());
            } else {
                for (Part part : batch.parts()) {
                    work(new CopyBatch(List.of(part)));
                }
            }
        }

        /** @return the rows of each part, or nothing when others wait for a table */
        private List<Long> copy(CopyBatch batch, SessionPair open, boolean again) {
            // Its COMMIT may have arrived, and the answer not.
            List<Long> arrived = again
                    ? PartRecords.arrivedRows(open.target(), batch.parts().stream().map(Part::record).toList())
                    : List.of();
            if (!arrived.isEmpty() || !source.tryLock(open.source(),
                    batch.parts().stream().map(part -> part.table().sql()).toList())) {
                return arrived;
            }
            return transfer.run(batch, open.source(), open.target());
        }

        @Override
        public void cancel() {
            throttle.open();
            sessions.cancel();
        }

        /** Returns the sessions for reuse, unless they are broken. */
        @Override
        public void close() {
            busy.remove(this);
            SessionPair whole = sessions.release();
            if (whole != null) {
                idle.add(Background.done(whole));
            }
            sessions.close();
        }
    }

    /** Makes what is being copied fail soon; called from another thread. */
    public void stop() {
        stopped = true;
        busy.forEach(Pair::cancel);
    }

    /** Ends the sessions. What copies afterwards begins new ones. */
    @Override
    public void close() {
        for (Background<SessionPair> begun = idle.poll(); begun != null; begun = idle.poll()) {
            begun.then(SessionPair::close);
        }
        parts.close();
    }

    private BatchTransfer transfer(boolean recorded, String joiner) {
        return new BatchTransfer(source, parts, console, throttle, progress.worker(), recorded, joiner);
    }

    private void count(CopyBatch batch, List<Long> rows, Consumer<Inventory.Table> arrival) {
        for (int i = 0; i < rows.size(); i++) {
            if (committed.add(batch.parts().get(i), rows.get(i))) {
                arrival.accept(batch.parts().get(i).table());
            }
        }
    }

    /** @return the rows and tables that have arrived so far, in words */
    public String copiedRows() {
        return committed.text();
    }
}

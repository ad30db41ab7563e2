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
import lib.settings.ComputingSessions;
import lib.source.Inventory;
import lib.source.Snapshot;
import lib.talk.Background;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Workers;
import lib.timescale.TimescaleCatalog;

/**
 * Copies the rows of tables from source to target with COPY, in several pairs of sessions at once. The rows of one
 * transaction arrive completely or not at all.
 */
final class Copier implements AutoCloseable {
    /**
     * A commit need not wait for the disk: the run's last one does, and with it all before are safe (PostgreSQL manual,
     * 30.4).
     */
    private static final String LOADING = "SET synchronous_commit = off";

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
            sessions.target().run("beginning a session", LOADING);
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
     * @throws Failure naming the table and the side, when a table cannot be copied or arrives with another number of
     * rows
     */
    public void copy(List<Inventory.Table> tables, PartRecords records, Consumer<Inventory.Table> arrival) {
        try {
            List<CopyBatch> plan = new ArrayList<>(committed.goOn(tables, records, arrival));
            List<Inventory.Table> begun =
                    tables.stream().filter(table -> records.earlier(table.oid()).isEmpty()).toList();
            synchronized (source.holder()) {
                plan.addAll(CopyPlan.of(begun, parallelism, largestPart,
                        (table, wanted) -> committed.forget(table) ? List.of()
                                : new TableRanges(source.holder(), parts.tables(), source.server()).of(table, wanted)));
            }
            Set<Inventory.Table> planned = Set.copyOf(begun);
            records.plan(plan.stream().flatMap(batch -> batch.parts().stream())
                    .filter(part -> planned.contains(part.table())).map(Part::record).toList());
            List<Part> contended = Collections.synchronizedList(new ArrayList<>());
            Workers.run("copying", parallelism.workers(), plan, () -> new Pair(contended, true, arrival));
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
        try (Pair pair = new Pair(contended, false, table -> {})) {
            pair.work(new CopyBatch(tables.stream().map(Part::whole).toList()));
        }
        copyThroughLockHolder(contended, false, table -> {});
    }

    /** A TRUNCATE or ALTER TABLE waits for our snapshot; only the session that holds the lock already reads past it. */
    private void copyThroughLockHolder(List<Part> parts, boolean recorded, Consumer<Inventory.Table> arrival) {
        if (parts.isEmpty()) {
            return;
        }
        CopyProgress.WorkerProgress workerProgress = progress.worker();
        RowStream stream = new RowStream(throttle, workerProgress::moved);
        try (Session to = target.session()) {
            to.setAutoCommit(false);
            for (Part part : parts) {
                console.explain(
                        "table %s is waited for by another session; it is read by the session that holds its lock",
                        part);
                CopyBatch batch = new CopyBatch(List.of(part));
                synchronized (source.holder()) {
                    Money.during(source.holder(),
                            () -> copyBatch(batch, recorded, workerProgress, stream, source.holder(), to, arrival));
                }
            }
        }
    }

    private final class Pair implements Workers.Worker<CopyBatch> {
        private final SessionPair sessions;
        private final CopyProgress.WorkerProgress workerProgress = progress.worker();
        private final RowStream stream = new RowStream(throttle, workerProgress::moved);
        private final List<Part> contended;
        private final boolean recorded;
        private final Consumer<Inventory.Table> arrival;
        private boolean cancelled;

        /** @param recorded whether the journal knows the parts */
        Pair(List<Part> contended, boolean recorded, Consumer<Inventory.Table> arrival) {
            Background<SessionPair> begun = idle.poll();
            sessions = begun == null ? pair() : begun.get();
            this.contended = contended;
            this.recorded = recorded;
            this.arrival = arrival;
            busy.add(this);
            if (stopped) {
                cancel();
            }
        }

        @Override
        public void work(CopyBatch batch) {
            if (source.tryLock(sessions.source(), batch.parts().stream().map(part -> part.table().sql()).toList())) {
                boolean well = false;
                try {
                    copyBatch(batch, recorded, workerProgress, stream, sessions.source(), sessions.target(), arrival);
                    well = true;
                } finally {
                    // Nobody goes on with what a failure has left.
                    cancelled |= !well;
                }
            } else if (batch.parts().size() == 1) {
                contended.addAll(batch.parts());
            } else {
                for (Part part : batch.parts()) {
                    work(new CopyBatch(List.of(part)));
                }
            }
        }

        @Override
        public synchronized void cancel() {
            cancelled = true;
            throttle.open();
            sessions.cancel();
        }

        /** Returns the sessions for reuse, unless they are broken. */
        @Override
        public synchronized void close() {
            busy.remove(this);
            if (cancelled) {
                sessions.close();
            } else {
                idle.add(Background.done(sessions));
            }
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

    private void copyBatch(CopyBatch batch, boolean recorded, CopyProgress.WorkerProgress workerProgress,
            RowStream stream, Session from, Session to, Consumer<Inventory.Table> arrival) {
        boolean succeeded = false;
        workerProgress.begin(batch);
        List<Long> rows = new ArrayList<>();
        try {
            for (Part part : batch.parts()) {
                if (part.replaces()) {
                    to.run("loading " + batch, "TRUNCATE ONLY " + part.table().sql());
                }
                rows.add(move(part, stream, from, to));
            }
            if (recorded) {
                // One round trip.
                to.run("loading " + batch, PartRecords.arrival(batch.arrived(rows, source.firstUnseen())) + "; COMMIT");
            } else {
                to.commit("loading " + batch);
            }
            succeeded = true;
        } finally {
            workerProgress.end(succeeded);
        }
        for (int i = 0; i < rows.size(); i++) {
            if (committed.add(batch.parts().get(i), rows.get(i))) {
                arrival.accept(batch.parts().get(i).table());
            }
        }
    }

    private long move(Part part, RowStream stream, Session from, Session to) {
        if (part.range() != null) {
            parts.refuseCode(part);
        }
        String text = sqlAscii() ? "the source's encoding is SQL_ASCII" : part.table().text();
        console.explain("copying %s in %s", part, text == null ? "binary" : "text (" + text + ")");
        String format =
                text == null ? "FORMAT binary" : sqlAscii() ? "FORMAT text, ENCODING 'SQL_ASCII'" : "FORMAT text";
        RowStream.Moved moved = stream.move(part, from, to, format, part.replaces() ? ", FREEZE" : "");
        boolean merged = part.table().catalog() > 0 && TimescaleCatalog.mergesRows(part.table().name());
        if (moved.sent() != moved.arrived() && !merged) {
            throw Failure.of("table %s: %d rows were sent and %d arrived", part, moved.sent(), moved.arrived());
        }
        return moved.arrived();
    }

    /** In SQL_ASCII any byte may stand in a text, also what the driver's UTF-8 would refuse. */
    private boolean sqlAscii() {
        return source.server().facts().encoding().equals("SQL_ASCII");
    }

    /** @return the rows and tables that have arrived so far, in words */
    public String copiedRows() {
        return committed.text();
    }
}

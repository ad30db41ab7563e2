package lib.rows;

import java.util.List;
import lib.journal.PartRecords;
import lib.journal.SharedBatches;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.WorkerSessions;
import lib.source.Snapshot;

/** Batches that several machines copy, as one of them sees them. Safe for use by several threads. */
abstract class SharedWork {
    /** @return the other machine that this is, or null */
    abstract String joiner();

    /** @return what a worker is to do next: a batch, or {@link CopyBatch#SHARED}, or null for nothing more */
    abstract CopyBatch next();

    /** No batch is free at the moment. */
    abstract void nothingFree();

    /**
     * Looks whether the run goes on, in a transaction that this may begin.
     *
     * @return whether a batch may be taken
     */
    abstract boolean goesOn(Session target);

    /** @return the batch of a number, which the open transaction has locked */
    abstract CopyBatch batch(Session target, int number);

    /** The batch has arrived. */
    abstract void arrived(int number, CopyBatch batch, List<Long> rows);

    /** The batch is left to the first machine alone. */
    abstract void givenBack(int number);

    private static final class Taken {
        private Integer number;
        private CopyBatch batch;
        private boolean left;
    }

    /** Copies the first batch that nobody has. */
    final void copyOne(Snapshot source, WorkerSessions sessions, BatchTransfer transfer) {
        Taken taken = new Taken();
        List<Long> rows = sessions.run((open, again) -> again && taken.number != null
                ? again(taken, source, open, transfer) : first(taken, source, open, transfer));
        if (taken.number == null) {
            nothingFree();
        } else if (taken.left) {
            givenBack(taken.number);
        } else {
            arrived(taken.number, taken.batch, rows);
        }
    }

    private List<Long> first(Taken taken, Snapshot source, SessionPair open, BatchTransfer transfer) {
        taken.number = goesOn(open.target()) ? SharedBatches.claim(open.target(), null) : null;
        if (taken.number == null) {
            open.target().rollback();
            return List.of();
        }
        taken.batch = batch(open.target(), taken.number);
        return copy(taken, source, open, transfer);
    }

    /** Its COMMIT may have arrived, and the answer not; or somebody else has taken it meanwhile. */
    private List<Long> again(Taken taken, Snapshot source, SessionPair open, BatchTransfer transfer) {
        List<Long> arrived = PartRecords.arrivedRows(open.target(),
                taken.batch.parts().stream().map(Part::record).toList());
        if (!arrived.isEmpty()) {
            return arrived;
        }
        return goesOn(open.target()) && SharedBatches.claim(open.target(), taken.number) != null
                ? copy(taken, source, open, transfer) : first(taken, source, open, transfer);
    }

    private List<Long> copy(Taken taken, Snapshot source, SessionPair open, BatchTransfer transfer) {
        if (!source.tryLock(open.source(), taken.batch.parts().stream().map(part -> part.table().sql()).toList())) {
            SharedBatches.giveBack(open.target(), taken.number);
            taken.left = true;
            return List.of();
        }
        return transfer.run(taken.batch, open.source(), open.target());
    }
}

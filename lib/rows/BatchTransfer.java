package lib.rows;

import java.util.ArrayList;
import java.util.List;
import lib.journal.PartRecords;
import lib.server.Session;
import lib.source.Snapshot;
import lib.talk.Console;
import lib.talk.Failure;
import lib.timescale.TimescaleCatalog;

/** How one worker brings a batch to the target, in one transaction: COPY for each part, and the journal's rows. */
final class BatchTransfer {
    private final Snapshot source;
    private final LockedParts held;
    private final Console console;
    private final CopyProgress.WorkerProgress progress;
    private final RowStream stream;
    private final boolean recorded;
    private final String joiner;

    /**
     * @param held keeps parts free of code
     * @param recorded whether the journal knows the parts
     * @param joiner the other machine that this is, or null
     */
    BatchTransfer(Snapshot source, LockedParts held, Console console, Throttle throttle,
            CopyProgress.WorkerProgress progress, boolean recorded, String joiner) {
        this.source = source;
        this.held = held;
        this.console = console;
        this.progress = progress;
        this.recorded = recorded;
        this.joiner = joiner;
        stream = new RowStream(throttle, progress::moved);
    }

    /** @return whether the journal knows the parts, so that it can say later whether a batch has arrived */
    boolean isRecorded() {
        return recorded;
    }

    /**
     * Brings a batch to the target.
     *
     * @param from has locked the tables
     * @return the rows of each part, which are committed
     */
    List<Long> run(CopyBatch batch, Session from, Session to) {
        boolean succeeded = false;
        progress.begin(batch);
        List<Long> rows = new ArrayList<>();
        try {
            for (Part part : batch.parts()) {
                if (part.replaces()) {
                    to.run("loading " + batch, "TRUNCATE ONLY " + part.table().sql());
                }
                rows.add(move(part, from, to));
            }
            if (recorded) {
                // One round trip.
                to.run("loading " + batch,
                        PartRecords.arrival(batch.arrived(rows, source.firstUnseen()), joiner) + "; COMMIT");
            } else {
                to.commit("loading " + batch);
            }
            succeeded = true;
        } finally {
            progress.end(succeeded);
        }
        return rows;
    }

    private long move(Part part, Session from, Session to) {
        if (part.range() != null) {
            held.refuseCode(part);
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
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import lib.code.LockedTables;
import lib.server.Session;
import lib.source.Snapshot;
import lib.talk.Failure;

/** Keeps what is read in parts free of code that a query of a range would call, until all parts are read. */
final class LockedParts implements AutoCloseable {
    private final Snapshot source;
    /** A session that sees what is there now, whatever the snapshot. */
    private Session now;
    private LockedTables held;

    LockedParts(Snapshot source) {
        this.source = source;
    }

    /** @return what holds the tables that are going to be read in parts */
    synchronized LockedTables tables() {
        held = held != null ? held : new LockedTables(now(), now());
        return held;
    }

    /**
     * Nobody can have made an index while the table is held, which the same session says.
     *
     * @throws Failure when somebody has
     */
    synchronized void refuseCode(Part part) {
        if (TableRanges.isCoded(now(), part.table())) {
            throw Failure.of(
                    "table %s of the source got an index or statistics while it was read, which call code that no "
                            + "superuser owns",
                    part.table())
                    .hint("drop them on the source, then run again with --resume");
        }
    }

    /** Releases the tables; the session stays for others. */
    synchronized void releaseLocks() {
        if (held != null) {
            held.close();
            held = null;
        }
    }

    @Override
    public synchronized void close() {
        if (now != null) {
            now.close();
            now = null;
        }
    }

    private Session now() {
        if (now == null) {
            now = source.server().session();
        }
        return now;
    }
}

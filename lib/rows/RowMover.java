package lib.rows;

import java.util.function.LongConsumer;
import lib.journal.Journal;
import lib.timescale.Jobs;

/**
 * Moves the rows to the target, after the tables and before their indexes: streamed from the source, or from the files
 * of a dump.
 */
public interface RowMover {
    /** Prepares for the rows, which come next, and may open this many sessions on each side. */
    void prepare(int sessions);

    /**
     * Reads some rows of a table for a trial; they are not moved.
     *
     * @param table the source's identifier
     * @return null if none can be read
     */
    RowSample sample(long table);

    /** Moves the rows of TimescaleDB's catalog, which the other rows depend on. */
    void moveCatalog(Jobs jobs);

    /**
     * Moves the rows of all tables except deferred ones, and the large objects.
     *
     * @param loaded is told the source's identifier of each table whose rows are all there, on the thread that moved
     * them, if that is known before the end
     * @param journal records them
     */
    void move(LongConsumer loaded, Journal journal);

    /** Makes a running {@link #move} fail soon; called from another thread. */
    void stop();

    /**
     * Moves the rows of the deferred tables, after the indexes were created and restoring mode of TimescaleDB was
     * turned off.
     *
     * @param journal records them
     */
    void moveDeferred(Journal journal);

    /** @return a description of the rows that were moved */
    String movedRows();
}

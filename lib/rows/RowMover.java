package lib.rows;

import java.util.function.LongConsumer;
import lib.journal.Journal;
import lib.timescale.Jobs;

/**
 * How the rows get to the target, between the tables and their indexes: streamed from the source, or from the files of
 * a dump.
 */
public interface RowMover {
    /** Is told that rows come next, and how many sessions on each side it may begin already. */
    void prepare(int sessions);

    /**
     * Reads some rows of a table, which are not brought.
     *
     * @param table the source's identifier
     * @return null where none can be had
     */
    RowSample sample(long table);

    /** Brings the rows of TimescaleDB's catalog, without which the others could not be understood. */
    void moveCatalog(Jobs jobs);

    /**
     * Brings the rows of all tables but those that come late, and the large objects.
     *
     * @param loaded is told the source's identifier of each table whose rows are all there, by whoever brought them, if
     * that is known before the end
     * @param journal records the large objects
     */
    void move(LongConsumer loaded, Journal journal);

    /** Makes a running {@link #move} fail soon; called from another thread. */
    void stop();

    /** Brings the rows of the others, once the indexes are there, and restoring mode of TimescaleDB is off. */
    void moveDeferred();

    /** @return which rows have come, in words */
    String movedRows();
}

package lib.dump;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import lib.catalog.Archive;
import lib.journal.PartRecords;
import lib.rows.CopyPlan;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.SessionSettings;
import lib.server.WorkerSessions;
import lib.settings.ComputingSessions;
import lib.talk.Workers;

/**
 * Loads tables out of an archive, several at once. Each transaction brings one table, or several small ones, and writes
 * into the journal that they are there.
 */
final class TableLoader {
    /** Bytes; with less, a table does not take long enough to repay a run of pg_restore for it alone. */
    private static final long ALONE = 64L << 20;

    private final Archive archive;
    private final ComputingSessions target;
    private final int workers;
    private final Set<Loading> busy = ConcurrentHashMap.newKeySet();
    private volatile boolean stopped;

    TableLoader(Archive archive, ComputingSessions target, int workers) {
        this.archive = archive;
        this.target = target;
        this.workers = workers;
    }

    /**
     * Loads tables, the largest first.
     *
     * @param loaded is told the identifier of each whose rows are there
     */
    void load(List<TableRows.Source> tables, PartRecords records, LongConsumer loaded) {
        records.plan(tables.stream().map(TableRows.Source::record).toList());
        Workers.run("loading", workers, batches(tables), () -> new Loading(loaded));
    }

    private List<List<TableRows.Source>> batches(List<TableRows.Source> tables) {
        List<List<TableRows.Source>> batches = new ArrayList<>();
        // Never so many together that a worker would have none.
        long bytes = tables.stream().mapToLong(source -> source.table().bytes()).sum();
        long most = Math.min(ALONE, bytes / workers + 1);
        int together = Math.max(1, Math.min(CopyPlan.TABLES_TOGETHER, tables.size() / workers));
        List<TableRows.Source> batch = new ArrayList<>();
        long size = 0;
        for (TableRows.Source source : tables.stream()
                .sorted(Comparator.comparing((TableRows.Source one) -> one.table().bytes()).reversed()).toList()) {
            if (!batch.isEmpty() && (batch.size() == together || size + source.table().bytes() > most)) {
                batches.add(batch);
                batch = new ArrayList<>();
                size = 0;
            }
            batch.add(source);
            size += source.table().bytes();
        }
        if (!batch.isEmpty()) {
            batches.add(batch);
        }
        return batches;
    }

    private SessionPair session() {
        Session session = target.session();
        try {
            session.run("beginning a session", SessionSettings.COMMITTING_LATER);
            session.setAutoCommit(false);
            return SessionPair.onTarget(session);
        } catch (RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /** Makes what is being loaded fail soon; called from another thread. */
    void stop() {
        stopped = true;
        busy.forEach(Loading::cancel);
    }

    boolean stopped() {
        return stopped;
    }

    private final class Loading implements Workers.Worker<List<TableRows.Source>> {
        private final WorkerSessions sessions =
                new WorkerSessions(target.server().retries(), TableLoader.this::session);
        private final LongConsumer loaded;

        Loading(LongConsumer loaded) {
            this.loaded = loaded;
            busy.add(this);
            if (stopped) {
                cancel();
            }
        }

        @Override
        public void work(List<TableRows.Source> tables) {
            sessions.run((open, again) -> {
                // Its COMMIT may have arrived, and the answer not.
                if (!again || PartRecords
                        .arrivedRows(open.target(), tables.stream().map(TableRows.Source::record).toList())
                        .isEmpty()) {
                    TableRows.load(archive, tables, open.target());
                }
                return null;
            });
            tables.forEach(source -> loaded.accept(source.table().oid()));
        }

        @Override
        public void cancel() {
            sessions.cancel();
        }

        @Override
        public void close() {
            busy.remove(this);
            sessions.close();
        }
    }
}

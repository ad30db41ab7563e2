//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lib.compare.LargeObjectHashes;
import lib.journal.Journal;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.WorkerSessions;
import lib.source.Snapshot;
import lib.talk.Background;
import lib.talk.Batches;
import lib.talk.Workers;

/**
 * The large objects that an interrupted run has copied. Those that the source does not have any more are removed, and
 * so are those that hold something else there now.
 */
final class EarlierLargeObjects {
    private final Snapshot source;
    private final Server target;
    private final int workers;

    EarlierLargeObjects(Snapshot source, Server target, int workers) {
        this.source = source;
        this.target = target;
        this.workers = workers;
    }

    /**
     * @param identifiers of the source's large objects
     * @return of these, the ones that are yet to be copied
     */
    List<Long> settle(List<Long> identifiers, Journal journal) {
        try (Session to = target.session()) {
            Set<Long> made = new HashSet<>(journal.largeObjects(to));
            List<Long> copied = identifiers.stream().filter(made::contains).toList();
            Set<Long> same = same(copied);
            made.removeAll(same);
            journal.removeLargeObjects(to, made);
            return identifiers.stream().filter(identifier -> !same.contains(identifier)).toList();
        }
    }

    private Set<Long> same(List<Long> copied) {
        Set<Long> same = ConcurrentHashMap.newKeySet();
        Workers.run("comparing large objects", workers, Batches.of(copied, LargeObjectHashes.OBJECTS_A_QUERY),
                () -> new Comparison(same));
        return same;
    }

    private final class Comparison implements Workers.Worker<List<Long>> {
        private final WorkerSessions sessions =
                new WorkerSessions(target.retries(), () -> new SessionPair(source, target));
        private final Collection<Long> same;

        Comparison(Collection<Long> same) {
            this.same = same;
        }

        @Override
        public void work(List<Long> identifiers) {
            same.addAll(sessions.run((open, again) -> equal(identifiers, open)));
        }

        private static List<Long> equal(List<Long> identifiers, SessionPair open) {
            return Background.both("comparing large objects",
                    () -> LargeObjectHashes.of(open.target(), identifiers, false),
                    () -> LargeObjectHashes.of(open.source(), identifiers, false),
                    (there, here) -> identifiers.stream().filter(identifier -> here.containsKey(identifier)
                            && here.get(identifier).equals(there.get(identifier))).toList());
        }

        @Override
        public void cancel() {
            sessions.cancel();
        }

        @Override
        public void close() {
            sessions.close();
        }
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import lib.compare.LargeObjectHashes;
import lib.facts.Difference;
import lib.facts.FactKind;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.WorkerSessions;
import lib.source.Snapshot;
import lib.talk.Batches;
import lib.talk.Failure;
import lib.talk.Workers;

/** Compares what large objects hold, by hashes that the servers compute. */
final class LargeObjectContents {
    /** A sample is the beginning of so many, evenly spread. */
    private static final int SAMPLE = 200;

    private final Snapshot source;
    private final Server target;
    private final boolean sample;
    private final Executor executor;

    /** @param sample whether the beginnings of some are enough */
    LargeObjectContents(Snapshot source, Server target, boolean sample, Executor executor) {
        this.source = source;
        this.target = target;
        this.sample = sample;
        this.executor = executor;
    }

    /** @return those that both sides have and that differ, in no particular order */
    List<Difference> run(int workers) {
        List<Long> identifiers;
        synchronized (source.holder()) {
            identifiers = identifiers(source.holder(), sample);
        }
        List<List<Long>> batches = Batches.of(identifiers, LargeObjectHashes.OBJECTS_A_QUERY);
        List<Difference> differences = new ArrayList<>();
        Workers.run("comparing large objects", workers, batches, () -> new Pair(differences));
        return differences;
    }

    private static List<Long> identifiers(Session source, boolean sample) {
        return source.list("listing the large objects", """
                SELECT l.oid FROM (SELECT oid, row_number() OVER (ORDER BY oid), count(*) OVER ()
                  FROM pg_largeobject_metadata) l
                 WHERE NOT %s OR l.row_number %% greatest(1, l.count / %d) = 0 ORDER BY l.oid""".formatted(sample,
                SAMPLE), row -> row.getLong(1));
    }

    /** @return what is asked of each side */
    static List<String> questions(Session source, boolean sample) {
        return Batches.of(identifiers(source, sample), LargeObjectHashes.OBJECTS_A_QUERY).stream()
                .map(some -> LargeObjectHashes.question(some, sample))
                .toList();
    }

    private final class Pair implements Workers.Worker<List<Long>> {
        private final WorkerSessions sessions =
                new WorkerSessions(target.retries(), () -> new SessionPair(source, target));
        private final List<Difference> differences;

        Pair(List<Difference> differences) {
            this.differences = differences;
        }

        @Override
        public void work(List<Long> identifiers) {
            sessions.run((open, again) -> {
                compare(open, identifiers);
                return null;
            });
        }

        private void compare(SessionPair open, List<Long> identifiers) {
            CompletableFuture<Map<Long, String>> answer =
                    CompletableFuture.supplyAsync(() -> LargeObjectHashes.of(open.target(), identifiers, sample),
                            executor);
            Map<Long, String> here;
            try {
                here = LargeObjectHashes.of(open.source(), identifiers, sample);
            } catch (Failure e) {
                open.cancel();
                throw e;
            } finally {
                answer.handle((contents, failed) -> null).join();
            }
            try {
                compare(here, answer.join());
            } catch (CompletionException e) {
                throw e.getCause() instanceof RuntimeException known ? known : e;
            }
        }

        private void compare(Map<Long, String> here, Map<Long, String> there) {
            synchronized (differences) {
                here.forEach((identifier, content) -> {
                    String other = there.get(identifier);
                    // One that is missing has been reported.
                    if (other != null && !other.equals(content)) {
                        differences.add(
                                new Difference(FactKind.LARGE_OBJECT_CONTENTS, String.valueOf(identifier), content,
                                        other));
                    }
                });
            }
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

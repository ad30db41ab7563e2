//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
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

/**
 * Compares what large objects hold, by hashes that the servers compute of pieces, so that no object is in memory whole.
 * A gap in an object counts as the zeros that are read there, as on the other side it may be filled with them.
 */
final class LargeObjectContents {
    private static final int OBJECTS_A_QUERY = 500;
    private static final int PIECE = 256 * 1024;
    /** A sample is the beginning of so many, evenly spread. */
    private static final int SAMPLE = 200;

    private static final String QUERY =
            """
            WITH RECURSIVE piece(oid, number, length, hash) AS (
              SELECT l.oid, 0::bigint, length(d.data), md5(d.data)
                FROM pg_largeobject_metadata l, LATERAL (SELECT lo_get(l.oid, 0, %1$d) AS data OFFSET 0) d
                  WHERE l.oid = ANY ('{%2$s}'::oid[])
              UNION ALL
              SELECT p.oid, p.number + 1, length(d.data), md5(d.data)
                FROM piece p, LATERAL (SELECT lo_get(p.oid, (p.number + 1) * %1$d, %1$d) AS data OFFSET 0) d
                  WHERE p.length = %1$d AND %3$s)
            SELECT oid, sum(length) || ' bytes, md5 ' || md5(string_agg(hash, '' ORDER BY number)) FROM piece
              GROUP BY oid""";

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
        List<List<Long>> batches = Batches.of(identifiers, OBJECTS_A_QUERY);
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
        return Batches.of(identifiers(source, sample), OBJECTS_A_QUERY).stream().map(some -> question(some, sample))
                .toList();
    }

    private static String question(List<Long> identifiers, boolean sample) {
        return QUERY.formatted(PIECE, identifiers.stream().map(String::valueOf).collect(Collectors.joining(",")),
                !sample);
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
                    CompletableFuture.supplyAsync(() -> contents(open.target(), identifiers), executor);
            Map<Long, String> here;
            try {
                here = contents(open.source(), identifiers);
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

    private Map<Long, String> contents(Session session, List<Long> identifiers) {
        Map<Long, String> contents = new HashMap<>();
        session.list("reading large objects", question(identifiers, sample),
                row -> contents.put(row.getLong(1), row.getString(2)));
        return contents;
    }
}

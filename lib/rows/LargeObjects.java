//DEPS org.postgresql:postgresql:42.7.14
package lib.rows;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import lib.journal.Journal;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.WorkerSessions;
import lib.source.Snapshot;
import lib.talk.Batches;
import lib.talk.Workers;

/**
 * Moves large objects under their own identifiers, many small ones in one round trip and a big one piece by piece
 * (PostgreSQL manual, 35.4 "Server-Side Functions"). A batch arrives in one transaction.
 */
final class LargeObjects {
    private static final int OBJECTS_A_BATCH = 100;
    private static final int PIECE = 256 * 1024;

    private final Snapshot source;
    private final Server target;
    private final int workers;
    private final AtomicLong done = new AtomicLong();

    LargeObjects(Snapshot source, Server target, int workers) {
        this.source = source;
        this.target = target;
        this.workers = workers;
    }

    /**
     * Copies the large objects with these identifiers.
     *
     * @param journal records them
     */
    void copy(List<Long> identifiers, Journal journal) {
        Workers.run("large objects", workers, Batches.of(identifiers, OBJECTS_A_BATCH), () -> new Batch(journal));
    }

    /** @return large objects that have arrived so far */
    long done() {
        return done.get();
    }

    private final class Batch implements Workers.Worker<List<Long>> {
        private final WorkerSessions sessions =
                new WorkerSessions(target.retries(), () -> new SessionPair(source, target));
        private final Journal journal;

        private Batch(Journal journal) {
            this.journal = journal;
        }

        @Override
        public void work(List<Long> identifiers) {
            sessions.run((open, again) -> {
                // They come together, or none does.
                if (!again || "0".equals(open.target().text("looking for large objects",
                        "SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata WHERE oid = "
                                + identifiers.get(0)))) {
                    copy(identifiers, open.source(), open.target());
                }
                return null;
            });
            done.addAndGet(identifiers.size());
        }

        private void copy(List<Long> identifiers, Session from, Session to) {
            to.setAutoCommit(false);
            List<Long> longer = new ArrayList<>();
            try (PreparedStatement write = to.prepareStatement("SELECT pg_catalog.lo_from_bytea(?, ?)")) {
                heads(identifiers, longer, from, write, to);
                for (Long identifier : longer) {
                    rest(identifier, from, to);
                }
                to.run("writing the journal", journal.recordingLargeObjects(identifiers));
                to.commit("loading large objects");
            } catch (SQLException e) {
                throw to.failure("loading large objects", e);
            }
        }

        /** Creates each object with its first piece; those that go on are longer. */
        private static void heads(List<Long> identifiers, List<Long> longer, Session from, PreparedStatement write,
                Session to) throws SQLException {
            Array wanted = from.createArrayOf("int8", identifiers.toArray());
            try (PreparedStatement read =
                    from.prepareStatement("SELECT o, pg_catalog.lo_get(o::pg_catalog.oid, 0, " + PIECE
                            + ") FROM pg_catalog.unnest(?::pg_catalog.int8[]) o")) {
                read.setArray(1, wanted);
                // One object in memory at a time, as long as the driver may fetch in pieces.
                read.setFetchSize(4);
                try (ResultSet objects = read.executeQuery()) {
                    while (objects.next()) {
                        byte[] head = objects.getBytes(2);
                        create(write, objects.getLong(1), head, to);
                        if (head.length == PIECE) {
                            longer.add(objects.getLong(1));
                        }
                    }
                }
            } catch (SQLException e) {
                throw from.failure("reading large objects", e);
            }
        }

        private static void create(PreparedStatement write, long identifier, byte[] head, Session to) {
            try {
                write.setLong(1, identifier);
                write.setBytes(2, head);
                write.execute();
            } catch (SQLException e) {
                throw to.failure("creating large object " + identifier, e);
            }
        }

        private static void rest(long identifier, Session from, Session to) throws SQLException {
            try (PreparedStatement read =
                    from.prepareStatement("SELECT pg_catalog.lo_get(?, ?, " + PIECE + ")");
                    PreparedStatement write = to.prepareStatement("SELECT pg_catalog.lo_put(?, ?, ?)")) {
                byte[] piece;
                long offset = PIECE;
                do {
                    piece = piece(read, identifier, offset, from);
                    write.setLong(1, identifier);
                    write.setLong(2, offset);
                    write.setBytes(3, piece);
                    write.execute();
                    offset += piece.length;
                } while (piece.length == PIECE);
            }
        }

        private static byte[] piece(PreparedStatement read, long identifier, long offset, Session from) {
            try {
                read.setLong(1, identifier);
                read.setLong(2, offset);
                try (ResultSet row = read.executeQuery()) {
                    row.next();
                    return row.getBytes(1);
                }
            } catch (SQLException e) {
                throw from.failure("reading large object " + identifier, e);
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

//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import lib.code.LockedTables;
import lib.compare.Checksums;
import lib.compare.ComparedTable;
import lib.compare.RowSum;
import lib.compare.StreamedSum;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Sql;

/**
 * Finds the tables that cannot be queried without running what somebody has written, on either side, and compares their
 * rows by COPY.
 */
final class StreamedComparison implements AutoCloseable {
    private static final String COPIED =
            """
            SELECT a.attname FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = pg_catalog.to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
               AND a.attgenerated = ''""";

    private final Server source;
    private final Server target;
    private final StreamedSum sums;
    private final Session now;

    /** @param contents whether checksums are compared, else numbers of rows only */
    StreamedComparison(Server source, Server target, boolean contents) {
        this.source = source;
        this.target = target;
        sums = new StreamedSum(contents, source.facts(), target.facts());
        now = source.session();
    }

    /** Asks in a new session from now on, where the server has ended that of before. */
    void renewIfLost() {
        synchronized (now) {
            now.renewIfLost(source::session);
        }
    }

    /** @return what holds tables of the source for a session under the snapshot that will query them */
    LockedTables held(Session session) {
        return new LockedTables(session, now);
    }

    /**
     * @param here holds those of the source that will be queried
     * @param there those of the target
     * @return those of the tables that a query must leave alone
     */
    Set<ComparedTable> among(List<ComparedTable> tables, LockedTables here, LockedTables there) {
        String doing = tables.size() == 1 ? "comparing the rows of " + tables.get(0).identity() : "comparing rows";
        Set<ComparedTable> found = new HashSet<>();
        there.runningCode(doing, tables.stream().map(ComparedTable::queriedThere).toList())
                .forEach(place -> found.add(tables.get(place)));
        here.runningCode(doing, tables.stream().map(ComparedTable::queried).toList())
                .forEach(place -> found.add(tables.get(place)));
        return found;
    }

    /** Asks both sides at the same time. Generated columns are not compared: COPY does not give them. */
    RowSum.Answers ask(Session from, Session to, ComparedTable table, Executor executor) throws SQLException {
        Set<String> both = new HashSet<>(copied(from, table.source(), table));
        both.retainAll(copied(to, table.target(), table));
        List<String> columns = table.columns().stream().map(Checksums.Column::name).filter(both::contains).toList();
        CompletableFuture<RowSum> answer = CompletableFuture.supplyAsync(() -> {
            try {
                return sums.of(to, table.target(), columns);
            } catch (SQLException e) {
                throw new CompletionException(e);
            }
        }, executor);
        RowSum here;
        try {
            here = sums.of(from, table.source(), columns);
        } finally {
            answer.handle((sum, failed) -> null).join();
        }
        try {
            return new RowSum.Answers(List.of(here), List.of(answer.join()), null);
        } catch (CompletionException e) {
            if (e.getCause() instanceof SQLException refused) {
                return new RowSum.Answers(List.of(here), null, refused);
            }
            throw e;
        }
    }

    private static List<String> copied(Session session, String sql, ComparedTable table) {
        return session.texts("comparing the rows of " + table.identity(),
                COPIED.formatted(Sql.literal(sql)));
    }

    @Override
    public void close() {
        now.close();
    }
}

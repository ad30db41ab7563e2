//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.code.LockedTables;
import lib.code.PlannedCode;
import lib.compare.ComparedTable;
import lib.facts.Difference;
import lib.facts.FactKind;
import lib.facts.FactTemplate;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.SqlFailures;
import lib.server.WorkerSessions;
import lib.talk.Count;
import lib.talk.Sql;
import lib.talk.Workers;

/**
 * Whether a query of a hypertable finds the rows that its chunks hold. In restoring mode, or when parts of its catalog
 * are missing, TimescaleDB knows of no chunks, and a hypertable seems to be empty though no row of it is lost.
 */
final class HypertableRows {
    private record Hypertable(String name, String sql) {
    }

    private final Server target;
    private final FactTemplate theirs;
    private final Map<String, Long> wanted;
    private final Set<String> incomplete;
    private final List<Difference> differences = Collections.synchronizedList(new ArrayList<>());
    private final List<UndecidedRelation> undecided = Collections.synchronizedList(new ArrayList<>());

    /**
     * @param wanted the rows that each hypertable should show, by its name
     * @param incomplete those that lack chunks, or seem to
     */
    HypertableRows(Server target, FactTemplate theirs, Map<String, Long> wanted, Set<String> incomplete) {
        this.target = target;
        this.theirs = theirs;
        this.wanted = wanted;
        this.incomplete = incomplete;
    }

    /** @return the hypertables of the target that show fewer rows than the tables hold that inherit from them */
    List<Difference> run(int workers) {
        List<Hypertable> hypertables;
        try (Session session = target.session()) {
            hypertables = session.list("listing the hypertables",
                    theirs.expand("SELECT h.name, h.relid::regclass FROM {hypertables} h"),
                    row -> new Hypertable(row.getString(1), row.getString(2)));
        }
        Workers.run("counting hypertables", workers,
                hypertables.stream().filter(hypertable -> wanted.getOrDefault(hypertable.name, 0L) > 0
                        || incomplete.contains(hypertable.name)).toList(),
                Counter::new);
        return differences;
    }

    /** @return those that were not counted */
    List<UndecidedRelation> undecided() {
        return undecided;
    }

    private final class Counter implements Workers.Worker<Hypertable> {
        private final WorkerSessions sessions = new WorkerSessions(target.retries(), this::open);

        private SessionPair open() {
            Session session = target.session();
            try {
                session.run("preparing to count hypertables", PlannedCode.TABLES_ONLY);
                return SessionPair.onTarget(session);
            } catch (RuntimeException e) {
                session.close();
                throw e;
            }
        }

        @Override
        public void work(Hypertable hypertable) {
            sessions.run((open, again) -> {
                count(open.target(), hypertable);
                return null;
            });
        }

        private void count(Session session, Hypertable hypertable) {
            String doing = "counting the rows of " + hypertable.name;
            PlannedCode.Queried all = new PlannedCode.Queried(hypertable.sql, true,
                    ComparedTable.packed(session, theirs, hypertable.name), false);
            try (LockedTables still = new LockedTables(session, session)) {
                if (!still.runningCode(doing, List.of(all)).isEmpty()) {
                    undecided.add(new UndecidedRelation(hypertable.name,
                            "its rows were not counted, for " + LockedTables.WHY_NOT,
                            "to decide, count them as its owner"));
                    return;
                }
                long seen = count(session, "SELECT count(*) FROM " + hypertable.sql);
                boolean doubtful =
                        seen < wanted.getOrDefault(hypertable.name, 0L) || incomplete.contains(hypertable.name);
                long held = doubtful ? held(session, hypertable) : 0;
                if (seen < held) {
                    report(hypertable, Count.of(seen, "row") + ", though its chunks hold " + held);
                }
            } catch (SQLException e) {
                // What TimescaleDB says of a catalog that does not fit together.
                if (!String.valueOf(e.getSQLState()).startsWith("XX")) {
                    throw session.failure(doing, e);
                }
                report(hypertable, "not readable: " + SqlFailures.message(e));
            }
        }

        /** What the tables hold that inherit from it, as PostgreSQL knows it, whatever TimescaleDB does. */
        private long held(Session session, Hypertable hypertable) throws SQLException {
            List<String> chunks = session.texts("listing the chunks of " + hypertable.name,
                    "SELECT i.inhrelid::regclass FROM pg_inherits i WHERE i.inhparent = " + Sql.literal(hypertable.sql)
                            + "::regclass");
            return chunks.isEmpty() ? 0 : count(session, chunks.stream().map(chunk -> "SELECT count(*) FROM " + chunk)
                    .collect(Collectors.joining(" UNION ALL ", "SELECT sum(c.count) FROM (", ") c")));
        }

        private long count(Session session, String sql) throws SQLException {
            try (Statement statement = session.createStatement(); ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getLong(1);
            }
        }

        private void report(Hypertable hypertable, String target) {
            differences
                    .add(new Difference(FactKind.HYPERTABLE_ROWS, hypertable.name, "all rows of its chunks", target));
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

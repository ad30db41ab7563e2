//DEPS org.postgresql:postgresql:42.7.14
package lib.verify;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import lib.code.LockedTables;
import lib.code.PlannedCode;
import lib.compare.Checksums;
import lib.compare.ComparedTable;
import lib.compare.RowQueries;
import lib.compare.RowSum;
import lib.facts.Difference;
import lib.facts.FactKind;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.SqlFailures;
import lib.server.WorkerSessions;
import lib.settings.ComputingSessions;
import lib.source.Snapshot;
import lib.talk.Batches;
import lib.talk.Console;
import lib.talk.Sql;
import lib.talk.Workers;

/**
 * Compares the rows of tables, several at once and each on both sides at the same time, by their number and by a
 * checksum. Small tables are asked for many in one round trip, and one by one only where something is amiss among them.
 * Nothing is run that users have written: a table whose query would do so is compared by COPY, and what its owner's
 * query would have to decide is left undecided.
 */
final class RowComparison {
    private static final long SMALL = 64 * 1024;
    private static final int TABLES_A_TRIP = 50;
    private static final String UNDEFINED_COLUMN = "42703";
    private static final String UNDEFINED_TABLE = "42P01";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String NOT_POPULATED = "55000";

    private final Snapshot source;
    private final ComputingSessions computing;
    private final Server target;
    private final Console console;
    private final RowQueries questions;
    private final Executor executor;
    private final RowResults results;
    private final List<ComparedTable> wantedByOthers = Collections.synchronizedList(new ArrayList<>());
    private StreamedComparison streamed;

    /**
     * @param executor runs the target's queries while the workers run the source's
     */
    RowComparison(Snapshot source, ComputingSessions computing, Console console, RowQueries.Depth depth,
            Executor executor) {
        this.source = source;
        this.computing = computing;
        target = computing.server();
        this.console = console;
        this.questions = new RowQueries(depth, new Checksums(source.server().facts(), target.facts()));
        this.executor = executor;
        this.results = new RowResults(computing, console);
    }

    /** @param wanted the largest first */
    void run(List<ComparedTable> wanted, int workers) {
        if (wanted.isEmpty()) {
            return;
        }
        synchronized (source.holder()) {
            questions.prepare(source.holder(), wanted);
        }
        try (StreamedComparison looking = new StreamedComparison(source.server(), target, questions.contents())) {
            streamed = looking;
            Workers.run("comparing rows", workers, batches(wanted), Pair::new);
            if (!wantedByOthers.isEmpty()) {
                compareThroughHolder();
            }
        }
    }

    /** @return what was found so far */
    RowResults results() {
        return results;
    }

    private static List<List<ComparedTable>> batches(List<ComparedTable> wanted) {
        List<List<ComparedTable>> trips = new ArrayList<>();
        List<ComparedTable> small = new ArrayList<>();
        for (ComparedTable table : wanted) {
            if (table.bytes() > SMALL || table.materialized()) {
                trips.add(List.of(table));
            } else {
                small.add(table);
            }
        }
        trips.addAll(Batches.of(small, TABLES_A_TRIP));
        return trips;
    }

    /**
     * Another session that waits for a stronger lock on a table waits for the session that holds our snapshot, and
     * blocks every new session of ours; only the one that holds the lock can still read the table.
     */
    private void compareThroughHolder() {
        try (Session there = target.session()) {
            for (ComparedTable table : wantedByOthers) {
                console.explain(
                        "table %s is waited for by another session; it is read by the session that holds its lock",
                        table.identity());
                synchronized (source.holder()) {
                    try (LockedTables ours = streamed.held(source.holder());
                            LockedTables theirs = new LockedTables(there, there)) {
                        boolean coded = !streamed.among(List.of(table), ours, theirs).isEmpty();
                        compare(source.holder(), there, table, coded);
                    }
                }
            }
        }
    }

    private final class Pair implements Workers.Worker<List<ComparedTable>> {
        private final WorkerSessions sessions = new WorkerSessions(target.retries(), this::open);

        private SessionPair open() {
            SessionPair opened = new SessionPair(source, target);
            try {
                opened.source().run("preparing to compare rows", PlannedCode.TABLES_ONLY);
                opened.target().run("preparing to compare rows", PlannedCode.TABLES_ONLY);
                return opened;
            } catch (RuntimeException e) {
                opened.close();
                throw e;
            }
        }

        @Override
        public void work(List<ComparedTable> some) {
            // What has been judged is not compared again.
            List<ComparedTable> left = new ArrayList<>(some);
            sessions.run((open, again) -> {
                if (again) {
                    streamed.renewIfLost();
                }
                compareAll(open, left);
                return null;
            });
            results.decideViews();
        }

        private void compareAll(SessionPair open, List<ComparedTable> left) {
            try (LockedTables ours = streamed.held(open.source());
                    LockedTables theirs = new LockedTables(open.target(), open.target())) {
                Set<ComparedTable> coded = streamed.among(left, ours, theirs);
                if (left.size() > 1 && coded.isEmpty() && together(open, left)) {
                    return;
                }
                while (!left.isEmpty()) {
                    ComparedTable table = left.get(0);
                    // LOCK knows tables only; nothing that reads a materialized view could be made to wait for us.
                    if (table.materialized()
                            || source.tryLock(open.source(), List.of(Sql.name(table.schema(), table.name())))) {
                        compare(open.source(), open.target(), table, coded.contains(table));
                    } else {
                        wantedByOthers.add(table);
                    }
                    left.remove(0);
                }
            }
        }

        /** @return false if one of them is waited for by others, or one of the sides refuses */
        private boolean together(SessionPair open, List<ComparedTable> some) {
            String names = String.join(", ",
                    some.stream().map(table -> "ONLY " + Sql.name(table.schema(), table.name())).toList());
            RowSum.Answers answers = null;
            try (Statement statement = open.source().createStatement()) {
                statement.execute("SAVEPOINT together");
                try {
                    statement.execute("LOCK TABLE " + names + " IN ACCESS SHARE MODE NOWAIT");
                    List<RowQueries.Question> asked =
                            some.stream().map(table -> questions.whole(table, table.columns())).toList();
                    answers = RowSum.ask(open.source(), open.target(), asked, executor);
                } catch (SQLException e) {
                    // What it is about will be said of the one table that it is about.
                    statement.execute("ROLLBACK TO together");
                }
                statement.execute("RELEASE together");
            } catch (SQLException e) {
                throw open.source().failure("comparing rows", e);
            }
            if (answers == null || answers.refused() != null) {
                return false;
            }
            for (int i = 0; i < some.size(); i++) {
                results.judge(some.get(i), null, answers.source().get(i), answers.target().get(i));
            }
            return true;
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

    /** @param coded whether a query of the table would run what somebody has written */
    private void compare(Session from, Session to, ComparedTable table, boolean coded) {
        if (!coded) {
            compare(from, to, table, table.columns());
        } else if (table.stored()) {
            console.explain("table %s is read with COPY: %s", table.identity(), LockedTables.WHY_NOT);
            compareAnswers(from, to, table, List.of(), null, () -> streamed.ask(from, to, table, executor));
        } else {
            results.add(new UndecidedRelation(table.identity(),
                    "its rows were not compared, for " + LockedTables.WHY_NOT, "to decide, compare them as its owner"));
        }
    }

    private void compare(Session from, Session to, ComparedTable table, List<Checksums.Column> columns) {
        RowQueries.Question asked = questions.of(from, table, columns);
        compareAnswers(from, to, table, columns, asked, () -> RowSum.ask(from, to, List.of(asked), executor));
    }

    /** Asks both sides. */
    private interface Query {
        RowSum.Answers run() throws SQLException;
    }

    /** @param asked what the servers are asked, or null where the rows come here */
    private void compareAnswers(Session from, Session to, ComparedTable table, List<Checksums.Column> columns,
            RowQueries.Question asked, Query asking) {
        RowSum.Answers answers;
        try {
            answers = asking.run();
        } catch (SQLException e) {
            throw from.failure("comparing the rows of " + table.identity(), e);
        }
        if (answers.refused() == null) {
            results.judge(table, asked, answers.source().get(0), answers.target().get(0));
        } else {
            refused(from, to, table, columns, answers);
        }
    }

    /** What the target's catalogs do not fit is a difference; anything else that it refuses ends the comparison. */
    private void refused(Session from, Session to, ComparedTable table, List<Checksums.Column> columns,
            RowSum.Answers answers) {
        String state = String.valueOf(answers.refused().getSQLState());
        if (state.equals(UNDEFINED_COLUMN)) {
            Set<String> there = columns(to, table);
            List<Checksums.Column> shared = columns.stream().filter(column -> there.contains(column.name())).toList();
            if (shared.size() < columns.size()) {
                compare(from, to, table, shared);
                return;
            }
        }
        if (state.equals(NOT_POPULATED) && table.materialized()) {
            // Its state has been reported.
            return;
        }
        if (!state.startsWith("42") || state.equals(INSUFFICIENT_PRIVILEGE)) {
            throw to.failure("comparing the rows of " + table.identity(), answers.refused());
        }
        results.add(new Difference(FactKind.ROWS, table.identity(), answers.source().get(0).number(),
                state.equals(UNDEFINED_TABLE) ? Difference.MISSING
                        : "not comparable: " + SqlFailures.message(answers.refused())));
    }

    private Set<String> columns(Session to, ComparedTable table) {
        return new HashSet<>(to.texts("listing the columns of " + table.identity(),
                """
                SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0
                  AND NOT a.attisdropped"""
                        .formatted(Sql.literal(table.target()))));
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lib.journal.MadeSettings;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.SqlFailures;
import lib.server.WorkerSessions;
import lib.settings.ComputingSessions;
import lib.source.Inventory;
import lib.talk.Batches;
import lib.talk.Console;
import lib.talk.Sql;
import lib.talk.Workers;
import lib.tools.RefusedStatement;

/**
 * What is left to do once rows, indexes and constraints are there: each method is one step, in the order in which they
 * stand.
 */
public final class AfterLoad {
    private static final int SEQUENCES_PER_BATCH = 500;

    private final ComputingSessions target;
    private final Session to;
    private final Console console;
    private final List<RefusedStatement> refused = new ArrayList<>();

    /** @param to a session on the target */
    AfterLoad(ComputingSessions target, Session to, Console console) {
        this.target = target;
        this.to = to;
        this.console = console;
    }

    /** @return what the target refused */
    List<RefusedStatement> refused() {
        return refused;
    }

    /** Sets the sequences to where those of the source stand. */
    void setSequences(List<Inventory.Sequence> sequences) {
        Batches.of(sequences, SEQUENCES_PER_BATCH).forEach(batch -> to.run("setting the sequences",
                batch.stream().map(AfterLoad::setSequence).collect(Collectors.joining(";"))));
    }

    /** @return the statement that sets one sequence */
    public static String setSequence(Inventory.Sequence sequence) {
        return "SELECT pg_catalog.setval(" + Sql.literal(sequence.sql()) + ", " + sequence.value() + ", "
                + sequence.called() + ")";
    }

    /** Fills the materialized views that are filled on the source, in the order of their dependencies. */
    void refreshViews(List<Inventory.Relation> views) {
        try (WorkerSessions sessions = sessions(
                // The user's own queries run as the server's owner has it.
                session -> session.run("preparing to refresh materialized views",
                        "SET jit TO DEFAULT; SET constraint_exclusion TO DEFAULT"))) {
            for (Inventory.Relation view : views) {
                console.explain("refreshing materialized view %s", view.sql());
                run(sessions, "refreshing materialized view " + view.sql(),
                        "REFRESH MATERIALIZED VIEW " + view.sql());
            }
        }
    }

    private WorkerSessions sessions(Consumer<Session> preparation) {
        return new WorkerSessions(target.server().retries(), () -> {
            Session session = target.session();
            try {
                preparation.accept(session);
                return SessionPair.onTarget(session);
            } catch (RuntimeException e) {
                session.close();
                throw e;
            }
        });
    }

    /** Runs what can be run twice. */
    private static void run(WorkerSessions sessions, String doing, String sql) {
        sessions.run((open, again) -> {
            open.target().run(doing, sql);
            return null;
        });
    }

    /** Collects planner statistics, several tables at once. */
    void analyze(List<Inventory.Relation> relations, int workers) {
        Workers.run("analyzing", workers, relations, () -> new Workers.Worker<>() {
            private final WorkerSessions sessions = sessions(session -> {});

            @Override
            public void work(Inventory.Relation relation) {
                run(sessions, "analyzing " + relation.sql(), "ANALYZE " + relation.sql());
            }

            @Override
            public void cancel() {
                sessions.cancel();
            }

            @Override
            public void close() {
                sessions.close();
            }
        });
    }

    /** Runs statements. What the target refuses is left out and reported; any other error ends the step. */
    void runTolerant(List<String> statements, String doing) {
        for (String sql : statements) {
            runTolerant(sql, "", doing).ifPresent(refused::add);
        }
    }

    /**
     * Makes settings of the database, each written down in the journal.
     *
     * @param last whether what the target refuses is left out, or else tried again later
     * @return those that it refuses
     */
    List<String> applySettings(List<String> settings, boolean last) {
        List<String> refused = new ArrayList<>();
        for (String sql : settings) {
            runTolerant(sql, "; " + MadeSettings.RECORDING, "setting the parameters of the database")
                    .ifPresent(refusal -> {
                        refused.add(sql);
                        if (last) {
                            this.refused.add(refusal);
                        }
                    });
        }
        return refused;
    }

    /** @param more what is run in the same transaction, if the statement is not refused */
    private Optional<RefusedStatement> runTolerant(String sql, String more, String doing) {
        RefusedStatement refusal = null;
        try (Statement statement = to.createStatement()) {
            statement.execute(sql + more);
            for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                refusal = RefusedStatement.isOne(warning.getSQLState())
                        ? new RefusedStatement(sql, SqlFailures.message(warning)) : refusal;
            }
        } catch (SQLException e) {
            if (!RefusedStatement.isOne(e.getSQLState())) {
                throw to.failure(doing, e);
            }
            refusal = new RefusedStatement(sql, SqlFailures.message(e));
        }
        return Optional.ofNullable(refusal);
    }
}

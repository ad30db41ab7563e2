//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import lib.catalog.Archive;
import lib.catalog.EntrySql;
import lib.journal.FinishedUnits;
import lib.journal.Journal;
import lib.journal.Unit;
import lib.server.Retries;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.WorkerSessions;
import lib.settings.ComputingSessions;
import lib.talk.Failure;
import lib.talk.Printable;

/** A session on the target that makes objects, many of them in one batch, which is one transaction. */
final class SchemaSession implements AutoCloseable {
    /** Few enough that the locks of one transaction fit into the smallest lock table beside those of others. */
    private static final int STEPS_PER_BATCH = 100;
    private static final int CHARACTERS_PER_BATCH = 1 << 18;
    private static final int SHOWN = 200;
    /** The class of errors that somebody has wanted, such as a cancelled query (PostgreSQL manual, appendix A). */
    private static final String INTERVENTION = "57";

    /**
     * One thing that is done.
     *
     * @param doing how a failure names it
     * @param settings statements that must have run before in the same session
     * @param sql null where only pg_restore can do it
     * @param entry the entry of the archive, or null
     * @param owner the statements that give to its owner what {@code sql} has made, or nothing
     * @param unit what the journal has of it, or null for what every run does
     */
    record Step(String doing, String settings, String sql, Archive.Entry entry, String owner, Unit unit) {
        static Step of(EntrySql part) {
            return new Step(part.description(), part.settings(), part.sql(), part.entry(), part.owner(), Unit.of(part));
        }

        static Step of(String doing, String sql) {
            return new Step(doing, "", sql, null, "", null);
        }

        Step recordedAs(String kind, String name) {
            return new Step(doing, settings, sql, entry, owner, Unit.of(kind, name, sql));
        }

        private int size() {
            return (sql == null ? 0 : sql.length()) + owner.length();
        }
    }

    private final WorkerSessions sessions;
    private final List<String> first;
    private final Archive archive;
    private final List<String> options;
    private final Journal journal;
    private Session begun;
    private String settings = "";
    private boolean escaped;

    /**
     * @param settings of the session
     * @param archive restores what cannot be said in UTF-8
     * @param options of pg_restore
     * @param journal records what is created
     */
    SchemaSession(ComputingSessions target, List<String> settings, Archive archive, List<String> options,
            Journal journal) {
        this.archive = archive;
        this.options = options;
        this.journal = journal;
        first = settings;
        sessions = new WorkerSessions(target.server().retries(), () -> SessionPair.onTarget(target.scriptSession()));
    }

    /**
     * Does all steps, in this order, but for those that an interrupted run has done.
     *
     * @throws Failure naming the one that failed; those of its batch are rolled back
     */
    void run(List<Step> steps) {
        List<Step> batch = new ArrayList<>();
        int size = 0;
        for (Step step : steps) {
            if (journal.units().contain(step.unit)) {
                continue;
            }
            boolean other = !batch.isEmpty() && (step.sql == null) != (batch.get(0).sql == null);
            if (other || batch.size() == STEPS_PER_BATCH || size + step.size() > CHARACTERS_PER_BATCH) {
                runBatch(batch);
                batch.clear();
                size = 0;
            }
            batch.add(step);
            size += step.size();
        }
        runBatch(batch);
    }

    private void runBatch(List<Step> steps) {
        if (steps.isEmpty()) {
            return;
        }
        if (steps.get(0).sql == null) {
            journal.watching(() -> archive.restore(options, steps.stream().map(Step::entry).toList()));
            runBatch(steps.stream().map(step -> new Step("setting the owner after " + step.doing, "", step.owner, null,
                    "", step.unit)).toList());
            return;
        }
        try {
            sessions.run((open, again) -> {
                if (!again || !FinishedUnits.areMade(open.target(), units(steps))) {
                    execute(steps, open.target());
                }
                return null;
            });
        } catch (Failure e) {
            if (steps.size() == 1 || !(e.getCause() instanceof SQLException cause) || begun == null || begun.isClosed()
                    || String.valueOf(cause.getSQLState()).startsWith(INTERVENTION) || Retries.isShortage(e)) {
                throw e;
            }
            // Nothing of the batch is there now; one by one, the step that fails says so itself.
            List.copyOf(steps).forEach(step -> runBatch(List.of(step)));
        }
    }

    private static List<Unit> units(List<Step> steps) {
        return steps.stream().map(Step::unit).filter(Objects::nonNull).toList();
    }

    private void execute(List<Step> steps, Session session) {
        if (begun != session) {
            if (!first.isEmpty()) {
                session.run("beginning a session",
                        first.stream().map(setting -> "SET " + setting + ";").collect(Collectors.joining()));
            }
            begun = session;
            settings = "";
            escaped = false;
        }
        StringBuilder text = new StringBuilder();
        String inForce = settings;
        for (Step step : steps) {
            if (!step.settings.isEmpty() && !step.settings.equals(inForce)) {
                inForce = step.settings;
                text.append(inForce).append('\n');
            }
            text.append(step.sql).append(step.sql.isEmpty() || step.sql.endsWith(";") ? "\n" : ";\n").append(step.owner)
                    .append('\n');
        }
        text.append(journal.recording(steps.stream().map(Step::entry).filter(Objects::nonNull).toList(),
                units(steps)));
        try (Statement statement = session.createStatement()) {
            statement.setEscapeProcessing(false);
            if (!escaped && steps.stream().anyMatch(step -> step.settings.contains(EntrySql.ESCAPED))) {
                // A text is split into words as a whole, before any of its statements runs. What is ours is written so
                // that it means the same.
                statement.execute(EntrySql.ESCAPED);
                escaped = true;
            }
            statement.execute(text.toString());
            settings = inForce;
        } catch (SQLException e) {
            throw steps.size() == 1 ? failure(steps.get(0), session, e)
                    : session.failure(
                            steps.get(0).doing + ", or one of the " + (steps.size() - 1) + " after it,", e);
        }
    }

    private static Failure failure(Step step, Session session, SQLException e) {
        Failure failure = session.failure(step.doing, e);
        // Options with passwords stand in lines of their own, which are not shown.
        String line = step.sql.lines().findFirst().orElse("");
        Printable command =
                Printable.of("Command was: " + (line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line));
        return failure.detail("%s",
                failure.detail() == null ? command
                        : Printable.lines(List.of(new Printable(failure.detail()), command)));
    }

    /** Makes what runs fail soon; called from another thread. */
    void cancel() {
        sessions.cancel();
    }

    @Override
    public void close() {
        sessions.close();
    }
}

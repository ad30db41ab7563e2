package lib.load;

import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lib.catalog.Archive;
import lib.journal.Journal;
import lib.settings.ComputingSessions;
import lib.talk.Failure;

/** Sessions on the target that do what they are given, several at once, until they are closed or one of them fails. */
final class SchemaWorkers implements AutoCloseable {
    /** Small tasks that one session does in a batch. */
    private static final int STEPS_PER_BATCH = 60;
    /**
     * The class of errors about privileges, and about names that cannot be found without them (PostgreSQL manual,
     * appendix A).
     */
    private static final String ACCESS = "42";

    /**
     * Steps for one session, and what is to be done when they are.
     *
     * @param alone whether each is a transaction of its own
     */
    private record Task(List<SchemaSession.Step> steps, boolean alone, Runnable then) {
    }

    private final ComputingSessions target;
    private final List<String> settings;
    private final Archive archive;
    private final List<String> options;
    private final Journal journal;
    private final Deque<Task> waiting = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Set<SchemaSession> sessions = new HashSet<>();
    private int limit;
    private int working;
    private int idle;
    private boolean closed;
    private Throwable failed;
    private Runnable stop = () -> {};
    private final List<SchemaSession.Step> refused = new ArrayList<>();
    private boolean defersFailures;

    /**
     * @param limit how many sessions at most
     * @param settings of the sessions
     * @param options of pg_restore, for what it alone can restore
     * @param journal records what is created
     */
    SchemaWorkers(ComputingSessions target, int limit, List<String> settings, Archive archive, List<String> options,
            Journal journal) {
        this.target = target;
        this.limit = limit;
        this.settings = settings;
        this.archive = archive;
        this.options = options;
        this.journal = journal;
    }

    /** Runs this as soon as a session fails, before anybody waits for the workers. */
    synchronized void whenFailed(Runnable end) {
        stop = end;
    }

    /** Sets the number of sessions that work from now on. */
    synchronized void setLimit(int sessions) {
        limit = sessions;
        grow();
    }

    /**
     * Defers failures from now on: steps that fail because the owner lacks a privilege, or cannot see an object without
     * it, and the steps after them, of a task whose steps are transactions of their own.
     */
    synchronized void deferPrivilegeFailures() {
        defersFailures = true;
    }

    /** @return the deferred steps, in an order in which they can be run again; if they fail again, that is an error */
    synchronized List<SchemaSession.Step> takeDeferred() {
        defersFailures = false;
        List<SchemaSession.Step> steps = List.copyOf(refused);
        refused.clear();
        return steps;
    }

    /** Has one session do these steps in this order, maybe in one transaction with others. */
    synchronized void submit(List<SchemaSession.Step> steps) {
        if (!steps.isEmpty()) {
            add(new Task(List.copyOf(steps), false, () -> {}));
        }
    }

    /**
     * Has sessions do these lists beside each other, and afterwards the last one; each step is a transaction of its
     * own.
     */
    synchronized void submit(List<List<SchemaSession.Step>> beside, List<SchemaSession.Step> last) {
        int[] open = {beside.size()};
        beside.forEach(steps -> add(new Task(steps, true, () -> {
            if (--open[0] == 0) {
                addSeparately(last);
            }
        })));
        if (beside.isEmpty()) {
            addSeparately(last);
        }
    }

    private void addSeparately(List<SchemaSession.Step> steps) {
        if (!steps.isEmpty()) {
            add(new Task(steps, true, () -> {}));
        }
    }

    private void add(Task task) {
        rethrow();
        waiting.add(task);
        notifyAll();
        grow();
    }

    private void grow() {
        for (int missing = waiting.size() - idle; missing > 0 && threads.size() < limit; missing--) {
            Thread thread = new Thread(this::work, "schema-" + (threads.size() + 1));
            threads.add(thread);
            thread.start();
        }
    }

    /**
     * Returns when everything is done.
     *
     * @throws RuntimeException what made the first session fail
     */
    synchronized void await() {
        while (failed == null && (!waiting.isEmpty() || working > 0)) {
            pause();
        }
        rethrow();
    }

    /** @throws RuntimeException what made the first session fail, if one has */
    synchronized void rethrow() {
        if (failed instanceof RuntimeException known) {
            throw known;
        } else if (failed instanceof Error error) {
            throw error;
        }
    }

    private void work() {
        try (SchemaSession session = new SchemaSession(target, settings, archive, options, journal)) {
            synchronized (this) {
                sessions.add(session);
            }
            for (List<Task> tasks = take(); !tasks.isEmpty(); tasks = take()) {
                if (tasks.get(0).alone) {
                    oneByOne(session, tasks.get(0).steps);
                } else {
                    session.run(tasks.stream().flatMap(task -> task.steps.stream()).toList());
                }
                done(tasks);
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    private void oneByOne(SchemaSession session, List<SchemaSession.Step> steps) {
        for (int i = 0; i < steps.size(); i++) {
            try {
                session.run(List.of(steps.get(i)));
            } catch (Failure e) {
                if (!isDeferred(e, steps.subList(i, steps.size()))) {
                    throw e;
                }
                return;
            }
        }
    }

    private synchronized boolean isDeferred(Failure e, List<SchemaSession.Step> steps) {
        boolean lacking = defersFailures && e.getCause() instanceof SQLException cause
                && String.valueOf(cause.getSQLState()).startsWith(ACCESS);
        if (lacking) {
            refused.addAll(steps);
        }
        return lacking;
    }

    private synchronized List<Task> take() {
        idle++;
        while (waiting.isEmpty() && !closed && failed == null) {
            pause();
        }
        idle--;
        List<Task> tasks = new ArrayList<>();
        if (closed || failed != null) {
            return tasks;
        }
        int steps = 0;
        do {
            steps += waiting.peek().steps.size();
            tasks.add(waiting.poll());
        } while (!tasks.get(0).alone && !waiting.isEmpty() && !waiting.peek().alone
                && steps + waiting.peek().steps.size() <= STEPS_PER_BATCH);
        working++;
        return tasks;
    }

    private synchronized void done(List<Task> tasks) {
        working--;
        tasks.forEach(task -> task.then.run());
        notifyAll();
    }

    private void fail(Throwable e) {
        synchronized (this) {
            // What follows from the first failure is no news.
            if (failed == null) {
                failed = e;
                sessions.forEach(SchemaSession::cancel);
            }
            notifyAll();
        }
        stop.run();
    }

    private void pause() {
        try {
            wait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of("interrupted");
        }
    }

    /** Ends all sessions, also those that are at work. */
    @Override
    public void close() {
        synchronized (this) {
            if (working > 0) {
                sessions.forEach(SchemaSession::cancel);
            }
            closed = true;
            notifyAll();
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

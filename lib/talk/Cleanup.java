package lib.talk;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What must be undone however the command ends: normally, by an error, by SIGINT or by SIGTERM. On a signal, running
 * work is ended first; then changes on servers are undone, all at once and under one deadline; files and messages come
 * last, in reverse order of registration. The process ends in time whatever the servers do; what could not be undone is
 * reported, as it is at once after a second Ctrl-C. After {@code kill -9} nothing runs.
 */
public final class Cleanup {
    /** From the signal on; with the JVM's own end that is less than 5 s. */
    private static final long ENDED_MILLIS = 1_500;
    private static final long PUT_BACK_MILLIS = 4_200;
    private static final Deque<Task> TASKS = new ArrayDeque<>();
    private static final Thread HOOK = new Thread(Cleanup::stop, "cleanup");
    private static volatile boolean stopping;
    /** What another thread had begun to do before the signal came. */
    private static final Set<Task> RUNNING = new HashSet<>();

    static {
        Runtime.getRuntime().addShutdownHook(HOOK);
    }

    /** When a task's turn comes after a signal. */
    private enum Phase {
        ENDING,
        PUTTING_BACK,
        LAST
    }

    /** A registered task; {@link #close} runs it early. */
    public static final class Task implements AutoCloseable {
        private final Phase phase;
        private final Runnable work;
        private final Consumer<String> onFailure;
        private boolean done;

        private Task(Phase phase, Runnable work, Consumer<String> onFailure) {
            this.phase = phase;
            this.work = work;
            this.onFailure = onFailure;
        }

        @Override
        public void close() {
            synchronized (TASKS) {
                // While the process is ending, another thread does the work: anything begun here would be cut off.
                if (stopping && !(Thread.currentThread() instanceof ShutdownHook) && Thread.currentThread() != HOOK
                        || !TASKS.remove(this)) {
                    return;
                }
                RUNNING.add(this);
            }
            run();
        }

        /** Unregisters the task without running it. */
        public void cancel() {
            synchronized (TASKS) {
                TASKS.remove(this);
            }
        }

        private void run() {
            try {
                work.run();
                reportFailure(null);
            } catch (RuntimeException e) {
                reportFailure(e.getMessage());
                if (phase != Phase.PUTTING_BACK && !stopping) {
                    throw e;
                }
            } finally {
                synchronized (TASKS) {
                    RUNNING.remove(this);
                    TASKS.notifyAll();
                }
            }
        }

        /** Reports once what could not be undone; success is not reported. */
        private void reportFailure(String reason) {
            synchronized (this) {
                if (done) {
                    return;
                }
                done = true;
            }
            if (reason != null) {
                onFailure.accept(reason);
            }
        }
    }

    /** Does one task after a signal. */
    private static final class ShutdownHook extends Thread {
        ShutdownHook(Runnable work) {
            super(work, "undoing");
            setDaemon(true);
        }
    }

    private Cleanup() {
    }

    /**
     * Registers work that may be called from another thread while the rest of the process still runs; it needs no
     * server, and must not throw.
     */
    public static Task onExit(Runnable work) {
        return register(new Task(Phase.LAST, work, reason -> {}));
    }

    /**
     * Registers work that ends what runs: a program, sessions. After a signal it comes first, and must not take longer
     * than a second.
     */
    public static Task ending(Runnable work) {
        return register(new Task(Phase.ENDING, work, reason -> {}));
    }

    /**
     * Registers work that puts something back on a server, in a session that nobody else ends.
     *
     * @param onFailure reports what was not undone and the command that does it; its argument is the reason: the work
     * has thrown, or did not end in time
     */
    public static Task puttingBack(Runnable work, Consumer<String> onFailure) {
        return register(new Task(Phase.PUTTING_BACK, work, onFailure));
    }

    private static Task register(Task task) {
        synchronized (TASKS) {
            TASKS.push(task);
        }
        return task;
    }

    /** @return whether a signal is ending the process; failures of running steps are then not worth reporting */
    public static boolean stopping() {
        return stopping;
    }

    /** From now on the process is ending. */
    static void beginStopping() {
        synchronized (TASKS) {
            stopping = true;
        }
    }

    /** The process ends when this returns, whatever other threads are about. */
    private static void stop() {
        long begun = System.nanoTime();
        beginStopping();
        runAll(Phase.ENDING, begun + TimeUnit.MILLISECONDS.toNanos(ENDED_MILLIS));
        runAll(Phase.PUTTING_BACK, begun + TimeUnit.MILLISECONDS.toNanos(PUT_BACK_MILLIS));
        runLast();
        await(Phase.LAST, begun + TimeUnit.MILLISECONDS.toNanos(PUT_BACK_MILLIS));
    }

    private static void runLast() {
        for (Task task = next(Phase.LAST); task != null; task = next(Phase.LAST)) {
            task.run();
        }
    }

    /**
     * Undoes nothing any more on servers, reports what that leaves, and does what comes last; then the process ends.
     */
    static void abandon(long millis) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        List<Task> left;
        synchronized (TASKS) {
            stopping = true;
            left = Stream.concat(TASKS.stream(), RUNNING.stream()).filter(task -> task.phase == Phase.PUTTING_BACK)
                    .toList();
            TASKS.removeIf(task -> task.phase != Phase.LAST);
        }
        Thread last = new ShutdownHook(() -> {
            left.forEach(task -> task.reportFailure("a second Ctrl-C came before it was done"));
            runLast();
            await(Phase.LAST, deadline);
        });
        last.start();
        try {
            last.join(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Does all tasks of a turn at once, and waits for them and for those that another thread does; no longer than until
     * the deadline.
     */
    private static void runAll(Phase phase, long deadline) {
        for (Task task = next(phase); task != null; task = next(phase)) {
            new ShutdownHook(task::run).start();
        }
        await(phase, deadline).forEach(task -> task.reportFailure("the server did not do it in time"));
    }

    /** @return those that have not ended by then */
    private static List<Task> await(Phase phase, long deadline) {
        synchronized (TASKS) {
            try {
                for (long rest = deadline - System.nanoTime(); rest > 0
                        && RUNNING.stream().anyMatch(task -> task.phase == phase); rest =
                                deadline - System.nanoTime()) {
                    TASKS.wait(TimeUnit.NANOSECONDS.toMillis(rest) + 1);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return RUNNING.stream().filter(task -> task.phase == phase).toList();
        }
    }

    private static Task next(Phase phase) {
        synchronized (TASKS) {
            Task next = TASKS.stream().filter(task -> task.phase == phase).findFirst().orElse(null);
            if (next != null) {
                TASKS.remove(next);
                RUNNING.add(next);
            }
            return next;
        }
    }
}

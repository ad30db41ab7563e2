package lib;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * What must be undone however the command ends: normally, by an error, by SIGINT or by SIGTERM. Tasks run last in, first out, once.
 * After {@code kill -9} nothing runs.
 */
public final class Cleanup {
    private static final Deque<Task> TASKS = new ArrayDeque<>();
    private static final Thread HOOK = new Thread(Cleanup::stop, "cleanup");
    private static final long LAST_WAIT_MILLIS = 30_000;
    private static volatile boolean stopping;
    private static int running;

    static {
        Runtime.getRuntime().addShutdownHook(HOOK);
    }

    /** A registered undoing; {@link #close} does it early. */
    public static final class Task implements AutoCloseable {
        private final Runnable work;

        private Task(Runnable work) {
            this.work = work;
        }

        @Override
        public void close() {
            synchronized (TASKS) {
                // While the process is being ended, it is the other thread's turn: what this one began would be cut off with it.
                if (stopping && Thread.currentThread() != HOOK || !TASKS.remove(this)) {
                    return;
                }
                running++;
            }
            try {
                work.run();
            } finally {
                synchronized (TASKS) {
                    running--;
                    TASKS.notifyAll();
                }
            }
        }

        /** Forgets the task without doing it. */
        public void cancel() {
            synchronized (TASKS) {
                TASKS.remove(this);
            }
        }
    }

    private Cleanup() {
    }

    /** Registers work that may be called from another thread while the rest of the process still runs; it must not throw. */
    public static Task onExit(Runnable work) {
        Task task = new Task(work);
        synchronized (TASKS) {
            TASKS.push(task);
        }
        return task;
    }

    /** @return true once the process is being ended by a signal, when failures of running steps are no news */
    public static boolean stopping() {
        return stopping;
    }

    /** Does everything that is registered. */
    private static void runAll() {
        for (Task task = next(); task != null; task = next()) {
            try {
                task.work.run();
            } catch (RuntimeException e) {
                // The others must still run, and there is nobody left to tell.
            }
        }
    }

    /** The process ends when this returns, whatever other threads are about. */
    private static void stop() {
        synchronized (TASKS) {
            stopping = true;
        }
        runAll();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LAST_WAIT_MILLIS);
        synchronized (TASKS) {
            try {
                while (running > 0 && System.nanoTime() < deadline) {
                    TASKS.wait(LAST_WAIT_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Task next() {
        synchronized (TASKS) {
            return TASKS.poll();
        }
    }
}

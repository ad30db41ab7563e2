package lib.talk;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/** Several threads that take items from one list, in its order, until it is empty or one of them fails. */
public final class Workers {
    /** What one thread works with, such as a pair of sessions. */
    public interface Worker<T> extends AutoCloseable {
        /** Does all the work for one item. */
        void work(T item) throws Exception;

        /** Makes a running {@link #work} fail soon; called from another thread. */
        void cancel();

        @Override
        void close();
    }

    private Workers() {
    }

    /**
     * Returns when every item is done.
     *
     * @param workers the number of threads; never more than there are items
     * @throws RuntimeException the first failure, after all threads have ended
     */
    public static <T> void run(String name, int workers, List<T> items, Supplier<? extends Worker<T>> worker) {
        run(name, Math.min(workers, items.size()), new ConcurrentLinkedQueue<>(items)::poll, worker);
    }

    /**
     * The same with items that may be taken by others, too, or come later.
     *
     * @param next an item, or null when there is none any more; called by all threads
     */
    public static <T> void run(String name, int workers, Supplier<T> next, Supplier<? extends Worker<T>> worker) {
        AtomicReference<Throwable> failed = new AtomicReference<>();
        List<Worker<T>> running = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < workers; i++) {
            Thread thread = new Thread(() -> loop(next, worker, failed, running), name + "-" + (i + 1));
            threads.add(thread);
            thread.start();
        }
        threads.forEach(Workers::join);
        Throwable failure = failed.get();
        if (failure instanceof RuntimeException known) {
            throw known;
        } else if (failure instanceof Error error) {
            throw error;
        } else if (failure != null) {
            throw Failure.of("%s failed: %s", name, Failure.why(failure)).because(failure);
        }
    }

    private static <T> void loop(Supplier<T> next, Supplier<? extends Worker<T>> factory,
            AtomicReference<Throwable> failed,
            List<Worker<T>> running) {
        try (Worker<T> worker = factory.get()) {
            synchronized (running) {
                running.add(worker);
            }
            try {
                T item;
                while (failed.get() == null && (item = next.get()) != null) {
                    worker.work(item);
                }
            } finally {
                synchronized (running) {
                    running.remove(worker);
                }
            }
        } catch (Exception | Error e) {
            // Failures that follow from the first one are not reported.
            if (failed.compareAndSet(null, e)) {
                synchronized (running) {
                    running.forEach(Worker::cancel);
                }
            }
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}

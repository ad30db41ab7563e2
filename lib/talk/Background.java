package lib.talk;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A computation in a thread of its own, beside other work. */
public final class Background<T> {
    private final CompletableFuture<T> result;

    private Background(CompletableFuture<T> result) {
        this.result = result;
    }

    /** Starts the work. */
    public static <T> Background<T> begin(String name, Supplier<T> work) {
        return new Background<>(CompletableFuture.supplyAsync(work, task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            thread.start();
        }));
    }

    /** @return what is there already */
    public static <T> Background<T> done(T result) {
        return new Background<>(CompletableFuture.completedFuture(result));
    }

    /**
     * Does two things at once, one of them in a thread of its own.
     *
     * @return what is made of both results; when it returns or throws, neither is going on any more
     */
    public static <A, B, R> R both(String name, Supplier<A> beside, Supplier<B> here, BiFunction<A, B, R> result) {
        Background<A> begun = begin(name, beside);
        B own;
        try {
            own = here.get();
        } finally {
            begun.await();
        }
        return result.apply(begun.get(), own);
    }

    /** Runs an action with the result as soon as it is available; does nothing if the work fails. */
    public void then(Consumer<T> use) {
        result.thenAccept(use);
    }

    /**
     * Waits for the end of the work.
     *
     * @throws RuntimeException what the work has thrown
     */
    public T get() {
        try {
            return result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException known) {
                throw known;
            } else if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    /** Waits for the end of the work, even if it failed. */
    public void await() {
        result.exceptionally(failure -> null).join();
    }
}

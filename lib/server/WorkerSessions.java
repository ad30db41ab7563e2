package lib.server;

import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The sessions of one worker: opened when they are first needed, and anew when a unit of work is tried again
 * ({@link Retries}). Others can cancel them at any time.
 */
public final class WorkerSessions implements AutoCloseable {
    private final Retries retries;
    private final Supplier<SessionPair> first;
    private final Supplier<SessionPair> anew;
    private SessionPair current;
    private boolean broken;
    private volatile boolean cancelled;

    /** @param opening opens them */
    public WorkerSessions(Retries retries, Supplier<SessionPair> opening) {
        this(retries, opening, opening);
    }

    /**
     * @param first gives those to begin with, which may have been opened before
     * @param anew opens others
     */
    public WorkerSessions(Retries retries, Supplier<SessionPair> first, Supplier<SessionPair> anew) {
        this.retries = retries;
        this.first = first;
        this.anew = anew;
    }

    /**
     * Does a unit of work.
     *
     * @param work is given the sessions, and whether it has failed before: what that attempt has not committed by then
     * it never will
     * @throws Failure the last one, when it is not tried again
     */
    public <T> T run(BiFunction<SessionPair, Boolean, T> work) {
        return retries.run(again -> attempt(again ? renewed() : once(), again, work), () -> cancelled);
    }

    /** Does work that is not tried again. */
    public <T> T runOnce(BiFunction<SessionPair, Boolean, T> work) {
        return attempt(once(), false, work);
    }

    private <T> T attempt(SessionPair sessions, boolean again, BiFunction<SessionPair, Boolean, T> work) {
        boolean well = false;
        try {
            T result = work.apply(sessions, again);
            well = true;
            return result;
        } finally {
            // Nobody goes on with what a failure has left.
            broken |= !well;
        }
    }

    private SessionPair once() {
        return current != null && !broken ? current : opened(first, sessions -> {});
    }

    /** A session that is lost to us may still work on the server, and commit. */
    private SessionPair renewed() {
        SessionPair lost = current;
        if (lost != null) {
            lost.cancel();
        }
        return opened(anew, sessions -> {
            retries.permit(sessions.target());
            if (lost != null) {
                Leftovers.end(sessions.target(), lost.target());
            }
            sessions.target().endTransaction();
        });
    }

    private SessionPair opened(Supplier<SessionPair> opening, Consumer<SessionPair> preparation) {
        SessionPair opened = opening.get();
        try {
            preparation.accept(opened);
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        }
        synchronized (this) {
            current = opened;
            broken = false;
            if (cancelled) {
                opened.cancel();
            }
        }
        return opened;
    }

    /** Makes what runs fail soon, and not be tried again; called from another thread. */
    public synchronized void cancel() {
        cancelled = true;
        if (current != null) {
            current.cancel();
        }
    }

    /** @return sessions that are as good as new and no longer this worker's, or null */
    public synchronized SessionPair release() {
        SessionPair released = broken || cancelled ? null : current;
        current = released == null ? current : null;
        return released;
    }

    @Override
    public synchronized void close() {
        if (current != null) {
            current.close();
        }
    }
}

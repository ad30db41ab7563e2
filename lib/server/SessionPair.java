package lib.server;

import java.util.List;

/** A session on each side, for one worker. */
public final class SessionPair implements AutoCloseable {
    private final Session source;
    private final Session target;

    public SessionPair(Sessions source, Sessions target) {
        this.source = source.session();
        try {
            this.target = target.session();
        } catch (RuntimeException e) {
            this.source.close();
            throw e;
        }
    }

    public Session source() {
        return source;
    }

    public Session target() {
        return target;
    }

    /**
     * Aborts both sessions, so that threads waiting for them fail. Running statements are cancelled first.
     */
    public void cancel() {
        SessionAbort.abort(List.of(source, target));
    }

    @Override
    public void close() {
        source.close();
        target.close();
    }
}

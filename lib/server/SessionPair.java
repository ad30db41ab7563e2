package lib.server;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The sessions of one worker: one on each side, or one on the target alone. */
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

    private SessionPair(Session source, Session target) {
        this.source = source;
        this.target = target;
    }

    public static SessionPair onTarget(Session target) {
        return new SessionPair(null, target);
    }

    /** @return the same with another session on the source, which is for the caller to close */
    public SessionPair reading(Session other) {
        return new SessionPair(other, target);
    }

    /** @return the one on the source, or null */
    public Session source() {
        return source;
    }

    public Session target() {
        return target;
    }

    /**
     * Aborts the sessions, so that threads waiting for them fail. Running statements are cancelled first.
     */
    public void cancel() {
        SessionAbort.abort(all());
    }

    @Override
    public void close() {
        all().forEach(Session::close);
    }

    private List<Session> all() {
        return Stream.of(source, target).filter(Objects::nonNull).toList();
    }
}

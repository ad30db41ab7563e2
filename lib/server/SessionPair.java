package lib.server;

import java.sql.Connection;
import java.util.List;

/** A session on each side, for one worker. */
public final class SessionPair implements AutoCloseable {
    private final Connection source;
    private final Connection target;

    public SessionPair(Sessions source, Sessions target) {
        this.source = source.session();
        try {
            this.target = target.session();
        } catch (RuntimeException e) {
            Server.close(this.source);
            throw e;
        }
    }

    public Connection source() {
        return source;
    }

    public Connection target() {
        return target;
    }

    /**
     * Breaks both sessions, so that whoever waits for one fails. Cancelling first ends what the server still works on.
     */
    public void cancel() {
        SessionAbort.abort(List.of(source, target));
    }

    @Override
    public void close() {
        Server.close(source);
        Server.close(target);
    }
}

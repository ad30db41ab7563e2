package lib.server;

/**
 * Whether a server still has all that was committed before a moment: what our sessions commit is on disk only a moment
 * later (synchronous_commit, PostgreSQL manual, 30.4), so that a crash may lose the last of it, and a shutdown not.
 */
final class Continuity {
    private static final String DOING = "asking since when the server runs";

    private final String started;

    private Continuity(String started) {
        this.started = started;
    }

    /** @return that of a server from now on */
    static Continuity from(Session session) {
        return new Continuity(started(session));
    }

    private static String started(Session session) {
        return session.text(DOING, "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time())");
    }

    /** @return whether the server has been started anew since */
    boolean isRestarted(Session now) {
        return !started.equals(started(now));
    }

    /**
     * @param now a new session
     * @param shutDown whether the server has told a session that was there until then that it shuts down
     * @param millis since when it has not been seen to be as before
     * @return false also where that cannot be found out
     */
    boolean isUnbroken(Session now, boolean shutDown, long millis) {
        if (isRestarted(now)) {
            // After a crash, recovery ends with a checkpoint, which is younger than the server's start; otherwise the
            // last one is that of the shutdown. Its time has no fractions of a second.
            return shutDown && "t".equals(now.text(DOING,
                    "SELECT pg_catalog.date_trunc('second', pg_catalog.pg_postmaster_start_time()) > c.checkpoint_time "
                            + "FROM pg_catalog.pg_control_checkpoint() c"));
        }
        // A crash of one process ends all others, and recovery ends with a checkpoint here, too.
        return "t".equals(now.text(DOING, """
                SELECT c.checkpoint_time < t.since OR EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                         WHERE a.backend_start < t.since)
                  FROM pg_catalog.pg_control_checkpoint() c,
                    (SELECT pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => %d / 1000.0)) t (since)"""
                .formatted(millis)));
    }
}

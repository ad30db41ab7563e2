package lib.server;

import lib.talk.RunName;

/** The advisory lock by which runs keep off each other, as one session sees it. */
final class AdvisoryLock {
    /** The two halves of its key: "tsmig" in ASCII. */
    static final int CLASS = 0x74;
    static final int OBJECT = 0x736d6967;
    /** A condition on a row of pg_locks. */
    static final String HOLDER = """
            locktype = 'advisory' AND classid = %d AND objid = %d AND objsubid = 1
             AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"""
            .formatted(CLASS, OBJECT);
    /** How long the end of a session of ours may take on the server, in tenths of a second. */
    private static final int TRIES = 50;

    private AdvisoryLock() {
    }

    static boolean tryLock(Session session) {
        return "t".equals(session.text("locking the target",
                "SELECT pg_catalog.pg_try_advisory_lock(" + ((long) CLASS << 32 | OBJECT) + ")"));
    }

    /** @return whether another session has it */
    static boolean isTaken(Session session) {
        return !"0".equals(session.text("looking for another run",
                "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE granted AND pid <> "
                        + "pg_catalog.pg_backend_pid() AND "
                        + HOLDER));
    }

    /** Waits until no other session has it, but not for long. */
    static void await(Session session) {
        for (int i = 0; i < TRIES && isTaken(session); i++) {
            session.text("waiting for the lock of the target", "SELECT pg_catalog.pg_sleep(0.1)");
        }
    }

    /** @return whether the session of this process has it */
    static boolean isHeld(Session session, String process) {
        return "1".equals(session.text("looking for our lock",
                "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE granted AND pid = " + process + " AND "
                        + HOLDER));
    }

    /** @return whether no other run has taken over the journal since this one wrote it */
    static boolean isJournalOurs(Session session) {
        return JournalTables.exist(session) && RunName.TEXT.equals(session.text("reading the journal",
                "SELECT name FROM " + JournalTables.RUN.sql()));
    }
}

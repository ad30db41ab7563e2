//DEPS org.postgresql:postgresql:42.7.14
package lib.server;

import lib.talk.Failure;
import lib.talk.RunName;
import lib.talk.Sql;

/**
 * Sessions on the target that outlive what opened them: after kill -9, and for a moment after a signal, their programs
 * still work on. Only those are ended that the journal of the run knows, by process identifier and start, or by the
 * name that the run has given to its client programs alone.
 */
public final class Leftovers {
    /** Tenths of a second. */
    private static final int CHECKS = 100;
    /**
     * A minute: with thousands of large objects, or on a busy server, its last look takes longer than the end of a
     * session.
     */
    private static final int RECORDER_CHECKS = 600;
    private static final int PROGRAM_CHECKS = 20;
    /** An SQL condition on a row {@code a} of pg_stat_activity: it is a session of the run, and not this one. */
    public static final String OF_RUN = "a.pid <> pg_catalog.pg_backend_pid() AND (" + of(JournalTables.SESSION)
            + " OR " + JournalTables.OF_PROGRAM + ")";
    private static final String SESSIONS = " FROM pg_catalog.pg_stat_activity a WHERE " + OF_RUN;
    private static final String RECORDERS = " FROM pg_catalog.pg_stat_activity a WHERE " + of(JournalTables.RECORDER);
    private static final String PROGRAMS = " FROM pg_catalog.pg_stat_activity a WHERE " + JournalTables.OF_PROGRAM;
    /** The statement that ends them. */
    public static final String ENDING = "SELECT pg_catalog.pg_terminate_backend(a.pid)" + SESSIONS;
    /** The statement by which a session writes itself down. */
    public static final String REGISTRATION = registration("NULL");

    private static final String ENDING_LOST = "ending a session that was lost";

    private Leftovers() {
    }

    /** @return the statement by which a session of another machine writes itself down */
    public static String registrationOf(String joiner) {
        return registration(Sql.literal(joiner));
    }

    private static String registration(String joiner) {
        return "INSERT INTO " + JournalTables.SESSION.sql() + " SELECT a.pid, a.backend_start, " + joiner
                + " FROM pg_catalog.pg_stat_activity a WHERE a.pid = pg_catalog.pg_backend_pid()";
    }

    private static String of(OwnSchema.Table sessions) {
        return "a.datname = pg_catalog.current_database() AND EXISTS (SELECT FROM " + sessions.sql()
                + " s WHERE s.pid = a.pid AND s.started = a.backend_start)";
    }

    /**
     * Waits at most two seconds for the last session of the run's client programs to end: a session may still commit
     * after its program has ended.
     */
    public static void awaitPrograms(Session target) {
        waitFor(target, PROGRAMS, PROGRAM_CHECKS);
    }

    /**
     * Ends a session of this run that was lost to us, and waits for its end: its process may not know of that yet, and
     * still commit what it was given.
     *
     * @param target a session beside it
     * @throws Failure when it does not end
     */
    static void end(Session target, Session lost) {
        String process = " FROM pg_catalog.pg_stat_activity a WHERE a.pid = " + lost.process() + " AND "
                + of(JournalTables.SESSION);
        for (int i = 0; i < CHECKS; i++) {
            // A transaction sees the sessions of its begin, unless it asks for others (PostgreSQL manual, 28.2.2).
            target.text(ENDING_LOST, "SELECT pg_catalog.pg_stat_clear_snapshot()");
            if (target.texts(ENDING_LOST, "SELECT pg_catalog.pg_terminate_backend(a.pid)" + process).isEmpty()) {
                return;
            }
            target.text(ENDING_LOST, "SELECT pg_catalog.pg_sleep(0.1)");
        }
        throw Failure.of("a session of ours on the target does not end, its process is %s", lost.process());
    }

    /**
     * Ends every other session of the run that has written the journal, and waits for its end.
     *
     * @param lock shows that no other run is at work
     */
    public static void end(TargetLock lock, Session target) {
        if (!lock.heldAsSeenBy(target)) {
            throw TargetLock.inUse();
        }
        if (!JournalTables.exist(target)) {
            return;
        }
        // A session that another machine begins after this is not listed, and finds that it has nothing to do.
        target.run("taking over the journal", "UPDATE " + JournalTables.RUN.sql() + " SET snapshot = NULL");
        target.texts("ending the sessions of the failed run", ENDING);
        waitFor(target, SESSIONS, CHECKS);
        // What has been created until the end of those is written down now.
        waitFor(target, RECORDERS, RECORDER_CHECKS);
        target.texts("ending the sessions of the failed run",
                "SELECT pg_catalog.pg_terminate_backend(a.pid)" + RECORDERS);
        // From now on that run cannot take the lock again and go on.
        target.run("taking over the journal",
                "UPDATE " + JournalTables.RUN.sql() + " SET name = " + Sql.literal(RunName.TEXT));
    }

    private static void waitFor(Session target, String sessions, int checks) {
        for (int i = 0; i < checks && there(target, sessions); i++) {
            target.text("waiting for the end of the run's sessions", "SELECT pg_catalog.pg_sleep(0.1)");
        }
    }

    private static boolean there(Session target, String sessions) {
        return !"0".equals(target.text("waiting for the end of the run's sessions",
                "SELECT pg_catalog.count(*)" + sessions));
    }

    /**
     * @return whether something of the run still works, and creates or writes down what the journal does not know yet
     */
    public static boolean work(Session target) {
        return there(target, SESSIONS) || there(target, RECORDERS);
    }
}

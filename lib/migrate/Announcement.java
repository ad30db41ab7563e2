package lib.migrate;

import lib.journal.JoinedRun;
import lib.server.Server;
import lib.server.Session;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;

/** Tells a run that this machine is there, and is called for each sign of life. */
final class Announcement implements AutoCloseable {
    private final JoinedRun run;
    private final Server target;
    private final String machine;
    private final int workers;
    private final Console console;
    private final Cleanup.Task leaving;
    private Session session;

    /**
     * @param machine its name
     * @param workers how many parts it copies at once
     */
    Announcement(JoinedRun run, Server target, String machine, int workers, Console console) {
        this.run = run;
        this.target = target;
        this.machine = machine;
        this.workers = workers;
        this.console = console;
        leaving = Cleanup.puttingBack(this::leave, reason -> console.explain("%s", reason));
    }

    /** What is lost now is said again by the next one; what works on the target tells of a lasting fault. */
    synchronized void beat() {
        try {
            if (session == null) {
                session = target.session();
                session.setAutoCommit(false);
            }
            run.announce(session, machine, workers);
        } catch (Failure e) {
            console.explain("%s", Failure.why(e));
            end();
        }
    }

    /** Says that this machine leaves, as it does after a signal as well. */
    @Override
    public synchronized void close() {
        leaving.close();
        end();
    }

    /** Where that cannot be said, the run finds out by itself. */
    private void leave() {
        try (Session last = target.sessionToPutBack()) {
            last.setAutoCommit(false);
            run.leave(last);
        } catch (Failure e) {
            console.explain("%s", Failure.why(e));
        }
    }

    private void end() {
        if (session != null) {
            session.close();
            session = null;
        }
    }
}

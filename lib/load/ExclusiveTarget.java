//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import lib.journal.Memberships;
import lib.journal.Removal;
import lib.server.JournalTables;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetLock;
import lib.talk.Attempt;
import lib.talk.Console;
import lib.talk.Steps;
import lib.tools.Tool;

/** Keeps other runs off a target, and clears it of the objects of an earlier one. */
public final class ExclusiveTarget {
    /** What a run does there. */
    public interface Work {
        void run(TargetLock lock, Session to, Memberships memberships);
    }

    private ExclusiveTarget() {
    }

    /**
     * Does the work of a run while other runs are kept off the target, which is cleared first where that is wanted and
     * needed.
     *
     * @param attempt is notified when the target is changed
     * @param console shows what could not be put back
     * @param work is given the lock, a session on the target, and what the user becomes a member of there until the end
     * @throws Failure when another run is at work there, or what is there is not what an earlier run has made; step,
     * when the lock is lost
     */
    public static void run(Server target, boolean restart, Attempt attempt, Steps steps, Console console,
            Work work) {
        try (TargetLock lock = TargetLock.take(target.session());
                Memberships memberships = new Memberships(target, lock, console)) {
            lock.whenLost(why -> {
                target.abandon();
                Tool.stopOnTarget();
            });
            lock.runWhileHeld(() -> {
                if (restart) {
                    clear(lock, target, memberships, attempt, steps);
                }
                Session to = target.session();
                try {
                    work.run(lock, to, memberships);
                } finally {
                    to.close();
                }
            });
        }
    }

    private static void clear(TargetLock lock, Server target, Memberships memberships, Attempt attempt, Steps steps) {
        Session session = target.session();
        try {
            if (JournalTables.exist(session)) {
                steps.run("clearing", () -> Removal.run(lock, session, memberships, attempt::begin)
                        + " objects of the earlier run removed");
            }
        } finally {
            session.close();
        }
    }
}

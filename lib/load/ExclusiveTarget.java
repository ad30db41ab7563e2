//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import lib.catalog.MigrationOptions;
import lib.journal.Memberships;
import lib.journal.Removal;
import lib.journal.RunIdentity;
import lib.journal.UnrelatedObjects;
import lib.server.JournalTables;
import lib.server.Leftovers;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetLock;
import lib.talk.Attempt;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Steps;
import lib.tools.Tool;

/** Keeps other runs off a target, and clears it of the objects of an earlier one, or takes them over. */
public final class ExclusiveTarget {
    /** What a run does there. */
    public interface Work {
        void run(TargetLock lock, Session to, Memberships memberships);
    }

    private static final String RESTART = "--restart";

    private ExclusiveTarget() {
    }

    /**
     * Does the work of a run while other runs are kept off the target. What an earlier run has made there is removed
     * first, or taken over, where that is wanted.
     *
     * @param identity what this run must have in common with one that it goes on with
     * @param attempt is notified when the target is changed
     * @param console shows what could not be put back
     * @param work is given the lock, a session on the target, and what the user becomes a member of there until the end
     * @throws Failure when another run is at work there, or what is there is not what an earlier run has made; step,
     * when the lock is lost
     */
    public static void run(Server target, MigrationOptions wanted, RunIdentity identity, Attempt attempt, Steps steps,
            Console console, Work work) {
        try (TargetLock lock = TargetLock.take(target.session());
                Memberships memberships = new Memberships(target, lock, console)) {
            AtomicReference<Session> working = new AtomicReference<>();
            lock.whenLost(target, () -> {
                if (working.get() != null) {
                    working.get().renewIfLost(target::session);
                }
            }, why -> {
                target.abandon();
                Tool.stopOnTarget();
            });
            lock.runWhileHeld(() -> {
                if (wanted.takesOver()) {
                    takeOver(lock, target, session -> {
                        if (wanted.resume()) {
                            adopt(lock, session, identity, memberships, attempt);
                        } else {
                            clear(lock, session, memberships, attempt, steps, target, console);
                        }
                    });
                }
                Session to = target.session();
                working.set(to);
                try {
                    work.run(lock, to, memberships);
                } finally {
                    working.set(null);
                    to.close();
                }
            });
        }
    }

    private static void takeOver(TargetLock lock, Server target, Consumer<Session> work) {
        Session session = target.session();
        try {
            if (JournalTables.exist(session)) {
                work.accept(session);
            }
        } finally {
            session.close();
        }
    }

    private static void clear(TargetLock lock, Session session, Memberships memberships, Attempt attempt, Steps steps,
            Server target, Console console) {
        AtomicReference<Removal.Result> removed = new AtomicReference<>();
        steps.run("clearing", () -> {
            removed.set(Removal.run(lock, session, memberships, attempt::begin, RESTART));
            return Count.of(removed.get().objects(), "object") + " of the earlier run removed"
                    + (removed.get().roles().isEmpty() ? "" : "; " + Discard.keptRoles(removed.get()));
        });
        Discard.warnOfRefused(removed.get(), target, console);
    }

    /** Has what an earlier run has made be this run's. */
    private static void adopt(TargetLock lock, Session session, RunIdentity identity, Memberships memberships,
            Attempt attempt) {
        identity.refuseOther(session);
        Leftovers.end(lock, session);
        UnrelatedObjects.refuse(session, "--resume");
        attempt.begin();
        memberships.joinAgain(session);
    }
}

//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Attempt.java JournalTables.java Removal.java Server.java Steps.java TargetLock.java Tool.java
package lib;

import java.sql.Connection;
import java.util.function.BiConsumer;

/** A target that one run has for itself, free of what an earlier one has left there. */
final class Occupation {
    private Occupation() {
    }

    /**
     * Does the work of a run while other runs are kept off the target, which is cleared first where that is wanted and needed.
     *
     * @param attempt is told when the target is changed
     * @param work is given the lock and a session on the target
     * @throws Failure refused, when another run is at work there, or what is there is not what an earlier run has made; step, when the lock is lost
     */
    static void during(Server target, boolean restart, Attempt attempt, Steps steps, BiConsumer<TargetLock, Connection> work) {
        try (TargetLock lock = TargetLock.take(target.session())) {
            lock.whenLost(why -> {
                target.abandon();
                Tool.stopOnTarget();
            });
            lock.during(() -> {
                if (restart) {
                    clear(lock, target, attempt, steps);
                }
                Connection to = target.session();
                try {
                    work.accept(lock, to);
                } finally {
                    Server.close(to);
                }
            });
        }
    }

    private static void clear(TargetLock lock, Server target, Attempt attempt, Steps steps) {
        Connection session = target.session();
        try {
            if (JournalTables.exist(session)) {
                steps.run("clearing", () -> Removal.run(lock, session, attempt::begin) + " objects of the earlier run removed");
            }
        } finally {
            Server.close(session);
        }
    }
}

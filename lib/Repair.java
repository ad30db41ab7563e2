//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Connecting.java Failure.java JournalTables.java Leftovers.java OwnSchema.java RestoringMode.java Server.java ShellScript.java TargetLock.java
//SOURCES Timescale.java
package lib;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;

/** What an aborted load has left behind on a target, and the way to mend it. Objects that are half there are for {@code migrate --restart}. */
public final class Repair {
    private final Server target;

    public Repair(Server target) {
        this.target = target;
    }

    /**
     * Mends what it finds.
     *
     * @param say is told what was done
     * @return whether there was anything to mend
     * @throws Failure refused, when a migration is at work there
     */
    public boolean run(Consumer<String> say) {
        return visit((session, timescale) -> {
            // Without the lock, a run that began meanwhile would lose its sessions to us.
            try (TargetLock lock = TargetLock.take(target.session())) {
                Leftovers.end(lock, session);
                if (JournalTables.exist(session)) {
                    RestoringMode.withdraw(session, timescale, () -> { });
                    say.accept("target: the unfinished catalog of TimescaleDB was emptied, restoring mode is off; go on with the interrupted command and --restart");
                } else {
                    RestoringMode.turnOff(session, timescale);
                    say.accept("target: restoring mode was left on by another tool and is off; whether all rows are there says: verify");
                }
            }
        });
    }

    /** @return a shell script that does what {@link #run} would do */
    public String script() {
        ShellScript script = new ShellScript("repair: of " + target.dsn(), Server.pinned());
        boolean found = visit((session, timescale) -> {
            if (JournalTables.exist(session)) {
                script.step("What is left of sessions that load").sql(ShellScript.Side.TARGET, List.of(Leftovers.ENDING));
                script.step("The unfinished catalog of TimescaleDB is emptied, restoring mode is turned off; go on with the interrupted command and --restart")
                        .sql(ShellScript.Side.TARGET, RestoringMode.withdrawal(session, timescale));
            } else {
                script.step("Restoring mode, which another tool has left on, is turned off; whether all rows are there says: verify")
                        .sql(ShellScript.Side.TARGET, RestoringMode.endings(timescale));
            }
        });
        return (found ? script : script.step("Nothing is to be mended")).text();
    }

    /** @return whether an earlier run has left objects there, which only {@code migrate --restart} removes */
    public boolean halfLoaded() {
        try (Connection session = target.session()) {
            return JournalTables.find(session).state() == OwnSchema.State.OURS;
        } catch (SQLException e) {
            throw Connecting.statement("target", "ending the session", e);
        }
    }

    private interface Work {
        void mend(Connection session, Timescale timescale);
    }

    private boolean visit(Work work) {
        try (Connection session = target.session()) {
            Timescale timescale = Timescale.of(session, "target");
            if (timescale == null || !RestoringMode.isOn(session)) {
                return false;
            }
            if (TargetLock.taken(session)) {
                throw Failure.refused("a migration is at work on the target").hint("%s", TargetLock.IN_USE_HINT);
            }
            work.mend(session, timescale);
            return true;
        } catch (SQLException e) {
            throw Connecting.statement("target", "ending the session", e);
        }
    }
}

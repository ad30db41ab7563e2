//DEPS org.postgresql:postgresql:42.7.14
package lib.load;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import lib.journal.Memberships;
import lib.journal.UnfinishedRun;
import lib.server.JournalTables;
import lib.server.Leftovers;
import lib.server.OwnSchema;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionSettings;
import lib.server.TargetLock;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.ShellScript;
import lib.timescale.RestoringMode;
import lib.timescale.Timescale;

/**
 * What an aborted load has left behind on a target, and the way to mend it. Objects that are half there are for
 * {@code migrate --restart}.
 */
public final class Repair {
    private final Server target;

    public Repair(Server target) {
        this.target = target;
    }

    /**
     * Mends what it finds.
     *
     * @param report is told what was done, or that there was nothing to do
     * @throws Failure when a migration is at work there
     */
    public void run(Console console, Consumer<String> report) {
        boolean any = withFindings(found -> {
            // Without the lock, a run that began meanwhile would lose its sessions to us.
            try (TargetLock lock = TargetLock.take(target.session());
                    Memberships memberships = new Memberships(target, lock, console)) {
                console.begin();
                Leftovers.end(lock, found.session);
                if (!found.joined.isEmpty()) {
                    memberships.adopt(found.session);
                    memberships.putBack(found.session);
                    report.accept(
                            "target: memberships that an interrupted run had taken are as before: " + found.roles());
                }
                if (found.timescale != null && JournalTables.exist(found.session)) {
                    RestoringMode.withdraw(found.session, found.timescale, () -> {});
                    report.accept(
                            "target: the unfinished catalog of TimescaleDB was emptied, restoring mode is off; "
                                    + onward(found.session));
                } else if (found.timescale != null) {
                    RestoringMode.turnOff(found.session, found.timescale);
                    report.accept(
                            "target: restoring mode was left on by another tool and is off; run verify to "
                                    + "check that all rows arrived");
                }
            }
        });
        if (!any) {
            try (Session session = target.session()) {
                boolean loaded = JournalTables.find(session).state() == OwnSchema.State.OURS;
                report.accept("target: nothing to mend" + (loaded ? "; " + onward(session) : ""));
            }
        }
    }

    private static String onward(Session target) {
        UnfinishedRun run = UnfinishedRun.of(target);
        return run.onward(run.pass() ? "migrate" : "the interrupted command");
    }

    /** @return a shell script that does what {@link #run} would do */
    public String script() {
        ShellScript script = new ShellScript("repair: of " + target.dsn(), SessionSettings.PINNED);
        boolean any = withFindings(found -> {
            boolean journal = !found.joined.isEmpty() || JournalTables.exist(found.session);
            if (journal) {
                script.step("Remaining sessions of an interrupted load").sql(ShellScript.Side.TARGET,
                        List.of(Leftovers.ENDING));
            }
            if (!found.joined.isEmpty()) {
                script.step("Memberships that an interrupted run had taken: " + found.roles())
                        .sql(ShellScript.Side.TARGET, Memberships.puttingBack(found.session, target.facts()));
            }
            if (found.timescale != null && journal) {
                script.step(
                        "The unfinished catalog of TimescaleDB is emptied, restoring mode is turned off; "
                                + onward(found.session))
                        .sql(ShellScript.Side.TARGET, RestoringMode.withdrawStatements(found.session, found.timescale));
            } else if (found.timescale != null) {
                script.step(
                        "Restoring mode, which another tool has left on, is turned off; run verify to check "
                                + "that all rows arrived")
                        .sql(ShellScript.Side.TARGET, RestoringMode.turnOffStatements(found.timescale));
            }
        });
        return (any ? script : script.step("Nothing to repair")).text();
    }

    /**
     * What is to be mended.
     *
     * @param timescale where restoring mode is on, else null
     * @param joined the roles whose memberships are not as before
     */
    private record Found(Session session, Timescale timescale, List<String> joined) {
        String roles() {
            return joined.stream().map(role -> "\"" + role + "\"").collect(Collectors.joining(", "));
        }
    }

    private boolean withFindings(Consumer<Found> work) {
        try (Session session = target.session()) {
            Timescale timescale = Timescale.of(session);
            Found found = new Found(session, timescale != null && RestoringMode.isOn(session) ? timescale : null,
                    JournalTables.find(session).state() == OwnSchema.State.OURS ? Memberships.leftBehind(session)
                            : List.of());
            if (found.timescale == null && found.joined.isEmpty()) {
                return false;
            }
            if (TargetLock.isTaken(session)) {
                throw Failure.of("a migration is running on the target").hint("%s", TargetLock.IN_USE_HINT);
            }
            work.accept(found);
            return true;
        }
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import lib.server.Leftovers;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetLock;
import lib.server.Versions;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;

/**
 * The state of a database in which TimescaleDB treats hypertables, chunks and its own catalog as ordinary tables and
 * runs no jobs (timescaledb_pre_restore, timescaledb_post_restore). It is a setting of the database, so it outlasts the
 * session that asked for it, and it reaches new sessions only. However the load ends, it is off afterwards.
 */
public final class RestoringMode implements AutoCloseable {
    /**
     * Before this version, the job scheduler starts while the setting is still there, and therefore exits (TimescaleDB
     * 2.26.4, #9625).
     */
    private static final String SEEN_AT_ONCE = "2.26.4";
    private static final String STATE =
            "SELECT pg_catalog.current_setting('" + TimescaleSettings.RESTORING + "', true)";

    private final TargetLock lock;
    private final Server target;
    private final Timescale timescale;
    private final Console console;
    private final Cleanup.Task leaving;
    private boolean ended;

    private RestoringMode(TargetLock lock, Server target, Timescale timescale, Console console) {
        this.lock = lock;
        this.target = target;
        this.timescale = timescale;
        this.console = console;
        leaving = Cleanup.puttingBack(this::withdrawLoad, this::reportFailure);
    }

    /**
     * Turns the mode on.
     *
     * @param lock keeps other runs off the target
     * @param to a session on the target, which gets the mode too
     * @throws Failure when new sessions do not have it, as behind a connection pooler that hands out old ones
     */
    public static RestoringMode turnOn(TargetLock lock, Server target, Session to, Timescale timescale,
            Console console) {
        RestoringMode mode = new RestoringMode(lock, target, timescale, console);
        try {
            TimescaleExtension.of(to);
            to.run("preparing the catalog of TimescaleDB",
                    TimescaleCatalog.RECORDING + "; " + TimescaleCatalog.PREPARATION);
            to.run("turning restoring mode on", turnOnStatement(timescale));
            mode.checkNewSessions("on");
            return mode;
        } catch (RuntimeException e) {
            mode.close();
            throw e;
        }
    }

    /**
     * Turns the mode off after a complete load: the extension compares its version with the one that the rows came
     * from, and jobs may run.
     */
    public void end(Session to) {
        turnOff(to, timescale);
        leaving.cancel();
        ended = true;
        checkNewSessions("off");
    }

    /** Turns the mode off before the load is complete: hypertables are ordinary tables then, and no job is there. */
    public void withdraw(Session to) {
        withdraw(to, timescale, () -> {});
        leaving.cancel();
        ended = true;
    }

    public static void turnOff(Session session, Timescale timescale) {
        turnOffStatements(timescale).forEach(sql -> session.run("turning restoring mode off", sql));
    }

    private void checkNewSessions(String wanted) {
        try (Session fresh = target.session()) {
            String state = fresh.text("asking for restoring mode", STATE);
            if (!wanted.equals(state)) {
                throw Failure.of("a new session on the target has timescaledb.restoring %s, not %s", state, wanted)
                        .hint("connect to the server itself: a connection pooler in between hands out sessions "
                                + "that are "
                                + "older than the setting");
            }
        }
    }

    @Override
    public void close() {
        if (!ended) {
            leaving.close();
        }
    }

    private void withdrawLoad() {
        ended = true;
        try (Session session = target.sessionToPutBack();
                TargetLock again =
                        lock.heldAsSeenBy(session) ? null : TargetLock.takeAgain(target.sessionToPutBack())) {
            Leftovers.end(again == null ? lock : again, session);
            withdraw(session, timescale, () -> {});
        }
    }

    private void reportFailure(String reason) {
        console.warn("restoring mode of TimescaleDB may still be on in the target's database: %s", reason);
        console.hint("turn it off with: repair");
    }

    /**
     * Hides an unfinished load from TimescaleDB, and turns the mode off.
     *
     * @param more what else is to be done while hypertables and chunks are ordinary tables
     */
    public static void withdraw(Session session, Timescale timescale, Runnable more) {
        List<String> statements = withdrawStatements(session, timescale);
        session.run("withdrawing what was loaded", statements.get(0));
        session.run("withdrawing what was loaded", String.join("; ", statements.subList(1, statements.size() - 1)));
        more.run();
        session.run("turning restoring mode off", statements.get(statements.size() - 1));
    }

    /**
     * @return what {@link #withdraw} runs: on half a catalog, queries would return nothing or crash the server, so it
     * is emptied
     */
    public static List<String> withdrawStatements(Session session, Timescale timescale) {
        List<String> statements = new ArrayList<>(List.of(turnOnStatement(timescale)));
        statements.addAll(TimescaleCatalog.clearing(session));
        statements.add(turnOffStatement(timescale));
        return statements;
    }

    /** @return the statement that turns the mode on */
    public static String turnOnStatement(Timescale timescale) {
        return "SELECT " + timescale.function("timescaledb_pre_restore") + "()";
    }

    /**
     * @return the statements that turn the mode off and start the jobs' scheduler; twice the same statement where one
     * call does not do both
     */
    public static List<String> turnOffStatements(Timescale timescale) {
        return Collections.nCopies(Versions.ORDER.compare(timescale.version(), SEEN_AT_ONCE) < 0 ? 2 : 1,
                turnOffStatement(timescale));
    }

    /** @return the statement that turns the mode off */
    public static String turnOffStatement(Timescale timescale) {
        return "SELECT " + timescale.function("timescaledb_post_restore") + "()";
    }

    /** @return whether an object of this name, qualified and unquoted, is a function that turns the mode on or off */
    public static boolean isSwitch(Timescale timescale, String object) {
        return Stream.of("timescaledb_pre_restore", "timescaledb_post_restore")
                .anyMatch(name -> timescale.function(name).replace("\"", "").equals(object));
    }

    /** @return whether the mode is on for new sessions of this database */
    public static boolean isOn(Session fresh) {
        return "on".equals(fresh.text("asking for restoring mode", STATE));
    }
}

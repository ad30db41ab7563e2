//DEPS org.postgresql:postgresql:42.7.14
package lib.migrate;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import lib.dsn.Dsn;
import lib.journal.JoinedRun;
import lib.journal.Joiners;
import lib.rows.JoinedRows;
import lib.rows.Parallelism;
import lib.server.DatabaseIdentity;
import lib.server.Leftovers;
import lib.server.Retries;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetLock;
import lib.settings.ComputingSessions;
import lib.settings.DriverSettings;
import lib.talk.Cleanup;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Heartbeat;
import lib.talk.Printable;
import lib.talk.RunName;

/**
 * Helps a run that another machine has begun, until that ends: copies parts of its rows. It needs nothing but the two
 * servers; what else it has to know stands in the journal.
 */
public final class Joining {
    /** Seconds that a machine waits for a run. */
    private static final int WAIT = Integer.getInteger("tsmigrate.joiner.wait", 600);
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int PAUSE_MILLIS = 250;
    private static final int CALL_EACH = 2;
    /** There is no such database. */
    private static final String NO_DATABASE = "3D000";

    private final Console console;
    private final int workers;
    private final long rate;
    private final Map<String, String> environment;
    private final String machine = machine();
    private final String id = RunName.TEXT;
    private DriverSettings psql;

    /**
     * @param workers how many parts are copied at once; 0 for as many as suit this machine and both servers
     * @param rate bytes a second at most, or 0
     */
    public Joining(Console console, int workers, long rate, Map<String, String> environment) {
        this.console = console;
        this.workers = workers;
        this.rate = rate;
        this.environment = environment;
    }

    /** Several may run on one host. */
    private static String machine() {
        String process = ":" + ProcessHandle.current().pid();
        try {
            return InetAddress.getLocalHost().getHostName() + process;
        } catch (UnknownHostException e) {
            return "a machine without a name" + process;
        }
    }

    /**
     * Helps until the run has ended well.
     *
     * @throws Failure again, when there is no run, or it has ended otherwise, or by a fault that passes
     */
    public void run(Dsn source, Dsn target) {
        try {
            run(Server.connectToStay(source), Server.connectToStay(target));
        } catch (Failure e) {
            boolean none = e.getCause() instanceof SQLException why && NO_DATABASE.equals(why.getSQLState());
            if (e.exitCode() != Failure.AGAIN && (none || Retries.passes(e))) {
                Failure again = Failure.again("%s", Failure.why(e)).because(e);
                throw e.hint() == null ? again : again.hint("%s", new Printable(e.hint()));
            }
            throw e;
        }
    }

    private void run(Server source, Server target) {
        String identity;
        try (Session from = source.session()) {
            identity = DatabaseIdentity.withoutAddress(from);
        }
        // One that stands still within a transaction keeps nobody waiting for ever.
        String bounded = "SET idle_in_transaction_session_timeout = '" + Joiners.SILENCE + "s'";
        target.greet(bounded);
        Server copying = Server.connectToStay(target.dsn());
        // Rows wait for nothing that can be asked before; what the run sets for the database counts all the same.
        psql = ComputingSessions.ask(copying, environment, console);
        copying.greet(Leftovers.registrationOf(id) + "; " + bounded);
        int expected = parallelism(source, target).workers();
        boolean ended = false;
        while (!ended) {
            JoinedRun run = await(target, identity, expected);
            console.begin();
            Announcement announced = new Announcement(run, target, machine, expected, console);
            announced.beat();
            Heartbeat beats = new Heartbeat("joined", Joiners.BEAT, announced::beat);
            try (Looks looks = new Looks(run, target)) {
                console.say("joined a run as %s", machine);
                ended = follow(run, looks, source, copying);
                console.say(ended ? "the run has ended" : "another run goes on with its work");
            } finally {
                beats.close();
                announced.close();
            }
        }
    }

    private JoinedRun await(Server target, String identity, int expected) {
        try (Session session = target.session()) {
            for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT), said = 0;; pause()) {
                JoinedRun run = JoinedRun.find(session, id, identity);
                if (run != null) {
                    return run;
                }
                if (said % CALL_EACH == 0) {
                    session.run("calling the run", TargetLock.call(id, expected));
                }
                if (said++ == 0) {
                    console.say("no run is under way on the target, waiting for one for %d s", WAIT);
                }
                if (System.nanoTime() > end) {
                    throw Failure.again("no run is under way on the target")
                            .hint("begin one, or go on with one, on another machine: migrate, or migrate --resume");
                }
            }
        }
    }

    /**
     * Goes along with the run through its states.
     *
     * @return whether it has ended well; else another run has taken it over
     */
    private boolean follow(JoinedRun run, Looks looks, Server source, Server target) {
        Failure lost = null;
        for (long attended = System.nanoTime();; pause()) {
            switch (looks.state()) {
                case GONE, PREPARED -> {
                    return true;
                }
                case TAKEN_OVER -> {
                    return false;
                }
                case UNATTENDED -> {
                    if (System.nanoTime() - attended > GRACE_NANOS) {
                        throw Failure.again("the machine that has begun the run is not at work any more")
                                .hint("go on with the run on any machine: %s; then run the same command again",
                                        run.onward());
                    }
                }
                case OPEN -> {
                    Failure again = help(run, looks, source, target);
                    if (again != null && lost == null) {
                        console.warn("%s; waiting for another one to go on with the run", Failure.why(again));
                    }
                    if (again == null || lost == null) {
                        attended = System.nanoTime();
                    } else if (System.nanoTime() - attended > GRACE_NANOS) {
                        throw again;
                    }
                    lost = again;
                }
                default -> attended = System.nanoTime();
            }
        }
    }

    /** @return why nothing can be copied at the moment, where that may pass as another machine takes the run over */
    private Failure help(JoinedRun run, Looks looks, Server source, Server target) {
        JoinedRun.Terms terms = looks.terms();
        if (terms == null) {
            return null;
        }
        try {
            ComputingSessions computing = new ComputingSessions(target, () -> psql);
            console.say("data: %s",
                    new JoinedRows(run, source, computing, parallelism(source, target), rate, console).copy(terms));
        } catch (Failure e) {
            if (!Cleanup.stopping() && e.exitCode() == Failure.AGAIN) {
                return e;
            }
            // A run that has ended has ended our sessions as well.
            if (Cleanup.stopping() || !looks.isOver()) {
                throw e;
            }
            console.explain("%s", Failure.why(e));
        }
        return null;
    }

    private Parallelism parallelism(Server source, Server target) {
        if (workers > 0) {
            return Parallelism.requested(workers);
        }
        try (Session from = source.session(); Session to = target.session()) {
            return Parallelism.of(workers, from, to, false, console);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of("interrupted while waiting for a run").because(e);
        }
    }

    /** Looks at the run, in a session that is opened again when it is lost. */
    private static final class Looks implements AutoCloseable {
        private final JoinedRun run;
        private final Server target;
        private Session session;

        Looks(JoinedRun run, Server target) {
            this.run = run;
            this.target = target;
        }

        JoinedRun.State state() {
            return look(run::look);
        }

        JoinedRun.Terms terms() {
            return look(run::terms);
        }

        /** @return whether it does not go on */
        boolean isOver() {
            return Set.of(JoinedRun.State.GONE, JoinedRun.State.PREPARED, JoinedRun.State.TAKEN_OVER)
                    .contains(state());
        }

        private <T> T look(Function<Session, T> question) {
            return target.retries().run(again -> {
                if (again) {
                    close();
                }
                if (session == null) {
                    session = target.session();
                    session.setAutoCommit(false);
                }
                return question.apply(session);
            }, () -> false);
        }

        @Override
        public void close() {
            if (session != null) {
                session.close();
                session = null;
            }
        }
    }
}

//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import java.util.function.Consumer;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionSettings;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.talk.ShellScript;

/** What a run that was killed has left behind on a source, and the way to mend it: jobs that it had paused. */
public final class MovedJobsRepair {
    private final Server source;

    public MovedJobsRepair(Server source) {
        this.source = source;
    }

    /**
     * Restores the jobs.
     *
     * @param console is told when work begins
     * @param report is told what was done, or that there was nothing to do
     * @throws Failure when that run is still at work, or the record is not ours
     */
    public void run(Console console, Consumer<String> report) {
        try (Session session = source.session()) {
            if (PausedJobs.exists(session)) {
                PausedJobs.restore(session, console::begin).forEach(done -> report.accept("source: " + done));
                return;
            }
            PausedJobs.foreignRecord(session).ifPresent(refusal -> {
                throw refusal;
            });
            report.accept("source: nothing to mend");
        }
    }

    /** @return a shell script that does what {@link #run} would do */
    public Printable script() {
        ShellScript script = new ShellScript("repair: the jobs of %s".formatted(source.dsn()), SessionSettings.PINNED);
        try (Session session = source.session()) {
            return Printable.multiline((PausedJobs.exists(session)
                    ? script.step("Jobs that were paused").sql(ShellScript.Side.SOURCE, PausedJobs.plan(session))
                    : script.step("No job is paused")).text());
        }
    }
}

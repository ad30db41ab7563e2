//DEPS org.postgresql:postgresql:42.7.14
package lib.preflight;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import lib.catalog.MigrationOptions;
import lib.catalog.QueryScript;
import lib.catalog.Selection;
import lib.convert.ConversionCheck;
import lib.convert.ConversionTarget;
import lib.convert.Conversions;
import lib.rows.Parallelism;
import lib.server.Finding;
import lib.server.Server;
import lib.server.Session;
import lib.server.TargetDatabase;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Printable;
import lib.tools.ClientTools;

/** The checks of a migration by themselves. Nothing is changed on either side. */
public final class PreflightRun {
    private static final List<String> NO_QUESTIONS = List.of(
            "What is no question to a server: which client programs are installed on this machine.",
            "Whether both sides are one database is seen from a lock that lasts as long as its session, which ends "
                    + "here with the block.",
            "A target that is yet to be created is asked through another database of its server, which TARGET must "
                    + "name then.",
            "What the data nodes of a multi-node source are asked is asked on their own servers.");

    /**
     * What both sides have answered.
     *
     * @param neededClient the major version of the client programs that are missing, or null
     */
    public record Answer(List<Finding> findings, Integer neededClient) {
        /**
         * Prints a line for each finding, and one for its remedy, if it has one.
         *
         * @throws Failure if one of them stops a migration
         */
        public void print(Console console) {
            for (Finding finding : findings) {
                console.out("%-8s %-18s %s", finding.level().word(), finding.check(), finding.message());
                if (finding.fix() != null) {
                    console.out("%-8s %-18s   fix: %s", "", "", finding.remedy());
                }
            }
            long stops = findings.stream().filter(finding -> finding.level() == Finding.Level.STOP).count();
            if (stops > 0) {
                throw Failure.of("no-go: %d finding(s) stop a migration", stops);
            }
            console.out("go");
        }
    }

    private final Server source;
    private final TargetDatabase target;
    private final MigrationOptions wanted;
    private final Console console;
    private Conversions conversions;
    private Map<String, String> dataNodes = Map.of();

    /** @param wanted of the migration */
    public PreflightRun(Server source, TargetDatabase target, MigrationOptions wanted, Console console) {
        this.source = source;
        this.target = target;
        this.wanted = wanted;
        this.console = console;
    }

    /** @param tables what the migration will make hypertables, or null */
    public PreflightRun converting(Conversions tables) {
        conversions = tables;
        return this;
    }

    /** @param connections connection strings by the names of the source's data nodes */
    public PreflightRun dataNodes(Map<String, String> connections) {
        dataNodes = connections;
        return this;
    }

    /**
     * Asks both sides.
     *
     * @param environment of the user, in which the client programs are looked for
     */
    public Answer ask(Map<String, String> environment) {
        try (Session from = source.session(); Session to = target.server().session()) {
            return check(from, to, environment);
        }
    }

    /** @return a shell script that asks with psql what {@link #ask} has to ask */
    public Printable script(Map<String, String> environment) {
        try (Session from = source.session(); Session to = target.server().session()) {
            List<Session.Asked> asked = Collections.synchronizedList(new ArrayList<>());
            from.record(asked);
            to.record(asked);
            check(from, to, environment);
            return Printable.multiline(
                    new QueryScript("preflight: of %s and %s".formatted(source.dsn(), target.server().dsn()),
                            NO_QUESTIONS).ask(asked).text());
        }
    }

    private Answer check(Session from, Session to, Map<String, String> environment) {
        int workers = Parallelism.of(wanted.workers(), from, to, wanted.pauseJobs(), console).workers();
        Preflight preflight = new Preflight(source, from, target, to, wanted.withWorkers(workers),
                Selection.resolve(from, wanted.filters()), console);
        preflight.begin(ClientTools.find(environment));
        List<Finding> findings = new ArrayList<>(preflight.run());
        if (conversions != null && findings.stream().noneMatch(PreflightRun::isUnreadable)) {
            ConversionTarget timescale = ConversionTarget.of(to);
            findings.addAll(timescale == null ? List.of(ConversionTarget.missing())
                    : ConversionCheck.of(from, conversions, timescale).findings());
        }
        findings.addAll(DataNodeCheck.of(source, from, dataNodes, wanted.leaveOut(), console));
        return new Answer(findings, preflight.neededClient());
    }

    /** What cannot be read cannot be counted either. */
    private static boolean isUnreadable(Finding finding) {
        return finding.level() == Finding.Level.STOP && finding.check().equals("privileges");
    }
}

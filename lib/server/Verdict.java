package lib.server;

import java.util.List;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Failure;
import lib.talk.Report;

/** Reports findings: warnings are printed, and stops end the run before anything is changed. */
public final class Verdict {
    private Verdict() {
    }

    /**
     * Prints the findings.
     *
     * @return how many there were, in words
     * @throws Failure when one of them stops the run
     */
    public static String of(List<Finding> findings, Console console, Report report) {
        List<Finding> stops = findings.stream().filter(finding -> finding.level() == Finding.Level.STOP).toList();
        for (Finding finding : findings) {
            if (finding.level() == Finding.Level.WARNING) {
                console.warn("%s: %s", finding.check(), finding.message());
                report.note("%s", finding.line());
            } else {
                console.explain("%s", finding.line());
            }
        }
        if (stops.size() == 1) {
            Finding stop = stops.get(0);
            throw Failure.of("%s", stop.message()).hint("%s", stop.remedy());
        }
        for (Finding stop : stops) {
            console.error("%s", stop.message());
            console.hint("%s", stop.remedy());
        }
        if (!stops.isEmpty()) {
            throw Failure.of("preflight found %d reasons not to start; nothing was changed", stops.size());
        }
        long warnings = findings.stream().filter(finding -> finding.level() == Finding.Level.WARNING).count();
        return Count.of(findings.size(), "check") + ", " + Count.of(warnings, "warning");
    }
}

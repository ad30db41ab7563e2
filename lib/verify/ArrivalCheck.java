package lib.verify;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import lib.compare.ComparedRows;
import lib.facts.Difference;
import lib.settings.ComputingSessions;
import lib.source.FrozenSource;
import lib.source.WriteCounters;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.ProgressLine;
import lib.talk.Report;
import lib.talk.Steps;

/**
 * Compares both sides after a move, as far as the operator asked for, and says what may be said then of what arrived.
 */
public final class ArrivalCheck {
    private final Verification.Level level;
    private final Console console;
    private final Report report;
    private ComparedRows compared;
    private boolean writtenSince;

    /** @param level null for no comparison */
    public ArrivalCheck(Verification.Level level, Console console, Report report) {
        this.level = level;
        this.console = console;
        this.report = report;
    }

    /**
     * Compares.
     *
     * @param sequences the values that sequences must have reached, by the identifier of the source's
     * @param expected what was announced to differ
     * @return what differs beside that
     */
    public List<Difference> run(FrozenSource source, ComputingSessions target, Map<Long, Long> sequences, int workers,
            AnnouncedDifferences expected, Steps steps) {
        if (level == null) {
            return List.of();
        }
        Verification verification = new Verification(source.snapshot(), target, source.selection(), console, workers)
                .sequenceValues(sequences).jobsPaused();
        List<Difference> differences = steps.run("verify", () -> {
            ProgressLine line = console.progress(() -> "verify: " + verification.state());
            try {
                return verification.run(level).stream().filter(difference -> !expected.covers(difference)).toList();
            } finally {
                line.close();
            }
        }, found -> result(found, verification));
        compared = verification.compared();
        verification.undecided().forEach(relation -> {
            report.note("not decided: %s", relation);
            console.warn("not decided: %s", relation);
        });
        return differences;
    }

    private String result(List<Difference> found, Verification verification) {
        String how = level.name().toLowerCase(Locale.ROOT)
                + (level == Verification.Level.SAMPLE ? ": " + verification.compared().contents() : "");
        return (found.isEmpty() ? "no differences (" + how + ")" : Count.of(found.size(), "difference"))
                + (verification.undecided().isEmpty() ? "" : ", " + verification.undecided().size() + " not decided");
    }

    /** Says what the source's own counters know of rows that were written to it meanwhile. */
    public void written(WriteCounters since) {
        if (since.written() == 0) {
            report.note("source: no rows were written after the snapshot was taken%s",
                    since.transactions() == 0 ? ""
                            : ", as far as its statistics know, which run up to ten seconds late");
            return;
        }
        writtenSince = true;
        String text = since.written()
                + " rows were written to the source after the snapshot was taken, they are not on the target ("
                + since.inserted() + " inserted, " + since.updated() + " updated, " + since.deleted() + " deleted)";
        report.note("warning: %s", text);
        console.warn("%s", text);
    }

    /**
     * What arrived: everything only where all of it was looked at, and nothing was left out.
     *
     * @param moved what was moved, in words, for a run that did not count
     * @param leftOut what was left out by itself or by choice
     */
    public String arrived(String moved, Omissions leftOut) {
        leftOut.part("rows written to the source meanwhile", writtenSince);
        if (level == null) {
            return leftOut.summary("arrived: " + moved + "; nothing was compared");
        }
        return switch (level) {
            case OBJECTS -> leftOut.summary("arrived: " + moved + "; compared: objects, no rows");
            case COUNTS ->
                leftOut.summary("arrived: " + compared.text() + "; compared: objects and numbers of rows, no contents");
            case SAMPLE -> compared.sampled() + compared.counted() == 0 ? leftOut.lastLine(compared.text())
                    : leftOut.summary("arrived: " + compared.text() + "; compared: objects, numbers of rows, "
                            + compared.contents());
            case CHECKSUMS -> leftOut.lastLine(compared.text());
        };
    }
}

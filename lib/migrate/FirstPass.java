package lib.migrate;

import java.util.List;
import lib.journal.PassFigures;
import lib.server.Session;
import lib.source.Contents;
import lib.source.FrozenSource;
import lib.source.WriteCounters;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.Report;

/**
 * What is said at the end of a pass before the downtime: what is there, what is written to meanwhile, and how much the
 * last pass would have to copy of that.
 */
final class FirstPass {
    private final Report report;
    private final Console console;

    FirstPass(Report report, Console console) {
        this.report = report;
        this.console = console;
    }

    /**
     * @param target a session on the target
     * @param rows what is there, in words
     */
    void end(FrozenSource source, Contents contents, Session target, String rows) {
        WriteCounters since = source.writtenSince();
        List<Contents.Table> moving = contents.tables().stream()
                .filter(table -> since.writtenTables().contains(table.oid())).toList();
        PassFigures figures = PassFigures.read(target);
        long left = moving.stream().mapToLong(Contents.Table::bytes).sum();
        report.note("prepared: %s; this pass copied %s of %s", rows, Bytes.text(figures.copied()),
                Bytes.text(figures.all()));
        report.note("%s", moving.isEmpty()
                ? "no table was written to since, as far as the source's statistics know, which run up to ten seconds "
                        + "late"
                : "written to since: " + Count.some(moving) + "; a last pass now would copy at most "
                        + Bytes.text(left) + figures.duration(left));
        report.note("the target is not finished: stop what writes to the source, then run the same command with "
                + "--resume in place of --prepare");
        console.explain("%d rows were written to the source after the snapshot was taken", since.written());
    }
}

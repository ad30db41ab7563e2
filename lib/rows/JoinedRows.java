package lib.rows;

import java.util.List;
import lib.journal.JoinedRun;
import lib.server.Server;
import lib.settings.ComputingSessions;
import lib.source.Snapshot;
import lib.talk.Bytes;
import lib.talk.Console;
import lib.talk.Count;
import lib.talk.ProgressLine;

/** The rows that one machine copies of a run which another one has begun. */
public final class JoinedRows {
    private final JoinedRun run;
    private final Server source;
    private final ComputingSessions target;
    private final Parallelism parallelism;
    private final long rate;
    private final Console console;

    /** @param rate bytes a second at most, in COPY's format; 0 for as many as both sides can */
    public JoinedRows(JoinedRun run, Server source, ComputingSessions target, Parallelism parallelism, long rate,
            Console console) {
        this.run = run;
        this.source = source;
        this.target = target;
        this.parallelism = parallelism;
        this.rate = rate;
        this.console = console;
    }

    /**
     * Copies parts for as long as the run has any, or may have.
     *
     * @return what was copied, in words
     */
    public String copy(JoinedRun.Terms terms) {
        CopyProgress progress = new CopyProgress(0);
        CopiedRows copied = new CopiedRows();
        try (Snapshot snapshot = Snapshot.join(source, terms.snapshot(), terms.sees());
                Copier copier = new Copier(snapshot, target, console, parallelism, CopyPlan.LARGEST_PART, rate,
                        progress)) {
            JoinedParts parts = new JoinedParts(run, snapshot, List.copyOf(terms.extensions()), copied);
            target.server().retries().after(parts::awaitRun);
            ProgressLine line = console.progress(() -> "data: " + progress.text());
            try {
                copier.help(parts);
            } finally {
                line.close();
            }
            return Count.of(parts.parts(), "part") + ", " + copied.rowText() + ", " + Bytes.text(progress.bytes());
        }
    }
}

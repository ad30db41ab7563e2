package lib.rows;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import lib.code.LockedTables;
import lib.code.PlannedCode;
import lib.server.Server;
import lib.server.Session;
import lib.server.SessionPair;
import lib.server.WorkerSessions;
import lib.source.Snapshot;
import lib.timescale.TimescaleExtension;
import lib.timescale.TimescaleSettings;

/**
 * The sessions with which one worker queries tables on both sides, and runs nothing that somebody has written. What it
 * asks is asked again after a fault that passes.
 */
final class ComparisonSessions implements AutoCloseable {
    private final Snapshot source;
    private final Server target;
    private final String doing;
    private final WorkerSessions sessions;
    /** Sees what is there now, as the planner does. */
    private Session now;

    ComparisonSessions(Snapshot source, Server target, String doing) {
        this.source = source;
        this.target = target;
        this.doing = doing;
        sessions = new WorkerSessions(target.retries(), this::open);
    }

    private SessionPair open() {
        SessionPair open = new SessionPair(source, target);
        try {
            open.source().run(doing, settings(open.source()));
            open.target().run(doing, PlannedCode.TABLES_ONLY);
            return open;
        } catch (RuntimeException e) {
            open.close();
            throw e;
        }
    }

    /** Of a chunk, its own rows were copied, and of what belongs to it those that are compressed. */
    private static String settings(Session from) {
        return PlannedCode.TABLES_ONLY
                + (TimescaleExtension.of(from) == null ? "" : "; SET " + TimescaleSettings.DECOMPRESSION + " = off");
    }

    /**
     * @param tables as both sides know them
     * @param questions is given the sessions, and the places of the tables that cannot be queried without running what
     * somebody has written
     * @return its answer
     */
    <T> T ask(List<BegunTable> tables, BiFunction<SessionPair, Set<Integer>, T> questions) {
        List<PlannedCode.Queried> queried =
                tables.stream().map(begun -> new PlannedCode.Queried(begun.table().sql(), false)).toList();
        return sessions.run((open, again) -> {
            Session present = present();
            try (LockedTables here = new LockedTables(present, present);
                    LockedTables there = new LockedTables(open.target(), open.target())) {
                Set<Integer> coded = new HashSet<>(here.runningCode(doing, queried));
                coded.addAll(there.runningCode(doing, queried));
                return answer(open, tables, reading -> questions.apply(reading, coded));
            }
        });
    }

    /** A TRUNCATE or ALTER TABLE waits for our snapshot, and who asks for a table after it waits for that one. */
    private <T> T answer(SessionPair open, List<BegunTable> tables, Function<SessionPair, T> question) {
        if (source.tryLock(open.source(), tables.stream().map(begun -> begun.table().sql()).toList())) {
            return question.apply(open);
        }
        synchronized (source.holder()) {
            Session holder = source.holder();
            holder.run(doing, "SAVEPOINT comparing; " + settings(holder));
            try {
                return question.apply(open.reading(holder));
            } finally {
                holder.run(doing, "ROLLBACK TO comparing; RELEASE comparing");
            }
        }
    }

    private Session present() {
        if (now == null || now.isClosed()) {
            now = source.server().session();
        }
        return now;
    }

    /** Makes what is asked fail soon; called from another thread. */
    void cancel() {
        sessions.cancel();
    }

    @Override
    public void close() {
        if (now != null) {
            now.close();
        }
        sessions.close();
    }
}

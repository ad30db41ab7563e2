//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import lib.server.JournalTables;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.server.TargetLock;
import lib.talk.Console;
import lib.talk.Failure;
import lib.timescale.RestoringMode;

/**
 * What the target says of a run: its journal, who holds the lock, and what its sessions do. Everything is asked in one
 * session, and nothing is changed.
 *
 * @param worker who is at work, or null
 * @param journal what a run has written down, or null where there is none
 * @param machines others that help; without the first one, those that still finish what they have begun
 * @param repair what an interrupted run has left on that the next command does not need to know of
 */
record RunStatus(TargetLock.Holder worker, Written journal, List<RunActivity> running, List<JoinedMachine> machines,
        List<String> repair) {
    /** Where a run stands. */
    enum State {
        /** None is known. */
        NONE,
        /** A command has the target for itself, and has not begun to make anything, or has just come to its end. */
        BEGINNING,
        RUNNING,
        /** A pass before the downtime has ended, and another one comes. */
        PREPARED,
        INTERRUPTED
    }

    /**
     * How many units of a kind are made.
     *
     * @param kind as the archive has it, such as {@code TABLE}
     */
    record Made(String kind, long number) {
    }

    /**
     * What the journal says.
     *
     * @param started when the first run began, as ISO 8601 has it
     * @param age seconds since then
     * @param source the source's database; empty where nothing goes on with the run
     * @param options those that change what arrives, a line each
     * @param run how it goes on
     * @param speed bytes of the source's disk a second, or 0
     */
    record Written(String started, long age, String version, String source, List<String> options, List<Made> made,
            CopiedRows rows, List<CopiedRows.Unfinished> unfinished, UnfinishedRun run, long speed) {
    }

    /** How many tables are named at most. */
    static final int NAMED = 5;
    /** A run may begin or end while it is asked about. */
    private static final int TRIES = 3;

    /** @throws Failure when the schema of our name cannot be read or trusted */
    static RunStatus of(Session target) {
        for (int i = 1;; i++) {
            TargetLock.Holder before = TargetLock.holder(target);
            try {
                RunStatus status = of(target, before);
                if (i == TRIES || Objects.equals(before, TargetLock.holder(target))) {
                    return status;
                }
            } catch (Failure e) {
                // The journal goes when its run has succeeded.
                if (i == TRIES || JournalTables.find(target).state() != OwnSchema.State.ABSENT) {
                    throw e;
                }
            }
        }
    }

    private static RunStatus of(Session target, TargetLock.Holder worker) {
        OwnSchema.Found found = JournalTables.find(target);
        if (found.state() == OwnSchema.State.ABSENT) {
            return new RunStatus(worker, null, List.of(), List.of(), List.of());
        }
        if (found.state() != OwnSchema.State.OURS) {
            throw refusal(target, found);
        }
        List<RunActivity> running = RunActivity.ask(target);
        return new RunStatus(worker, written(target, worker, running.size()), running,
                JoinedMachine.ask(target).stream().filter(each -> worker != null || !each.quiet()).toList(),
                worker == null ? leftOn(target) : List.of());
    }

    /** It may be that of a run which is at work, and is not to be touched then. */
    private static Failure refusal(Session target, OwnSchema.Found found) {
        String user = target.text("asking who is connected", "SELECT current_user");
        if (found.version() != null) {
            return Failure
                    .of("schema \"%s\" on the target holds the journal of a run by version %s of this program, which "
                            + "this version (%s) cannot read", OwnSchema.NAME, found.version(), Console.VERSION)
                    .hint("run that version, which can go on with it: status");
        }
        return user.equals(found.owner()) ? found.refusal("target")
                : Failure.of("%s", found.text("target"))
                        .hint("if a run of user \"%s\" has made it, ask as that user: status", found.owner());
    }

    private static Written written(Session target, TargetLock.Holder worker, int running) {
        List<Made> made = target.list("reading the journal",
                "SELECT u.kind, pg_catalog.count(*) FROM " + JournalTables.UNIT.sql()
                        + " u GROUP BY u.kind ORDER BY 2 DESC, 1",
                row -> new Made(row.getString(1), row.getLong(2)));
        UnfinishedRun run = UnfinishedRun.of(target);
        CopiedRows rows = CopiedRows.ask(target);
        long speed = worker == null || worker.since() == null ? 0 : CopiedRows.speed(target, worker.since());
        List<CopiedRows.Unfinished> unfinished = CopiedRows.unfinished(target, NAMED + running);
        return target.list("reading the journal", """
                SELECT pg_catalog.to_char(r.started AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - r.started)::int8,
                       r.version, r.source, r.options
                  FROM %s r""".formatted(JournalTables.RUN.sql()),
                row -> new Written(row.getString(1), row.getLong(2), row.getString(3), row.getString(4),
                        row.getString(5).lines().toList(), made, rows, unfinished, run, speed))
                .get(0);
    }

    /** @return what a run that was killed has left on the target, in words */
    private static List<String> leftOn(Session target) {
        Optional<String> mode = RestoringMode.isOn(target)
                ? Optional.of("TimescaleDB's restoring mode is on") : Optional.empty();
        List<String> roles = Memberships.leftBehind(target);
        Optional<String> member = roles.isEmpty() ? Optional.empty()
                : Optional.of("memberships of the target's user are not as before");
        return Stream.of(mode, member).flatMap(Optional::stream).toList();
    }

    State state() {
        return worker != null ? journal == null ? State.BEGINNING : State.RUNNING
                : journal == null ? State.NONE : journal.run.prepared() ? State.PREPARED : State.INTERRUPTED;
    }

    /** @return how many parts nobody is copying yet */
    long waitingParts() {
        return Math.max(0, journal.rows.parts().left() - running.stream().filter(RunActivity::isCopy).count());
    }

    /** @return the tables that they are of, the largest first, some of them */
    List<CopiedRows.Unfinished> waiting() {
        return journal.unfinished.stream()
                .filter(table -> table.parts() > running.stream()
                        .filter(each -> each.isCopy() && table.name().equals(each.table())).count())
                .limit(NAMED).toList();
    }

    /** @return how long the rows still take at their speed, in seconds; null where that is not known */
    Long secondsLeft() {
        return journal.speed == 0 ? null : journal.rows.bytes().left() / journal.speed;
    }
}

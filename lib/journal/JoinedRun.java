//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import lib.catalog.MigrationOptions;
import lib.server.JournalTables;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.server.TargetLock;
import lib.talk.Console;
import lib.talk.Failure;
import lib.talk.Sql;

/**
 * The run of another machine, as one sees it that helps. It may end at any time, and its journal with it; each look at
 * it is a transaction that holds the journal's tables, so that they are the same that were found in the beginning.
 */
public final class JoinedRun {
    /** How it stands with the run. */
    public enum State {
        /** Its rows are copied, and others may help. */
        OPEN,
        /** It has not come to the rows yet, or is past them. */
        CLOSED,
        /** Its machine is not at work: it may have ended, or take its lock again. */
        UNATTENDED,
        /** A pass before the downtime has ended well. */
        PREPARED,
        /** Its journal has gone, as it does when all is well. */
        GONE,
        /** Another run has taken it over. */
        TAKEN_OVER
    }

    /** What others have to know to help. */
    public record Terms(String snapshot, String sees, List<String> extensions) {
    }

    /** There is no such table, or no such schema. */
    private static final Set<String> MISSING = Set.of("42P01", "3F000");
    private static final String DOING = "looking at the run";
    private static final String OIDS = "SELECT pg_catalog.string_agg(c.oid::text, ' ' ORDER BY c.oid) FROM "
            + "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = "
            + Sql.literal(OwnSchema.NAME) + " AND c.relkind = 'r'";

    private final String id;
    private final String name;
    private final boolean pass;
    private final String tables;

    private JoinedRun(String id, String name, boolean pass, String tables) {
        this.id = id;
        this.name = name;
        this.pass = pass;
        this.tables = tables;
    }

    /**
     * Looks for a run that is under way.
     *
     * @param id of this machine among those that help
     * @param source as {@link RunIdentity#source} has it
     * @return null where there is none at the moment
     * @throws Failure when there is one that cannot be joined, or one of another source that may go on later
     */
    public static JoinedRun find(Session target, String id, String source) {
        OwnSchema.Found found = JournalTables.find(target);
        if (found.state() == OwnSchema.State.ABSENT) {
            return null;
        }
        if (!TargetLock.isTaken(target)) {
            if (found.state() == OwnSchema.State.OURS) {
                sources(target).stream().filter(known -> !known.isEmpty()).forEach(known -> refuse(known, source));
            }
            return null;
        }
        if (found.version() != null) {
            throw otherVersion(found.version());
        }
        if (found.state() != OwnSchema.State.OURS) {
            throw found.refusal("target");
        }
        String tables = target.text(DOING, OIDS);
        return target
                .list(DOING, "SELECT name, source, version, prepared IS NOT NULL, pass FROM " + JournalTables.RUN.sql(),
                        row -> {
                            if (!Console.VERSION.equals(row.getString(3))) {
                                throw otherVersion(row.getString(3));
                            }
                            if (UnfinishedRun.isDump(row.getString(2))) {
                                throw Failure
                                        .of("the run on the target restores from files, which no other machine has")
                                        .hint("wait for it, without --join");
                            }
                            refuse(row.getString(2), source);
                            // A pass that has ended; the next one may just begin.
                            return row.getBoolean(4) ? null
                                    : new JoinedRun(id, row.getString(1), row.getBoolean(5), tables);
                        })
                .get(0);
    }

    /** @return the command that goes on with it, without its connection strings */
    public String onward() {
        return pass ? "migrate --prepare" : "migrate --resume";
    }

    /** @return the source of a run that is not at work; nothing when its journal has just gone */
    private static List<String> sources(Session target) {
        try {
            return target.texts(DOING, "SELECT source FROM " + JournalTables.RUN.sql());
        } catch (Failure e) {
            if (isGone(e)) {
                return List.of();
            }
            throw e;
        }
    }

    private static void refuse(String known, String source) {
        if (!known.equals(source)) {
            throw Failure.of("the run on the target has another source: %s, and this one is %s", known, source)
                    .hint("check --source and --target: they must be those of the run");
        }
    }

    private static boolean isGone(Failure e) {
        return e.getCause() instanceof SQLException why && MISSING.contains(String.valueOf(why.getSQLState()));
    }

    private static Failure otherVersion(String version) {
        return Failure.of("the run on the target is by version %s of this program, and this is version %s", version,
                Console.VERSION).hint("join it with that version");
    }

    /** @return the identifier of this machine among those that help */
    public String id() {
        return id;
    }

    /**
     * Begins a transaction that holds the journal.
     *
     * @param session one that does not commit by itself
     * @return how it stands with the run; the transaction has ended where there is nothing to hold
     */
    public State enter(Session session) {
        try {
            session.run(DOING, "LOCK TABLE " + JournalTables.RUN.sql() + ", " + JournalTables.PART.sql() + ", "
                    + JournalTables.JOINER.sql() + " IN ACCESS SHARE MODE");
        } catch (Failure e) {
            if (isGone(e)) {
                session.rollback();
                return State.GONE;
            }
            throw e;
        }
        if (!tables.equals(session.text(DOING, OIDS))) {
            session.rollback();
            return State.TAKEN_OVER;
        }
        State state = session.list(DOING, "SELECT name, prepared IS NOT NULL, snapshot IS NOT NULL FROM "
                + JournalTables.RUN.sql(),
                row -> !name.equals(row.getString(1)) ? State.TAKEN_OVER
                        : row.getBoolean(2) ? State.PREPARED : row.getBoolean(3) ? State.OPEN : State.CLOSED)
                .stream().findFirst().orElse(State.TAKEN_OVER);
        if (state == State.TAKEN_OVER) {
            return state;
        }
        boolean attended = TargetLock.isTaken(session);
        return state == State.PREPARED ? attended ? State.CLOSED : state : attended ? state : State.UNATTENDED;
    }

    /** @return the same, without a transaction afterwards */
    public State look(Session session) {
        State state = enter(session);
        session.rollback();
        return state;
    }

    /** @return what the run tells those that help; null where it does not at the moment */
    public Terms terms(Session session) {
        Terms terms = enter(session) != State.OPEN ? null : session.list(DOING,
                "SELECT snapshot, sees, extensions FROM " + JournalTables.RUN.sql(),
                row -> new Terms(row.getString(1), row.getString(2), row.getString(3).lines().toList())).get(0);
        session.rollback();
        return terms;
    }

    /** @return the tables of which the run copies rows, by their OIDs on the source */
    public static List<Long> tables(Session session) {
        return session.list(DOING, "SELECT DISTINCT source FROM " + JournalTables.PART.sql(), row -> row.getLong(1));
    }

    /** @return whether the run makes hypertables anew, so that compressed chunks are read by queries */
    public static boolean rebuilds(Session session) {
        return session.texts(DOING, "SELECT options FROM " + JournalTables.RUN.sql()).stream()
                .flatMap(String::lines).anyMatch(MigrationOptions.REBUILD::equals);
    }

    /**
     * Gives a sign of life.
     *
     * @param machine the name of this one
     * @param workers how many parts it copies at once
     */
    public void announce(Session session, String machine, int workers) {
        State state = enter(session);
        // Without the first machine, this one still copies what it has begun.
        if (Set.of(State.OPEN, State.CLOSED, State.UNATTENDED).contains(state)) {
            session.run("writing the journal", "INSERT INTO " + JournalTables.JOINER.sql() + " VALUES ("
                    + Sql.literal(id) + ", " + Sql.literal(machine) + ", pg_catalog.clock_timestamp(), "
                    + "pg_catalog.clock_timestamp()) ON CONFLICT (id) DO UPDATE SET heard = EXCLUDED.heard; "
                    + TargetLock.call(id, workers) + "; COMMIT");
        } else {
            session.rollback();
        }
    }

    /** Leaves the run. */
    public void leave(Session session) {
        State state = enter(session);
        if (state == State.GONE || state == State.TAKEN_OVER) {
            session.rollback();
        } else {
            session.run("writing the journal", "DELETE FROM " + JournalTables.JOINER.sql() + " WHERE id = "
                    + Sql.literal(id) + "; COMMIT");
        }
    }
}

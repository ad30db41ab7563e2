package lib.journal;

import java.util.Collection;
import java.util.List;
import lib.server.JournalTables;
import lib.server.Session;
import lib.talk.Sql;

/** The other machines that copy rows of a run, as the first one sees them in the journal. */
public final class Joiners {
    /**
     * Seconds; a machine that is not heard of for longer is gone, whatever its connections look like.
     */
    public static final int SILENCE = Integer.getInteger("tsmigrate.joiner.silence", 60);
    /** Seconds from one sign of life to the next. */
    public static final int BEAT = Math.max(1, Math.min(5, SILENCE / 3));

    /** Seconds; who is not heard of for longer has missed a sign of life. */
    static final int QUIET = 2 * BEAT;

    private Joiners() {
    }

    /**
     * Lets other machines help from now on.
     *
     * @param snapshot of the source, which they join, and {@code sees}, by which they know that it is the same
     * @param extensions those that have the same version on both sides
     */
    public static void admit(Session session, String snapshot, String sees, Collection<String> extensions) {
        session.run("writing the journal", "UPDATE " + JournalTables.RUN.sql() + " SET snapshot = "
                + Sql.literal(snapshot) + ", sees = " + Sql.literal(sees) + ", extensions = "
                + Sql.literal(String.join("\n", extensions)));
    }

    /** There is nothing left that another machine can do. */
    public static void dismiss(Session session) {
        session.run("writing the journal", "UPDATE " + JournalTables.RUN.sql() + " SET snapshot = NULL");
    }

    /** What has become of another machine, as far as the target knows. */
    public enum Presence {
        /** It was heard of lately. */
        THERE,
        /** It was not, and all its connections have ended. */
        ENDED,
        /** It was not for so long that its connections do not matter. */
        SILENT
    }

    /** Another machine that has joined, and has not said that it leaves. */
    public record Machine(String id, String name, Presence presence) {
    }

    /** @return those that have joined, in that order */
    public static List<Machine> machines(Session session) {
        return session.list("looking for other machines", """
                SELECT j.id, j.machine, CASE WHEN %s THEN 'SILENT' WHEN %s AND NOT EXISTS (SELECT FROM %s s
                       JOIN pg_catalog.pg_stat_activity a ON a.pid = s.pid AND a.backend_start = s.started
                       WHERE s.joiner = j.id) THEN 'ENDED' ELSE 'THERE' END
                  FROM %s j
                 ORDER BY j.joined, j.id""".formatted(silent(SILENCE), silent(QUIET), JournalTables.SESSION.sql(),
                JournalTables.JOINER.sql()),
                row -> new Machine(row.getString(1), row.getString(2), Presence.valueOf(row.getString(3))));
    }

    private static String silent(int seconds) {
        return "j.heard < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => " + seconds + ")";
    }

    /** Ends the sessions of one that is gone, so that what it has begun is copied by others. */
    public static void remove(Session session, Machine gone) {
        session.texts("ending the sessions of a machine that is gone",
                "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a JOIN "
                        + JournalTables.SESSION.sql() + " s ON s.pid = a.pid AND s.started = a.backend_start "
                        + "WHERE a.datname = pg_catalog.current_database() AND s.joiner = " + Sql.literal(gone.id()));
        session.run("writing the journal", "DELETE FROM " + JournalTables.JOINER.sql() + " WHERE id = "
                + Sql.literal(gone.id()));
    }
}

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

    private static final String TABLE = JournalTables.JOINER.sql();
    private static final String SILENT =
            "j.heard < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => " + SILENCE + ")";

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

    /** @return the names of those that are there */
    public static List<String> machines(Session session) {
        return session.texts("looking for other machines", "SELECT j.machine FROM " + TABLE + " j WHERE NOT " + SILENT
                + " ORDER BY j.joined, j.id");
    }

    /**
     * Ends the sessions of those that are not heard of any more, so that what they have begun is copied by others.
     *
     * @return their names
     */
    public static List<String> endSilent(Session session) {
        List<String> silent = session.texts("looking for other machines",
                "SELECT j.id FROM " + TABLE + " j WHERE " + SILENT);
        return silent.stream().map(id -> {
            session.texts("ending the sessions of a machine that is gone",
                    "SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity a JOIN "
                            + JournalTables.SESSION.sql() + " s ON s.pid = a.pid AND s.started = a.backend_start "
                            + "WHERE a.datname = pg_catalog.current_database() AND s.joiner = " + Sql.literal(id));
            return session.text("writing the journal", "DELETE FROM " + TABLE + " WHERE id = " + Sql.literal(id)
                    + " RETURNING machine");
        }).toList();
    }
}

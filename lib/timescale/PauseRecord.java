//DEPS org.postgresql:postgresql:42.7.14
package lib.timescale;

import java.util.List;
import lib.server.Membership;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.talk.Sql;

/**
 * The record on the source of paused jobs: which ones were moved, when each was due before, and the time that it was
 * moved to. A job that is now due at another time was rescheduled by TimescaleDB and is left alone. A table of that
 * name that is not ours ({@link OwnSchema}) is neither read nor dropped; in a database without TimescaleDB none is.
 */
public final class PauseRecord {
    public static final String TABLE = OwnSchema.NAME + ".paused_job";
    static final List<OwnSchema.Table> TABLES = List.of(
            OwnSchema.Table.of("paused_job", List.of("job"), "job int4 !", "due timestamptz !", "moved timestamptz !"));
    private static final String REMARK = "tsmigrate: jobs of TimescaleDB that a run has moved to a later time";

    private static final String RELATION =
            "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace";

    /**
     * An SQL condition: in a database that has TimescaleDB, a relation {@code c} in a schema {@code n} looks like the
     * record. Anybody can make one.
     */
    private static final String FORM = """
            n.nspname = '%s' AND c.relname = 'paused_job' AND c.relkind = 'r'
              AND pg_catalog.obj_description(c.oid, 'pg_class') = '%s'
            AND (SELECT pg_catalog.string_agg(a.attname || ' ' || a.atttypid, ', ' ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a
                  WHERE a.attrelid = c.oid AND a.attnum > 0) = 'job 23, due 1184, moved 1184'
            AND EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extname = 'timescaledb')"""
            .formatted(OwnSchema.NAME, REMARK);

    /** An SQL condition: a schema {@code s} holds what looks like the record, and nothing else. */
    public static final String ALONE = """
            EXISTS (SELECT %s WHERE n.oid = s.oid AND %s AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_depend d WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
                AND d.refobjid = n.oid
                 AND NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid)))"""
            .formatted(RELATION, FORM);

    private PauseRecord() {
    }

    /** @return whether what looks like the record is ours; null if nothing does */
    public static OwnSchema.Found find(Session session) {
        boolean like =
                session.text("looking for paused jobs", "SELECT 1 " + RELATION + " WHERE " + FORM) != null;
        return like ? OwnSchema.find(session, TABLES) : null;
    }

    /** @return whether there is one that is ours, and that this user may read and drop */
    public static boolean exists(Session session) {
        OwnSchema.Found found = find(session);
        return found != null && found.state() == OwnSchema.State.OURS
                && "t".equals(session.text("asking for a membership",
                        "SELECT " + Membership.hasRightsOf(Sql.literal(found.owner()))));
    }

    /** Creates the record. */
    public static void make(Session session) {
        String doing = "preparing to pause the jobs";
        session.run(doing, "BEGIN");
        OwnSchema.create(session, TABLES);
        session.run(doing, "COMMENT ON TABLE " + TABLE + " IS " + Sql.literal(REMARK) + "; COMMIT");
    }

    /** @return whether a schema of its name exists */
    public static boolean isTaken(Session session) {
        return session.text("looking for a schema",
                "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = '" + OwnSchema.NAME + "'") != null;
    }

    /**
     * @return an SQL expression for a row {@code j} of the jobs and {@code s} of their statistics: when the job is due
     * by its own schedule, or null
     */
    static String due(Session session) {
        String now = "CASE WHEN pg_catalog.isfinite(s.next_start) THEN s.next_start END";
        return exists(session) ? "coalesce((SELECT p.due FROM ONLY " + TABLE
                + " p WHERE p.job = j.id AND p.moved = s.next_start), " + now + ")" : now;
    }
}

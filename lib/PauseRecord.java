//DEPS org.postgresql:postgresql:42.7.14
//SOURCES Rows.java
package lib;

import java.sql.Connection;

/**
 * What is remembered on the source while its jobs are paused: which ones were moved, when each was due before, and to when it was moved. A job
 * that is due at another time by now has a time of its own again.
 */
final class PauseRecord {
    static final String SCHEMA = "tsmigrate";
    static final String TABLE = SCHEMA + ".paused_job";

    private PauseRecord() {
    }

    /** @return whether there is one that this user may read */
    static boolean exists(Connection session, String side) {
        return Rows.text(session, side, "looking for paused jobs", """
                SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE pg_catalog.format('%%I.%%I', n.nspname, c.relname) = '%s' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                   AND pg_catalog.has_table_privilege(c.oid, 'SELECT')""".formatted(TABLE)) != null;
    }

    /** @return an SQL expression for a row {@code j} of the jobs and {@code s} of their statistics: when the job is due by its own schedule, or null */
    static String due(Connection session, String side) {
        String now = "CASE WHEN pg_catalog.isfinite(s.next_start) THEN s.next_start END";
        return exists(session, side) ? "coalesce((SELECT p.due FROM " + TABLE + " p WHERE p.job = j.id AND p.moved = s.next_start), " + now + ")" : now;
    }
}

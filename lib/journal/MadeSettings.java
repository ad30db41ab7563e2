//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.List;
import lib.server.JournalTables;
import lib.server.Session;
import lib.server.Settings;
import lib.talk.Sql;

/**
 * The settings of the database, and of roles in it, that a run has made, written down in the transaction that makes
 * them.
 */
public final class MadeSettings {
    private static final String NOW =
            """
            SELECT s.setrole AS role, pg_catalog.split_part(c, '=', 1) AS name, pg_catalog.substr(c,
              pg_catalog.strpos(c, '=') + 1) AS value
              FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c
             WHERE s.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d
               WHERE d.datname = pg_catalog.current_database())""";
    /** What writes down those that are there before. */
    static final String FOUND =
            "INSERT INTO " + JournalTables.SETTING.sql() + " SELECT n.*, false FROM (" + NOW + ") n";
    /** What follows a statement that makes one. */
    public static final String RECORDING = "INSERT INTO " + JournalTables.SETTING.sql() + " SELECT n.*, true FROM ("
            + NOW + ") n WHERE NOT EXISTS (SELECT FROM "
            + JournalTables.SETTING.sql() + " k WHERE k.role = n.role AND k.name = n.name AND k.value = n.value)";

    private MadeSettings() {
    }

    /** Makes them what they were before, and forgets them. */
    static void undo(Session target) {
        undoing(target).forEach(sql -> target.run("taking back a setting of the database", sql));
        target.run("writing the journal", "DELETE FROM " + JournalTables.SETTING.sql() + " WHERE made");
    }

    /**
     * @return the statements that make them what they were before; one that somebody has changed since is not the run's
     * any more
     */
    static List<String> undoing(Session target) {
        String database = Sql.ident(target.text("asking for the name of the database",
                "SELECT pg_catalog.current_database()"));
        return target.list("reading the journal",
                """
                SELECT r.rolname, m.name, b.value FROM %1$s m LEFT JOIN pg_catalog.pg_roles r ON r.oid = m.role
                  LEFT JOIN %1$s b ON b.role = m.role AND b.name = m.name AND NOT b.made
                    JOIN (%2$s) n ON n.role = m.role AND n.name = m.name AND n.value = m.value
                 WHERE m.made AND (m.role = 0 OR r.oid IS NOT NULL) AND (b.value = m.value) IS NOT TRUE"""
                        .formatted(JournalTables.SETTING.sql(), NOW),
                row -> (row.getString(1) == null
                        ? "ALTER DATABASE " : "ALTER ROLE " + Sql.ident(row.getString(1)) + " IN DATABASE ")
                        + database
                        + (row.getString(3) == null ? " RESET " + Settings.name(row.getString(2))
                                : " SET " + Settings.name(row.getString(2)) + " TO "
                                        + Settings.value(row.getString(2), row.getString(3))));
    }
}

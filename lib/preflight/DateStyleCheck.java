package lib.preflight;

import java.util.List;
import lib.catalog.Selection;
import lib.server.Finding;
import lib.server.Session;
import lib.settings.DriverSettings;
import lib.talk.Count;
import lib.talk.Sql;

/**
 * Whether something would have to be computed on the target under a DateStyle that the JDBC driver closes the session
 * for. The system's own functions that an index or a generated column may call do not depend on it; others may, and so
 * may the query of a materialized view.
 */
public final class DateStyleCheck {
    /** What the findings are about. */
    public static final String CHECK = "DateStyle";
    private static final int SHOWN = 5;

    private DateStyleCheck() {
    }

    /**
     * @param psql what psql has on the target
     * @param style the one that will hold there
     * @param user of the target, {@code database} there
     */
    static List<Finding> check(Session source, Selection selection, String style, String user, String database) {
        return DriverSettings.possible(style) ? List.of() : stop(style, computed(source, selection), user, database);
    }

    /** @return what a function or an operator of the users', or a query, computes on the target, in words */
    public static List<String> computed(Session source, Selection selection) {
        return source.texts("listing what is computed on the target", """
                SELECT kind || ' ' || pg_catalog.format('%%I.%%I', n.nspname, c.relname) || detail
                  FROM (SELECT 1 AS place, 'materialized view' AS kind, c.oid, '' AS detail FROM pg_catalog.pg_class c
                    WHERE c.relkind = 'm' AND c.relispopulated
                        UNION
                        SELECT 2, 'generated column', a.adrelid, '.' || pg_catalog.quote_ident(t.attname)
                          FROM pg_catalog.pg_attrdef a JOIN pg_catalog.pg_attribute t ON t.attrelid = a.adrelid
                            AND t.attnum = a.adnum AND t.attgenerated <> ''
                          JOIN pg_catalog.pg_depend d ON d.classid = a.tableoid AND d.objid = a.oid AND %1$s
                        UNION
                        SELECT 3, 'index', c.oid, '' FROM pg_catalog.pg_class c
                          JOIN pg_catalog.pg_depend d ON d.classid = c.tableoid AND d.objid = c.oid AND %1$s
                         WHERE c.relkind IN ('i', 'I')
                        UNION
                        SELECT 4, 'constraint of', k.conrelid, ': ' || pg_catalog.quote_ident(k.conname)
                          FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_depend d ON d.classid = k.tableoid
                            AND d.objid = k.oid AND %1$s
                         WHERE k.contype = 'c' AND k.convalidated) o
                  JOIN pg_catalog.pg_class c ON c.oid = o.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                 WHERE %2$s ORDER BY place, 1""".formatted(
                "d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, "
                        + "'pg_catalog.pg_operator'::pg_catalog.regclass)",
                selection.relation("c", "n")));
    }

    /**
     * @param computed what would be computed, in words
     * @return a stop that names it, if there is any
     */
    public static List<Finding> stop(String style, List<String> computed, String user, String database) {
        return computed.isEmpty() || DriverSettings.possible(style) ? List.of() : List.of(Finding.stop(CHECK,
                "if their results do not depend on DateStyle: ALTER ROLE " + Sql.ident(user) + " IN DATABASE "
                        + Sql.ident(database) + " SET datestyle TO 'ISO, " + DriverSettings.order(style)
                        + "'; and reset it after the migration; otherwise run the script that --dry-run prints with "
                        + "psql",
                "the target's DateStyle \"%s\" does not begin with ISO, which the JDBC driver requires; a different "
                        + "DateStyle could change what is computed for %s",
                style, Count.some(computed, SHOWN)));
    }
}

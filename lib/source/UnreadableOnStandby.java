package lib.source;

import lib.catalog.Selection;

/**
 * What a standby does not have: the rows of unlogged tables, and from 15 on where unlogged sequences stand (PostgreSQL
 * manual, CREATE TABLE, "UNLOGGED").
 */
public final class UnreadableOnStandby {
    private static final String QUERY =
            """
            SELECT 'unlogged-data' AS kind, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name, CASE c.relkind
                     WHEN 'S' THEN 'a standby cannot read where an unlogged sequence stands'
                       ELSE 'a standby cannot read the rows of an unlogged table' END AS reason,
                   0::pg_catalog.oid AS catalog, 0::pg_catalog.oid AS oid
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE pg_catalog.pg_is_in_recovery() AND c.relkind IN ('r', 'S') AND c.relpersistence = 'u' AND %s
               AND %s""";

    private UnreadableOnStandby() {
    }

    /** @return a query for those whose contents are wanted, with five columns as a {@link LeftBehind.Item} has */
    public static String query(Selection selection) {
        return QUERY.formatted(selection.relation("c", "n"), selection.wantedData("c"));
    }
}

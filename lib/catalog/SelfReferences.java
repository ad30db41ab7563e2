package lib.catalog;

/**
 * What no script can create because it needs itself: PostgreSQL lets CREATE OR REPLACE make a view that reads itself,
 * and functions with a body of SQL that call each other (pg_dump warns that it "could not resolve dependency loop"
 * between such functions). Views that read each other are none of them: pg_dump creates one without its query first.
 */
public final class SelfReferences {
    public static final String KIND = "self-references";

    /**
     * Before 16 a view's query names it twice, as "old" and "new". Those of the system are not read, which would take
     * longer than all other checks.
     */
    private static final String QUERY = """
            SELECT 'self-references' AS kind, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name,
                   'the view reads itself, so that pg_dump''s script cannot create it' AS reason, c.tableoid AS catalog,
                     c.oid
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_rewrite r ON r.ev_class = c.oid,
                   LATERAL (SELECT ':relid ' || c.oid || ' ' AS text) own
             WHERE c.relkind = 'v' AND r.ev_type = '1' AND EXISTS (SELECT FROM pg_catalog.pg_depend d
                     WHERE d.classid = r.tableoid AND d.objid = r.oid AND d.refclassid = c.tableoid
                       AND d.refobjid = c.oid AND d.deptype = 'n')
               AND CASE WHEN c.oid >= 16384 THEN (pg_catalog.length(r.ev_action::text) -
                 pg_catalog.length(pg_catalog.replace(r.ev_action::text, own.text, ''))) / pg_catalog.length(own.text)
                   > CASE WHEN pg_catalog.current_setting('server_version_num')::int < 160000 THEN 2 ELSE 0 END
                     ELSE false END AND %1$s
            UNION ALL
            SELECT 'self-references', pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname,
              pg_catalog.oidvectortypes(p.proargtypes)),
                   'the function calls itself in a body that pg_dump''s script cannot create', p.tableoid, p.oid
              FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
             WHERE p.oid >= 16384 AND %2$s AND %3$s AND p.oid IN (
               WITH RECURSIVE calls(caller, called) AS (
                 SELECT d.objid, d.refobjid FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refclassid = d.classid
                    AND d.deptype = 'n'),
               reach(caller, called) AS (SELECT caller, called FROM calls UNION SELECT r.caller, c.called FROM reach r
                 JOIN calls c ON c.caller = r.called)
               SELECT caller FROM reach WHERE caller = called)""";

    private SelfReferences() {
    }

    /** @return a query for those that are wanted, with five columns as a {@code LeftBehind.Thing} has */
    public static String query(Selection selection) {
        return QUERY.formatted(selection.relation("c", "n"), selection.namespace("n"),
                Selection.noExtension("pg_proc", "p.oid"));
    }
}

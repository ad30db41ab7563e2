package lib.source;

import java.util.List;
import lib.catalog.Selection;
import lib.server.Session;

/** The materialized views of the source that have rows. */
final class PopulatedViews {
    private PopulatedViews() {
    }

    /**
     * @return the populated materialized views, each after those that it reads, also through views (pg_rewrite's rows
     * in pg_depend)
     */
    static List<Inventory.Relation> list(Session session, Selection selection) {
        return session.list("listing the materialized views", """
                WITH RECURSIVE reads(reader, relation) AS (
                    SELECT DISTINCT r.ev_class, d.refobjid
                      FROM pg_catalog.pg_rewrite r
                      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                          AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                          AND d.refobjid <> r.ev_class
                      JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('v', 'm')),
                  depth(oid, level) AS (
                    SELECT c.oid, 0 FROM pg_catalog.pg_class c WHERE c.relkind = 'm'
                    UNION
                    SELECT reads.reader, depth.level + 1 FROM depth JOIN reads ON reads.relation = depth.oid)
                SELECT c.oid, n.nspname, c.relname
                  FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  JOIN depth ON depth.oid = c.oid
                 WHERE c.relkind = 'm' AND c.relispopulated AND %s AND %s
                 GROUP BY c.oid, n.nspname, c.relname
                 ORDER BY pg_catalog.max(depth.level), c.oid"""
                .formatted(selection.relation("c", "n"), selection.data("c")),
                row -> new Inventory.Relation(row.getLong(1), row.getString(2), row.getString(3)));
    }
}

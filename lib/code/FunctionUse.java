//DEPS org.postgresql:postgresql:42.7.14
package lib.code;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import lib.catalog.Selection;
import lib.server.Session;

/**
 * What calls a function while a database is loaded, as the system catalog knows it (pg_depend): nothing is run.
 *
 * @param what kind of object that is, for messages
 * @param name its name, for messages
 * @param catalog the identifier of the system catalog that holds it
 * @param relation the table or materialized view that it belongs to
 * @param view whether that is a materialized view
 * @param index whether it is one, or a constraint that has one
 */
public record FunctionUse(String what, String name, long catalog, long oid, long relation, long function, boolean view,
        boolean index) {
    /** %1$s are the functions, %2$s says which relations are wanted. */
    private static final String EVALUATED = """
            WITH RECURSIVE entry(oid) AS (
              SELECT pg_catalog.unnest('{%1$s}'::pg_catalog.oid[])
              UNION SELECT a.aggfnoid FROM entry e JOIN pg_catalog.pg_aggregate a ON e.oid IN (a.aggtransfn,
                a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn)),
            used(classid, objid, function) AS MATERIALIZED (
              SELECT d.classid, d.objid, e.oid FROM entry e JOIN pg_catalog.pg_depend d
                ON d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = e.oid
              UNION SELECT d.classid, d.objid, e.oid FROM entry e JOIN pg_catalog.pg_operator o ON o.oprcode = e.oid
                JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
                  AND d.refobjid = o.oid
              UNION SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid, e.oid FROM entry e
                JOIN pg_catalog.pg_amproc m ON m.amproc = e.oid
                JOIN pg_catalog.pg_opclass c ON c.opcfamily = m.amprocfamily
                  JOIN pg_catalog.pg_index i ON c.oid = ANY (i.indclass)),
            part(relation, type) AS (
              SELECT a.attrelid, a.atttypid FROM pg_catalog.pg_attribute a
                JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
               WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384
              UNION SELECT p.relation, u.type FROM part p JOIN pg_catalog.pg_type t ON t.oid = p.type LEFT
                JOIN pg_catalog.pg_range r ON r.rngtypid = t.oid,
                LATERAL (SELECT t.typbasetype UNION ALL SELECT t.typelem UNION ALL SELECT r.rngsubtype
                         UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid
                           AND t.typrelid <> 0 AND a.attnum > 0) u(type)
                WHERE u.type >= 16384),
            viewed(relation, function) AS (
              SELECT r.ev_class, u.function FROM used u JOIN pg_catalog.pg_rewrite r
                ON u.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = u.objid
              UNION SELECT r.ev_class, v.function FROM viewed v JOIN pg_catalog.pg_class c ON c.oid = v.relation
                AND c.relkind = 'v'
                JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                  AND d.refobjid = c.oid
                 AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
                   JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid),
            leaf(root, function, oid) AS (
              SELECT c.oid, u.function, c.oid FROM used u JOIN pg_catalog.pg_class c ON u.classid = c.tableoid
                AND c.oid = u.objid WHERE c.relkind = 'p'
              UNION SELECT l.root, l.function, i.inhrelid FROM leaf l JOIN pg_catalog.pg_inherits i
                ON i.inhparent = l.oid),
            computed(what, name, catalog, oid, relation, function) AS (
              SELECT CASE WHEN k.oid IS NULL THEN 'index' ELSE 'constraint' END, CASE WHEN k.oid IS NULL THEN NULL
                ELSE k.conname END, coalesce(k.tableoid, c.tableoid),
                     coalesce(k.oid, c.oid), i.indrelid, u.function
                FROM used u JOIN pg_catalog.pg_class c ON u.classid = c.tableoid AND c.oid = u.objid
                  JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
                LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
              UNION SELECT 'constraint', k.conname, k.tableoid, k.oid, k.conrelid, u.function FROM used u
                JOIN pg_catalog.pg_constraint k ON u.classid = k.tableoid AND k.oid = u.objid
               WHERE k.conrelid <> 0 AND k.contype IN ('c', 'x') AND k.convalidated
              UNION SELECT 'constraint', k.conname, k.tableoid, k.oid, p.relation, u.function FROM used u
                JOIN pg_catalog.pg_constraint k ON u.classid = k.tableoid AND k.oid = u.objid
                JOIN part p ON p.type = k.contypid WHERE k.contypid <> 0
              UNION SELECT 'generated column', a.attname, f.tableoid, f.oid, f.adrelid, u.function FROM used u
                JOIN pg_catalog.pg_attrdef f ON u.classid = f.tableoid AND f.oid = u.objid
                JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum AND a.attgenerated <> ''
              UNION SELECT 'statistics', s.stxname, s.tableoid, s.oid, s.stxrelid, u.function FROM used u
                JOIN pg_catalog.pg_statistic_ext s ON u.classid = s.tableoid AND s.oid = u.objid
              UNION SELECT 'materialized view', NULL, c.tableoid, c.oid, c.oid, v.function FROM viewed v
                JOIN pg_catalog.pg_class c ON c.oid = v.relation
               WHERE c.relkind = 'm' AND c.relispopulated
              UNION SELECT 'partition key', NULL, c.tableoid, l.root, c.oid, l.function FROM leaf l
                JOIN pg_catalog.pg_class c ON c.oid = l.oid WHERE c.relkind = 'r')
            SELECT x.what, CASE WHEN x.what = 'statistics' THEN (SELECT pg_catalog.format('%%I.%%I', m.nspname,
              s.stxname) FROM pg_catalog.pg_statistic_ext s
                                    JOIN pg_catalog.pg_namespace m ON m.oid = s.stxnamespace WHERE s.oid = x.oid)
                                WHEN x.what = 'index' THEN (SELECT pg_catalog.format('%%I.%%I', n.nspname, i.relname)
                                  FROM pg_catalog.pg_class i WHERE i.oid = x.oid)
                                ELSE pg_catalog.format('%%I.%%I', n.nspname, c.relname) || coalesce(CASE x.what
                                  WHEN 'constraint' THEN ': ' ELSE '.' END || pg_catalog.quote_ident(x.name), '') END,
                   x.catalog, x.oid, x.relation, x.function, c.relkind = 'm',
                   x.what = 'index' OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.tableoid = x.catalog
                     AND k.oid = x.oid AND k.contype IN ('p', 'u', 'x'))
              FROM computed x JOIN pg_catalog.pg_class c ON c.oid = x.relation
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'm') AND %2$s ORDER BY 1, 2""";

    /** @return what calls one of these functions, of the relations that are wanted */
    public static List<FunctionUse> list(Session session, Selection selection,
            Collection<Long> functions) {
        return session.list("looking for what calls functions while it is loaded",
                EVALUATED.formatted(functions.stream().map(String::valueOf).collect(Collectors.joining(",")),
                        selection.relation("c", "n")),
                row -> new FunctionUse(row.getString(1), row.getString(2), row.getLong(3), row.getLong(4),
                        row.getLong(5), row.getLong(6), row.getBoolean(7), row.getBoolean(8)));
    }

    /** @return whether it is evaluated for each row that is loaded, and not only when something is made of the rows */
    boolean forRows() {
        return !view && !index && !what.equals("statistics");
    }
}

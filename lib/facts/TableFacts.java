package lib.facts;

import java.util.List;
import lib.server.FactQuery;

/**
 * What the catalogs know about the parts of tables: constraints, indexes, triggers, rules, policies, extended
 * statistics.
 */
final class TableFacts {
    /**
     * Not-null constraints (from 18 on) are compared as columns, constraint triggers as triggers. The server names a
     * partition's foreign keys.
     */
    private static final FactQuery CONSTRAINTS = FactQuery.inSchemas("constraint", """
            SELECT 'constraint' AS kind, {name n.nspname} || '.' || {name c.relname} || '.' || {name k.conname}
              AS identity,
                   'relation ' || {name n.nspname} || '.' || {name c.relname} AS parent,
                   pg_get_constraintdef(k.oid) AS definition,
                   CASE WHEN k.contype = 'f' THEN CASE WHEN EXISTS (SELECT FROM pg_trigger g
                     WHERE g.tgconstraint = k.oid AND g.tgenabled = 'D')
                     THEN 'disabled' ELSE 'enabled' END END AS triggers,
                   {comment pg_constraint k.oid} AS comment
              FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE k.contype NOT IN ('n', 't') AND (k.contype <> 'f' OR k.conparentid = 0) AND {relation c n}""");

    /**
     * An invalid index of the source serves nobody, and pg_dump leaves it out; that of a partitioned table is one that
     * lacks parts.
     */
    private static final FactQuery INDEXES = FactQuery.inSchemas("index", """
            SELECT 'index' AS kind, {name xn.nspname} || '.' || {name x.relname} AS identity,
                   CASE WHEN k.oid IS NULL THEN 'relation ' || {name n.nspname} || '.' || {name c.relname}
                     ELSE 'constraint ' || {name n.nspname} || '.' || {name c.relname} || '.' || {name k.conname} END
                       AS parent,
                   CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
                     ELSE 'of constraint ' || {name k.conname} END AS definition,
                   CASE WHEN k.oid IS NOT NULL THEN {options x.reloptions} END AS option, {tablespace x} AS tablespace,
                   concat_ws(', ', CASE WHEN i.indisvalid THEN 'valid' ELSE 'invalid' END, CASE
                     WHEN NOT i.indisready THEN 'not ready' END) AS state,
                   CASE WHEN i.indisclustered THEN 'yes' END AS clustered,
                   CASE WHEN i.indisreplident THEN 'yes' END AS "replica identity",
                   (SELECT {name pn.nspname} || '.' || {name p.relname} FROM pg_inherits h
                     JOIN pg_class p ON p.oid = h.inhparent
                      JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE h.inhrelid = x.oid) AS "parent index",
                   (SELECT string_agg(a.attnum || chr(30) || a.attstattarget, chr(31)) FROM pg_attribute a
                     WHERE a.attrelid = x.oid AND a.attstattarget > -1) AS "statistics option",
                   {comment pg_class x.oid} AS comment
              FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace xn ON xn.oid = x.relnamespace
              JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid
                AND k.contype IN ('p', 'u', 'x')
             WHERE {source: (i.indisvalid OR x.relkind = 'I') else true} AND {relation c n}""");

    private static final FactQuery TRIGGERS = FactQuery.inSchemas("trigger", """
            SELECT 'trigger' AS kind, {name n.nspname} || '.' || {name c.relname} || '.' || {name g.tgname} AS identity,
                   'relation ' || {name n.nspname} || '.' || {name c.relname} AS parent,
                   {trigger g.oid} AS definition,
                   CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replica'
                     WHEN 'A' THEN 'enabled always' ELSE 'enabled' END
                     AS state,
                   {comment pg_trigger g.oid} AS comment
              FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE NOT g.tgisinternal AND {since 13: g.tgparentid = 0 else true} AND {relation c n}""");

    private static final FactQuery RULES = FactQuery.inSchemas("rule", """
            SELECT 'rule' AS kind, {name n.nspname} || '.' || {name c.relname} || '.' || {name r.rulename} AS identity,
                   'relation ' || {name n.nspname} || '.' || {name c.relname} AS parent,
                   {same major: pg_get_ruledef(r.oid) else
                     CASE WHEN r.is_instead THEN 'instead of ' ELSE 'also on ' END || CASE r.ev_type
                       WHEN '1' THEN 'select' WHEN '2' THEN 'update'
                     WHEN '3' THEN 'insert' ELSE 'delete' END} AS definition,
                   CASE r.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replica'
                     WHEN 'A' THEN 'enabled always' ELSE 'enabled' END
                     AS state,
                   {comment pg_rewrite r.oid} AS comment
              FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE r.rulename <> '_RETURN' AND {relation c n}""");

    private static final FactQuery POLICIES = FactQuery.inSchemas("policy", """
            SELECT 'policy' AS kind, {name n.nspname} || '.' || {name c.relname} || '.' || {name p.polname} AS identity,
                   'relation ' || {name n.nspname} || '.' || {name c.relname} AS parent,
                   CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'
                     WHEN 'd' THEN 'delete' ELSE 'all' END
                     || CASE WHEN p.polpermissive THEN ' permissive' ELSE ' restrictive' END AS command,
                   (SELECT string_agg(role, ', ' ORDER BY role COLLATE "C")
                      FROM (SELECT CASE o WHEN 0 THEN 'PUBLIC' ELSE {name pg_get_userbyid(o)} END AS role
                        FROM unnest(p.polroles) o) r) AS roles,
                   pg_get_expr(p.polqual, p.polrelid) AS "using", pg_get_expr(p.polwithcheck, p.polrelid) AS "check",
                   {comment pg_policy p.oid} AS comment
              FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE {relation c n}""");

    private static final FactQuery STATISTICS = FactQuery.inSchemas("statistics", """
            SELECT 'statistics' AS kind, {name sn.nspname} || '.' || {name s.stxname} AS identity,
                   'relation ' || {name n.nspname} || '.' || {name c.relname} AS parent,
                   {owner s.stxowner} AS owner, pg_get_statisticsobjdef(s.oid) AS definition,
                   {both since 13: nullif(s.stxstattarget, -1)::text AS target,}
                   {comment pg_statistic_ext s.oid} AS comment
              FROM pg_statistic_ext s JOIN pg_namespace sn ON sn.oid = s.stxnamespace
              JOIN pg_class c ON c.oid = s.stxrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE {relation c n} AND {own pg_statistic_ext s.oid}""");

    private TableFacts() {
    }

    static List<FactQuery> queries() {
        return List.of(CONSTRAINTS, INDEXES, TRIGGERS, RULES, POLICIES, STATISTICS);
    }
}

package lib.facts;

import java.util.List;
import lib.server.FactQuery;

/** What the catalogs know about schemas, relations and their columns. */
final class RelationFacts {
    /** initdb gives "public" to the bootstrap superuser, from 15 on to pg_database_owner (6171). */
    private static final FactQuery SCHEMAS = FactQuery.inSchemas("schema", """
            SELECT 'schema' AS kind, {name n.nspname} AS identity, NULL AS parent, n.nspname AS "of name",
                   {source: CASE WHEN n.nspname = 'public' AND n.nspowner IN (10, 6171) THEN {unknown}
                     ELSE {owner n.nspowner} END
                    else {owner n.nspowner}} AS owner,
                   {grants n n.nspacl n.nspowner} AS grant,
                   nullif({comment pg_namespace n.oid}, 'standard public schema') AS comment
              FROM pg_namespace n WHERE {namespace n} AND {own pg_namespace n.oid}""");

    /** A sequence that a column owns has the table's owner. */
    private static final FactQuery RELATIONS = FactQuery.inSchemas("relation", """
            SELECT CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
              WHEN 'm' THEN 'materialized view'
                     WHEN 'f' THEN 'foreign table' ELSE 'sequence' END AS kind,
                   {name n.nspname} || '.' || {name c.relname} AS identity, 'schema ' || {name n.nspname} AS parent,
                   n.nspname AS "of schema", c.relname AS "of name",
                   CASE WHEN c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                     AND d.objid = c.oid
                                                           AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i'))
                                                             THEN {unknown}
                     ELSE {owner c.relowner} END AS owner,
                   CASE WHEN c.relpersistence = 'u' {both since 15: else AND c.relkind <> 'S'} THEN 'unlogged'
                     ELSE 'logged' END AS persistence,
                   CASE WHEN c.relkind <> 'p' THEN am.amname END AS "access method",
                   {both since 17: CASE WHEN c.relkind = 'p' THEN am.amname END AS "default access method",}
                   {tablespace c} AS tablespace,
                   nullif(concat_ws(', ', CASE WHEN c.relrowsecurity THEN 'enabled' END, CASE
                     WHEN c.relforcerowsecurity THEN 'forced' END), '')
                     AS "row security",
                   {options c.reloptions} AS option,
                   (SELECT {options t.reloptions} FROM pg_class t WHERE t.oid = c.reltoastrelid) AS "toast option",
                   CASE WHEN c.relkind IN ('r', 'p', 'm') THEN
                     CASE c.relreplident WHEN 'd' THEN 'default' WHEN 'n' THEN 'nothing' WHEN 'f' THEN 'full'
                       ELSE 'index' END END
                     AS "replica identity",
                   CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS "partition key",
                   CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS "partition bound",
                   (SELECT string_agg({name pn.nspname} || '.' || {name p.relname}, ', ' ORDER BY i.inhseqno)
                      FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
                        JOIN pg_namespace pn ON pn.oid = p.relnamespace
                     WHERE i.inhrelid = c.oid) AS parents,
                   CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS "row type",
                   {same major: CASE WHEN c.relkind IN ('v', 'm') THEN {view c.oid} END AS definition,}
                   CASE WHEN c.relkind = 'm' THEN CASE WHEN c.relispopulated THEN 'populated'
                     ELSE 'not populated' END END AS state,
                   CASE WHEN c.relkind = 'f' THEN (SELECT {name s.srvname} FROM pg_foreign_table f
                     JOIN pg_foreign_server s ON s.oid = f.ftserver
                                                    WHERE f.ftrelid = c.oid) END AS server,
                   CASE WHEN c.relkind = 'f' THEN (SELECT {options f.ftoptions} FROM pg_foreign_table f
                     WHERE f.ftrelid = c.oid) END
                     AS "foreign option",
                   CASE WHEN c.relkind = 'S' THEN {grants s c.relacl c.relowner}
                     ELSE {grants r c.relacl c.relowner} END AS grant,
                   {comment pg_class c.oid} AS comment
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_am am ON am.oid = c.relam
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {relation c n}""");

    private static final FactQuery COLUMNS = FactQuery.inSchemas("column", """
            SELECT 'column' AS kind, {name n.nspname} || '.' || {name c.relname} || '.' || {name a.attname} AS identity,
                   'relation ' || {name n.nspname} || '.' || {name c.relname} AS parent,
                   format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END AS "is",
                   CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS "default",
                   CASE WHEN a.attgenerated = 's' THEN pg_get_expr(d.adbin, d.adrelid) || ' stored'
                        WHEN a.attgenerated = 'v' THEN pg_get_expr(d.adbin, d.adrelid) || ' virtual'
                        WHEN a.attidentity = 'a' THEN 'always as identity'
                          WHEN a.attidentity = 'd' THEN 'by default as identity' END AS generated,
                   CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN
                     (SELECT {name ln.nspname} || '.' || {name l.collname} FROM pg_collation l
                       JOIN pg_namespace ln ON ln.oid = l.collnamespace
                       WHERE l.oid = a.attcollation) END AS collation,
                   CASE WHEN a.attstorage <> t.typstorage THEN
                     CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
                       ELSE 'extended' END END AS storage,
                   {both since 14: CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,}
                   nullif(a.attstattarget, -1)::text AS "statistics target",
                   CASE WHEN a.attoptions IS NOT NULL THEN {options a.attoptions} END AS option,
                   CASE WHEN a.attfdwoptions IS NOT NULL THEN {options a.attfdwoptions} END AS "foreign option",
                   CASE WHEN a.attacl IS NOT NULL THEN {grants c a.attacl c.relowner} END AS grant,
                   CASE WHEN a.attacl IS NOT NULL THEN n.nspname END AS "of schema",
                   CASE WHEN a.attacl IS NOT NULL THEN c.relname END AS "of name",
                   CASE WHEN a.attacl IS NOT NULL THEN a.attname END AS "of column",
                   o.description AS comment
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
              JOIN pg_type t ON t.oid = a.atttypid
              LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
              LEFT JOIN pg_description o ON o.classoid = 'pg_class'::regclass AND o.objoid = c.oid
                AND o.objsubid = a.attnum
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {relation c n}""");

    private static final FactQuery SEQUENCES = FactQuery.inSchemas("sequence", """
            SELECT 'sequence' AS kind, {name n.nspname} || '.' || {name c.relname} AS identity,
                   'relation ' || {name n.nspname} || '.' || {name c.relname} AS parent,
                   format_type(s.seqtypid, NULL) AS type, s.seqstart::text AS start, s.seqincrement::text AS increment,
                     s.seqmin::text AS minimum,
                   s.seqmax::text AS maximum, s.seqcache::text AS cache, CASE WHEN s.seqcycle THEN 'yes'
                     ELSE 'no' END AS cycle,
                   (SELECT {name tn.nspname} || '.' || {name t.relname} || '.' || {name a.attname} FROM pg_depend d
                      JOIN pg_class t ON t.oid = d.refobjid JOIN pg_namespace tn ON tn.oid = t.relnamespace
                      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
                     WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
                       AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0) AS "owning column"
              FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE {relation c n}""");

    private RelationFacts() {
    }

    static List<FactQuery> queries() {
        return List.of(SCHEMAS, RELATIONS, COLUMNS, SEQUENCES);
    }
}

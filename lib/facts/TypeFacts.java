package lib.facts;

import java.util.List;
import lib.server.FactQuery;

/** What the catalogs know about types, collations, conversions and text search. */
final class TypeFacts {
    /**
     * Types that come with others are left out: of rows, of arrays, of multiranges. The text of a domain's default is
     * as the session wrote it that made it, with backslashes doubled or not, so that its expression is compared.
     */
    private static final FactQuery TYPES = FactQuery.inSchemas("type", """
            SELECT CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite type'
              WHEN 'r' THEN 'range' ELSE 'type' END
                     AS kind,
                   {name n.nspname} || '.' || {name t.typname} AS identity, 'schema ' || {name n.nspname} AS parent,
                   n.nspname AS "of schema", t.typname AS "of name", {owner t.typowner} AS owner,
                   CASE t.typtype
                     WHEN 'e' THEN (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                       FROM pg_enum e
                                     WHERE e.enumtypid = t.oid)
                     WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) || CASE WHEN t.typnotnull THEN ' not null'
                       ELSE '' END
                     WHEN 'c' THEN (SELECT string_agg({name a.attname} || ' ' || format_type(a.atttypid, a.atttypmod)
                                             || CASE WHEN a.attcollation NOT IN (0, b.typcollation)
                                               THEN ' collate ' || l.collname ELSE '' END, ', '
                                             ORDER BY a.attnum)
                                      FROM pg_attribute a JOIN pg_type b ON b.oid = a.atttypid LEFT
                                        JOIN pg_collation l ON l.oid = a.attcollation
                                     WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
                     WHEN 'r' THEN (SELECT concat_ws(', ', 'of ' || format_type(r.rngsubtype, NULL), 'by ' || o.opcname,
                       'collate ' || l.collname,
                                             'canonical ' || nullif(r.rngcanonical, 0)::regproc,
                                               'difference ' || nullif(r.rngsubdiff, 0)::regproc)
                                      FROM pg_range r JOIN pg_opclass o ON o.oid = r.rngsubopc LEFT
                                        JOIN pg_collation l ON l.oid = r.rngcollation
                                     WHERE r.rngtypid = t.oid)
                     ELSE concat_ws(', ', 'input ' || t.typinput, 'output ' || t.typoutput,
                       'receive ' || nullif(t.typreceive, 0)::regproc,
                             'send ' || nullif(t.typsend, 0)::regproc, 'length ' || t.typlen, CASE
                               WHEN t.typbyval THEN 'by value' END,
                             'alignment ' || t.typalign::text, 'storage ' || t.typstorage::text,
                               'category ' || t.typcategory::text,
                             CASE WHEN t.typispreferred THEN 'preferred' END, 'delimiter ' || t.typdelim::text,
                             'element ' || format_type(nullif(t.typelem, 0), NULL), CASE
                               WHEN NOT t.typisdefined THEN 'shell' END)
                   END AS "is",
                   coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) AS "default",
                   CASE WHEN t.typtype = 'd' AND t.typcollation <> (SELECT b.typcollation FROM pg_type b
                     WHERE b.oid = t.typbasetype) THEN
                     (SELECT {name ln.nspname} || '.' || {name l.collname} FROM pg_collation l
                       JOIN pg_namespace ln ON ln.oid = l.collnamespace
                       WHERE l.oid = t.typcollation) END AS collation,
                   CASE WHEN t.typtype = 'c' THEN (SELECT string_agg({name a.attname} || chr(30) || d.description,
                     chr(31))
                       FROM pg_description d JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid
                      WHERE d.classoid = 'pg_class'::regclass AND d.objoid = t.typrelid
                        AND d.objsubid > 0) END AS "column comment option",
                   {grants T t.typacl t.typowner} AS grant,
                   {comment pg_type t.oid} AS comment
              FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
             WHERE (t.typtype IN ('e', 'd', 'r', 'b', 'p') OR c.relkind = 'c') AND {namespace n} AND {own pg_type t.oid}
               AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)""");

    private static final FactQuery DOMAIN_CONSTRAINTS = FactQuery.inSchemas("domain constraint", """
            SELECT 'domain constraint' AS kind, {name n.nspname} || '.' || {name t.typname} || '.' || {name k.conname}
              AS identity,
                   'type ' || {name n.nspname} || '.' || {name t.typname} AS parent,
                   pg_get_constraintdef(k.oid) AS definition, {comment pg_constraint k.oid} AS comment
              FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
             WHERE k.contype <> 'n' AND {namespace n} AND {own pg_type t.oid}""");

    /** From 16 on the server rewrites old ICU locale names, so those are compared between equal versions only. */
    private static final FactQuery COLLATIONS = FactQuery.inSchemas("collation", """
            SELECT 'collation' AS kind, {name n.nspname} || '.' || {name l.collname} AS identity,
              'schema ' || {name n.nspname} AS parent,
                   {owner l.collowner} AS owner,
                   concat_ws(', ', CASE l.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin'
                     ELSE 'default' END,
                             {same major: 'locale ' || coalesce({since 17: l.colllocale else {since 15: l.colliculocale
                               else NULL}}, l.collcollate)
                              else CASE WHEN l.collprovider <> 'i' THEN 'locale ' || l.collcollate END},
                             CASE WHEN l.collprovider = 'c' THEN 'ctype ' || l.collctype END,
                             CASE WHEN NOT l.collisdeterministic THEN 'not deterministic' END,
                             {both since 16: 'rules ' || {md5 l.collicurules} else NULL}) AS "is",
                   {comment pg_collation l.oid} AS comment
              FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
             WHERE {namespace n} AND {own pg_collation l.oid}""");

    private static final FactQuery CONVERSIONS = FactQuery.inSchemas("conversion", """
            SELECT 'conversion' AS kind, {name n.nspname} || '.' || {name k.conname} AS identity,
              'schema ' || {name n.nspname} AS parent,
                   {owner k.conowner} AS owner,
                   pg_encoding_to_char(k.conforencoding) || ' to ' || pg_encoding_to_char(k.contoencoding) || ' by ' ||
                     k.conproc::regproc
                     || CASE WHEN k.condefault THEN ', default' ELSE '' END AS "is",
                   {comment pg_conversion k.oid} AS comment
              FROM pg_conversion k JOIN pg_namespace n ON n.oid = k.connamespace
             WHERE {namespace n} AND {own pg_conversion k.oid}""");

    private static final FactQuery CONFIGURATIONS = FactQuery.inSchemas("text search configuration", """
            SELECT 'text search configuration' AS kind, {name n.nspname} || '.' || {name c.cfgname} AS identity,
                   'schema ' || {name n.nspname} AS parent, {owner c.cfgowner} AS owner,
                   (SELECT {name pn.nspname} || '.' || {name p.prsname} FROM pg_ts_parser p
                     JOIN pg_namespace pn ON pn.oid = p.prsnamespace
                     WHERE p.oid = c.cfgparser) AS parser,
                   (SELECT string_agg(k.alias || chr(30) || k.dictionaries, chr(31))
                      FROM (SELECT t.alias, string_agg(m.mapdict::regdictionary::text, ', '
                        ORDER BY m.mapseqno) AS dictionaries
                              FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
                             WHERE m.mapcfg = c.oid GROUP BY t.alias) k) AS "mapping option",
                   {comment pg_ts_config c.oid} AS comment
              FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
             WHERE {namespace n} AND {own pg_ts_config c.oid}""");

    private static final FactQuery DICTIONARIES = FactQuery.inSchemas("text search dictionary", """
            SELECT 'text search dictionary' AS kind, {name n.nspname} || '.' || {name d.dictname} AS identity,
                   'schema ' || {name n.nspname} AS parent, {owner d.dictowner} AS owner,
                   (SELECT {name tn.nspname} || '.' || {name t.tmplname} FROM pg_ts_template t
                     JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
                     WHERE t.oid = d.dicttemplate) AS template,
                   d.dictinitoption AS settings, {comment pg_ts_dict d.oid} AS comment
              FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
             WHERE {namespace n} AND {own pg_ts_dict d.oid}""");

    private static final FactQuery PARSERS = FactQuery.inSchemas("text search parser", """
            SELECT 'text search parser' AS kind, {name n.nspname} || '.' || {name p.prsname} AS identity,
              'schema ' || {name n.nspname} AS parent,
                   concat_ws(', ', p.prsstart, p.prstoken, p.prsend, p.prslextype, nullif(p.prsheadline, 0)::regproc)
                     AS "is",
                   {comment pg_ts_parser p.oid} AS comment
              FROM pg_ts_parser p JOIN pg_namespace n ON n.oid = p.prsnamespace
             WHERE {namespace n} AND {own pg_ts_parser p.oid}""");

    private static final FactQuery TEMPLATES = FactQuery.inSchemas("text search template", """
            SELECT 'text search template' AS kind, {name n.nspname} || '.' || {name t.tmplname} AS identity,
                   'schema ' || {name n.nspname} AS parent, concat_ws(', ', nullif(t.tmplinit, 0)::regproc,
                     t.tmpllexize) AS "is",
                   {comment pg_ts_template t.oid} AS comment
              FROM pg_ts_template t JOIN pg_namespace n ON n.oid = t.tmplnamespace
             WHERE {namespace n} AND {own pg_ts_template t.oid}""");

    private TypeFacts() {
    }

    static List<FactQuery> queries() {
        return List.of(TYPES, DOMAIN_CONSTRAINTS, COLLATIONS, CONVERSIONS, CONFIGURATIONS, DICTIONARIES, PARSERS,
                TEMPLATES);
    }
}

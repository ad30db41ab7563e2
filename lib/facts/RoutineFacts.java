package lib.facts;

import java.util.List;
import lib.server.FactQuery;

/** What the catalogs know about functions, procedures, aggregates, operators and casts. */
final class RoutineFacts {
    /**
     * A body is compared by its hash, because it may be long; one in SQL (from 14 on) as the server prints it. The
     * constructors of a range are its own parts.
     */
    private static final FactQuery ROUTINES = FactQuery.inSchemas("routine",
            """
            SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window function'
              ELSE 'function' END AS kind,
                   {name n.nspname} || '.' || {name p.proname} || '(' || oidvectortypes(p.proargtypes) || ')'
                     AS identity,
                   'schema ' || {name n.nspname} AS parent,
                   n.nspname AS "of schema", p.proname AS "of name",
                   {owner p.proowner} AS owner, pg_get_function_arguments(p.oid) AS arguments,
                     pg_get_function_result(p.oid) AS result,
                   l.lanname AS language,
                   CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable'
                     ELSE 'volatile' END AS volatility,
                   CASE WHEN p.proisstrict THEN 'strict' ELSE 'called on null input' END AS strictness,
                   CASE WHEN p.prosecdef THEN 'security definer' ELSE 'security invoker' END AS security,
                   CASE WHEN p.proleakproof THEN 'leakproof' ELSE 'not leakproof' END AS leakproof,
                   CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END AS parallel,
                   p.procost::text AS cost, p.prorows::text AS rows,
                   CASE WHEN p.prosupport::oid <> 0 THEN p.prosupport::regproc::text END AS "support function",
                   {options p.proconfig} AS "setting",
                   (SELECT string_agg(format_type(t, NULL), ', ') FROM unnest(p.protrftypes) t) AS transforms,
                   CASE WHEN p.prokind <> 'a' THEN 'md5 ' || {md5 concat_ws(' in ', p.prosrc, p.probin)} END AS body,
                   {both since 14: {same major: pg_get_function_sqlbody(p.oid) AS definition,}}
                   (SELECT concat_ws(', ', 'state ' || format_type(a.aggtranstype, NULL) || ' by ' || a.aggtransfn,
                             'final ' || nullif(a.aggfinalfn, 0)::regproc || ' ' || a.aggfinalmodify::text,
                             'combine ' || nullif(a.aggcombinefn, 0)::regproc, 'serialize ' || nullif(a.aggserialfn,
                               0)::regproc,
                             'deserialize ' || nullif(a.aggdeserialfn, 0)::regproc,
                             'moving ' || nullif(a.aggmtranstype, 0)::regtype || ' by ' || a.aggmtransfn || ', ' ||
                               a.aggminvtransfn,
                             'moving final ' || nullif(a.aggmfinalfn, 0)::regproc || ' ' || a.aggmfinalmodify::text,
                             'sort operator ' || nullif(a.aggsortop, 0)::regoperator, 'initially ' || a.agginitval,
                             'moving initially ' || a.aggminitval,
                             CASE WHEN a.aggfinalextra THEN 'final extra' END, CASE
                               WHEN a.aggmfinalextra THEN 'moving final extra' END)
                      FROM pg_aggregate a WHERE a.aggfnoid = p.oid) AS aggregation,
                   {grants f p.proacl p.proowner} AS grant,
                   {comment pg_proc p.oid} AS comment
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
             WHERE {namespace n} AND {own pg_proc p.oid}
               AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid
                 AND i.deptype = 'i')""");

    private static final FactQuery OPERATORS = FactQuery.inSchemas("operator", """
            SELECT 'operator' AS kind,
                   {name n.nspname} || '.' || o.oprname || '(' || coalesce(format_type(nullif(o.oprleft, 0), NULL),
                     'none') || ', '
                     || coalesce(format_type(nullif(o.oprright, 0), NULL), 'none') || ')' AS identity,
                   'schema ' || {name n.nspname} AS parent, {owner o.oprowner} AS owner,
                   concat_ws(', ', o.oprcode::regproc, 'commutator ' || nullif(o.oprcom, 0)::regoperator,
                             'negator ' || nullif(o.oprnegate, 0)::regoperator,
                             'restrict ' || nullif(o.oprrest, 0)::regproc, 'join ' || nullif(o.oprjoin, 0)::regproc,
                             CASE WHEN o.oprcanhash THEN 'hashes' END, CASE
                               WHEN o.oprcanmerge THEN 'merges' END) AS "is",
                   {comment pg_operator o.oid} AS comment
              FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
             WHERE o.oprcode <> 0 AND {namespace n} AND {own pg_operator o.oid}""");

    private static final FactQuery OPERATOR_FAMILIES = FactQuery.inSchemas("operator family", """
            SELECT 'operator family' AS kind, {name n.nspname} || '.' || {name f.opfname} || ' using ' || {name
              m.amname} AS identity,
                   'schema ' || {name n.nspname} AS parent, {owner f.opfowner} AS owner,
                   (SELECT string_agg(member, ', ' ORDER BY member COLLATE "C")
                      FROM (SELECT 'operator ' || a.amopstrategy || ' ' || a.amopopr::regoperator
                                   || CASE WHEN a.amopsortfamily = 0 THEN '' ELSE ' to order' END FROM pg_amop a
                                     WHERE a.amopfamily = f.oid
                            UNION ALL
                            SELECT 'function ' || a.amprocnum || ' ' || a.amproc::regprocedure || ' for '
                                   || format_type(a.amproclefttype, NULL) || ', ' || format_type(a.amprocrighttype,
                                     NULL)
                              FROM pg_amproc a WHERE a.amprocfamily = f.oid) m(member)) AS members,
                   {comment pg_opfamily f.oid} AS comment
              FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m ON m.oid = f.opfmethod
             WHERE {namespace n} AND {own pg_opfamily f.oid}""");

    private static final FactQuery OPERATOR_CLASSES = FactQuery.inSchemas("operator class", """
            SELECT 'operator class' AS kind, {name n.nspname} || '.' || {name o.opcname} || ' using ' || {name m.amname}
              AS identity,
                   'schema ' || {name n.nspname} AS parent, {owner o.opcowner} AS owner,
                   concat_ws(', ', 'for ' || format_type(o.opcintype, NULL), CASE WHEN o.opcdefault THEN 'default' END,
                             'family ' || (SELECT {name fn.nspname} || '.' || {name f.opfname} FROM pg_opfamily f
                                             JOIN pg_namespace fn ON fn.oid = f.opfnamespace WHERE f.oid = o.opcfamily),
                             'stored as ' || format_type(nullif(o.opckeytype, 0), NULL)) AS "is",
                   {comment pg_opclass o.oid} AS comment
              FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am m ON m.oid = o.opcmethod
             WHERE {namespace n} AND {own pg_opclass o.oid}""");

    /**
     * Casts belong to no schema; those of the system have low identifiers (FirstNormalObjectId, PostgreSQL source,
     * transam.h).
     */
    private static final FactQuery CASTS = FactQuery.ofDatabase("cast",
            """
            SELECT 'cast' AS kind, format_type(k.castsource, NULL) || ' as ' || format_type(k.casttarget, NULL)
              AS identity, NULL AS parent,
                   CASE k.castmethod WHEN 'f' THEN 'with ' || k.castfunc::regprocedure WHEN 'i' THEN 'with inout'
                     ELSE 'without function' END
                     || CASE k.castcontext WHEN 'i' THEN ' as implicit' WHEN 'a' THEN ' as assignment'
                       ELSE '' END AS "is",
                   {comment pg_cast k.oid} AS comment
              FROM pg_cast k WHERE k.oid >= 16384 AND {own pg_cast k.oid}
               AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_cast'::regclass AND i.objid = k.oid
                 AND i.deptype = 'i')""");

    private RoutineFacts() {
    }

    static List<FactQuery> queries() {
        return List.of(ROUTINES, OPERATORS, OPERATOR_FAMILIES, OPERATOR_CLASSES, CASTS);
    }
}

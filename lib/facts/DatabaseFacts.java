package lib.facts;

import java.util.List;
import lib.server.FactQuery;
import lib.timescale.TimescaleExtension;

/**
 * What the catalogs know about objects that belong to the database as a whole: extensions, foreign data, publications,
 * large objects.
 */
final class DatabaseFacts {
    /** Privileges and comment of the database itself, whose name may differ. initdb comments on "postgres". */
    private static final FactQuery DATABASE = FactQuery.ofDatabase("database", """
            SELECT 'database' AS kind, 'the database' AS identity, NULL AS parent, {grants d d.datacl d.datdba}
              AS grant,
                   nullif(shobj_description(d.oid, 'pg_database'), 'default administrative connection database')
                     AS comment
              FROM pg_database d WHERE d.datname = current_database()""");

    /**
     * The comment that an extension brings along changes with its version; that of TimescaleDB with every update too.
     */
    private static final FactQuery EXTENSIONS = FactQuery.ofDatabase("extension", """
            SELECT 'extension' AS kind, {name e.extname} AS identity, NULL AS parent,
              e.extname AS "of name", {owner e.extowner} AS owner,
              e.extversion AS version, {name n.nspname} AS schema,
                   CASE WHEN %s THEN {unknown}
                     ELSE nullif({comment pg_extension e.oid}, (SELECT a.comment FROM pg_available_extensions a
                       WHERE a.name = e.extname)) END AS comment
              FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"""
            .formatted(TimescaleExtension.is("e")));

    /**
     * What was granted after initdb and CREATE EXTENSION (pg_init_privs). Between versions, what all may do by default
     * differs. That all may read a view of information_schema is of initdb too, which does not note it; where nothing
     * else was granted, the target need not be asked. Nobody carries the owners of such objects, so one that was given
     * away has granted what it can do to a role, as pg_dump says it.
     */
    private static final FactQuery SYSTEM_GRANTS = FactQuery.ofDatabase("system object",
            """
            SELECT 'system object' AS kind, identity, 'extension ' || {name x.extname} AS parent,
                   o.schema AS "of schema", o.name AS "of name",
                   (SELECT string_agg(grantee || chr(30) || privileges, chr(31))
                      FROM (SELECT CASE WHEN e.grantee = 0 THEN 'PUBLIC' WHEN e.grantee = o.owner
                        AND o.owner IN (10, coalesce(x.extowner, 10)) THEN 'its owner'
                                     ELSE {owner e.grantee} END AS grantee,
                                   string_agg(e.privilege_type, ', ' ORDER BY e.privilege_type) AS privileges
                              FROM aclexplode(o.acl) e
                             WHERE {same major: true else e.grantee <> 0 AND (e.grantee <> o.owner
                               OR NOT o.owner IN (10, coalesce(x.extowner, 10)))} GROUP BY 1) g) AS grant
              FROM (SELECT 'pg_proc'::regclass AS catalog, p.oid, p.pronamespace AS namespace, p.proowner AS owner,
                p.proacl AS given, n.nspname AS schema, p.proname AS name,
                           coalesce(p.proacl, acldefault('f', p.proowner)) AS acl,
                           {name n.nspname} || '.' || {name p.proname} || '(' || oidvectortypes(p.proargtypes) || ')'
                             AS identity
                      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                    UNION ALL
                    SELECT 'pg_class', c.oid, c.relnamespace, c.relowner, c.relacl,
                           n.nspname, c.relname, coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'
                             ELSE 'r' END::"char", c.relowner)),
                           {name n.nspname} || '.' || {name c.relname}
                      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')) o
              LEFT JOIN (SELECT d.classid, d.objid, e.extname, e.extowner FROM pg_depend d
                JOIN pg_extension e ON e.oid = d.refobjid WHERE d.deptype = 'e') x
                     ON x.classid = o.catalog AND x.objid = o.oid
             WHERE (o.oid < 16384 OR x.objid IS NOT NULL)
               AND {source: o.given IS NOT NULL AND o.given IS DISTINCT FROM coalesce((SELECT i.initprivs
                 FROM pg_init_privs i
                         WHERE i.classoid = o.catalog AND i.objoid = o.oid AND i.objsubid = 0),
                       CASE o.namespace WHEN 'information_schema'::regnamespace THEN acldefault('r',
                         o.owner) || makeaclitem(0, o.owner, 'SELECT', false) END)
                     AND {same major: true else EXISTS (SELECT FROM aclexplode(o.given) e
                       WHERE e.grantee <> 0 AND (e.grantee <> o.owner OR NOT o.owner IN (10, coalesce(x.extowner,
                         10))))} else true}""");

    private static final FactQuery LANGUAGES = FactQuery.ofDatabase("language", """
            SELECT 'language' AS kind, {name l.lanname} AS identity, NULL AS parent,
                   l.lanname AS "of name", {owner l.lanowner} AS owner,
                   concat_ws(', ', CASE WHEN l.lanpltrusted THEN 'trusted'
                     ELSE 'untrusted' END, 'handler ' || nullif(l.lanplcallfoid, 0)::regproc,
                             'inline ' || nullif(l.laninline, 0)::regproc, 'validator ' || nullif(l.lanvalidator,
                               0)::regproc) AS "is",
                   {grants l l.lanacl l.lanowner} AS grant, {comment pg_language l.oid} AS comment
              FROM pg_language l WHERE l.lanispl AND {own pg_language l.oid}""");

    private static final FactQuery TRANSFORMS = FactQuery.ofDatabase("transform", """
            SELECT 'transform' AS kind, format_type(t.trftype, NULL) || ' for ' || {name l.lanname} AS identity, NULL
              AS parent,
                   concat_ws(', ', 'from ' || nullif(t.trffromsql, 0)::regprocedure, 'to ' || nullif(t.trftosql,
                     0)::regprocedure) AS "is",
                   {comment pg_transform t.oid} AS comment
              FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang WHERE {own pg_transform t.oid}""");

    private static final FactQuery ACCESS_METHODS = FactQuery.ofDatabase("access method", """
            SELECT 'access method' AS kind, {name m.amname} AS identity, NULL AS parent,
                   CASE m.amtype WHEN 't' THEN 'table' ELSE 'index' END || ', handler ' || m.amhandler AS "is",
                     {comment pg_am m.oid} AS comment
              FROM pg_am m WHERE m.oid >= 16384 AND {own pg_am m.oid}""");

    private static final FactQuery WRAPPERS = FactQuery.ofDatabase("foreign-data wrapper", """
            SELECT 'foreign-data wrapper' AS kind, {name w.fdwname} AS identity, NULL AS parent,
                   w.fdwname AS "of name", {owner w.fdwowner} AS owner,
                   concat_ws(', ', 'handler ' || nullif(w.fdwhandler, 0)::regproc,
                     'validator ' || nullif(w.fdwvalidator, 0)::regproc) AS "is",
                   {secret options w.fdwoptions} AS "secret option", {grants F w.fdwacl w.fdwowner} AS grant,
                   {comment pg_foreign_data_wrapper w.oid} AS comment
              FROM pg_foreign_data_wrapper w WHERE {own pg_foreign_data_wrapper w.oid}""");

    private static final FactQuery SERVERS = FactQuery.ofDatabase("server",
            """
            SELECT 'server' AS kind, {name s.srvname} AS identity, NULL AS parent, s.srvname AS "of name",
              {owner s.srvowner} AS owner,
              {name w.fdwname} AS wrapper,
                   s.srvtype AS type, s.srvversion AS "server version", {secret options s.srvoptions}
                     AS "secret option",
                   {grants S s.srvacl s.srvowner} AS grant, {comment pg_foreign_server s.oid} AS comment
              FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
                WHERE {own pg_foreign_server s.oid}""");

    /** Only a superuser sees the options of everybody. */
    private static final FactQuery USER_MAPPINGS = FactQuery.ofDatabase("user mapping", """
            SELECT 'user mapping' AS kind, CASE u.umuser WHEN 0 THEN 'PUBLIC'
              ELSE {name u.usename} END || ' on ' || {name u.srvname} AS identity,
                   'server ' || {name u.srvname} || chr(31) || 'role ' || coalesce({name u.usename}, 'PUBLIC')
                     AS parent,
                   {superuser: {secret options u.umoptions} else {unknown}} AS "secret option"
              FROM pg_user_mappings u""");

    private static final FactQuery PUBLICATIONS = FactQuery.ofDatabase("publication", """
            SELECT 'publication' AS kind, {name p.pubname} AS identity, NULL AS parent, {owner p.pubowner} AS owner,
                   concat_ws(', ', CASE WHEN p.puballtables THEN 'all tables' END, CASE
                     WHEN p.pubinsert THEN 'insert' END,
                             CASE WHEN p.pubupdate THEN 'update' END, CASE WHEN p.pubdelete THEN 'delete' END,
                             CASE WHEN p.pubtruncate THEN 'truncate' END, {both since 13: CASE
                               WHEN p.pubviaroot THEN 'via root' END else NULL},
                             {both since 18: 'generated columns ' || p.pubgencols::text else NULL}) AS "is",
                   {comment pg_publication p.oid} AS comment
              FROM pg_publication p WHERE {own pg_publication p.oid}""");

    private static final FactQuery PUBLISHED_TABLES = FactQuery.ofDatabase("published table",
            """
            SELECT 'published table' AS kind, {name p.pubname} || ': ' || {name n.nspname} || '.' || {name c.relname}
              AS identity,
                   'publication ' || {name p.pubname} || chr(31) || 'relation ' || {name n.nspname} || '.' || {name
                     c.relname} AS parent
                   {both since 15: , (SELECT string_agg({name a.attname}, ', ' ORDER BY a.attname) FROM pg_attribute a
                     WHERE a.attrelid = c.oid AND a.attnum = ANY (r.prattrs)) AS columns, pg_get_expr(r.prqual,
                       r.prrelid) AS condition}
              FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
              JOIN pg_class c ON c.oid = r.prrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE {own pg_publication p.oid}""");

    private static final FactQuery PUBLISHED_SCHEMAS = FactQuery.ofDatabase("published schema", """
            {since 15: SELECT 'published schema' AS kind, {name p.pubname} || ': ' || {name n.nspname} AS identity,
                   'publication ' || {name p.pubname} || chr(31) || 'schema ' || {name n.nspname} AS parent
              FROM pg_publication_namespace r JOIN pg_publication p ON p.oid = r.pnpubid
                JOIN pg_namespace n ON n.oid = r.pnnspid
              WHERE {own pg_publication p.oid}
             else SELECT '' AS kind, '' AS identity, '' AS parent WHERE false}""");

    /**
     * Whether one is enabled is a matter of the moment. Only a superuser sees the connection and, before 14, the
     * identifier.
     */
    private static final FactQuery SUBSCRIPTIONS = FactQuery.ofDatabase("subscription",
            """
            SELECT 'subscription' AS kind, {name s.subname} AS identity, NULL AS parent, {owner s.subowner} AS owner,
                   (SELECT string_agg({name p}, ', ' ORDER BY p) FROM unnest(s.subpublications) p) AS publications,
                     s.subslotname::text AS slot,
                   {superuser: {md5 s.subconninfo} else {unknown}} AS "secret connection",
                   {superuser: {comment pg_subscription s.oid} else {unknown}} AS comment
              FROM pg_subscription s WHERE s.subdbid = (SELECT d.oid FROM pg_database d
                WHERE d.datname = current_database())""");

    private static final FactQuery EVENT_TRIGGERS = FactQuery.ofDatabase("event trigger", """
            SELECT 'event trigger' AS kind, {name e.evtname} AS identity, NULL AS parent, {owner e.evtowner} AS owner,
                   concat_ws(' ', 'on', e.evtevent, 'for ' || array_to_string(e.evttags, ', '), 'execute',
                     e.evtfoid::regprocedure) AS "is",
                   CASE e.evtenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replica'
                     WHEN 'A' THEN 'enabled always' ELSE 'enabled' END
                     AS state,
                   {comment pg_event_trigger e.oid} AS comment
              FROM pg_event_trigger e WHERE {own pg_event_trigger e.oid}""");

    private static final FactQuery LARGE_OBJECTS = FactQuery.ofDatabase("large object", """
            SELECT 'large object' AS kind, l.oid::text AS identity, NULL AS parent, l.oid::text AS "of name",
                   {owner l.lomowner} AS owner,
                   {grants L l.lomacl l.lomowner} AS grant, {comment pg_largeobject l.oid} AS comment
              FROM pg_largeobject_metadata l""");

    private DatabaseFacts() {
    }

    static List<FactQuery> queries() {
        return List.of(DATABASE, EXTENSIONS, SYSTEM_GRANTS, LANGUAGES, TRANSFORMS, ACCESS_METHODS, WRAPPERS, SERVERS,
                USER_MAPPINGS, PUBLICATIONS,
                PUBLISHED_TABLES, PUBLISHED_SCHEMAS, SUBSCRIPTIONS, EVENT_TRIGGERS, LARGE_OBJECTS);
    }
}

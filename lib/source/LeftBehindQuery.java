//DEPS org.postgresql:postgresql:42.7.14
package lib.source;

import lib.catalog.AddedMembers;
import lib.catalog.ReservedSchemas;
import lib.catalog.Selection;
import lib.catalog.SelfReferences;
import lib.server.Server;
import lib.server.Session;
import lib.timescale.Hypertables;

/** The query that finds what {@link LeftBehind} lists. */
final class LeftBehindQuery {
    /** What nobody can carry. */
    private static final String ALWAYS = """
            SELECT 'subscriptions' AS kind, s.subname::text AS name,
                   'a subscription holds a position in another server''s stream' AS reason, 0::pg_catalog.oid
                     AS catalog, 0::pg_catalog.oid AS oid
              FROM (SELECT subname FROM pg_catalog.pg_subscription WHERE subdbid = (SELECT d.oid
                FROM pg_catalog.pg_database d
                     WHERE d.datname = pg_catalog.current_database())) s
            UNION ALL
            SELECT 'replication-slots', slot_name, 'a replication slot holds a position in this server''s stream', 0, 0
              FROM pg_catalog.pg_replication_slots WHERE NOT temporary AND (database IS NULL
                OR database = pg_catalog.current_database())
            UNION ALL
            SELECT 'prepared-transactions', gid, 'a prepared transaction is neither committed nor rolled back', 0, 0
              FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()
            UNION ALL
            -- An access node labels its database, of which no dump takes note.
            SELECT 'security-labels', objtype || ' ' || objname, 'a security label needs its provider loaded', 0, 0
              FROM pg_catalog.pg_seclabels l WHERE %3$s AND (l.objtype <> 'database'
                OR l.objoid = (SELECT d.oid FROM pg_catalog.pg_database d
                  WHERE d.datname = pg_catalog.current_database()))
            UNION ALL
            SELECT 'foreign-table-data', pg_catalog.format('%%I.%%I', n.nspname, c.relname),
              'the rows of a foreign table are kept elsewhere', 0, 0
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'f' AND %1$s
               -- Multi-node TimescaleDB is stopped by its name.
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_foreign_table t
                 JOIN pg_catalog.pg_foreign_server s ON s.oid = t.ftserver
                                 JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = s.srvfdw WHERE t.ftrelid = c.oid
                                   AND w.fdwname = '""" + Hypertables.DATA_NODES + """
            ')
            UNION ALL
            SELECT 'server-settings', s.name, 'ALTER SYSTEM settings belong to the server', 0, 0
              FROM pg_catalog.%2$s s WHERE s.sourcefile LIKE '%%/postgresql.auto.conf'""";

    /** What only a superuser of the target can create (PostgreSQL manual, the CREATE pages of each). */
    private static final String SUPERUSER = """
            SELECT 'event-triggers', e.evtname::text, 'only a superuser may create an event trigger',
              'pg_event_trigger'::pg_catalog.regclass::pg_catalog.oid, e.oid
              FROM pg_catalog.pg_event_trigger e WHERE %2$s AND %17$s
            UNION ALL
            SELECT 'publications', p.pubname, 'only a superuser may publish all tables or a schema',
                   'pg_publication'::pg_catalog.regclass::pg_catalog.oid, p.oid
              FROM pg_catalog.pg_publication p WHERE (p.puballtables OR %3$s) AND %2$s
            UNION ALL
            %16$s
            UNION ALL
            SELECT 'functions', pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname,
              pg_catalog.oidvectortypes(p.proargtypes)),
                   'only a superuser may create ' || CASE
                     WHEN a.aggfnoid IS NOT NULL THEN 'an aggregate with a state of type internal'
                     WHEN NOT l.lanpltrusted OR l.oid >= 16384 AND %10$s THEN 'a function in language ' || l.lanname
                     WHEN p.proleakproof THEN 'a leakproof function' ELSE 'a function with a support function' END,
                   'pg_proc'::pg_catalog.regclass::pg_catalog.oid, p.oid
              FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
              JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
              LEFT JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid
                AND 'internal'::pg_catalog.regtype IN (a.aggtranstype, a.aggmtranstype)
             WHERE (a.aggfnoid IS NOT NULL OR p.prokind <> 'a' AND (NOT l.lanpltrusted OR l.oid >= 16384 AND %10$s
               OR p.proleakproof OR p.prosupport <> 0))
               -- The constructors of a range type come with it.
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid =
                 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
                                  AND d.deptype = 'i')
               AND %4$s AND %5$s
            UNION ALL
            SELECT 'types', t.oid::pg_catalog.regtype::text, 'only a superuser may create a base type or a shell type',
                   'pg_type'::pg_catalog.regclass::pg_catalog.oid, t.oid
              FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
             WHERE (t.typtype = 'b' OR NOT t.typisdefined) AND NOT EXISTS (SELECT FROM pg_catalog.pg_type e
               WHERE e.typarray = t.oid) AND %4$s AND %6$s
            UNION ALL
            SELECT 'casts', pg_catalog.format_type(c.castsource, NULL) || ' as ' || pg_catalog.format_type(c.casttarget,
              NULL),
                   'only a superuser may create a cast without a function, or between types of others',
                     'pg_cast'::pg_catalog.regclass::pg_catalog.oid, c.oid
              FROM pg_catalog.pg_cast c
             WHERE c.oid >= 16384 AND (c.castmethod = 'b' OR c.castsource < 16384 AND c.casttarget < 16384) AND %2$s
               AND %11$s
            UNION ALL
            SELECT 'languages', l.lanname, 'only a superuser may create a language',
              'pg_language'::pg_catalog.regclass::pg_catalog.oid, l.oid
              FROM pg_catalog.pg_language l WHERE l.oid >= 16384 AND %2$s AND %10$s
            UNION ALL
            SELECT 'access-methods', m.amname, 'only a superuser may create an access method',
              'pg_am'::pg_catalog.regclass::pg_catalog.oid, m.oid
              FROM pg_catalog.pg_am m WHERE m.oid >= 16384 AND %2$s AND %12$s
            UNION ALL
            SELECT 'transforms', pg_catalog.format('%%s for %%I', pg_catalog.format_type(f.trftype, NULL), l.lanname),
                   'the functions of a transform are for a superuser',
                     'pg_transform'::pg_catalog.regclass::pg_catalog.oid, f.oid
              FROM pg_catalog.pg_transform f JOIN pg_catalog.pg_language l ON l.oid = f.trflang WHERE %2$s AND %13$s
            UNION ALL
            SELECT 'text-search-parsers', pg_catalog.format('%%I.%%I', n.nspname, s.prsname),
              'only a superuser may create a text search parser',
                   'pg_ts_parser'::pg_catalog.regclass::pg_catalog.oid, s.oid
              FROM pg_catalog.pg_ts_parser s JOIN pg_catalog.pg_namespace n ON n.oid = s.prsnamespace WHERE %4$s
                AND %14$s
            UNION ALL
            SELECT 'text-search-templates', pg_catalog.format('%%I.%%I', n.nspname, s.tmplname),
              'only a superuser may create a text search template',
                   'pg_ts_template'::pg_catalog.regclass::pg_catalog.oid, s.oid
              FROM pg_catalog.pg_ts_template s JOIN pg_catalog.pg_namespace n ON n.oid = s.tmplnamespace WHERE %4$s
                AND %15$s
            UNION ALL
            SELECT 'operator-classes', pg_catalog.format('%%I.%%I using %%I', n.nspname, o.opcname, m.amname),
                   'only a superuser may create an operator class', 'pg_opclass'::pg_catalog.regclass::pg_catalog.oid,
                     o.oid
              FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
              JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod WHERE %4$s AND %7$s
            UNION ALL
            SELECT 'operator-families', pg_catalog.format('%%I.%%I using %%I', n.nspname, o.opfname, m.amname),
                   'only a superuser may create an operator family', 'pg_opfamily'::pg_catalog.regclass::pg_catalog.oid,
                     o.oid
              FROM pg_catalog.pg_opfamily o JOIN pg_catalog.pg_namespace n ON n.oid = o.opfnamespace
              JOIN pg_catalog.pg_am m ON m.oid = o.opfmethod WHERE %4$s AND %8$s
            UNION ALL
            SELECT 'foreign-data-wrappers', f.fdwname, 'only a superuser may create a foreign-data wrapper',
                   'pg_foreign_data_wrapper'::pg_catalog.regclass::pg_catalog.oid, f.oid
              FROM pg_catalog.pg_foreign_data_wrapper f WHERE %2$s AND %9$s""";

    /**
     * The parts of such publications, which have entries of their own in a dump: tables, and from PostgreSQL 15 on
     * schemas.
     */
    private static final String PARTS_OF_PUBLICATIONS = """
            SELECT 'publications', p.pubname, 'only a superuser may publish all tables or a schema',
              'pg_%1$s'::pg_catalog.regclass::pg_catalog.oid, s.oid
              FROM pg_catalog.pg_%1$s s JOIN pg_catalog.pg_publication p ON p.oid = s.%2$s WHERE %3$s AND %4$s""";

    private LeftBehindQuery() {
    }

    /**
     * @param superuser whether the target's user is one
     * @return a query for kind, name, reason, catalog and OID, sorted by kind and name
     */
    static String of(Session source, Server server, boolean superuser, Selection selection) {
        String whole = selection.selective() ? "false" : "true";
        String inSchema = server.facts().major() >= 15
                ? "EXISTS (SELECT FROM pg_catalog.pg_publication_namespace s WHERE s.pnpubid = p.oid)" : "false";
        // pg_settings shows the values of this session, which hide those of the file for settings that we pin; but few
        // users may read pg_file_settings.
        boolean files = "t".equals(source.text("asking for the right to read configuration files", """
                SELECT pg_catalog.has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')
                       AND pg_catalog.has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')"""));
        String always = ALWAYS.formatted(selection.relation("c", "n"), files ? "pg_file_settings" : "pg_settings",
                Hypertables.USERS_LABEL)
                + "\nUNION ALL\n" + ReservedSchemas.query(selection) + "\nUNION ALL\n" + SelfReferences.query(selection)
                + "\nUNION ALL\n" + UnreadableOnStandby.query(selection) + "\nUNION ALL\n" + AddedMembers.UNCARRIED;
        return (superuser ? always : always + "\nUNION ALL\n" + SUPERUSER.formatted("", whole, inSchema,
                selection.namespace("n"), Selection.noExtension("pg_proc", "p.oid"),
                Selection.noExtension("pg_type", "t.oid"),
                Selection.noExtension("pg_opclass", "o.oid"), Selection.noExtension("pg_opfamily", "o.oid"),
                Selection.noExtension("pg_foreign_data_wrapper", "f.oid"),
                Selection.noExtension("pg_language", "l.oid"),
                Selection.noExtension("pg_cast", "c.oid"), Selection.noExtension("pg_am", "m.oid"),
                Selection.noExtension("pg_transform", "f.oid"),
                Selection.noExtension("pg_ts_parser", "s.oid"), Selection.noExtension("pg_ts_template", "s.oid"),
                PARTS_OF_PUBLICATIONS.formatted("publication_rel", "prpubid", inSchema, whole)
                        + (server.facts().major() < 15 ? "" : "\nUNION ALL\n"
                                + PARTS_OF_PUBLICATIONS.formatted("publication_namespace", "pnpubid", "true", whole)),
                Selection.noExtension("pg_event_trigger", "e.oid"))) + " ORDER BY 1, 2";
    }
}

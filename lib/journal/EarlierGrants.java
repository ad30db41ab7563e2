//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.ArrayList;
import java.util.List;
import lib.catalog.Grants;
import lib.server.JournalTables;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.talk.Batches;

/**
 * The privileges and comments that an interrupted run has given. The source may have other ones by now, and GRANT and
 * COMMENT only add: so a run that goes on takes them all back before it gives those of its own snapshot. Default
 * privileges would also give to what it makes before.
 */
public final class EarlierGrants {
    /** What has gone with the object, or is the extension's own, is not ours; what was there before is as it was. */
    private static final String OURS =
            """
            %1$s.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = %1$s.tableoid
              AND x.objid = %1$s.oid AND x.deptype = 'e')""";
    private static final String OBJECTS = """
            SELECT n.tableoid AS catalog, n.oid AS object, n.nspowner AS owner, n.nspacl AS acl, 'n' AS letter,
                   'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, '' AS column
              FROM pg_catalog.pg_namespace n WHERE %1$s
            UNION ALL
            SELECT c.tableoid, c.oid, c.relowner, c.relacl, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END,
                   CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::pg_catalog.regclass::text, ''
              FROM pg_catalog.pg_class c WHERE %2$s
            UNION ALL
            SELECT c.tableoid, c.oid, c.relowner, a.attacl, 'c', 'TABLE', c.oid::pg_catalog.regclass::text,
                   pg_catalog.format(' (%%I)', a.attname)
              FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE %2$s
            UNION ALL
            SELECT p.tableoid, p.oid, p.proowner, p.proacl, 'f', 'ROUTINE', p.oid::pg_catalog.regprocedure::text, ''
              FROM pg_catalog.pg_proc p WHERE %3$s
            UNION ALL
            SELECT t.tableoid, t.oid, t.typowner, t.typacl, 'T', 'TYPE', t.oid::pg_catalog.regtype::text, ''
              FROM pg_catalog.pg_type t WHERE %4$s
            UNION ALL
            SELECT l.tableoid, l.oid, l.lanowner, l.lanacl, 'l', 'LANGUAGE', pg_catalog.quote_ident(l.lanname), ''
              FROM pg_catalog.pg_language l WHERE %5$s
            UNION ALL
            SELECT w.tableoid, w.oid, w.fdwowner, w.fdwacl, 'F', 'FOREIGN DATA WRAPPER',
                   pg_catalog.quote_ident(w.fdwname), '' FROM pg_catalog.pg_foreign_data_wrapper w WHERE %6$s
            UNION ALL
            SELECT s.tableoid, s.oid, s.srvowner, s.srvacl, 'S', 'FOREIGN SERVER',
                   pg_catalog.quote_ident(s.srvname), '' FROM pg_catalog.pg_foreign_server s WHERE %7$s
            UNION ALL
            SELECT b.tableoid, b.oid, b.lomowner, b.lomacl, 'L', 'LARGE OBJECT', b.oid::text, ''
              FROM pg_catalog.pg_largeobject_metadata b"""
            .formatted(ours("n"), ours("c"), ours("p"), ours("t"), ours("l"), ours("w"), ours("s"));
    private static final String GRANTEE =
            "CASE n.grantee WHEN 0 THEN 'PUBLIC' ELSE "
                    + "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.grantee)) END";
    private static final String SAME =
            "(b.grantee, b.privilege_type, b.is_grantable) = (n.grantee, n.privilege_type, n.is_grantable)";
    /** With CASCADE goes what others have granted on, who had it from the owner. */
    private static final String PRIVILEGES = """
            WITH changed AS (
              SELECT o.kind, o.name, o.column, o.acl AS now,
                     pg_catalog.acldefault(o.letter::"char", o.owner) AS before
                FROM (%1$s) o
               WHERE o.acl IS NOT NULL AND NOT EXISTS (SELECT FROM %2$s p
                 WHERE (p.catalog, p.object) = (o.catalog, o.object)))
            SELECT pg_catalog.format('REVOKE %%s%%s ON %%s %%s FROM %%s CASCADE', n.privilege_type, o.column, o.kind,
                     o.name, %3$s), 1
              FROM changed o, pg_catalog.aclexplode(o.now) n
             WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(o.before) b WHERE %4$s)
            UNION
            SELECT pg_catalog.format('GRANT %%s%%s ON %%s %%s TO %%s', n.privilege_type, o.column, o.kind, o.name,
                     %3$s), 2
              FROM changed o, pg_catalog.aclexplode(o.before) n
             WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(o.now) b WHERE %4$s)
             ORDER BY 2""".formatted(OBJECTS, JournalTables.PRIOR.sql(), GRANTEE, SAME);
    /** What belongs to something of an extension, as a trigger does to its table, is the extension's too. */
    private static final String COMMENTS = """
            SELECT pg_catalog.format('COMMENT ON %%s %%s IS NULL',
                     CASE WHEN i.type LIKE '%% column' THEN 'COLUMN'
                       WHEN i.type LIKE '%% constraint' THEN 'CONSTRAINT'
                       WHEN i.type IN ('function', 'procedure', 'aggregate') THEN 'ROUTINE'
                       WHEN i.type = 'statistics object' THEN 'STATISTICS'
                       WHEN i.type = 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER'
                       ELSE pg_catalog.upper(i.type) END,
                     CASE i.type WHEN 'domain constraint' THEN pg_catalog.format('%%I ON DOMAIN %%s', k.conname,
                       k.contypid::pg_catalog.regtype) ELSE i.identity END)
              FROM pg_catalog.pg_description d
              CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
              LEFT JOIN pg_catalog.pg_constraint k
                ON d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objoid
             WHERE (d.objoid >= 16384 OR d.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass)
               AND i.identity IS NOT NULL AND d.classoid <> 'pg_catalog.pg_extension'::pg_catalog.regclass
               AND coalesce(i.schema, i.name, '') <> '%2$s'
               AND NOT EXISTS (SELECT FROM %1$s p WHERE (p.catalog, p.object) = (d.classoid, d.objoid))
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.deptype = 'e'
                 AND (x.classid, x.objid) = (d.classoid, d.objoid))
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend t JOIN pg_catalog.pg_depend x
                   ON (x.classid, x.objid) = (t.refclassid, t.refobjid) AND x.deptype = 'e'
                 WHERE (t.classid, t.objid) = (d.classoid, d.objoid) AND t.deptype IN ('a', 'i'))"""
            .formatted(JournalTables.PRIOR.sql(), OwnSchema.NAME);

    private EarlierGrants() {
    }

    private static String ours(String table) {
        return OURS.formatted(table);
    }

    /**
     * Takes them back, but for what is given to roles.
     *
     * @return the statements that the target refuses this user
     */
    public static List<String> takeBack(Session target) {
        List<String> refused = new ArrayList<>();
        run(target, Grants.defaultsSince(target, JournalTables.DEFAULT_PRIVILEGES.sql()), refused);
        PriorState.takeBackGrants(target, refused);
        run(target, target.texts("looking for privileges", PRIVILEGES), refused);
        run(target, target.texts("looking for comments", COMMENTS), refused);
        return refused;
    }

    /** Many at once; where one of them is refused, one by one. */
    private static void run(Session target, List<String> statements, List<String> refused) {
        for (List<String> batch : Batches.of(statements, Removal.DROPS_A_TRANSACTION)) {
            List<String> some = new ArrayList<>();
            PriorState.run(target, String.join("; ", batch), some);
            if (!some.isEmpty()) {
                batch.forEach(sql -> PriorState.run(target, sql, refused));
            }
        }
    }
}

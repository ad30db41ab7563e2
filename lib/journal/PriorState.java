//DEPS org.postgresql:postgresql:42.7.14
package lib.journal;

import java.util.ArrayList;
import java.util.List;
import lib.roles.RoleRecord;
import lib.server.JournalTables;
import lib.server.OwnSchema;
import lib.server.Session;
import lib.server.SqlFailures;
import lib.talk.Failure;
import lib.timescale.TimescaleCatalog;

/**
 * What a run changes of that which is there before, and does not go with the objects that it makes: owners, comments
 * and privileges of schemas, of the database, of what belongs to the system or to an extension; default privileges; and
 * what is given to roles. Written down when the run begins, and made so again when it is undone.
 */
final class PriorState {
    /**
     * What may be changed: the address, the owner, the privileges, the letter of acldefault, kind and name for SQL, and
     * what stands before a GRANT.
     */
    private static final String NOW = """
            SELECT n.tableoid AS catalog, n.oid AS object, n.nspowner AS owner, n.nspacl AS acl, 'n' AS letter,
                   'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, '' AS head
              FROM pg_catalog.pg_namespace n
             WHERE n.nspname !~ '^pg_(toast|temp_|toast_temp_)' AND n.nspname <> '%5$s'
            UNION ALL
            SELECT d.tableoid, d.oid, d.datdba, d.datacl, 'd', 'DATABASE', pg_catalog.quote_ident(d.datname), ''
              FROM pg_catalog.pg_database d
             WHERE d.datname = pg_catalog.current_database()
            UNION ALL
            SELECT e.tableoid, e.oid, NULL, NULL, NULL, 'EXTENSION', pg_catalog.quote_ident(e.extname), ''
              FROM pg_catalog.pg_extension e
            UNION ALL
            SELECT c.tableoid, c.oid, c.relowner, c.relacl, CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END,
                   CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::pg_catalog.regclass::text, ''
              FROM pg_catalog.pg_class c
             WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S') AND %1$s
            UNION ALL
            SELECT p.tableoid, p.oid, p.proowner, p.proacl, 'f', 'ROUTINE', p.oid::pg_catalog.regprocedure::text, ''
              FROM pg_catalog.pg_proc p
             WHERE %2$s
            UNION ALL
            SELECT t.tableoid, t.oid, t.typowner, t.typacl, 'T', 'TYPE', t.oid::pg_catalog.regtype::text, ''
              FROM pg_catalog.pg_type t
             WHERE t.typacl IS NOT NULL AND %3$s
            UNION ALL
            SELECT l.tableoid, l.oid, l.lanowner, l.lanacl, 'l', 'LANGUAGE', pg_catalog.quote_ident(l.lanname), ''
              FROM pg_catalog.pg_language l
             WHERE %4$s
            UNION ALL
            SELECT a.tableoid, a.oid, a.defaclrole, a.defaclacl, NULL,
                   CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
                     WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END, '',
                   pg_catalog.concat('ALTER DEFAULT PRIVILEGES FOR ROLE ',
                     pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.defaclrole)),
                     ' IN SCHEMA ' || pg_catalog.quote_ident(n.nspname), ' ')
              FROM pg_catalog.pg_default_acl a
              LEFT JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace""".formatted(foreign("c", "relacl"),
            foreign("p", "proacl"), foreign("t", "typacl"),
            foreign("l", "lanacl"), OwnSchema.NAME);
    private static final String COMMENT = """
            CASE o.kind WHEN 'DATABASE' THEN pg_catalog.shobj_description(o.object, 'pg_database')
              WHEN 'SCHEMA' THEN pg_catalog.obj_description(o.object, 'pg_namespace')
              WHEN 'EXTENSION' THEN pg_catalog.obj_description(o.object, 'pg_extension') END""";
    /**
     * Where the sequences stand that an extension has dumped, as TimescaleDB has those of its catalog: a load sets
     * them. One that nothing was taken from has no last value.
     */
    private static final String SEQUENCES = """
            SELECT s.seqrelid AS object, coalesce(v.last, s.seqstart) AS value, v.last IS NOT NULL AS called
              FROM pg_catalog.pg_sequence s
              CROSS JOIN LATERAL (
                SELECT CASE WHEN pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT, USAGE')
                         THEN pg_catalog.pg_sequence_last_value(s.seqrelid) END AS last) v
             WHERE EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE s.seqrelid = ANY (e.extconfig))
               AND pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT, USAGE')""";
    /** The statement that writes it down. */
    static final String RECORDING = "INSERT INTO " + JournalTables.PRIOR.sql()
            + " SELECT o.catalog, o.object, o.owner, o.acl, " + COMMENT + " FROM (" + NOW + ") o; INSERT INTO "
            + JournalTables.SEQUENCE.sql() + " " + SEQUENCES;

    private static final String POSITIONS = "SELECT pg_catalog.format('SELECT pg_catalog.setval(%L, %s, %L)', "
            + "n.object::pg_catalog.regclass, b.value, b.called) FROM (" + SEQUENCES + ") n JOIN "
            + JournalTables.SEQUENCE.sql() + " b ON b.object = n.object AND (b.value, b.called) <> (n.value, n.called)";

    private static final String CHANGED = "FROM " + JournalTables.PRIOR.sql() + " b JOIN (" + NOW
            + ") o ON (o.catalog, o.object) = (b.catalog, b.object)";
    private static final String OWNERS =
            "SELECT pg_catalog.format('ALTER %s %s OWNER TO %I', o.kind, o.name, r.rolname) "
                    + CHANGED + " JOIN pg_catalog.pg_roles r ON r.oid = b.owner WHERE o.owner <> b.owner";
    private static final String COMMENTS =
            "SELECT pg_catalog.format('COMMENT ON %s %s IS %L', o.kind, o.name, b.comment) "
                    + CHANGED + " WHERE " + COMMENT + " IS DISTINCT FROM b.comment";
    /** What there is too much of first: a grant option is taken with its privilege, and given again. */
    private static final String PRIVILEGES = """
            WITH changed AS (
              SELECT o.head, o.kind, o.name, coalesce(o.acl, pg_catalog.acldefault(o.letter::"char", o.owner)) AS now,
                     coalesce(b.acl, i.initprivs, pg_catalog.acldefault(o.letter::"char", o.owner)) AS before
                FROM (%s) o LEFT JOIN %s b ON (o.catalog, o.object) = (b.catalog, b.object)
                LEFT JOIN pg_catalog.pg_init_privs i ON (i.classoid, i.objoid, i.objsubid) = (o.catalog, o.object, 0)
               WHERE o.acl IS DISTINCT FROM b.acl AND (b.object IS NOT NULL OR o.kind <> 'SCHEMA' AND o.head = '')
                 AND o.owner IS NOT NULL)
            SELECT pg_catalog.format('%%sREVOKE %%s ON %%s %%s FROM %%s', o.head, n.privilege_type, o.kind,
                     o.name, %s), 1
              FROM changed o, pg_catalog.aclexplode(o.now) n
             WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(o.before) b WHERE %s)
            UNION ALL
            SELECT pg_catalog.format('%%sGRANT %%s ON %%s %%s TO %%s%%s', o.head, n.privilege_type, o.kind, o.name, %s,
                     CASE WHEN n.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), 2
              FROM changed o, pg_catalog.aclexplode(o.before) n
             WHERE NOT EXISTS (SELECT FROM pg_catalog.aclexplode(o.now) b WHERE %s)
             ORDER BY 2""".formatted(NOW, JournalTables.PRIOR.sql(), grantee(), same(), grantee(), same());

    private PriorState() {
    }

    /** What is the system's or an extension's, and has privileges of its own, or had some. */
    private static String foreign(String table, String acl) {
        return "(%1$s.oid < 16384 OR EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = %1$s.tableoid AND "
                .formatted(table)
                + "x.objid = %1$s.oid AND x.deptype = 'e')) AND (%1$s.%2$s IS NOT NULL)".formatted(table, acl);
    }

    private static String grantee() {
        return "CASE n.grantee WHEN 0 THEN 'PUBLIC' ELSE "
                + "pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.grantee)) END";
    }

    private static String same() {
        return "(b.grantee, b.privilege_type, b.is_grantable) = (n.grantee, n.privilege_type, n.is_grantable)";
    }

    /**
     * Makes everything as it was.
     *
     * @return the statements that the target refuses this user, each with the reason
     */
    static List<String> restore(Session target) {
        List<String> refused = new ArrayList<>();
        // With an owner, privileges change too.
        target.texts("reading the journal", OWNERS).forEach(sql -> run(target, sql, refused));
        takeBackGrants(target, refused);
        if (!target.texts("reading the journal", "SELECT m.key FROM " + JournalTables.METADATA.sql() + " m WHERE "
                + TimescaleCatalog.PRESENT).isEmpty()) {
            run(target, TimescaleCatalog.RESTORATION, refused);
        }
        target.texts("reading the journal", POSITIONS).forEach(sql -> run(target, sql, refused));
        RoleRecord.takingBack(target, false).forEach(sql -> run(target, sql, refused));
        return refused;
    }

    /** Makes privileges and comments as they were. */
    static void takeBackGrants(Session target, List<String> refused) {
        target.texts("reading the journal", PRIVILEGES).forEach(sql -> run(target, sql, refused));
        target.texts("reading the journal", COMMENTS).forEach(sql -> run(target, sql, refused));
    }

    /** @param refused takes the statement if the target refuses it */
    static void run(Session target, String sql, List<String> refused) {
        try {
            target.run("taking back what an interrupted run has changed", sql);
        } catch (Failure e) {
            if (!SqlFailures.refusesValues(e)) {
                throw e;
            }
            refused.add(sql + ";");
        }
    }
}
